// What the browser tests share: each gets a world of its own.

import { test as base } from "@playwright/test";
import { World } from "./harness.mjs";

export { expect } from "@playwright/test";

/** @typedef {import("./sandbox.mjs").SandboxOptions & import("./harness.mjs").BrowserOptions} Settings */

export const test = base.extend(/** @type {import("@playwright/test").Fixtures<{settings: Settings, world: World}>} */ ({
  settings: [{}, { option: true }],
  world: async ({ settings }, use, test) => {
    const world = await World.start(settings);
    await use(world);
    await world.stop({ keepLogs: test.status !== test.expectedStatus });
  },
}));
