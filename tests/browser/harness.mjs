// A sandbox, a browser with the extension, and what a person does with them.

import { Browser } from "./browser.mjs";
import { until } from "./programs.mjs";
import { Sandbox } from "./sandbox.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./sandbox.mjs").Money} Money */
/** @typedef {{headless?: boolean, switches?: string[], unwanted?: string[], version?: string, without?: string[]}} BrowserOptions */
/** @typedef {{amountSent: {currency: string, value: string}, incomingPayment: string, at: number}} PageEvent */

export class World {
  /** @type {Page | undefined} */
  #popup;

  /**
   * @param {Sandbox} sandbox
   * @param {Browser} browser
   */
  constructor(sandbox, browser) {
    this.sandbox = sandbox;
    this.browser = browser;
  }

  /** @param {import("./sandbox.mjs").SandboxOptions & BrowserOptions} [options] */
  static async start({ headless, switches, unwanted, version, without, ...options } = {}) {
    const sandbox = await Sandbox.start(options);
    try {
      const browser = await startBrowser(sandbox, { headless, switches, unwanted, version, without });
      // Installing ends with this page in front, of whatever was opened meanwhile.
      await browser.page("the welcome page", (url) => url.endsWith("/views/welcome.html"));
      return new World(sandbox, browser);
    } catch (error) {
      await sandbox.stop(true);
      throw error;
    }
  }

  /** @param {{keepLogs?: boolean}} [options] */
  async stop({ keepLogs = false } = {}) {
    await this.browser.stop();
    await this.sandbox.stop(keepLogs);
  }

  /** Closes the browser and starts it anew, with what it has kept. */
  async restartBrowser() {
    await this.browser.stop();
    this.browser = await startBrowser(this.sandbox);
  }

  /** The popup, opened as a tab, which stays open. */
  async popup() {
    if (!this.#popup || this.#popup.isClosed()) {
      this.#popup = await this.browser.context.newPage();
      await this.#popup.goto(this.browser.extensionUrl("popup.html"));
    }
    return this.#popup;
  }

  /** What the extension shows of its state, as its views get it. */
  async view() {
    const popup = await this.popup();
    return popup.evaluate(() => new Promise((resolve) => {
      const port = chrome.runtime.connect({ name: "view" });
      port.onMessage.addListener((view) => {
        port.disconnect();
        resolve(view);
      });
    }));
  }

  /**
   * Asks the extension for something that its views have no control for.
   * @param {import("../../extension/command.js").Command} command
   */
  async command(command) {
    const popup = await this.popup();
    await popup.evaluate((command) => {
      const port = chrome.runtime.connect({ name: "view" });
      port.postMessage(command);
      // What was sent before a port is closed arrives.
      port.disconnect();
    }, command);
  }

  /**
   * Waits until the extension's state is as wanted.
   * @param {string} what
   * @param {(view: any) => boolean} matches
   * @param {number} [limitMs]
   */
  async shows(what, matches, limitMs) {
    return until(what, async () => {
      const view = await this.view();
      return matches(view) ? view : undefined;
    }, limitMs);
  }

  /** The page that opened at install, opened again if it was closed, in front. */
  async welcome() {
    const url = this.browser.extensionUrl("welcome.html");
    const open = this.browser.context.pages().find((page) => page.url() === url);
    const welcome = open ?? await this.browser.context.newPage();
    if (!open) await welcome.goto(url);
    await welcome.bringToFront();
    return welcome;
  }

  /** Gives the key to the wallet, on the wallet's own page for that. */
  async uploadKey() {
    const { publicKey } = await this.shows("the key", (view) => view.publicKey !== null);
    const wallet = await this.browser.context.newPage();
    await wallet.goto(this.sandbox.payer.url);
    await wallet.getByTestId("keys-link").click();
    await wallet.getByTestId("jwk").fill(publicKey.jwk);
    await wallet.getByTestId("add-key").click();
  }

  /**
   * Fills in the form of the welcome page and sends it.
   * @param {{walletAddress?: string, amount?: string, monthly?: boolean}} [form]
   */
  async requestConnection({ walletAddress = this.sandbox.walletAddress, amount = "10.00", monthly = false } = {}) {
    const welcome = await this.welcome();
    await welcome.getByTestId("wallet-address").fill(walletAddress);
    await welcome.getByTestId("amount").fill(amount);
    await welcome.getByTestId("monthly").setChecked(monthly);
    await welcome.getByTestId("connect").click();
  }

