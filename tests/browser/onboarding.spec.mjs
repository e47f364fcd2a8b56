// From a fresh install to the first payment: the walk that docs/first-run.md lists, with the mouse and
// with the keyboard, and what becomes of it when it is interrupted.

import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures.mjs";

/** @typedef {import("@playwright/test").Locator} Locator */
/** @typedef {import("./harness.mjs").World} World */

const CLICKS = 8;
const TYPED = 2;
/** How something is pressed. @type {Record<string, (target: Locator) => Promise<void>>} */
const HANDS = {
  mouse: (target) => target.click(),
  keyboard: (target) => target.press("Enter"),
};

for (const [hand, press] of Object.entries(HANDS)) {
  test(`the first payment is made, by ${hand}, in the steps that are written down`, async ({ world }) => {
    const started = performance.now();
    const steps = await walk(world, press);
    console.log(`from the welcome page to the first payment, by ${hand}: ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    const written = await writtenSteps();
    expect(steps).toEqual(written.filter(({ where }) => where === "page").map(({ what }) => what));
    expect(written.filter(({ what }) => what === "click").length).toBeLessThanOrEqual(CLICKS);
    expect(written.filter(({ what }) => what === "type").length).toBeLessThanOrEqual(TYPED);
  });
}

/**
 * The whole way; every step is noted.
 * @param {World} world
 * @param {(target: Locator) => Promise<void>} press
 */
async function walk(world, press) {
  /** @type {string[]} */
  const steps = [];
  const click = async (/** @type {Locator} */ target) => {
    steps.push("click");
    await press(target);
  };
  const type = async (/** @type {Locator} */ target, /** @type {string} */ text) => {
    steps.push("type");
    await target.pressSequentially(text);
  };
  const opened = (/** @type {string} */ what, /** @type {string} */ part) => world.browser.page(what, (url) => url.includes(part));

  const welcome = await opened("the welcome page", "welcome.html");
  await type(welcome.getByTestId("wallet-address"), world.sandbox.walletAddress);
  await type(welcome.getByTestId("amount"), "10");
  await click(welcome.getByTestId("connect"));
  await click(welcome.getByTestId("send-key"));
  await click((await opened("the wallet's page for keys", "/keys/")).getByTestId("add-key"));
  await click((await opened("the consent page", "/interact/")).getByTestId("accept"));
  await welcome.bringToFront();
  await click(welcome.getByTestId("sample"));
  await expect(welcome.getByTestId("done")).toBeVisible();
  return steps;
}

/** The steps in the document: those in the browser's own windows no test can make. */
async function writtenSteps() {
  const text = await readFile("docs/first-run.md", "utf8");
  return [...text.matchAll(/^\| \d+ \| (click|type) \| (browser|page) \|/gm)].map(([, what, where]) => ({ what, where }));
}

test("an interrupted walk is taken up again, and waiting can be cancelled", async ({ world }) => {
  await world.requestConnection();
  const status = async () => (await world.welcome()).getByTestId("status");
  await expect(await status()).toHaveAttribute("data-step", "key");

  await world.restartBrowser();
  await expect(await status()).toHaveAttribute("data-step", "key");
  const welcome = await world.welcome();
  await welcome.getByTestId("cancel").press("Enter");
  await expect(await status()).toHaveAttribute("data-step", "wallet");
  await expect(welcome.getByTestId("connect")).toBeEnabled();
});

test("the key can be copied, in both of its forms", async ({ world }) => {
  await world.requestConnection();
  const welcome = await world.welcome();
  await world.browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { publicKey } = await world.view();
  await welcome.bringToFront();
  const clipboard = () => welcome.evaluate(() => navigator.clipboard.readText());
  await welcome.getByTestId("copy-key").press("Enter");
  expect(await clipboard()).toBe(publicKey.jwk);
  await welcome.locator("details", { has: welcome.getByTestId("public-key-base64") }).locator("summary").press("Enter");
  await welcome.getByTestId("copy-key-base64").press("Enter");
  expect(await clipboard()).toBe(publicKey.base64);
});
