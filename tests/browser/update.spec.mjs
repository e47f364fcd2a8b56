// An update in the middle of everything: what was stored stays, and nothing is paid twice.

import { expect, test } from "./fixtures.mjs";
import { until } from "./programs.mjs";

const [OLD_VERSION, NEW_VERSION] = ["0.0.1", "0.0.2"];
/** As the first versions wrote them. */
const OLD_SETTINGS = '[1,{"enabled":true,"sites_off":["elsewhere.example"],"rate":null,"proxy":null}]';

/** The version that runs. @param {import("./harness.mjs").World} world */
const running = async (world) => (await world.popup()).evaluate(() => chrome.runtime.getManifest().version);

/** @param {import("./harness.mjs").World} world */
const stored = async (world) => (await world.popup()).evaluate(() => chrome.storage.local.get());

test.use({ settings: { version: OLD_VERSION } });

test("an installed older version is updated while it pays", async ({ world }) => {
  expect(await running(world)).toBe(OLD_VERSION);
  const { connection, publicKey } = await world.connect();
  const site = await world.openSite();
  await site.paid(3);
  await world.sandbox.payer.addFault({ method: "POST", path: "outgoing-payments", fault: { delayMs: 1_500 }, times: 1 });
  const sent = async () => (await world.sandbox.payer.payments()).outgoing.length;
  const before = await sent();
  await until("a payment is under way", async () => await sent() > before);
  await (await world.popup()).evaluate((settings) => chrome.storage.local.set({ settings }), OLD_SETTINGS);
  const { account, key } = await stored(world);
  const listed = (await world.ledger()).map(({ id }) => id);
  await world.browser.update(NEW_VERSION);

  expect(await running(world)).toBe(NEW_VERSION);
  const after = await world.shows("the wallet", (view) => view.connection.state === "connected");
  expect(after.publicKey).toEqual(publicKey);
  expect(after.connection).toMatchObject({ wallet: connection.wallet, budget: connection.budget });
  expect(await stored(world)).toMatchObject({ account, key });
  expect((await world.ledger()).map(({ id }) => id)).toEqual(expect.arrayContaining(listed));

  // The scripts in pages that were open belong to the version that is gone.
  await site.page.bringToFront();
  await site.page.reload();
  await site.paid(6);
  await world.setEnabled(false);
  await world.drained();
  const { outgoing } = await world.sandbox.payer.payments();
  const ids = (/** @type {{id: string}[]} */ payments) => payments.map(({ id }) => id).toSorted();
  await expect.poll(async () => ids(await world.ledger())).toEqual(ids(outgoing));
  const { settings } = await stored(world);
  expect(settings).toContain("elsewhere.example");
});
