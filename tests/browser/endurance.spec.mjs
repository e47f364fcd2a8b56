// What goes wrong while a page is paid: the loop goes on, and nothing is paid twice.

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "./fixtures.mjs";
import { until } from "./programs.mjs";

const SESSION_LIFE_SECONDS = 4;

/**
 * Nothing was paid twice, and nothing unknowingly: both ledgers hold the same payments.
 * @param {import("./harness.mjs").World} world
 */
async function expectSameLedgers(world) {
  await world.setEnabled(false);
  await world.drained();
  const ids = (/** @type {{id: string}[]} */ payments) => payments.map(({ id }) => id).toSorted();
  const { outgoing } = await world.sandbox.payer.payments();
  await expect.poll(async () => ids(await world.ledger())).toEqual(ids(outgoing));
}

/** @param {import("./harness.mjs").World} world */
async function outgoing(world) {
  return (await world.sandbox.payer.payments()).outgoing.length;
}

test("an incoming payment that expires is replaced", async ({ world }) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(2);
  const [{ incomingPayment: before }] = await site.events();
  await world.sandbox.receiver.expireIncomingPayments();
  await site.paid(1, ({ incomingPayment }) => incomingPayment !== before);
  await expectSameLedgers(world);
});

test("a token that expires is rotated", async ({ world }) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(2);
  await world.sandbox.payer.expireTokens();
  await site.paid((await site.events()).length + 3);
  await expectSameLedgers(world);
});

test("a token is rotated ahead of its end", async ({ world }) => {
  await world.sandbox.payer.change({ tokenLifetimeSeconds: 5 });
  await world.connect();
  const site = await world.openSite();
  await site.paid(10);
  const requests = await world.sandbox.payer.requests();
  const refused = requests.filter(({ path, status }) => path.includes("outgoing-payments") && status === 401);
  expect(refused).toEqual([]);
  expect(requests.some(({ method, path }) => method === "POST" && path.includes("/token/"))).toBe(true);
});

test("of a wallet that fails every third payment the others arrive", async ({ world }) => {
  await world.connect();
  await world.sandbox.payer.addFault({ method: "POST", path: "outgoing-payments", fault: { status: 500 }, every: 3 });
  const site = await world.openSite();
  await site.paid(8);
  await expectSameLedgers(world);
});

test("a payment whose answer is lost is not made again", async ({ world }) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(2);
  await world.sandbox.payer.addFault({ method: "POST", path: "outgoing-payments", fault: "loseReply", times: 1 });
  await site.paid((await site.events()).length + 3);
  await expectSameLedgers(world);
});

test("a worker that is killed in the middle of a payment pays on by itself", async ({ world }, { annotations }) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(3);
  await world.sandbox.payer.addFault({ method: "POST", path: "outgoing-payments", fault: { delayMs: 1_500 }, times: 1 });
  const sent = await outgoing(world);
  await until("a payment is under way", async () => await outgoing(world) > sent);
  const { ticks } = (await world.view()).diagnostics;
  await world.browser.killWorker();
  const killed = performance.now();
  const received = (await site.events()).length;
  await site.paid(received + 1);
  const seconds = ((performance.now() - killed) / 1_000).toFixed(1);
  annotations.push({ type: "paying again", description: `${seconds} s after the kill` });
  console.log(`paying again ${seconds} s after the kill`);
  expect((await world.view()).diagnostics.ticks, "ticks of the new worker").toBeLessThan(ticks);
  await site.paid(received + 3);
  await expectSameLedgers(world);
});

test.describe(() => {
  test.use({ settings: { proxyOptions: ["--session-life", String(SESSION_LIFE_SECONDS)] } });

  test("an expired session and another proxy key do not need the user", async ({ world }) => {
    await world.connect();
    const site = await world.openSite();
    await site.paid(2);
    await world.sandbox.stopProxy();
    await pause(SESSION_LIFE_SECONDS * 1_000);
    await world.sandbox.startProxy("other.key");
    await site.paid((await site.events()).length + 3);
    await expectSameLedgers(world);
  });
});
