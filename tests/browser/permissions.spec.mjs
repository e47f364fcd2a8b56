// Least privilege: what docs/store/permissions.md says of each permission, by taking it away.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { copyExtension, launch } from "./browser.mjs";
import { expect, test } from "./fixtures.mjs";
import { until } from "./programs.mjs";

const PROXY = "http://127.0.0.1:4100";
/** Far longer than a start takes. */
const NO_START_MS = 5_000;

/**
 * Whether the extension starts without a permission: then it opens its welcome page.
 * @param {string[]} without
 */
async function starts(without) {
  const folder = await mkdtemp(join(tmpdir(), "rivulet-"));
  const extension = join(folder, "extension");
  await copyExtension("dist/chrome", extension, { proxyUrl: PROXY, sampleUrl: "", without });
  const context = await launch(join(folder, "profile"), true, [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`]);
  try {
    const hasOpened = () => context.pages().some((page) => page.url().endsWith("/views/welcome.html"));
    if (without.length === 0) return await until("the welcome page", hasOpened);
    await pause(NO_START_MS);
    return hasOpened();
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

test("nothing is asked for that the documents do not give a reason for", async () => {
  const manifest = JSON.parse(await readFile("dist/chrome/manifest.json", "utf8"));
  const document = await readFile("docs/store/permissions.md", "utf8");
  const explained = [...document.matchAll(/^\| `(\w+)` \|/gm)].map(([, permission]) => permission);
  expect(manifest.permissions.toSorted()).toEqual(explained.toSorted());
  expect(manifest.host_permissions).toHaveLength(1);
  expect(manifest).toMatchObject({ incognito: "not_allowed", externally_connectable: { ids: [] } });
  expect(Object.keys(manifest)).not.toContain("web_accessible_resources");
});

test("the background starts, but not without its alarms, idleness or storage", async () => {
  expect(await starts([])).toBe(true);
  for (const permission of ["alarms", "idle", "storage"]) expect(await starts([permission]), permission).toBe(false);
});

test("the site in front is known, and pages reach nothing of the extension", async ({ world }) => {
  await world.popup();
  const { page } = await world.openSite("/plain.html");
  await world.shows("the site", (view) => view.page?.site === new URL(world.sandbox.siteUrl).host);
  const reached = await page.evaluate(async (url) => ({
    runtime: typeof Reflect.get(Reflect.get(window, "chrome") ?? {}, "runtime"),
    file: await fetch(url).then(() => true, () => false),
  }), world.browser.extensionUrl("popup.html"));
  expect(reached).toEqual({ runtime: "undefined", file: false });
});

test.describe(() => {
  test.use({ settings: { without: ["tabs"] } });

  test("the site in front is not known without tabs", async ({ world }) => {
    await world.popup();
    await world.openSite("/plain.html");
    await pause(NO_START_MS);
    expect((await world.view()).page).toBeNull();
  });
});
