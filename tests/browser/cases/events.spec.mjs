// Cases 10 to 13: what pages hear, and in which shape.

import { setTimeout as pause } from "node:timers/promises";
import { A_WHILE_MS, expect, test } from "./cases.mjs";

const CORS = { "access-control-allow-origin": "*" };

test("10: what is no wallet gets an error, and nothing waits for it", async ({ open, documents, reader }) => {
  const json = { type: "application/json", headers: CORS };
  const wallet = await (await fetch(reader.sandbox.siteWallet)).text();
  const bad = {
    missing: documents.put("", { ...json, status: 404 }),
    html: documents.put("<p>Not a wallet.</p>", { headers: CORS }),
    malformed: documents.put("{\"id\":", json),
    other: documents.put("{\"id\": 1}", json),
    redirected: documents.put("", { ...json, status: 302, headers: { ...CORS, location: reader.sandbox.siteWallet } }),
    huge: documents.put(Buffer.alloc(10_000_000, " "), json),
    slow: documents.put(wallet, { ...json, delayMs: 30_000 }),
  };
  const links = Object.entries(bad).map(([id, path]) => `<link id=${id} rel=monetization href="${documents.origin}${path}">`);
  const site = await open(`${links.join("")}<script>
    addEventListener("load", () => { window.loadedAfter = performance.now(); });
  </script>`);
  await site.page.waitForFunction("window.loadedAfter");
  expect(await site.page.evaluate("window.loadedAfter")).toBeLessThan(3_000);
  for (const id of Object.keys(bad)) await site.hears("error", id);
  expect(await site.count("load")).toBe(0);
  expect(await site.count("error")).toBe(Object.keys(bad).length);
});

test("11: the event bubbles from its link to the window, and says what was sent", async ({ open, reader }) => {
  const { siteWallet, receiver } = reader.sandbox;
  const site = await open(`<body><div id=parent><link id=one rel=monetization href="${siteWallet}"></div>
    <script>
      window.path = [];
      const names = new Map([[window, "window"], [document, "document"], [document.documentElement, "html"],
        [document.body, "body"], [parent_ = document.getElementById("parent"), "parent"], [document.getElementById("one"), "one"]]);
      for (const [target, name] of names) target.addEventListener("monetization", (event) => {
        path.push(name, names.get(event.target));
        window.last = event;
      });
    </script>`);
  await site.isPaid("one");
  const heard = await site.page.evaluate(() => {
    const { path, last } = /** @type {any} */ (window);
    const { bubbles, cancelable, composed, amountSent, paymentPointer, incomingPayment } = last;
    const { currency, value } = amountSent;
    return {
      path: path.slice(0, 12), bubbles, cancelable, composed, currency, value, paymentPointer, incomingPayment,
      isEvent: last instanceof Event && last.constructor.name === "MonetizationEvent",
      isAmount: Object.prototype.toString.call(amountSent),
    };
  });
  const names = ["one", "parent", "body", "html", "document", "window"];
  expect(heard).toMatchObject({
    path: names.flatMap((name) => [name, "one"]),
    bubbles: true, cancelable: false, composed: false, isEvent: true, isAmount: "[object MonetizationCurrencyAmount]",
    currency: "USD", paymentPointer: siteWallet,
  });
  expect(heard.value).toMatch(/^0\.\d+$/);
  expect(heard.incomingPayment.startsWith(receiver.url)).toBe(true);

  // What is on its way when its link goes is heard by nobody.
  await site.page.evaluate("window.gone = document.getElementById('one'); gone.addEventListener('monetization', () => heard.push({ type: 'late', id: '' })); gone.remove();");
  await pause(A_WHILE_MS);
  expect(await site.count("late")).toBe(0);
});

test("11: no event comes before scripts that wait for the document could listen", async ({ open, reader, documents }) => {
  const late = documents.put(`
    window.early = heard.filter(({ type }) => type === "monetization").length;
    window.addEventListener("monetization", () => { window.late = true; }, { once: true });
  `, { type: "text/javascript", delayMs: 3_000 });
  const link = `<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`;
  // Its wallet is known, so that it is paid at once.
  await (await open(link)).isPaid("one");
  const site = await open(`${link}<script src="${late}" defer></script>`);
  await site.page.waitForFunction("window.early !== undefined");
  expect(await site.page.evaluate("window.early")).toBe(0);
  await site.page.waitForFunction("window.late");
});

const HANDLERS = {
  "script-src 'unsafe-inline'": ["attribute", "property", "parent", "document", "window"],
  "script-src 'nonce-a'": ["property", "parent", "document", "window"],
  "default-src 'self'; script-src 'nonce-a' 'unsafe-hashes' 'sha256-VclBv6TqXbUbAkSQSj9FUzgn8GBz8E0TTZLyllL2OcY='": ["attribute", "property", "parent", "document", "window"],
  "require-trusted-types-for 'script'; script-src 'nonce-a'": ["property", "parent", "document", "window"],
};
for (const [policy, expected] of Object.entries(HANDLERS)) {
  test(`12: onmonetization under ${policy}`, async ({ open, reader }) => {
    const { siteWallet } = reader.sandbox;
    const link = (/** @type {string} */ id, attributes = "") => `<link id=${id} rel=monetization href="${siteWallet}" ${attributes}>`;
    const site = await open(`<body><script nonce=a>
        window.called = [];
      </script>
      ${link("attribute", "onmonetization='called.push(this.id)'")}
      <div id=parent>${link("property")}</div>
      <script nonce=a>
        const note = function (event) { called.push(this === event.currentTarget && (this.id ?? (this === window ? "window" : "document"))); };
        for (const target of [parent_ = document.getElementById("parent"), document.getElementById("property"), document, window]) {
          target.onmonetization = note;
        }
      </script>`, { headers: { "content-security-policy": policy } });
    await site.isPaid("property");
    await site.isPaid("property");
    const called = /** @type {unknown[]} */ (await site.page.evaluate("window.called"));
    expect(new Set(called)).toEqual(new Set(expected));
  });
}

