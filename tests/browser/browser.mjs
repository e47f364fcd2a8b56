// Chromium with the extension in it.

import { cp, writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { until } from "./programs.mjs";

const DIST = "dist/chrome";
/** Chromium must not reach for anything but the loopback interface. */
export const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // A name that is not one of this machine's own, as far as pages can tell.
  "--host-resolver-rules=MAP site.test 127.0.0.1",
];

/** @typedef {import("@playwright/test").Page} Page */
/**
 * What the extension is told to talk to, and to offer; another version than that which was built; and
 * permissions that it does not get.
 * @typedef {{proxyUrl: string, sampleUrl: string, version?: string, without?: string[]}} BuildOptions
 */

/**
 * Chromium as all tests drive it.
 * @param {string} profile
 * @param {boolean} headless
 * @param {string[]} switches
 * @param {string[]} unwanted switches of the driver to do without
 */
export function launch(profile, headless, switches = [], unwanted = []) {
  return chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless,
    handleSIGINT: false,
    viewport: headless ? { width: 1280, height: 800 } : null,
    ignoreDefaultArgs: ["--disable-extensions", ...unwanted],
    args: [...QUIET, ...switches],
  });
}

/** A browser with a fresh profile and a freshly installed extension. */
export class Browser {
  /**
   * @param {import("@playwright/test").BrowserContext} context
   * @param {string} extensionId
   * @param {string} folder where the extension lies
   */
  constructor(context, extensionId, folder) {
    this.context = context;
    this.extensionId = extensionId;
    this.folder = folder;
  }

  /**
   * @param {string} folder a folder of our own
   * @param {BuildOptions} options
   * @param {boolean} headless
   * @param {string[]} [more] switches of the browser
   * @param {string[]} [unwanted] switches of the driver to do without
   */
  static async start(folder, options, headless, more = [], unwanted = []) {
    const extension = join(folder, "extension");
    await copyExtension(DIST, extension, options);
    const switches = [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`, ...more];
    const context = await launch(join(folder, "profile"), headless, switches, unwanted);
    const worker = context.serviceWorkers()[0] ?? await context.waitForEvent("serviceworker", { timeout: 20_000 });
    return new Browser(context, new URL(worker.url()).host, extension);
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

  /**
   * Replaces the extension by another version of it, as an update does; its pages are closed.
   * @param {string} version
   */
  async update(version) {
    const file = join(this.folder, "manifest.json");
    const manifest = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...manifest, version }));
    const ours = this.context.pages().filter((page) => page.url().startsWith(this.extensionUrl("")));
    const closed = Promise.all(ours.map((page) => page.waitForEvent("close")));
    const extensions = await this.context.newPage();
    await extensions.goto("chrome://extensions");
    await extensions.evaluate(async (id) => {
      const { developerPrivate } = /** @type {any} */ (chrome);
      await developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
      await developerPrivate.reload(id, { failQuietly: false });
    }, this.extensionId);
    await closed;
    await extensions.close();
  }

  async stop() {
    await this.context.close();
  }
}

/**
 * The built extension, but with other addresses, or as another version: they are part of a build.
 * @param {string} dist
 * @param {string} folder
 * @param {BuildOptions} options
 */
export async function copyExtension(dist, folder, { proxyUrl, sampleUrl, version, without = [] }) {
  await cp(dist, folder, { recursive: true });
  const config = { PROXY_URL: proxyUrl, SAMPLE_URL: sampleUrl };
  const lines = Object.entries(config).map(([name, url]) => `export const ${name} = ${JSON.stringify(url)};\n`);
  await writeFile(join(folder, "config.js"), lines.join(""));
  // Patterns have no port in Firefox: what was built for this machine holds for its other ports too.
  if (dist !== DIST) return;
  const file = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  const has = (/** @type {string} */ permission) => !without.includes(permission);
  manifest.permissions = manifest.permissions.filter(has);
  manifest.host_permissions = [`${proxyUrl}/*`].filter(has);
  await writeFile(file, JSON.stringify({ ...manifest, version: version ?? manifest.version }));
}
