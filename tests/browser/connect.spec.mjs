// Connecting a wallet, and each way in which it can end early.

import { expect, test } from "./fixtures.mjs";

/** @param {string} code */
const endedBy = (code) => (/** @type {any} */ view) =>
  view.connection.state === "disconnected" && view.notice?.code === code;

test("a wallet is connected, and disconnected again", async ({ world }) => {
  const { connection } = await world.connect();
  expect(connection).toMatchObject({
    wallet: { address: world.sandbox.walletAddress, name: "Alice", assetCode: "USD" },
    budget: { value: "10.00" },
    monthly: false,
    problem: null,
  });
  const popup = await world.popup();
  await expect(popup.getByTestId("status")).toHaveAttribute("data-connection", "connected");

  const before = (await world.view()).publicKey;
  await world.unfold(popup, "wallet-fold");
  await popup.getByTestId("disconnect").click();
  const after = await world.shows("a new key", (view) => view.publicKey && view.publicKey.kid !== before.kid);
  expect(after.connection.state).toBe("disconnected");
});

test("who declines is not connected, and may try again", async ({ world }) => {
  await world.uploadKey();
  await world.requestConnection();
  await (await world.consentPage()).getByTestId("decline").click();
  await world.shows("declined", endedBy("declined"));

  await world.requestConnection({ monthly: true });
  await (await world.consentPage()).getByTestId("accept").click();
  const { connection } = await world.shows("connected", (view) => view.connection.state === "connected");
  expect(connection.monthly).toBe(true);
});

test("closing the consent page ends the attempt", async ({ world }) => {
  await world.uploadKey();
  await world.requestConnection();
  await (await world.consentPage()).close();
  await world.shows("closed", endedBy("tab_closed"));
  await expect((await world.welcome()).getByTestId("connect")).toBeEnabled();
});

test("an unknown wallet is named as such", async ({ world }) => {
  await world.requestConnection({ walletAddress: `${world.sandbox.payer.url}/nobody` });
  await world.shows("not found", endedBy("wallet_not_found"));
  await expect((await world.popup()).getByTestId("notice")).toHaveAttribute("data-code", "wallet_not_found");
});

test("connecting waits for the key to be uploaded", async ({ world }) => {
  await world.requestConnection();
  await world.shows("awaiting the key", (view) => view.connection.state === "awaitingKey");
  await world.uploadKey();
  await (await world.consentPage()).getByTestId("accept").click();
  await world.shows("connected", (view) => view.connection.state === "connected");
});

test("a budget is topped up without disconnecting, and a refused one changes nothing", async ({ world }) => {
  await world.connect();
  const popup = await world.popup();
  const { publicKey } = await world.view();
  const topUp = async (/** @type {string} */ amount, /** @type {string} */ decision) => {
    await popup.bringToFront();
    await world.unfold(popup, "top-up");
    await popup.getByTestId("top-up").getByTestId("amount").fill(amount);
    await popup.getByTestId("ask").click();
    await (await world.consentPage()).getByTestId(decision).click();
  };
  await topUp("25.00", "decline");
  await world.shows("declined", (view) => view.notice?.code === "declined");
  expect((await world.view()).connection).toMatchObject({ state: "connected", topUp: null, budget: { value: "10.00" } });

  await topUp("30.00", "accept");
  const { connection } = await world.shows("the new budget", (view) => view.connection.budget?.value === "30.00");
  expect(connection).toMatchObject({ state: "connected", topUp: null, spent: { value: "0.00" }, problem: null });
  expect((await world.view()).publicKey).toEqual(publicKey);
});