  /** The wallet's page that asks whether the extension may spend, once it has opened. */
  async consentPage() {
    return this.browser.page("the consent page", (url) => url.includes("/interact/"));
  }

  /** The whole way from a fresh install to a connected wallet, through real pages. */
  async connect() {
    await this.uploadKey();
    await this.requestConnection();
    await (await this.consentPage()).getByTestId("accept").click();
    return this.shows("connected", (view) => view.connection.state === "connected");
  }

  /**
   * @param {string} perHour as a person types it
   */
  async setRate(perHour) {
    const popup = await this.popup();
    await this.unfold(popup, "usual-rate");
    await popup.getByTestId("rate").fill(perHour);
    await popup.getByTestId("rate").press("Enter");
  }

  /**
   * Opens one of the popup's lines, if it is not open.
   * @param {Page} popup
   * @param {string} name its test id
   */
  async unfold(popup, name) {
    const fold = popup.getByTestId(name);
    await fold.waitFor();
    if (await fold.getAttribute("open") === null) await fold.locator("summary").first().click();
  }

  /** @param {boolean} enabled */
  async setEnabled(enabled) {
    const popup = await this.popup();
    await popup.getByTestId("enabled").setChecked(enabled);
  }

  /**
   * Opens a page of the site in a tab of its own.
   * @param {string} [path]
   */
  async openSite(path = "/") {
    const page = await this.browser.context.newPage();
    await page.addInitScript(recordEvents);
    await page.goto(`${this.sandbox.siteUrl}${path}`);
    return new SitePage(page);
  }

  /**
   * The payments that the extension has kept, the oldest first.
   * @returns {Promise<{id: string, outcome: string}[]>}
   */
  async ledger() {
    const popup = await this.popup();
    const stored = await popup.evaluate(() => chrome.storage.local.get());
    const pages = Object.entries(stored).flatMap(([name, text]) => {
      const number = /^ledger\.(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), rows: JSON.parse(String(text))[1] }];
    });
    return pages.sort((a, b) => a.number - b.number).flatMap(({ rows }) => rows);
  }

  /** Waits until nothing is on its way any more: the wallet has settled all that it was asked. */
  async drained() {
    let before = "";
    return until("all payments are settled", async () => {
      const { outgoing } = await this.sandbox.payer.payments();
      const now = JSON.stringify([outgoing, (await this.view()).diagnostics]);
      const quiet = now === before && outgoing.every((payment) => payment.settled);
      before = now;
      return quiet;
    });
  }
}

/**
 * Chromium with a fresh install of the extension, in the sandbox.
 * @param {Sandbox} sandbox
 * @param {BrowserOptions} [options]
 */
const startBrowser = ({ folder, proxyUrl, siteUrl }, { headless = true, switches, unwanted, version, without } = {}) =>
  Browser.start(folder, { proxyUrl, sampleUrl: siteUrl, version, without }, headless, switches, unwanted);

/** A monetized page, seen from inside. */
export class SitePage {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * Waits for monetization events.
   * @param {number} count how many there must be
   * @param {(event: PageEvent) => boolean} [matches] which of them count
   */
  async paid(count, matches = () => true) {
    return until(`${count} payments on ${this.page.url()}`, async () => (await this.events()).filter(matches).length >= count);
  }

  /** @returns {Promise<PageEvent[]>} the monetization events since it was loaded */
  async events() {
    return this.page.evaluate(() => Reflect.get(window, "monetizationEvents"));
  }
}

/** Runs in a page before its own scripts, which may come too late for the first event. */
function recordEvents() {
  /** @type {unknown[]} */
  const events = [];
  Reflect.set(window, "monetizationEvents", events);
  addEventListener("monetization", (event) => {
    const { amountSent, incomingPayment } = /** @type {any} */ (event);
    const { currency, value } = amountSent;
    events.push({ amountSent: { currency, value }, incomingPayment, at: performance.now() });
  });
}
