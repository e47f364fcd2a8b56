// The main job, as a person starts it, and its figures.

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";

test("the demonstration pays a page every second", async ({}, information) => {
  const file = information.outputPath("figures.json");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["tests/browser/demo.mjs", "--headless", "--seconds", "20", "--json", file],
    { encoding: "utf8", timeout: 80_000 },
  );
  expect(status, `${stdout}${stderr}`).toBe(0);
  const figures = JSON.parse(await readFile(file, "utf8"));
  expect(figures).toMatchObject({ connected: true, seconds: 20, errors: [] });
  expect(figures.payments).toBeGreaterThanOrEqual(18);
  expect(figures.eventsOnPage).toBe(figures.payments);
  expect(figures.debited).toEqual({ value: String(figures.payments * 1_000), assetCode: "USD", assetScale: 6 });
});
