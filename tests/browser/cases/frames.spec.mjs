// Case 14: which of the documents embedded in a page are monetized.

import { setTimeout as pause } from "node:timers/promises";
import { until } from "../programs.mjs";
import { A_WHILE_MS, Listener, expect, test } from "./cases.mjs";

/** @typedef {import("./cases.mjs").CasePage} CasePage */

/**
 * A frame of a page by its name, once it is there.
 * @param {CasePage} site
 * @param {string} name
 */
const frame = async ({ page }, name) =>
  new Listener(/** @type {import("@playwright/test").Frame} */ (await until(name, () => page.frame({ name }))));

/**
 * Expects that of the frames of a page those are monetized, and no other.
 * @param {CasePage} site
 * @param {Record<string, string[]>} frames names by what is expected of them
 */
async function expectPaid(site, { paid, others }) {
  for (const name of paid) {
    const listener = await frame(site, name);
    // A frame in a process of its own may have its `load` before the driver is in it.
    await listener.isPaid().catch(() => { throw new Error(`${name} is not paid`); });
  }
  await pause(A_WHILE_MS);
  for (const name of others) {
    const listener = await frame(site, name);
    expect([name, await listener.count("load"), await listener.count("error"), await listener.count("monetization")]).toEqual([name, 0, 0, 0]);
  }
}

test("14: a frame is monetized if `allow` lets it", async ({ open, reader, documents }) => {
  const { origin, otherOrigin } = documents;
  const inner = documents.put(`<link rel=monetization href="${reader.sandbox.siteWallet}">`);
  /** @type {Record<string, string>} */
  const paid = {
    plain: `allow="monetization" src="${inner}"`,
    second: `allow="fullscreen; monetization" src="${inner}"`,
    everybody: `allow="monetization *" src="${otherOrigin}${inner}"`,
    self: `allow="monetization 'self'" src="${inner}"`,
    source: `allow="monetization 'src'" src="${otherOrigin}${inner}"`,
    elsewhere: `allow="monetization" src="${otherOrigin}${inner}"`,
    named: `allow="monetization ${otherOrigin} https://a.example" src="${otherOrigin}${inner}"`,
    sandboxed: `allow="monetization" sandbox="allow-scripts" src="${otherOrigin}${inner}"`,
    sandboxedAlike: `allow="monetization 'self'" sandbox="allow-scripts allow-same-origin" src="${inner}"`,
  };
  /** @type {Record<string, string>} */
  const others = {
    none: `src="${inner}"`,
    other: `allow="fullscreen" src="${inner}"`,
    nobody: `allow="monetization 'none'" src="${inner}"`,
    notSelf: `allow="monetization 'self'" src="${otherOrigin}${inner}"`,
    notNamed: `allow="monetization ${origin}" src="${otherOrigin}${inner}"`,
    notSandboxed: `allow="monetization 'self' ${origin}" sandbox="allow-scripts" src="${inner}"`,
  };
  const frames = Object.entries({ ...paid, ...others }).map(([name, attributes]) => `<iframe name=${name} ${attributes}></iframe>`);
  const site = await open(frames.join(""));
  await expectPaid(site, { paid: Object.keys(paid), others: Object.keys(others) });
});

