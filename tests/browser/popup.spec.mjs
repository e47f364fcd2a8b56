// What the popup says of the real system, and what it makes it do, by keyboard. It lies behind the site
// all the while: a page that nobody looks at would not be paid.

import { expect, test } from "./fixtures.mjs";

/** @typedef {import("./harness.mjs").World} World */
/** @typedef {import("@playwright/test").Page} Page */

/** A popup, and a page in front that is being paid. @param {World} world */
async function paying(world) {
  await world.connect();
  await world.setRate("3.60");
  const popup = await world.popup();
  const site = await world.openSite();
  await expect(popup.getByTestId("status")).toHaveAttribute("data-page", "paying");
  await site.paid(1);
  return { popup, site };
}

/** @param {Page} popup @param {string} state */
const shows = (popup, state) => expect(popup.getByTestId("status")).toHaveAttribute("data-page", state);

test("everything, and one site, is switched off and on", async ({ world }) => {
  const { popup, site } = await paying(world);
  await expect(popup.getByTestId("receivers")).toHaveText(world.sandbox.siteWallet.replace("http://", ""));
  await popup.getByTestId("enabled").press("Space");
  await shows(popup, "off");
  await popup.getByTestId("enabled").press("Space");
  await shows(popup, "paying");
  await popup.getByTestId("site-enabled").press("Space");
  await shows(popup, "siteOff");
  await popup.getByTestId("site-enabled").press("Space");
  await shows(popup, "paying");
  await site.page.goto(`${world.sandbox.siteUrl}/plain.html`);
  await shows(popup, "notMonetized");
});

test("a site has a rate of its own until it has not", async ({ world }) => {
  const { popup } = await paying(world);
  const fold = popup.getByTestId("site-rate-fold");
  await fold.locator("summary").press("Enter");
  await popup.getByTestId("site-rate").fill("0");
  await popup.getByTestId("site-rate").press("Enter");
  await shows(popup, "paused");
  await expect(fold.locator("summary")).toContainText("$0.00");
  await popup.getByTestId("site-rate").fill("1e3");
  await popup.getByTestId("site-rate").press("Enter");
  await expect(popup.getByTestId("notice")).toHaveAttribute("data-code", "rate_invalid");
  await popup.getByTestId("usual-site-rate").press("Enter");
  await shows(popup, "paying");
  await expect(popup.getByTestId("notice")).toHaveCount(0);
});

test("a gift is given once, and said to have been", async ({ world }) => {
  const { popup } = await paying(world);
  await popup.getByTestId("once").locator("summary").press("Enter");
  await popup.getByTestId("once-amount").fill("0.50");
  await popup.getByTestId("give").press("Enter");
  await expect(popup.getByTestId("once-outcome")).toContainText("You gave $0.50.");
  const { outgoing } = await world.sandbox.payer.payments();
  expect(outgoing.filter(({ debitAmount }) => debitAmount.value === "500000").length).toBe(1);
});

test("while the proxy is gone the popup says so, and nothing is to be done about it", async ({ world }) => {
  const { popup } = await paying(world);
  await world.sandbox.stopProxy();
  await expect(popup.getByTestId("problem").first()).toHaveAttribute("data-code", "proxy_unreachable");
  await shows(popup, "problem");
  await world.sandbox.startProxy("proxy.key");
  await shows(popup, "paying");
  await expect(popup.getByTestId("problem")).toHaveCount(0);
});

test("a key that the wallet has removed is asked for until it is there", async ({ world }) => {
  const { popup, site } = await paying(world);
  const keys = await world.browser.context.newPage();
  await keys.goto(`${world.sandbox.payer.url}/keys/alice`);
  await keys.getByTestId("remove-key").press("Enter");
  await site.page.bringToFront();
  await expect(popup.getByTestId("problem").first()).toHaveAttribute("data-code", "key_missing");
  await keys.goto(String(await popup.getByTestId("send-key").getAttribute("href")));
  await keys.getByTestId("add-key").press("Enter");
  await site.page.bringToFront();
  await shows(popup, "paying");
});

test("a budget that is used up is said to be, and topped up", async ({ world }) => {
  await world.uploadKey();
  await world.requestConnection({ amount: "0.004" });
  await (await world.consentPage()).getByTestId("accept").click();
  await world.shows("connected", (view) => view.connection.state === "connected");
  await world.setRate("3.60");
  const popup = await world.popup();
  const site = await world.openSite();
  await shows(popup, "outOfFunds");
  await world.unfold(popup, "top-up");
  await popup.getByTestId("amount").fill("5");
  await popup.getByTestId("ask").press("Enter");
  await expect(popup.getByTestId("top-up")).toContainText("the one you have goes on");
  await (await world.consentPage()).getByTestId("accept").press("Enter");
  await world.shows("the new budget", (view) => view.connection.budget?.value === "5.00");
  await site.page.bringToFront();
  await shows(popup, "paying");
});

test("an empty account is told from an empty budget", async ({ world }) => {
  const { popup } = await paying(world);
  await world.sandbox.payer.setBalance(world.sandbox.walletAddress, "0");
  await expect(popup.getByTestId("problem").first()).toHaveAttribute("data-code", "account_empty");
});
