// The playground: every page of it opens, and shows what its links hear.

import { expect, test } from "./fixtures.mjs";

test("every page of the playground works", async ({ world }) => {
  await world.connect();
  const { page } = await world.openSite("/playground/");
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error}`));
  const links = page.locator(".cases a");
  const paths = await links.evaluateAll((all) => all.map((link) => /** @type {HTMLAnchorElement} */ (link).pathname));
  expect(paths.length).toBe(19);
  for (const path of paths) {
    await page.goto(`${world.sandbox.siteUrl}${path}`);
    await expect(page.getByTestId("support"), path).toHaveCount(0);
    // Some have their links only once a button is pressed.
    const monetized = await page.locator("link[rel~=monetization i][href]:not([disabled])").count();
    if (monetized > 0) await expect(page.getByTestId("log").locator("li"), path).not.toHaveCount(0);
  }
  await page.goto(`${world.sandbox.siteUrl}/playground/two.html`);
  await expect(page.getByTestId("log")).toContainText("first: load");
  await expect(page.getByTestId("log")).toContainText(/second: 0\.0\d+ USD/);
  expect(errors).toEqual([]);
});
