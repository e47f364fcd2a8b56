// A sandbox, Firefox with the extension, and what a person does with them.

import { setTimeout as pause } from "node:timers/promises";
import { copyExtension } from "../browser/browser.mjs";
import { until } from "../browser/programs.mjs";
import { Sandbox } from "../browser/sandbox.mjs";
import { Driver } from "./driver.mjs";

const EXTENSION = "rivulet@rivulet.example";

export const testId = (/** @type {string} */ id) => `[data-testid="${id}"]`;

export class FirefoxWorld {
  /** @type {string | undefined} */
  #popup;

  /**
   * @param {Sandbox} sandbox
   * @param {Driver} firefox
   * @param {string} origin of the extension's own pages
   */
  constructor(sandbox, firefox, origin) {
    this.sandbox = sandbox;
    this.firefox = firefox;
    this.origin = origin;
  }

  /** @param {number} idleMs how long Firefox lets the background do nothing before it ends it */
  static async start(idleMs) {
    const sandbox = await Sandbox.start();
    /** @type {Driver | undefined} */
    let firefox;
    try {
      const extension = `${sandbox.folder}/extension`;
      await copyExtension("dist/firefox", extension, { proxyUrl: sandbox.proxyUrl, sampleUrl: sandbox.siteUrl });
      firefox = await Driver.start(sandbox.folder, {
        "extensions.background.idle.timeout": idleMs,
        // Nobody answers its questions: this stands for a person who says yes.
        "extensions.webextOptionalPermissionPrompts": false,
      });
      await firefox.beforeEachPage(recordEvents);
      await firefox.install(extension);
      const origin = await firefox.inBrowser((id) => Reflect.get(globalThis, "WebExtensionPolicy").getByID(id).getURL(""), EXTENSION);
      return new FirefoxWorld(sandbox, firefox, origin);
    } catch (error) {
      await firefox?.stop();
      await sandbox.stop(true);
      throw error;
    }
  }

  /** @param {{keepLogs?: boolean}} [options] */
  async stop({ keepLogs = false } = {}) {
    await this.firefox.stop();
    await this.sandbox.stop(keepLogs);
  }

  /**
   * Waits for a page that the extension opens by itself.
   * @param {string} what
   * @param {(url: string) => boolean} matches
   */
  async page(what, matches) {
    return until(what, async () => (await this.firefox.pages()).find(({ url }) => matches(url))?.context).then(String);
  }

  /** The popup, opened as a tab: only the browser itself may open pages of an extension. */
  async popup() {
    if (this.#popup === undefined) {
      const url = `${this.origin}views/popup.html`;
      await this.firefox.inBrowser((address) => {
        const { gBrowser, Services } = /** @type {any} */ (globalThis);
        gBrowser.addTab(address, { triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal() });
      }, url);
      const popup = await this.page("the popup", (address) => address === url);
      await until("the popup is drawn", () => this.firefox.inPage(popup, () => document.querySelector("main") !== null));
      this.#popup = popup;
    }
    return this.#popup;
  }

  /** Closes the extension's own pages, which keep the background awake. */
  async closeViews() {
    const pages = await this.firefox.pages();
    for (const { context, url } of pages) if (url.startsWith(this.origin)) await this.firefox.close(context);
    this.#popup = undefined;
  }

  /** Opens the popup below its button. @returns {Promise<string>} the address of what is there then */
  async openPanel() {
    await this.firefox.inPage(await this.popup(), () => chrome.action.openPopup());
    return until("the panel shows something", () => this.firefox.inBrowser(() => {
      const panel = /** @type {any} */ (document.querySelector(".webextension-popup-browser"));
      const height = panel?.getBoundingClientRect().height;
      return height > 100 && panel.currentURI.spec;
    }));
  }

  /** What the extension shows of its state, as its views get it. @returns {Promise<any>} */
  async view() {
    return this.firefox.inPage(await this.popup(), () => new Promise((resolve) => {
      const port = chrome.runtime.connect({ name: "view" });
      port.onMessage.addListener((view) => {
        port.disconnect();
        resolve(view);
      });
    }));
  }

  /**
   * Waits until the extension's state is as wanted.
   * @param {string} what
   * @param {(view: any) => boolean} matches
   */
  async shows(what, matches) {
    return until(what, async () => {
      const view = await this.view();
      return matches(view) ? view : undefined;
    });
  }

