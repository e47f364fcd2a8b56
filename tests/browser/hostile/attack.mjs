// Hostile pages in a browser with a wallet, and what they bring about.

import { setTimeout as pause } from "node:timers/promises";
import { expect } from "@playwright/test";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("../harness.mjs").World} World */
/** @typedef {import("./stranger.mjs").Stranger} Stranger */

/** Long enough for payments, if there were any. */
const A_WHILE_MS = 3_000;

/** Pages of a stranger. */
export class Attack {
  /** What went wrong in the pages, as the browser tells their developer. @type {string[]} */
  complaints = [];
  /** @type {Page[]} */
  #pages = [];

  /**
   * @param {World} world
   * @param {Stranger} stranger
   * @param {number} before how many payments there were
   */
  constructor(world, stranger, before) {
    this.world = world;
    this.stranger = stranger;
    this.before = before;
  }

  /**
   * Opens a page with this body in front.
   * @param {string} body
   * @param {string} [path]
   */
  async open(body, path = "/page") {
    this.stranger.page(path, body);
    const page = await this.world.browser.context.newPage();
    this.#pages.push(page);
    this.watch(page);
    await page.addInitScript(listen);
    await page.goto(`${this.stranger.url}${path}`);
    return page;
  }

  /** Takes down what the browser complains of. @param {Page} page */
  watch(page) {
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      // A document that is not there is one of the page's own errors, and not of a script.
      const isOurs = message.location().url.startsWith("chrome-extension:");
      if (message.type() === "error" && isOurs) this.complaints.push(message.text());
    });
  }

  /**
   * What a page has heard of its links, the oldest first, such as `error 1`: the event and the
   * link's `id`.
   * @param {Page} page
   * @returns {Promise<string[]>}
   */
  async heard(page) {
    return page.evaluate(() => Reflect.get(window, "heard"));
  }

  /** Time goes by: nothing is paid, and nothing goes wrong in the pages. */
  async cameToNothing() {
    await pause(A_WHILE_MS);
    await this.wentUnnoticed();
    expect(await payments(this.world), "payments").toBe(this.before);
  }

  /** No page heard of an error inside the extension. */
  async wentUnnoticed() {
    const inside = this.#pages.filter((page) => !page.isClosed()).map((page) => page.evaluate(() => Reflect.get(window, "uncaught")));
    expect([...new Set([...this.complaints, ...(await Promise.all(inside)).flat()])]).toEqual([]);
  }

  async end() {
    await Promise.all(this.#pages.map((page) => page.close()));
    await this.world.drained();
  }
}

/** How many payments the wallet has made. @param {World} world */
export async function payments(world) {
  return (await world.sandbox.payer.payments()).outgoing.length;
}

/** Runs in a page before its own scripts: takes down events of links, and errors. */
function listen() {
  /** @type {string[]} */
  const heard = [];
  /** @type {string[]} */
  const uncaught = [];
  Object.assign(window, { heard, uncaught });
  for (const type of ["load", "error", "monetization"]) {
    // A window does not hear of what has loaded.
    document.addEventListener(type, ({ target }) => {
      if (target instanceof HTMLLinkElement && target.relList.contains("monetization")) heard.push(`${type} ${target.id}`);
    }, true);
  }
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent) uncaught.push(String(event.error?.stack ?? event.message));
  });
  addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason?.stack ?? reason)));
}