test("12: onmonetization is set, replaced and removed like any handler", async ({ open, reader }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">
    <script>window.called = [];</script>`);
  const change = async (/** @type {string} */ script) => {
    await site.page.evaluate(`{ const link = document.getElementById("one"); ${script}; }`);
    await site.isPaid("one");
    await site.page.evaluate("called.length = 0");
    await site.isPaid("one");
    return new Set(/** @type {string[]} */ (await site.page.evaluate("window.called")));
  };
  expect(await change("link.onmonetization = () => called.push('first')")).toEqual(new Set(["first"]));
  expect(await change("link.onmonetization = () => called.push('second')")).toEqual(new Set(["second"]));
  expect(await change("link.onmonetization = 'called.push(1)'")).toEqual(new Set());
  expect(await change("link.setAttribute('onmonetization', 'called.push(`attribute`)')")).toEqual(new Set(["attribute"]));
  expect(await change("link.setAttribute('onmonetization', 'called.push(event.type)')")).toEqual(new Set(["monetization"]));
  expect(await change("link.removeAttribute('onmonetization')")).toEqual(new Set());
  expect(await change("link.onmonetization = () => called.push('third'); link.onmonetization = null")).toEqual(new Set());
});

test("13: interfaces are shaped as a browser's own", async ({ open }) => {
  const { page } = await open("<body>");
  const shape = await page.evaluate(() => {
    const { MonetizationEvent, MonetizationCurrencyAmount } = /** @type {any} */ (window);
    const init = { amountSent: { currency: "EUR", value: "0.1" }, paymentPointer: "https://w.example/a", incomingPayment: "https://w.example/i" };
    const thrown = (/** @type {() => unknown} */ attempt) => {
      try {
        return `nothing, but ${attempt()}`;
      } catch (error) {
        return /** @type {Error} */ (error).constructor.name;
      }
    };
    const event = new MonetizationEvent("monetization", init);
    const described = (/** @type {any} */ owner, /** @type {string} */ name) => {
      const { enumerable, configurable, get } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
      return [enumerable, configurable, get?.name];
    };
    const without = (/** @type {string} */ name) => ({ ...init, [name]: undefined });
    return {
      thrown: [
        () => new MonetizationCurrencyAmount(),
        () => new MonetizationEvent(),
        () => new MonetizationEvent("monetization"),
        () => new MonetizationEvent("monetization", null),
        () => MonetizationEvent("monetization", init),
        () => new MonetizationEvent("monetization", without("amountSent")),
        () => new MonetizationEvent("monetization", without("paymentPointer")),
        () => new MonetizationEvent("monetization", without("incomingPayment")),
        () => new MonetizationEvent("monetization", { ...init, amountSent: { currency: "EUR" } }),
        () => new MonetizationEvent("monetization", { ...init, amountSent: { value: "1" } }),
        () => MonetizationEvent.prototype.amountSent,
        () => Object.getOwnPropertyDescriptor(MonetizationEvent.prototype, "amountSent")?.get?.call(event.amountSent),
        () => Object.getOwnPropertyDescriptor(MonetizationCurrencyAmount.prototype, "value")?.get?.call(event),
        () => Object.getOwnPropertyDescriptor(Element.prototype, "onmonetization")?.get?.call({}),
      ].map(thrown),
      values: [event.type, event.bubbles, event.amountSent.currency, event.amountSent.value, event.paymentPointer, event.incomingPayment],
      same: event.amountSent === event.amountSent,
      texts: [event, event.amountSent].map((object) => Object.prototype.toString.call(object)),
      lengths: [MonetizationEvent.length, MonetizationCurrencyAmount.length, MonetizationEvent.name],
      keys: Object.keys(MonetizationEvent.prototype),
      globals: ["MonetizationEvent", "MonetizationCurrencyAmount"].map((name) => described(window, name)),
      member: described(MonetizationEvent.prototype, "amountSent"),
      handlers: [Element.prototype, Document.prototype, window].map((owner) => described(owner, "onmonetization")),
      inherits: Object.getPrototypeOf(MonetizationEvent) === Event,
      detected: "onmonetization" in document.createElement("link") && "onmonetization" in window,
      empty: [window, document, document.body].map((target) => /** @type {any} */ (target).onmonetization),
      assigned: (() => {
        try {
          event.amountSent = 1;
          event.amountSent.value = "2";
        } catch {}
        return [typeof event.amountSent, event.amountSent.value];
      })(),
    };
  });
  expect(shape).toEqual({
    thrown: Array(14).fill("TypeError"),
    values: ["monetization", false, "EUR", "0.1", "https://w.example/a", "https://w.example/i"],
    same: true,
    texts: ["[object MonetizationEvent]", "[object MonetizationCurrencyAmount]"],
    lengths: [2, 0, "MonetizationEvent"],
    keys: ["amountSent", "incomingPayment", "paymentPointer"],
    globals: [[false, true, undefined], [false, true, undefined]],
    member: [true, true, "get amountSent"],
    handlers: Array(3).fill([true, true, "get onmonetization"]),
    inherits: true,
    detected: true,
    empty: [null, null, null],
    assigned: ["object", "0.1"],
  });
});
