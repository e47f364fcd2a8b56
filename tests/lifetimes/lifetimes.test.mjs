// How long the worker lives, with nobody watching it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { World } from "../browser/harness.mjs";
import { until } from "../browser/programs.mjs";
import { UnwatchedBrowser } from "./browser.mjs";

/** @typedef {Awaited<ReturnType<UnwatchedBrowser["open"]>>} Page */

const ASLEEP_MS = 35_000;
const LONG_MS = 300_000;
const SHARED_MS = 30_000;
const PAYING_AGAIN_MS = 2_500;
const KILLS = 10;

/** @type {World} */
let world;
/** @type {UnwatchedBrowser} */
let browser;

before(async () => {
  world = await World.start();
  await world.connect();
  await world.browser.stop();
  browser = await UnwatchedBrowser.start(world.sandbox.folder);
});
after(async () => {
  await browser?.stop();
  await world?.sandbox.stop(false);
});

/** When each payment arrived on the page, in milliseconds since that was opened. @param {Page} page */
const payments = (page) => page.evaluate(() => /** @type {{at: number}[]} */ (Reflect.get(window, "__events") ?? []).map(({ at }) => at));

/** Opens a page that is paid, and waits until it is. */
async function paidPage() {
  const page = await browser.open(`${world.sandbox.siteUrl}/`);
  await until("the page is paid", async () => (await payments(page)).length > 0);
  return page;
}

test("it is asleep within 35 seconds when there is nothing to pay", async () => {
  const page = await browser.open(`${world.sandbox.siteUrl}/plain.html`);
  await until("it is asleep", async () => !await browser.isWorkerAwake(), ASLEEP_MS);
  await browser.close(page);
});

test("no second is missed while another page of the extension is open", async () => {
  const popup = await browser.open(world.browser.extensionUrl("popup.html"));
  const page = await paidPage();
  const before = (await payments(page)).length;
  await pause(SHARED_MS);
  const seconds = (await payments(page)).length - before;
  assert.ok(seconds >= SHARED_MS / 1_000 - 1, `${seconds} payments in ${SHARED_MS} ms`);
  await browser.close(popup);
  await browser.close(page);
});

test("it pays again within two and a half seconds of its end", async () => {
  const page = await paidPage();
  const waits = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await pause(3_000 + 100 * kill);
    const killed = await page.evaluate(() => performance.now());
    await page.killWorkers();
    const next = await until("the next payment", async () => (await payments(page)).find((at) => at > killed + 200) ?? 0);
    waits.push(Math.round(next - killed));
  }
  console.log(`paying again after ${waits.join(", ")} ms`);
  assert.ok(Math.max(...waits) <= PAYING_AGAIN_MS, `${Math.max(...waits)} ms`);
  await browser.close(page);
});

test("it is the same worker that still pays after five minutes", async () => {
  const page = await paidPage();
  const before = (await payments(page)).length;
  for (const end = performance.now() + LONG_MS; performance.now() < end; await pause(1_000)) {
    assert.ok(await browser.isWorkerAwake(), "it has ended");
  }
  const paid = await payments(page);
  assert.ok(paid.length - before >= 0.98 * LONG_MS / 1_000, `${paid.length - before} payments`);
  const gaps = paid.slice(1).map((at, index) => at - paid[index]);
  console.log(`the longest time between two payments: ${Math.round(Math.max(...gaps))} ms`);
  assert.ok(await page.evaluate(() => performance.now()) - paid[paid.length - 1] < 2_500, "it pays no more");
});
