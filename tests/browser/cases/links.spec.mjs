// Cases 1 to 9: which links count, and when.

import { setTimeout as pause } from "node:timers/promises";
import { A_WHILE_MS, expect, test } from "./cases.mjs";

test("1: only lists of links support the token", async ({ open }) => {
  const { page } = await open("<a id=a></a><iframe srcdoc=''></iframe>");
  const answers = await page.evaluate(() => {
    const link = document.createElement("link");
    const ask = (/** @type {DOMTokenList} */ list, /** @type {any[]} */ ...words) => words.map((word) => list.supports(word));
    let thrown;
    try {
      Reflect.apply(link.relList.supports, link.relList, []);
    } catch (error) {
      thrown = error instanceof TypeError;
    }
    const inner = /** @type {any} */ (window[0]).document.createElement("link");
    return {
      link: ask(link.relList, "monetization", "MonetiZation", "stylesheet", "nonsense", ""),
      frame: ask(inner.relList, "monetization"),
      anchor: ask(/** @type {HTMLAnchorElement} */ (document.getElementById("a")).relList, "monetization"),
      thrown,
      shape: [String(DOMTokenList.prototype.supports), DOMTokenList.prototype.supports.name, DOMTokenList.prototype.supports.length],
    };
  });
  expect(answers).toEqual({
    link: [true, true, true, false, false],
    frame: [true],
    anchor: [false],
    thrown: true,
    shape: ["function () { [native code] }", "supports", 1],
  });
});

test("2: links count in head, body and shadow trees, with other words in rel", async ({ open, reader }) => {
  const { siteWallet } = reader.sandbox;
  const link = (/** @type {string} */ id, rel = "monetization") => `<link id=${id} rel="${rel}" href="${siteWallet}">`;
  const site = await open(`<head>${link("head")}</head><body>${link("body")}
    <div>${link("words", "nofollow Monetization")}</div>
    <div><template shadowrootmode=open>${link("declared")}</template></div>
    <div id=host></div>
    <script>
      const shadowOf = (host, html) => {
        const root = host.attachShadow({ mode: "open" });
        root.innerHTML = html;
        return root;
      };
      const inner = shadowOf(host, "<p></p>").firstChild;
      shadowOf(inner.appendChild(document.createElement("div")), \`${link("nested")}\`);
      // Not in the document yet, and not at the top of what comes into it.
      const later = document.createElement("section");
      shadowOf(later.appendChild(document.createElement("div")), \`${link("later")}\`);
      setTimeout(() => document.body.append(later), 500);

      const roots = (root) => [...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ? [shadowRoot, ...roots(shadowRoot)] : []);
      for (const root of roots(document).concat(later.firstChild.shadowRoot)) {
        for (const type of ["load", "monetization"]) {
          root.addEventListener(type, ({ target }) => heard.push({ type, id: target.id }), true);
        }
      }
    </script>`);
  for (const id of ["head", "body", "words", "declared", "nested", "later"]) {
    await site.hears("load", id);
    await site.hears("monetization", id);
  }
});

test("3: load and error are fired once for each processing", async ({ open, reader, documents }) => {
  const bad = documents.put("no wallet", { headers: { "access-control-allow-origin": "*" } });
  const site = await open(`
    <link id=good rel=monetization href="${reader.sandbox.siteWallet}">
    <link id=bad rel=monetization href="${documents.origin}${bad}">`);
  await site.hears("error", "bad");
  await site.isPaid("good");
  await pause(A_WHILE_MS);
  const counts = [["load", "good"], ["error", "good"], ["load", "bad"], ["error", "bad"], ["monetization", "bad"]]
    .map(([type, link]) => site.count(type, link));
  expect(await Promise.all(counts)).toEqual([1, 0, 0, 1, 0]);
});

test("4: of two links each is loaded and paid", async ({ open, reader }) => {
  const { siteWallet, secondSiteWallet } = reader.sandbox;
  const site = await open(`
    <link id=one rel=monetization href="${siteWallet}"><link id=two rel=monetization href="${secondSiteWallet}">`);
  for (const id of ["one", "two"]) {
    await site.hears("load", id);
    await site.hears("monetization", id, 2);
  }
});

test("5: a link that leaves with its parent is not paid until it is back", async ({ open, reader }) => {
  const site = await open(`<div id=parent><link id=one rel=monetization href="${reader.sandbox.siteWallet}"></div>`);
  for (const id of ["one", "parent"]) {
    await site.isPaid("one");
    await site.page.evaluate((id) => {
      const leaving = /** @type {Element} */ (document.getElementById(id));
      Object.assign(window, { leaving, home: leaving.parentNode });
      leaving.remove();
    }, id);
    await reader.drained();
    const before = await site.count("monetization");
    await pause(A_WHILE_MS);
    expect(await site.count("monetization")).toBe(before);
    await site.page.bringToFront();
    const loads = await site.count("load");
    await site.page.evaluate("home.append(leaving)");
    await site.hears("load", "one", loads + 1);
  }
  await site.isPaid("one");
});

