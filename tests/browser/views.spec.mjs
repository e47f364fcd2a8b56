// Every state of every view, as it is seen and as it is read out: nothing for axe-core to object to in
// light, dark and right to left, and everything within reach of the keyboard.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test as base } from "@playwright/test";
import { Stage } from "./stage.mjs";
import { ACTIVITY, POPUP, STATES } from "./states.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What WCAG 2.2 asks for at level AA, and what is held to be good beyond it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** @type {[string, import("./stage.mjs").Look][]} */
const LOOKS = [
  ["light", { scheme: "light", language: "en" }],
  ["dark", { scheme: "dark", language: "de" }],
  ["right to left", { scheme: "light", language: "ar" }],
  ["right to left and dark", { scheme: "dark", language: "ar" }],
];

const test = base.extend(/** @type {import("@playwright/test").Fixtures<{}, {stage: Stage}>} */ ({
  stage: [async ({}, use) => {
    const stage = await Stage.start();
    await use(stage);
    await stage.stop();
  }, { scope: "worker" }],
}));

for (const [name, states] of Object.entries(STATES)) {
  for (const [look, options] of LOOKS) {
    test(`nobody is shut out of the ${name}: ${look}`, async ({ stage }) => {
      for (const [state, view] of Object.entries(states)) {
        const page = await stage.open(name, view, options);
        await unfoldAll(page);
        expect(await objections(page), `${name}, ${state}`).toEqual([]);
        expect(await cutOff(page), `${name}, ${state}: wider than the page`).toEqual([]);
        await page.close();
      }
    });
  }

  test(`all that the ${name} offers is reached by the keyboard`, async ({ stage }) => {
    for (const [state, view] of Object.entries(states)) {
      const page = await stage.open(name, view);
      await unfoldAll(page);
      const offered = await page.locator("a, button:enabled, input, select, summary, [tabindex='0']").filter({ visible: true }).count();
      expect(await reached(page), `${name}, ${state}`).toBe(offered);
      // Zoomed to four times its size, a page is this wide. The popup has the width that it needs.
      if (name !== "popup") await page.setViewportSize({ width: 320, height: 640 });
      expect(await cutOff(page), `${name}, ${state}: wider than the page when it is narrow`).toEqual([]);
      await page.close();
    }
  });
}

test("what is paid counts up without anything else moving", async ({ stage }) => {
  const page = await stage.open("popup", POPUP.paying);
  const places = () => page.locator("main *, footer").evaluateAll((elements) => elements
    .filter((element) => !element.closest("svg, strong, .budget"))
    .map((element) => JSON.stringify(element.getBoundingClientRect())));
  const before = await places();
  for (const value of ["0.128", "0.1281", "0.13", "0.999", "1.00"]) {
    await page.evaluate(([view, paid]) => {
      Reflect.get(window, "show")({ ...view, page: { ...view.page, paid: { ...view.page.paid, value: paid } } });
    }, /** @type {[any, string]} */ ([POPUP.paying, value]));
    await expect(page.getByTestId("paid")).toHaveText(`$${value.padEnd(6, "0")}`);
    expect(await places()).toEqual(before);
  }
});

test("the popup is used by keyboard alone", async ({ stage }) => {
  const page = await stage.open("popup", POPUP.paying);
  const press = async (/** @type {string} */ testId, /** @type {string} */ key) => page.getByTestId(testId).press(key);
  await press("enabled", "Space");
  await press("site-enabled", "Space");
  await page.getByTestId("once").locator("summary").press("Enter");
  await page.getByTestId("once-amount").pressSequentially("1.50");
  await press("once-amount", "Enter");
  await page.getByTestId("site-rate-fold").locator("summary").press("Enter");
  await expect(page.getByTestId("once-amount")).toBeHidden();
  await page.getByTestId("site-rate").fill("7");
  await press("site-rate", "Enter");
  await page.getByTestId("top-up").locator("summary").press("Enter");
  await page.getByTestId("amount").fill("20");
  await press("monthly", "Space");
  await press("amount", "Enter");
  await page.getByTestId("wallet-fold").locator("summary").press("Enter");
  await press("disconnect", "Enter");
  expect(await page.evaluate(() => Reflect.get(window, "commands"))).toEqual([
    { command: "setEnabled", enabled: false },
    { command: "setSiteEnabled", site: "river.example", enabled: false },
    { command: "payOnce", site: "river.example", amount: "1.50" },
    { command: "setSiteRate", site: "river.example", perHour: "7" },
    { command: "topUp", amount: "20", monthly: true },
    { command: "disconnect" },
  ]);
});

test("the activity adds up what was paid by currency, day and site, whatever the time zone", async ({ stage }) => {
  const page = await stage.open("activity", ACTIVITY["two-currencies"]);
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setTimezoneOverride", { timezoneId: "Pacific/Auckland" });
  await page.reload();
  await page.getByTestId("by-day").waitFor();
  await unfoldAll(page);
  const rows = (/** @type {string} */ part) => page.getByTestId(part).locator("tbody tr");
  await expect(page.getByTestId("total")).toHaveText("$0.005000 in 5 payments");
  await expect(rows("by-day")).toContainText(["Nov 22, 2026 5 $0.005000"]);
  await expect(rows("payments")).toContainText(["6:29:59 PM", "failed, not paid", "paid", "paid", "not confirmed", "paid"]);
  await page.getByTestId("asset").selectOption({ label: "EUR (2)" });
  await expect(page.getByTestId("total")).toHaveText("€90,071,992,547,412.43 in 5 payments");
  await expect(rows("by-day")).toContainText(["Nov 3, 2026 2 €2.50", "Earlier days 3 €90,071,992,547,409.93"]);
  await expect(rows("by-site")).toContainText(["Other sites 3 €90,071,992,547,409.93", "river.example 2 €2.50"]);
  await page.getByTestId("search").fill("FAILED river");
  await expect(rows("payments")).toHaveCount(1);
});

/** @typedef {import("@playwright/test").Page} Page */

/** Unfolds what is folded, whichever excludes whichever. @param {Page} page */
const unfoldAll = (page) => page.locator("details").evaluateAll((folds) => {
  for (const fold of folds) fold.removeAttribute("name");
  for (const fold of folds) fold.setAttribute("open", "");
});

/** What axe-core objects to. @param {Page} page @returns {Promise<string[]>} */
async function objections(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => Reflect.get(window, "axe").run({ runOnly: rules }), RULES);
  return violations.flatMap((/** @type {any} */ { id, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${node.html}`));
}

/** What stands out of the page at its sides. @param {Page} page */
const cutOff = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("main *")].filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left < 0 || right > innerWidth;
  }).map((element) => element.outerHTML.slice(0, 80)) : []);

/** How many different things the Tab key comes to before it begins again. @param {Page} page */
async function reached(page) {
  for (let count = 0; ; count += 1) {
    await page.keyboard.press("Tab");
    const isNew = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body || element.hasAttribute("data-reached")) return false;
      element.setAttribute("data-reached", "");
      return true;
    });
    if (!isNew) return count;
  }
}
