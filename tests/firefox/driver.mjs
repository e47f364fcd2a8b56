// Firefox through geckodriver, which speaks WebDriver and Firefox's own additions to it.

import { join } from "node:path";
import { Program, freePorts } from "../browser/programs.mjs";
import { Observer } from "./observer.mjs";

/** Under this member WebDriver hands out elements. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** Nothing may be asked of anything but the loopback interface. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.region.network.url": "",
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.search.update": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.server": "data:,",
};

/** One Firefox with a fresh profile. */
export class Driver {
  #program;
  #url;
  #observer;
  #context = "content";

  /**
   * @param {Program} program
   * @param {string} url of the session
   * @param {Observer} observer
   */
  constructor(program, url, observer) {
    this.#program = program;
    this.#url = url;
    this.#observer = observer;
  }

  /**
   * @param {string} folder for the log
   * @param {Record<string, unknown>} preferences
   */
  static async start(folder, preferences) {
    const [port, socket] = await freePorts(2);
    const server = `http://127.0.0.1:${port}`;
    // Without the switch it does not let us into the browser's own windows.
    const options = ["--port", String(port), "--websocket-port", String(socket), "--allow-system-access"];
    const program = new Program(process.env.GECKODRIVER ?? "geckodriver", options, join(folder, "geckodriver.log"));
    try {
      await program.answers(`${server}/status`);
      const firefox = { binary: "/usr/bin/firefox-esr", args: ["-headless"], prefs: { ...PREFERENCES, ...preferences } };
      const wanted = { alwaysMatch: { webSocketUrl: true, "moz:firefoxOptions": firefox } };
      const { sessionId, capabilities } = await call(`${server}/session`, "POST", { capabilities: wanted });
      return new Driver(program, `${server}/session/${sessionId}`, await Observer.connect(capabilities.webSocketUrl));
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  async stop() {
    this.#observer.close();
    try {
      await call(this.#url, "DELETE");
    } finally {
      await this.#program.stop();
    }
  }

  /**
   * Installs an unpacked extension until the browser ends.
   * @param {string} path
   */
  async install(path) {
    await this.#post("moz/addon/install", { path, temporary: true });
  }

  /**
   * Runs a function in the browser's own window, where it may do whatever Firefox can.
   * @template T
   * @param {(...args: any[]) => T} script
   * @param {unknown[]} args
   * @returns {Promise<Awaited<T>>}
   */
  async inBrowser(script, ...args) {
    await this.#enter("chrome");
    return this.#post("execute/sync", { script: `return (${script})(...arguments)`, args });
  }

  /**
   * Runs a function in a page, wherever that is: what one looks at stays in front.
   * @template T
   * @param {string} page its handle
   * @param {(...args: any[]) => T} script
   * @param {unknown[]} args
   * @returns {Promise<Awaited<T>>}
   */
  async inPage(page, script, ...args) {
    return this.#observer.evaluate(page, script, args);
  }

  /**
   * Runs a function in every page before its own scripts.
   * @param {Function} script
   */
  async beforeEachPage(script) {
    await this.#observer.send("script.addPreloadScript", { functionDeclaration: String(script) });
  }

  /** The pages that are open. @returns {Promise<{context: string, url: string}[]>} */
  async pages() {
    return (await this.#observer.send("browsingContext.getTree", {})).contexts;
  }

  /** Opens an empty page in front of the others. @returns {Promise<string>} */
  async open() {
    return (await this.#observer.send("browsingContext.create", { type: "tab" })).context;
  }

  /** Brings a page to the front. @param {string} page */
  async show(page) {
    await this.#observer.send("browsingContext.activate", { context: page });
  }

  /** @param {string} page */
  async close(page) {
    await this.#observer.send("browsingContext.close", { context: page });
  }

  /**
   * @param {string} page
   * @param {string} url
   */
  async navigate(page, url) {
    await this.#observer.send("browsingContext.navigate", { context: page, url, wait: "complete" });
  }

  /**
   * Clicks as a person does.
   * @param {string} page
   * @param {string} selector
   */
  async click(page, selector) {
    await this.#post(`element/${await this.#element(page, selector)}/click`, {});
  }

  /**
   * Types into a field in place of what is there.
   * @param {string} page
   * @param {string} selector
   * @param {string} text
   */
  async type(page, selector, text) {
    const element = await this.#element(page, selector);
    await this.#post(`element/${element}/clear`, {});
    await this.#post(`element/${element}/value`, { text });
  }

  /**
   * @param {string} page
   * @param {string} selector
   */
  async #element(page, selector) {
    await this.#enter("content");
    await this.#post("window", { handle: page });
    return (await this.#post("element", { using: "css selector", value: selector }))[ELEMENT];
  }

  /** @param {string} context whether what follows is about pages or about the browser around them */
  async #enter(context) {
    if (this.#context !== context) await this.#post("moz/context", { context });
    this.#context = context;
  }

  /**
   * @param {string} path
   * @param {unknown} body
   */
  #post(path, body) {
    return call(`${this.#url}/${path}`, "POST", body);
  }
}

/**
 * @param {string} url
 * @param {string} method
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function call(url, method, body) {
  const response = await fetch(url, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}