test("6: links that come together, first or only for a moment are told apart", async ({ open, reader }) => {
  const { siteWallet, secondSiteWallet } = reader.sandbox;
  const site = await open("<p>Without a link.</p>");
  await site.page.evaluate(([siteWallet, secondSiteWallet]) => {
    const link = (/** @type {string} */ id, /** @type {string} */ href) =>
      Object.assign(document.createElement("link"), { id, rel: "monetization", href });
    document.body.append(link("one", siteWallet), link("two", secondSiteWallet));
    document.documentElement.prepend(link("first", siteWallet));
    const brief = link("brief", siteWallet);
    document.body.append(brief);
    brief.remove();
    const back = link("back", siteWallet);
    document.body.append(back);
    back.remove();
    document.body.append(back);
    const crowd = document.createDocumentFragment();
    for (let number = 0; number < 20_000; number++) crowd.append(document.createElement("i"));
    crowd.append(link("crowded", secondSiteWallet));
    document.body.append(crowd);
  }, [siteWallet, secondSiteWallet]);
  for (const id of ["one", "two", "first", "back", "crowded"]) {
    await site.hears("monetization", id);
    expect(await site.count("load", id)).toBe(1);
  }
  expect(await site.count("load", "brief") + await site.count("error", "brief")).toBe(0);
});

test("7: a link follows its href", async ({ open, reader, documents }) => {
  const { siteWallet, secondSiteWallet } = reader.sandbox;
  const bad = documents.origin + documents.put("no wallet");
  const site = await open(`<link id=one rel=monetization href="${bad}">`);
  const set = (/** @type {string | null} */ href) => site.page.evaluate((href) => {
    const link = /** @type {Element} */ (document.getElementById("one"));
    href === null ? link.removeAttribute("href") : link.setAttribute("href", href);
  }, href);
  await site.hears("error", "one", 1);
  await set(siteWallet);
  await site.hears("load", "one", 1);
  await site.isPaid("one");
  await site.page.evaluate(() => addEventListener("monetization", (event) => {
    Reflect.set(window, "lastPaid", /** @type {any} */ (event).paymentPointer);
  }));
  await set(secondSiteWallet);
  await site.hears("load", "one", 2);
  await expect.poll(() => site.page.evaluate("window.lastPaid")).toBe(secondSiteWallet);
  await set(null);
  await reader.drained();
  const before = await site.count("monetization");
  await pause(A_WHILE_MS);
  expect(await site.count("monetization")).toBe(before);
  await site.page.bringToFront();
  await set(siteWallet);
  await site.hears("load", "one", 3);
  await site.isPaid("one");
  expect(await site.count("error")).toBe(1);
});

test("8: disabled and rel switch a link off and on", async ({ open, reader }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`);
  const [off, on] = [["link.disabled = true", "link.rel = 'nofollow'"], ["link.disabled = false", "link.relList.add('monetization')"]];
  for (const index of [0, 1]) {
    await site.isPaid("one");
    const loads = await site.count("load");
    await site.page.evaluate(`{ const link = document.getElementById("one"); ${off[index]}; }`);
    await reader.drained();
    const before = await site.count("monetization");
    await pause(A_WHILE_MS);
    expect(await site.count("monetization"), off[index]).toBe(before);
    await site.page.bringToFront();
    await site.page.evaluate(`{ const link = document.getElementById("one"); ${on[index]}; }`);
    await site.hears("load", "one", loads + 1);
  }
  await site.isPaid("one");
});

test("9: a change of crossorigin begins anew, another type ends it", async ({ open, reader }) => {
  const { siteWallet } = reader.sandbox;
  const site = await open(`<link id=one rel=monetization href="${siteWallet}">
    <link id=other rel=monetization type="text/plain" href="${siteWallet}">`);
  await site.hears("load", "one", 1);
  const set = (/** @type {string} */ name, /** @type {string} */ value) => site.page.evaluate(([name, value]) => {
    document.getElementById("one")?.setAttribute(name, value);
  }, [name, value]);
  await set("crossorigin", "use-credentials");
  await site.hears("load", "one", 2);
  await set("type", "text/html");
  await pause(500);
  const before = await site.count("load");
  await set("type", "application/json; charset=utf-8");
  await site.hears("load", "one", 3);
  expect(before).toBe(2);
  await site.isPaid("one");
  expect(await site.count("load", "other")).toBe(0);
});