test("14: a frame in a frame is monetized if each level lets it", async ({ open, reader, documents }) => {
  const { otherOrigin } = documents;
  const link = `<link rel=monetization href="${reader.sandbox.siteWallet}">`;
  const inner = documents.put(link);
  const middle = (/** @type {string} */ name, attributes = "") => documents.put(`<iframe name=${name} src="${inner}" ${attributes}></iframe>`);
  const forger = documents.put(`<iframe name=forged src="${inner}" allow="monetization *"></iframe>
    <script>
      // What comes from within is passed on, and the other way round, with whatever may help.
      addEventListener("message", ({ data, source }) => {
        for (const target of [parent, top, frames[0]]) target.postMessage(data, "*", [new MessageChannel().port1]);
      }, true);
      for (const type of ["load", "monetization"]) addEventListener("rivulet:" + type, () => {}, true);
    </script>`);
  const shadow = documents.put(`<div><template shadowrootmode=open><iframe name=inShadow src="${inner}" allow=monetization></iframe></template></div>`);
  const site = await open(`
    <iframe allow="monetization *" src="${otherOrigin}${middle("both", "allow=monetization")}"></iframe>
    <iframe allow="monetization *" src="${shadow}"></iframe>
    <iframe allow="monetization *" src="${middle("outer")}"></iframe>
    <iframe src="${middle("inner", "allow=monetization")}"></iframe>
    <iframe src="${forger}"></iframe>
    <iframe name=written allow=monetization srcdoc='${link}'></iframe>
    <iframe name=writtenSandboxed allow=monetization sandbox=allow-scripts srcdoc='${link}'></iframe>
    <iframe name=data allow=monetization src='data:text/html,${encodeURIComponent(link)}'></iframe>
    <iframe name=blank allow=monetization></iframe>
    <iframe name=blankOther></iframe>
    <script>
      for (const name of ["blank", "blankOther"]) {
        const { document } = window[name];
        document.body.innerHTML = '${link}';
      }
    </script>`);
  const paid = ["both", "inShadow", "written", "writtenSandboxed", "data", "blank"];
  await expectPaid(site, { paid, others: ["outer", "inner", "forged", "blankOther"] });
});

test("14: frames come, go and navigate, and the page is paid all the while", async ({ open, reader, documents }) => {
  const { siteWallet, secondSiteWallet } = reader.sandbox;
  const inner = documents.put(`<link rel=monetization href="${secondSiteWallet}">`);
  const site = await open(`<link id=top rel=monetization href="${siteWallet}">`);
  await site.isPaid("top");
  await site.page.evaluate((inner) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "inner", allow: "monetization", src: inner });
    document.body.append(frame);
  }, inner);
  const first = await frame(site, "inner");
  await first.isPaid();
  await site.isPaid("top");

  // What it allows holds for the next document.
  const element = site.page.locator("iframe");
  await element.evaluate((element) => element.setAttribute("allow", "fullscreen"));
  await first.isPaid();
  await element.evaluate((element, url) => element.setAttribute("src", url), `${documents.otherOrigin}${inner}`);
  await until("the navigation", () => site.page.frame({ name: "inner" })?.url().startsWith(documents.otherOrigin));
  await site.isPaid("top");
  await pause(A_WHILE_MS);
  expect(await new Listener(/** @type {any} */ (site.page.frame({ name: "inner" }))).count("load")).toBe(0);

  await element.evaluate((element) => element.setAttribute("allow", "monetization"));
  await site.page.frame({ name: "inner" })?.evaluate("location.reload()").catch(() => {});
  await until("paid after it navigated", async () => (await (await frame(site, "inner")).count("monetization").catch(() => 0)) > 0);
  // It went elsewhere by itself, where its attributes do not point.
  await site.page.frame({ name: "inner" })?.evaluate((url) => { location.href = url; }, `${documents.origin}${inner}`);
  await until("the navigation", () => site.page.frame({ name: "inner" })?.url().startsWith(documents.origin));
  await pause(A_WHILE_MS);
  expect(await new Listener(/** @type {any} */ (site.page.frame({ name: "inner" }))).count("load")).toBe(0);
  await element.evaluate((element) => element.remove());
  await site.isPaid("top");
});

test("14: a worker that is killed pays frames again", async ({ open, reader, documents }) => {
  const inner = documents.put(`<link rel=monetization href="${reader.sandbox.siteWallet}">`);
  const site = await open(`<iframe name=inner allow=monetization src="${documents.otherOrigin}${inner}"></iframe>`);
  const listener = await frame(site, "inner");
  await listener.isPaid();
  await reader.browser.killWorker();
  await listener.isPaid();
  expect(await listener.count("load")).toBe(1);
});

test("14: pages do not hear how frames are told apart", async ({ open, reader, documents }) => {
  const inner = documents.put(`<link rel=monetization href="${reader.sandbox.siteWallet}">`);
  const site = await open(`<script>
      window.messages = [];
      addEventListener("message", ({ data }) => messages.push(data), true);
    </script>
    <iframe name=inner allow=monetization src="${documents.otherOrigin}${inner}"></iframe>
    <iframe src="${inner}"></iframe>`);
  await (await frame(site, "inner")).isPaid();
  expect(await site.page.evaluate("window.messages")).toEqual([]);
});
