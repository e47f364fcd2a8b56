// The settings and the activity page against the real system, by keyboard where a person might have
// nothing else. One connected wallet serves a whole test.

import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./harness.mjs").World} World */

/** @param {World} world @param {"settings" | "activity"} name */
async function open(world, name) {
  const page = await world.browser.context.newPage();
  await page.goto(world.browser.extensionUrl(`${name}.html`));
  await page.locator("main").waitFor();
  return page;
}

/** A connected wallet that has paid something. @param {World} world */
async function paid(world) {
  await world.connect();
  const site = await world.openSite();
  await site.paid(3);
  await site.page.close();
  await world.drained();
}

/** @param {Page} page @param {string} button its test id */
async function saved(page, button) {
  const download = page.waitForEvent("download");
  await page.getByTestId(button).press("Enter");
  return readFile(await (await download).path(), "utf8");
}

test("rates, rules for sites and the rest are set, and a list of rules goes out and comes in", async ({ world }) => {
  await world.connect();
  const page = await open(world, "settings");
  await page.getByTestId("rate").fill("3.60");
  await page.getByTestId("rate").press("Enter");
  await page.getByTestId("maximum").fill("7.20");
  await page.getByTestId("maximum").press("Enter");
  await page.getByTestId("idle").selectOption("10");
  const { settings, rate } = await world.shows("all of it", (view) => view.settings.idleMinutes === 10);
  expect([rate.value, settings.maximumRate.value]).toEqual(["3.60", "7.20"]);

  const rule = async (/** @type {string} */ site, /** @type {string} */ perHour, isPaid = true) => {
    await page.getByTestId("site").fill(site);
    await page.getByTestId("site-rate").fill(perHour);
    await page.getByTestId("site-enabled").setChecked(isPaid);
    await page.getByTestId("site").press("Enter");
  };
  await rule("not a site", "1");
  await expect(page.getByTestId("sites").getByTestId("notice")).toHaveAttribute("data-code", "site_invalid");
  await rule("*.example.org", "", false);
  await rule("Blog.example.org", "1,20");
  await rule("news.example", "0.5");
  await expect(page.getByTestId("rules").locator("li")).toContainText(["*.example.org not paid", "blog.example.org $1.20", "news.example $0.50"]);
  await page.getByTestId("site-search").fill("news");
  await expect(page.getByTestId("rules").locator("li")).toContainText(["news.example"]);
  await page.getByTestId("edit-site").press("Enter");
  await expect(page.getByTestId("site")).toBeFocused();
  await expect(page.getByTestId("site-rate")).toHaveValue("0.50");
  await rule("news.example", "");
  await expect(page.getByTestId("rules").locator("li")).toHaveCount(0);
  await page.getByTestId("site-search").fill("");

  const list = await saved(page, "export-sites");
  const kept = (await world.view()).settings.sites;
  expect(JSON.parse(list)).toEqual({ sites: kept });
  expect(kept).toHaveLength(2);
  const choose = (/** @type {string} */ text) => page.getByTestId("sites-file")
    .setInputFiles({ name: "sites.json", mimeType: "application/json", buffer: Buffer.from(text) });
  const good = { site: "good.example", enabled: false, rate: null };
  for (const wrong of ["", "[1", "null", '{"sites":[{}]}', JSON.stringify({ sites: [good, { ...good, site: "<b>" }] })]) {
    await choose('{"sites":[]}');
    await expect(page.getByTestId("notice")).toHaveCount(0);
    await choose(wrong);
    await expect(page.getByTestId("sites").getByTestId("notice")).toHaveAttribute("data-code", "list_invalid");
    expect((await world.view()).settings.sites).toEqual(kept);
  }
  for (const tooLong of [" ".repeat(300_000), "\0".repeat(90_000)]) {
    await choose('{"sites":[]}');
    await expect(page.getByTestId("file-problem")).toHaveCount(0);
    await choose(tooLong);
    await expect(page.getByTestId("file-problem")).toBeVisible();
  }
  await page.getByTestId("remove-site").last().press("Enter");
  await expect(page.getByTestId("rules").locator("li")).toHaveCount(1);
  await expect(page.getByRole("heading", { name: "Sites" })).toBeFocused();
  await choose(JSON.stringify({ sites: [...JSON.parse(list).sites, good] }));
  await expect(page.getByTestId("rules").locator("li")).toHaveCount(3);
  await expect(page.getByTestId("file-problem")).toHaveCount(0);
  expect((await world.view()).settings.sites).toEqual([kept[0], kept[1], good]);

  await page.getByTestId("choose-language").selectOption("ar");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByTestId("rules").locator("li").first()).toContainText("*.example.org");
  await page.getByTestId("choose-language").selectOption("");
  await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
});

