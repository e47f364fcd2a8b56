// Cases 15 to 17 and 19: who is paid depends on what the visitor looks at, and wants.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { A_WHILE_MS, Listener, expect, recordEvents, test } from "./cases.mjs";

/** @typedef {import("./cases.mjs").CasePage} CasePage */

/**
 * Expects that nothing more is paid to a page.
 * @param {Listener} site
 */
async function expectUnpaid(site) {
  const before = await site.count("monetization");
  await pause(A_WHILE_MS);
  expect(await site.count("monetization")).toBe(before);
}

test("15: only the tab in front is paid", async ({ open, reader }) => {
  const link = `<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`;
  const first = await open(link);
  await first.isPaid();
  const second = await open(link);
  await second.isPaid();
  await reader.drained();
  await expectUnpaid(first);
  await second.page.bringToFront();
  await second.isPaid();
  await first.page.bringToFront();
  await first.isPaid();
});

test("16: no way of loading pages gets them more than the rate", async ({ open, reader, documents }) => {
  const { siteWallet, secondSiteWallet } = reader.sandbox;
  const next = documents.put(`<link id=two rel=monetization href="${secondSiteWallet}">`);
  await reader.drained();
  const sent = async () => {
    const { outgoing } = await reader.sandbox.payer.payments();
    return outgoing.reduce((sum, payment) => sum + Number(payment.debitAmount.value), 0);
  };
  const [before, start] = [await sent(), performance.now()];
  const site = await open(`<link id=one rel=monetization href="${siteWallet}">`);
  await site.isPaid("one");
  for (let round = 0; round < 4; round++) {
    await site.page.reload();
    await pause(300);
    await site.page.evaluate((round) => { location.hash = `${round}`; }, round);
    await pause(300);
    await site.page.goto(`${documents.origin}${next}?${round}`);
    await pause(300);
    await site.page.goto(`${documents.origin}${next}#${round}`);
    await pause(300);
  }
  await reader.drained();
  const seconds = (performance.now() - start) / 1000;
  const spent = (await sent()) - before;
  expect(spent).toBeGreaterThan(0);
  // 0.60 an hour in millionths, and one payment ahead.
  expect(spent).toBeLessThanOrEqual(Math.ceil((seconds + 2) * 600_000 / 3_600));
});

test("17: nothing is asked of anybody while payments are off", async ({ open, reader, documents }) => {
  const wallet = await (await fetch(reader.sandbox.siteWallet)).text();
  const copy = documents.put(wallet, { type: "application/json", headers: { "access-control-allow-origin": "*" } });
  await reader.command({ command: "setEnabled", enabled: false });
  const site = await open(`<link id=one rel=monetization href="${documents.origin}${copy}">`);
  await pause(A_WHILE_MS);
  expect([await site.count("load"), await site.count("error"), documents.requested.includes(copy)]).toEqual([0, 0, false]);
  await reader.command({ command: "setEnabled", enabled: true });
  await site.page.bringToFront();
  await site.hears("load");
});

test("17: a rate of nothing pays nothing, and a site may have one of its own", async ({ open, reader, documents }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`);
  await site.isPaid();
  const setSiteRate = (/** @type {string | null} */ perHour) =>
    reader.command({ command: "setSiteRate", site: new URL(documents.origin).host, perHour });
  await setSiteRate("0");
  await reader.drained();
  await site.page.bringToFront();
  await expectUnpaid(site);
  await setSiteRate(null);
  await site.page.bringToFront();
  await site.isPaid();

  await reader.command({ command: "setRate", perHour: "0" });
  await reader.drained();
  await site.page.bringToFront();
  await expectUnpaid(site);
  await setSiteRate("0.60");
  await site.page.bringToFront();
  await site.isPaid();
  await setSiteRate(null);
  await reader.command({ command: "setRate", perHour: "0.60" });
});

test("17: a page that is paid once hears of it", async ({ open, reader, documents }) => {
  const site = await open(`<link id=one rel=monetization href="${reader.sandbox.siteWallet}">
    <script>
      window.values = [];
      addEventListener("monetization", ({ amountSent }) => values.push(Number(amountSent.value)));
    </script>`);
  await site.isPaid();
  await reader.command({ command: "payOnce", site: new URL(documents.origin).host, amount: "0.50" });
  await site.page.bringToFront();
  await site.page.waitForFunction("window.values.reduce((sum, value) => sum + value, 0) >= 0.5");
});

test("19: pages that came in the open, and files, are not monetized", async ({ open, reader, documents }) => {
  const body = `<link id=one rel=monetization href="${reader.sandbox.siteWallet}">`;
  const { page } = await open("");
  const file = join(reader.sandbox.folder, "page.html");
  await writeFile(file, body);
  const plain = documents.put(body);
  const inTheOpen = documents.origin.replace("127.0.0.1", "site.test");
  for (const url of [`${inTheOpen}${plain}`, `file://${file}`, `data:text/html,${encodeURIComponent(body)}`]) {
    await page.goto(url);
    await page.evaluate(recordEvents);
    await pause(A_WHILE_MS);
    const site = new Listener(page);
    expect([await site.count("load"), await site.count("error"), await site.count("monetization")], url).toEqual([0, 0, 0]);
    expect(await page.evaluate("'onmonetization' in window || document.createElement('link').relList.supports('monetization')"), url).toBe(false);
  }
});
