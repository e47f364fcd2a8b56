// Chromium with the extension in it.

import { cp, writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { until } from "./programs.mjs";

const DIST = "dist/chrome";
/** Chromium must not reach for anything but the loopback interface. */
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** @typedef {import("@playwright/test").Page} Page */

/**
 * Chromium as all tests drive it.
 * @param {string} profile
 * @param {boolean} headless
 * @param {string[]} switches
 */
export function launch(profile, headless, switches = []) {
  return chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless,
    handleSIGINT: false,
    viewport: headless ? { width: 1280, height: 800 } : null,
    ignoreDefaultArgs: ["--disable-extensions"],
    args: [...QUIET, ...switches],
  });
}

/** A browser with a fresh profile and a freshly installed extension. */
export class Browser {
  /**
   * @param {import("@playwright/test").BrowserContext} context
   * @param {string} extensionId
   */
  constructor(context, extensionId) {
    this.context = context;
    this.extensionId = extensionId;
  }

  /**
   * @param {string} folder a folder of our own
   * @param {{proxyUrl: string, sampleUrl: string}} addresses what the extension is told to talk to, and to offer
   * @param {boolean} headless
   * @param {string[]} [more] switches of the browser
   */
  static async start(folder, addresses, headless, more = []) {
    const extension = join(folder, "extension");
    await copyExtension(DIST, extension, addresses);
    const switches = [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`, ...more];
    const context = await launch(join(folder, "profile"), headless, switches);
    const worker = context.serviceWorkers()[0] ?? await context.waitForEvent("serviceworker", { timeout: 20_000 });
    return new Browser(context, new URL(worker.url()).host);
  }

  /** @param {string} path a page of the extension, such as `popup.html` */
  extensionUrl(path) {
    return `chrome-extension://${this.extensionId}/views/${path}`;
  }

  /**
   * Waits for a page that the extension opens by itself.
   * @param {string} what
   * @param {(url: string) => boolean} matches
   * @returns {Promise<Page>}
   */
  async page(what, matches) {
    return until(what, () => this.context.pages().find((page) => matches(page.url()))).then((page) => /** @type {Page} */ (page));
  }

  /** Ends the extension's worker where it stands. */
  async killWorker() {
    const session = await this.context.newCDPSession(this.context.pages()[0]);
    await session.send("ServiceWorker.enable");
    await session.send("ServiceWorker.stopAllWorkers");
    await session.detach();
  }

  async stop() {
    await this.context.close();
  }
}

/**
 * The built extension, but with other addresses: they are part of a build.
 * @param {string} dist
 * @param {string} folder
 * @param {{proxyUrl: string, sampleUrl: string}} addresses
 */
export async function copyExtension(dist, folder, { proxyUrl, sampleUrl }) {
  await cp(dist, folder, { recursive: true });
  const config = { PROXY_URL: proxyUrl, SAMPLE_URL: sampleUrl };
  const lines = Object.entries(config).map(([name, url]) => `export const ${name} = ${JSON.stringify(url)};\n`);
  await writeFile(join(folder, "config.js"), lines.join(""));
  // Patterns have no port in Firefox: what was built for this machine holds for its other ports too.
  if (dist !== DIST) return;
  const manifest = await readFile(join(folder, "manifest.json"), "utf8");
  const [built] = JSON.parse(manifest).host_permissions;
  await writeFile(join(folder, "manifest.json"), manifest.replaceAll(built, `${proxyUrl}/*`));
}