test("the activity is what the wallet has made, goes out as files, and is deleted only after a question", async ({ world }) => {
  await paid(world);
  const { outgoing } = await world.sandbox.payer.payments();
  const page = await open(world, "activity");
  await expect(page.getByTestId("payments").locator("tbody tr")).toHaveCount(outgoing.length);
  const units = outgoing.reduce((sum, { debitAmount }) => sum + BigInt(debitAmount.value), 0n);
  await expect(page.getByTestId("total")).toHaveText(`$0.${String(units).padStart(6, "0")} in ${outgoing.length} payments`);
  await expect(page.getByTestId("by-site").locator("tbody tr")).toContainText([`${new URL(world.sandbox.siteUrl).host} ${outgoing.length} $`]);
  await page.getByTestId("search").fill("nobody");
  await expect(page.getByTestId("search-found")).toHaveText("0 payments");
  await page.getByTestId("search").fill("paid 127.0.0.1");
  await expect(page.getByTestId("payments").locator("tbody tr")).toHaveCount(outgoing.length);

  const ids = (/** @type {{id: string}[]} */ payments) => payments.map(({ id }) => id).toSorted();
  expect(ids(JSON.parse(await saved(page, "export-json")).payments)).toEqual(ids(outgoing));
  const lines = (await saved(page, "export-csv")).trimEnd().split("\r\n");
  expect(lines.map((line) => line.split(",")[0])).toEqual(["kind", ...outgoing.map(() => "payment")]);

  const settings = await open(world, "settings");
  const { spent } = (await world.view()).connection;
  const ask = async () => {
    await settings.getByTestId("forget").press("Enter");
    await expect(settings.getByRole("button", { name: "Cancel" })).toBeFocused();
  };
  await ask();
  await settings.keyboard.press("Escape");
  await ask();
  await settings.keyboard.press("Enter");
  await expect(settings.getByTestId("forget")).toBeFocused();
  expect(await world.ledger()).toHaveLength(outgoing.length);
  await ask();
  await settings.keyboard.press("Tab");
  await settings.keyboard.press("Enter");
  await expect(settings.getByTestId("privacy").getByRole("status")).toHaveText("Deleted.");
  expect(await world.ledger()).toEqual([]);
  expect((await world.view()).connection.spent).toEqual(spent);
  await page.reload();
  await expect(page.getByTestId("no-payments")).toBeVisible();
});

test("the proxy is checked, and whoever wants to is disconnected though nobody answers", async ({ world }) => {
  await world.connect();
  const page = await open(world, "settings");
  const check = async (/** @type {string} */ url, /** @type {string} */ result) => {
    await page.getByTestId("proxy-url-input").fill(url);
    await page.getByTestId("check-proxy").press("Enter");
    await expect(page.getByTestId("proxy-check")).toHaveAttribute("data-result", result);
  };
  await check(world.sandbox.proxyUrl, "ready");
  await check(`${world.sandbox.proxyUrl}/anything`, "ready");
  await check("nowhere", "invalid");
  // The browser's own question cannot be answered here; a person says no.
  await page.evaluate(() => Reflect.set(chrome.permissions, "request", async () => false));
  await check("https://proxy.example", "forbidden");
  await page.getByTestId("set-proxy-url").press("Enter");
  await page.getByTestId("proxy-url-input").fill("nowhere");
  await page.getByTestId("proxy-url-input").press("Enter");
  await expect(page.getByTestId("proxy").getByTestId("notice")).toHaveAttribute("data-code", "proxy_url_invalid");
  await world.sandbox.stopProxy();
  await check(world.sandbox.proxyUrl, "unreachable");
  expect((await world.view()).proxyUrl).toBe(`${world.sandbox.proxyUrl}/`);

  const { publicKey } = await world.view();
  await page.getByTestId("disconnect").press("Enter");
  await expect(page.getByRole("dialog")).toHaveAccessibleName("Disconnect this wallet?");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("status")).toHaveAttribute("data-connection", "disconnected");
  await world.shows("a new key", (view) => view.publicKey && view.publicKey.kid !== publicKey.kid);
});
