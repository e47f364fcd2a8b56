// What the tests of hostile pages share: one connected wallet for all of them, for none of them is
// to get anything from it.

import { test as base } from "@playwright/test";
import { World } from "../harness.mjs";
import { Attack, payments } from "./attack.mjs";
import { Stranger } from "./stranger.mjs";

export { expect } from "@playwright/test";

export const test = base.extend(/** @type {import("@playwright/test").Fixtures<{stranger: Stranger, attack: Attack}, {world: World}>} */ ({
  world: [async ({}, use) => {
    const world = await World.start();
    await world.connect();
    await use(world);
    await world.stop();
  }, { scope: "worker", timeout: 90_000 }],
  stranger: async ({}, use) => {
    const stranger = await Stranger.start();
    await use(stranger);
    stranger.close();
  },
  // After each attack the extension still does its work.
  attack: async ({ world, stranger }, use) => {
    const attack = new Attack(world, stranger, await payments(world));
    await use(attack);
    await attack.end();
    const honest = await world.openSite();
    await honest.paid(1);
    await honest.page.close();
    await world.drained();
  },
}));
