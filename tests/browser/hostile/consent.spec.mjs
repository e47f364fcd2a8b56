// Pages that meddle with connecting a wallet, each in a browser where none is connected.

import { expect, test } from "../fixtures.mjs";
import { Attack } from "./attack.mjs";
import { Stranger } from "./stranger.mjs";

/** @param {import("../harness.mjs").World} world */
async function asked(world) {
  await world.uploadKey();
  await world.requestConnection();
  const page = await world.consentPage();
  await world.shows("awaiting consent", (view) => view.connection.state === "awaitingConsent");
  return page;
}

test("a forged finish in another tab, of any origin, decides nothing", async ({ world }) => {
  const consent = await asked(world);
  const stranger = await Stranger.start();
  stranger.page("/connected", "Connected!");
  const results = ["result=grant_rejected", "result=grant_invalid", "hash=AAAA&interact_ref=forged", ""];
  for (const origin of [world.sandbox.proxyUrl, world.sandbox.payer.url, stranger.url]) {
    for (const result of results) {
      const page = await world.browser.context.newPage();
      await page.goto(`${origin}/connected?${result}`);
      await page.close();
    }
  }
  stranger.close();
  expect((await world.view()).connection.state).toBe("awaitingConsent");
  await consent.getByTestId("accept").click();
  await world.shows("connected", (view) => view.connection.state === "connected");
});

test("a forged finish in the very tab ends the attempt without a grant", async ({ world }) => {
  const consent = await asked(world);
  const popup = await world.popup();
  const stored = await popup.evaluate(async () => JSON.stringify([await chrome.storage.local.get(), await chrome.storage.session.get()]));
  // Only the extension and the proxy know it.
  const finish = /http:[^"\\]+\/connected[^"\\]*/.exec(stored)?.[0];
  const forged = `${finish}?interact_ref=forged&hash=${"A".repeat(43)}%3D`;
  await consent.evaluate((url) => { location.href = url; }, forged);
  const { connection } = await world.shows("refused", (view) => view.notice?.code === "hash_wrong");
  expect(connection.state).toBe("disconnected");
  const requests = await world.sandbox.payer.requests();
  expect(requests.filter(({ method, path }) => method === "POST" && path.includes("/continue/"))).toEqual([]);
});

test("without a wallet a page learns no more than that the browser knows such links", async ({ world }) => {
  const stranger = await Stranger.start();
  stranger.document("/wallet", () => ({}));
  const attack = new Attack(world, stranger, 0);
  const page = await attack.open(`<link id="1" rel="monetization" href="${stranger.url}/wallet"><link id="2" rel="monetization" href="https://nas.local/">`);
  await attack.cameToNothing();
  expect(await attack.heard(page)).toEqual([]);
  expect(stranger.asked("/wallet")).toEqual([]);
  stranger.close();
});
