// Chromium over its own protocol, with nobody attached to the extension's worker: a debugger there,
// as Playwright attaches one, would keep it alive.

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { QUIET } from "../browser/browser.mjs";
import { Program, until } from "../browser/programs.mjs";

/** A browser whose worker lives and dies as it does for people. */
export class UnwatchedBrowser {
  #program;
  #url;

  /**
   * @param {Program} program
   * @param {string} url of its list of pages
   */
  constructor(program, url) {
    this.#program = program;
    this.#url = url;
  }

  /**
   * Starts with a profile that has been used before.
   * @param {string} folder where the profile and the extension are
   */
  static async start(folder) {
    const [profile, extension] = ["profile", "extension"].map((name) => join(folder, name));
    const portFile = join(profile, "DevToolsActivePort");
    await rm(portFile, { force: true });
    const switches = [
      ...QUIET, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--window-size=1280,800",
      `--disable-extensions-except=${extension}`, `--load-extension=${extension}`, "about:blank",
    ];
    const program = new Program("/usr/bin/chromium", switches, join(folder, "chromium.log"));
    const port = await until("Chromium's port", () => readFile(portFile, "utf8").then((text) => text.split("\n")[0], () => ""));
    return new UnwatchedBrowser(program, `http://127.0.0.1:${port}/json`);
  }

  async stop() {
    await this.#program.stop();
  }

  /** Opens a page in front of the others. @param {string} url */
  async open(url) {
    const { id, webSocketDebuggerUrl } = await (await fetch(`${this.#url}/new?${url}`, { method: "PUT" })).json();
    const page = await Page.attach(id, webSocketDebuggerUrl);
    await page.show();
    return page;
  }

  /** @param {Page} page */
  async close(page) {
    await fetch(`${this.#url}/close/${page.id}`);
  }

  /** Whether the extension's worker runs. */
  async isWorkerAwake() {
    /** @type {{type: string, url: string}[]} */
    const targets = await (await fetch(`${this.#url}/list`)).json();
    return targets.some(({ type, url }) => type === "service_worker" && url.startsWith("chrome-extension:"));
  }
}

/** A page that is looked into. */
class Page {
  #socket;
  #lastId = 0;

  /**
   * @param {string} id
   * @param {WebSocket} socket
   */
  constructor(id, socket) {
    this.id = id;
    this.#socket = socket;
  }

  /**
   * @param {string} id
   * @param {string} url
   */
  static async attach(id, url) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`no connection to ${url}`)));
    });
    return new Page(id, socket);
  }

  async show() {
    await this.#send("Page.bringToFront");
  }

  /**
   * Runs a function in the page.
   * @template T
   * @param {() => T} script
   * @returns {Promise<Awaited<T>>}
   */
  async evaluate(script) {
    const expression = { expression: `(${script})()`, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", expression);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Ends every worker of the browser where it stands. */
  async killWorkers() {
    await this.#send("ServiceWorker.enable");
    await this.#send("ServiceWorker.stopAllWorkers");
    await this.#send("ServiceWorker.disable");
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} [params]
   * @returns {Promise<any>}
   */
  #send(method, params = {}) {
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => {
      const listen = (/** @type {MessageEvent} */ { data }) => {
        const { id: answered, result, error } = JSON.parse(data);
        if (answered !== id) return;
        this.#socket.removeEventListener("message", listen);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      };
      this.#socket.addEventListener("message", listen);
    });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }
}