  /** The whole way from a fresh install to a connected wallet, through real pages. */
  async connect() {
    const { firefox, sandbox } = this;
    const welcome = await this.page("the welcome page", (url) => url === `${this.origin}views/welcome.html`);
    const { publicKey } = await this.shows("the key", (view) => view.publicKey !== null);
    const wallet = await firefox.open();
    await firefox.navigate(wallet, sandbox.payer.url);
    await firefox.click(wallet, testId("keys-link"));
    await firefox.type(wallet, testId("jwk"), publicKey.jwk);
    await firefox.click(wallet, testId("add-key"));
    await firefox.type(welcome, testId("wallet-address"), sandbox.walletAddress);
    await firefox.type(welcome, testId("amount"), "10.00");
    await firefox.click(welcome, testId("connect"));
    await firefox.click(await this.page("the consent page", (url) => url.includes("/interact/")), testId("accept"));
    return this.shows("connected", ({ connection }) => connection.state === "connected");
  }

  /**
   * Opens a page of the site in a tab of its own, in front.
   * @param {string} [path]
   */
  async openSite(path = "/") {
    const page = await this.firefox.open();
    await this.firefox.navigate(page, `${this.sandbox.siteUrl}${path}`);
    return new SitePage(this.firefox, page);
  }

  /** Whether the background is awake: `running` or `stopped`, in Firefox's own words. */
  async background() {
    return this.firefox.inBrowser((id) => Reflect.get(globalThis, "WebExtensionPolicy").getByID(id).extension.backgroundState, EXTENSION);
  }

  /** Ends the background where it stands, and returns its state right after. */
  async killBackground() {
    return this.firefox.inBrowser(async (id) => {
      const { extension } = Reflect.get(globalThis, "WebExtensionPolicy").getByID(id);
      await extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true });
      return extension.backgroundState;
    }, EXTENSION);
  }

  /** The origins that the extension may reach, as match patterns. @returns {Promise<string[]>} */
  async origins() {
    return this.firefox.inPage(await this.popup(), async () => (await chrome.permissions.getAll()).origins?.toSorted() ?? []);
  }

  /**
   * Takes permissions away, as a person can in Firefox's settings.
   * @param {string[]} origins
   */
  async takeAwayOrigins(origins) {
    await this.firefox.inPage(await this.popup(), (taken) => chrome.permissions.remove({ origins: taken }), origins);
  }

  /** The payments that the extension has kept. @returns {Promise<string[]>} their ids */
  async ledger() {
    const stored = await this.firefox.inPage(await this.popup(), () => chrome.storage.local.get());
    const pages = Object.entries(stored).filter(([name]) => /^ledger\.\d+$/.test(name));
    return pages.flatMap(([, text]) => JSON.parse(String(text))[1]).map(({ id }) => id);
  }

  /** Pays no more, waits until nothing is on its way, and returns both ledgers' payments. */
  async settledLedgers() {
    const popup = await this.popup();
    await this.firefox.click(popup, testId("enabled"));
    await this.shows("payments are off", ({ enabled }) => !enabled);
    await until("all payments are settled", async () => {
      const { outgoing } = await this.sandbox.payer.payments();
      await pause(500);
      return outgoing.every(({ settled }) => settled) && outgoing.length === (await this.ledger()).length;
    }, 60_000);
    const { outgoing } = await this.sandbox.payer.payments();
    return { wallet: outgoing.map(({ id }) => id).sort(), extension: (await this.ledger()).sort() };
  }
}

/** A monetized page, seen from inside. */
export class SitePage {
  /**
   * @param {Driver} firefox
   * @param {string} page
   */
  constructor(firefox, page) {
    this.firefox = firefox;
    this.page = page;
  }

  /** @returns {Promise<{currency: string, value: string, incomingPayment: string, target: string}[]>} */
  async events() {
    return this.firefox.inPage(this.page, () => Reflect.get(window, "monetizationEvents"));
  }

  /** Waits for so many monetization events. @param {number} count */
  async paid(count) {
    return until(`${count} payments`, async () => (await this.events()).length >= count);
  }
}

/** Runs in a page before its own scripts, which may come too late for the first event. */
function recordEvents() {
  /** @type {unknown[]} */
  const events = [];
  Reflect.set(window, "monetizationEvents", events);
  addEventListener("monetization", (event) => {
    const { amountSent: { currency, value }, incomingPayment, target } = /** @type {any} */ (event);
    events.push({ currency, value, incomingPayment, target: target.localName });
  });
}
