// Documents of every kind, however they come to be.

import { setTimeout as pause } from "node:timers/promises";
import { A_WHILE_MS, expect, listenTo, test } from "./cases.mjs";

const XHTML = "http://www.w3.org/1999/xhtml";

test("documents of other kinds are paid", async ({ open, reader }) => {
  const { siteWallet } = reader.sandbox;
  const link = `<link xmlns="${XHTML}" id="one" rel="monetization" href="${siteWallet}" onmonetization="document.documentElement.setAttribute('called', 'yes')"/>`;
  const kinds = {
    "application/xhtml+xml": `<html xmlns="${XHTML}"><head><title>XHTML</title>${link}</head><body/></html>`,
    "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg"><link rel="monetization" id="none" href="${siteWallet}"/>${link}</svg>`,
    "application/xml": `<document>${link}</document>`,
  };
  for (const [type, body] of Object.entries(kinds)) {
    const site = await open(body, { type });
    await site.hears("load", "one");
    await site.isPaid("one");
    expect(await site.page.evaluate("document.documentElement.getAttribute('called')"), type).toBe("yes");
    expect(await site.count("load", "none")).toBe(0);
  }
});

test("documents without links are left alone", async ({ open, reader }) => {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const pdf = Buffer.from("%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>");
  for (const [type, body] of /** @type {[string, Buffer][]} */ ([["image/png", png], ["application/pdf", pdf], ["text/plain", Buffer.from("plain")]])) {
    const { page } = await open(/** @type {any} */ (body), { type });
    /** @type {Error[]} */
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    await pause(500);
    expect(errors).toEqual([]);
    const { page: shown } = await reader.view();
    expect(shown?.state ?? "notMonetized", type).toBe("notMonetized");
  }
});

test("a document that is written anew is paid, and so is what is written into it", async ({ open, reader }) => {
  const link = `<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`;
  const site = await open(`<script>document.write('${link}');</script>`);
  await site.isPaid("one");
  const before = await site.count("load");
  await site.page.evaluate((link) => {
    document.open();
    document.write(`<body>${link}<p>Written.</p>`);
    document.close();
    // The recorder's listeners went with all others.
    for (const type of ["load", "monetization"]) {
      document.addEventListener(type, (event) => /** @type {any} */ (window).heard.push({ type, id: /** @type {Element} */ (event.target).id }), true);
    }
  }, link);
  await site.hears("load", "one", before + 1);
  await site.isPaid("one");
  // It still hears of what changes in sight.
  await site.page.evaluate(() => {
    const root = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
    root.addEventListener("monetization", () => /** @type {any} */ (window).heard.push({ type: "monetization", id: "shadow" }));
    const link = /** @type {Element} */ (document.getElementById("one")?.cloneNode());
    document.getElementById("one")?.remove();
    root.append(link);
  });
  await site.isPaid("shadow");
});

test("a base URL leads to the wallet", async ({ open, reader }) => {
  const { pathname, origin } = new URL(reader.sandbox.siteWallet);
  const site = await open(`<base href="${origin}/"><link id=one rel=monetization href="${pathname.slice(1)}">`);
  await site.hears("load", "one");
  await site.isPaid("one");
});

test("a link that moves to another document is paid there, once", async ({ open, reader }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">
    <iframe name=inner allow=monetization srcdoc="<p>Another document.</p>"></iframe>`);
  await site.isPaid("one");
  const frame = /** @type {import("@playwright/test").Frame} */ (site.page.frame({ name: "inner" }));
  await frame.waitForSelector("p");
  await site.page.evaluate("window.inner.document.body.append(document.getElementById('one'))");
  const inner = listenTo(/** @type {any} */ (frame));
  await inner.hears("load", "one");
  await inner.isPaid("one");
  await reader.drained();
  const before = await site.count("monetization");
  await pause(A_WHILE_MS);
  expect(await site.count("monetization")).toBe(before);
  expect(await inner.count("load")).toBe(1);
  await site.page.bringToFront();
  // One payment a second, of which it hears once.
  const heard = await inner.count("monetization");
  await pause(A_WHILE_MS);
  expect((await inner.count("monetization")) - heard).toBeLessThanOrEqual(A_WHILE_MS / 1000 + 1);
  await frame.evaluate("parent.document.body.append(document.getElementById('one'))");
  await site.isPaid("one");
});

test("a page that changes its address stays the page that it is", async ({ open, reader }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`);
  await site.isPaid("one");
  await site.page.evaluate("history.pushState({}, '', '/elsewhere'); location.hash = 'here'; history.replaceState({}, '', '?query');");
  await site.isPaid("one");
  expect(await site.count("load")).toBe(1);
});
