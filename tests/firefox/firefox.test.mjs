// The extension in Firefox: the main way once, and what is different there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../browser/programs.mjs";
import { FirefoxWorld, testId } from "./world.mjs";

/** Firefox's own. */
const IDLE_MS = 30_000;
const SHORT_IDLE_MS = 3_000;

/**
 * A test in a world of its own.
 * @param {string} name
 * @param {(world: FirefoxWorld) => Promise<void>} body
 * @param {number} [idleMs]
 */
function testInFirefox(name, body, idleMs = IDLE_MS) {
  test(name, { timeout: 120_000 }, async () => {
    const world = await FirefoxWorld.start(idleMs);
    let passed = false;
    try {
      await body(world);
      passed = true;
    } finally {
      await world.stop({ keepLogs: !passed });
    }
  });
}

/**
 * Nothing was paid twice, and nothing unknowingly: both ledgers hold the same payments.
 * @param {FirefoxWorld} world
 */
async function expectSameLedgers(world) {
  const { wallet, extension } = await world.settledLedgers();
  assert.deepEqual(extension, wallet);
  return wallet.length;
}

testInFirefox("a wallet is connected, a page is paid and hears of it, and the popup says so", async (world) => {
  const { connection } = await world.connect();
  assert.equal(connection.wallet.address, world.sandbox.walletAddress);
  assert.deepEqual([connection.budget.value, connection.monthly], ["10.00", false]);

  const site = await world.openSite();
  await site.paid(3);
  const [event] = await site.events();
  assert.deepEqual([event.target, event.currency], ["link", "USD"]);
  assert.ok(event.incomingPayment.startsWith(world.sandbox.receiver.url), event.incomingPayment);
  const shown = (/** @type {string} */ selector) => document.querySelector(selector)?.getAttribute("data-page");
  assert.equal(await world.firefox.inPage(await world.popup(), shown, testId("status")), "paying");
  assert.equal(await expectSameLedgers(world), (await site.events()).length);
  assert.equal(await world.openPanel(), `${world.origin}views/popup.html`);
});

testInFirefox("payments that are switched off stay off until they are on again", async (world) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(1);
  await expectSameLedgers(world);
  const received = (await site.events()).length;
  await world.firefox.show(site.page);
  await pause(2_500);
  assert.equal((await site.events()).length, received);
  await world.firefox.click(await world.popup(), testId("enabled"));
  await world.firefox.show(site.page);
  await site.paid(received + 2);
});

testInFirefox("the background sleeps while there is nothing to pay, and wakes for a page", async (world) => {
  const { publicKey } = await world.connect();
  await world.closeViews();
  const plain = await world.openSite("/plain.html");
  await until("the background sleeps", async () => await world.background() === "stopped");
  await world.firefox.navigate(plain.page, `${world.sandbox.siteUrl}/`);
  await plain.paid(2);
  assert.deepEqual((await world.view()).publicKey, publicKey);
  await expectSameLedgers(world);
}, SHORT_IDLE_MS);

testInFirefox("the background stays awake as long as it pays", async (world) => {
  await world.connect();
  await world.closeViews();
  const site = await world.openSite();
  await site.paid(1);
  for (const end = performance.now() + 3 * SHORT_IDLE_MS; performance.now() < end; await pause(250)) {
    assert.equal(await world.background(), "running");
  }
  await expectSameLedgers(world);
}, SHORT_IDLE_MS);

testInFirefox("a background that is ended in the middle of a payment pays on by itself", async (world) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(2);
  await world.sandbox.payer.addFault({ method: "POST", path: "outgoing-payments", fault: { delayMs: 1_500 }, times: 1 });
  const sent = async () => (await world.sandbox.payer.payments()).outgoing.length;
  const before = await sent();
  await until("a payment is under way", async () => await sent() > before);
  assert.equal(await world.killBackground(), "stopped");
  const received = (await site.events()).length;
  // Only while it pays does it look for what became of a payment, and three seconds later at first.
  await site.paid(received + 6);
  await expectSameLedgers(world);
});

testInFirefox("connecting asks for the sites and the proxy, should they have been taken away", async (world) => {
  const needed = ["http://127.0.0.1/*", "http://localhost/*", "https://*/*"];
  assert.deepEqual(await world.origins(), needed);
  await world.takeAwayOrigins(needed);
  assert.deepEqual(await world.origins(), []);
  await world.connect();
  assert.deepEqual(await world.origins(), needed);
  await (await world.openSite()).paid(1);
});
