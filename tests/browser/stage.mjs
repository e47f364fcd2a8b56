// A page of the extension on which any state can be put, in any language and colour. The page is the
// one that ships; in place of the background a script answers it with the state.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Browser } from "./browser.mjs";
import { NOW } from "./states.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("../../extension/view.js").View} View */
/** @typedef {import("./states.mjs").State} State */
/** @typedef {{scheme?: "light" | "dark", language?: string}} Look */

/** How wide and high each page is looked at. @type {Record<string, {width: number, height: number}>} */
const SIZES = { popup: { width: 360, height: 320 } };
const USUAL_SIZE = { width: 1080, height: 720 };
/** Nothing answers there, and nothing is asked. */
const ADDRESSES = { proxyUrl: "https://proxy.example", sampleUrl: "https://river.example" };

export class Stage {
  /** @param {Browser} browser @param {string} folder */
  constructor(browser, folder) {
    this.browser = browser;
    this.folder = folder;
  }

  static async start() {
    const folder = await mkdtemp(join(tmpdir(), "rivulet-stage-"));
    return new Stage(await Browser.start(folder, ADDRESSES, true), folder);
  }

  /**
   * Opens a page of the extension in a state.
   * @param {string} name such as `popup`
   * @param {State} view
   * @param {Look} [look]
   */
  async open(name, view, { scheme = "light", language = "en" } = {}) {
    const page = await this.browser.context.newPage();
    await page.setViewportSize(SIZES[name] ?? USUAL_SIZE);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.clock.setFixedTime(NOW);
    await page.addInitScript(standIn, { view, language });
    await page.goto(this.browser.extensionUrl(`${name}.html`));
    await page.locator("main").waitFor();
    return page;
  }

  async stop() {
    await this.browser.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Runs in a page before its own scripts: whoever connects gets the view, and what is sent is kept.
 * @param {{view: State, language: string}} state
 */
function standIn({ view: { history, ...view }, language }) {
  localStorage.setItem("language", language);
  /** @type {unknown[]} */
  const commands = [];
  /** @type {((message: unknown) => void)[]} */
  const listeners = [];
  Reflect.set(window, "commands", commands);
  Reflect.set(window, "show", (/** @type {View} */ next) => listeners.forEach((listener) => listener(next)));
  const port = {
    onMessage: { addListener: (/** @type {(message: unknown) => void} */ listener) => {
      listeners.push(listener);
      queueMicrotask(() => listener(view));
    } },
    onDisconnect: { addListener() {} },
    postMessage: (/** @type {unknown} */ command) => {
      commands.push(command);
      const file = { kind: "export", name: "history.json", mediaType: "application/json", text: JSON.stringify(history) };
      if (history) listeners.forEach((listener) => listener(file));
    },
  };
  Reflect.set(chrome.runtime, "connect", () => port);
}
