// Pictures of every view in every state, in light and dark, English and Arabic: one file for each state.
// Except for the first they show states put on a stage (see stage.mjs), not the real system at work.

import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { World } from "./harness.mjs";
import { decode, encode, framed, paste, sheet } from "./png.mjs";
import { Stage } from "./stage.mjs";
import { STATES } from "./states.mjs";

const FOLDER = "docs/shots";
/** @typedef {import("./stage.mjs").Look} Look */
/** @type {Look[]} */
const ALL_LOOKS = [
  { scheme: "light", language: "en" },
  { scheme: "dark", language: "en" },
  { scheme: "light", language: "ar" },
  { scheme: "dark", language: "ar" },
];
/** Of larger pages two pictures have to do. @type {Look[]} */
const BOTH_ENDS = [ALL_LOOKS[0], ALL_LOOKS[3]];
const GAP = 12;
/** The popup's size, and where it hangs in the picture of the site. */
const POPUP = { width: 360, height: 600, left: 780, top: 16 };

await mkdir(FOLDER, { recursive: true });
for (const file of await readdir(FOLDER)) await rm(join(FOLDER, file));
await writeFile(join(FOLDER, "paying.png"), encode(await paying()));
const stage = await Stage.start();
try {
  for (const [name, states] of Object.entries(STATES)) {
    for (const [state, view] of Object.entries(states)) {
      const pictures = [];
      const looks = name === "popup" ? ALL_LOOKS : BOTH_ENDS;
      for (const look of looks) {
        const page = await stage.open(name, view, look);
        pictures.push(decode(await page.screenshot({ fullPage: true })));
        await page.close();
      }
      await writeFile(join(FOLDER, `${name}-${state}.png`), encode(sheet(pictures, GAP)));
    }
  }
} finally {
  await stage.stop();
}

/** A page that is really being paid, and the popup that says so. */
async function paying() {
  const world = await World.start();
  try {
    await world.connect();
    await world.setRate("3.60");
    await (await world.popup()).reload(); // with its lines folded
    // Behind the site, which would not be paid otherwise.
    const popup = await world.popup();
    await popup.setViewportSize(POPUP);
    const site = await world.openSite();
    await site.page.setViewportSize({ width: 1160, height: 640 });
    await site.paid(12);
    const below = decode(await site.page.screenshot());
    paste(below, framed(decode(await popup.screenshot())), POPUP.left, POPUP.top);
    return below;
  } finally {
    await world.stop();
  }
}
