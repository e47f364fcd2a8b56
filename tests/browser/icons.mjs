// Draws the icons in the sizes that browsers want, from the SVG beside them.

import { mkdtemp, rm, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { decode, encode } from "./png.mjs";

const FOLDER = "extension/icons";
/** @type {Record<string, number[]>} */
const SIZES = { rivulet: [16, 32, 48, 128], paying: [16, 32], paused: [16, 32], attention: [16, 32] };

const profile = await mkdtemp(join(tmpdir(), "rivulet-icons-"));
const browser = await launch(profile, true);
try {
  const page = await browser.newPage();
  for (const [name, sizes] of Object.entries(SIZES)) {
    const svg = await readFile(join(FOLDER, `${name}.svg`), "utf8");
    for (const size of sizes) {
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px }</style>${svg}`);
      const drawn = await page.screenshot({ omitBackground: true });
      await writeFile(join(FOLDER, `${name}-${size}.png`), encode(decode(drawn)));
    }
  }
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
