// What the cases share: one reader with a connected wallet, and pages that are written for each.

import { createServer } from "node:http";
import { test as base } from "@playwright/test";
import { World } from "../harness.mjs";
import { freePorts, until } from "../programs.mjs";

export { expect } from "@playwright/test";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("@playwright/test").Frame} Frame */
/** @typedef {{type?: string, status?: number, headers?: Record<string, string>, delayMs?: number}} Manner */

/** Long enough for several payments, or to see that there are none. */
export const A_WHILE_MS = 3_000;

/** Documents of two origins, each served as it was put there. */
export class Documents {
  /** @type {Map<string, {body: string | Buffer} & Manner>} */
  #all = new Map();
  /** @type {string[]} */
  requested = [];

  /** @param {number} port */
  constructor(port) {
    this.origin = `http://127.0.0.1:${port}`;
    /** Another name of the same machine, and so another origin. */
    this.otherOrigin = `http://localhost:${port}`;
    this.server = createServer((request, response) => this.#answer(request, response)).listen(port, "127.0.0.1");
  }

  /**
   * Puts a document there and returns its path.
   * @param {string | Buffer} body
   * @param {Manner} [manner]
   */
  put(body, manner = {}) {
    const path = `/${this.#all.size + 1}`;
    this.#all.set(path, { body, ...manner });
    return path;
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  #answer(request, response) {
    const { pathname } = new URL(request.url ?? "/", this.origin);
    this.requested.push(pathname);
    const found = this.#all.get(pathname);
    if (!found) return void response.writeHead(404).end();
    const { body, type = "text/html; charset=utf-8", status = 200, headers = {}, delayMs = 0 } = found;
    setTimeout(() => response.writeHead(status, { "content-type": type, ...headers }).end(body), delayMs);
  }
}

/** A page or a frame, and what its links have heard. */
export class Listener {
  /** @param {Page | Frame} document */
  constructor(document) {
    this.document = document;
  }

  /**
   * How often links have heard of something.
   * @param {string} type
   * @param {string} [link] its `id`
   * @returns {Promise<number>}
   */
  async count(type, link) {
    const heard = /** @type {{type: string, id: string}[]} */ (await this.document.evaluate("window.heard ?? []"));
    return heard.filter((event) => event.type === type && (link ?? event.id) === event.id).length;
  }

  /**
   * Waits until a link has heard of something so often.
   * @param {string} type
   * @param {string} [link]
   * @param {number} [count]
   */
  async hears(type, link, count = 1) {
    await until(`${type} of ${link ?? "a link"}`, async () => (await this.count(type, link)) >= count);
  }

  /**
   * Waits until something more is paid.
   * @param {string} [link]
   */
  async isPaid(link) {
    await this.hears("monetization", link, (await this.count("monetization", link)) + 1);
  }
}

/** Runs in each document before its own scripts. */
export function recordEvents() {
  /** @type {{type: string, id: string}[]} */
  const heard = [];
  Reflect.set(window, "heard", heard);
  for (const type of ["load", "error", "monetization"]) {
    // No `load` gets as far as the window.
    document.addEventListener(type, ({ target }) => {
      const link = /** @type {Element} */ (target);
      if (link?.localName === "link" && link.matches("[rel~=monetization i]")) heard.push({ type, id: link.id });
    }, true);
  }
}

/** @typedef {{documents: Documents, open: (body: string, manner?: Manner) => Promise<CasePage>}} Cases */
/** @typedef {Listener & {page: Page}} CasePage */

/**
 * A page as its links' listener.
 * @param {Page} page
 * @returns {CasePage}
 */
export const listenTo = (page) => Object.assign(new Listener(page), { page });

export const test = /** @type {import("@playwright/test").TestType<
  import("@playwright/test").PlaywrightTestArgs & Cases,
  import("@playwright/test").PlaywrightWorkerArgs & {reader: World}
>} */ (base.extend(/** @type {any} */ ({
  /** One for all cases: connecting takes longer than most of them. */
  reader: [async (/** @type {object} */ {}, /** @type {(world: World) => Promise<void>} */ use) => {
    const world = await World.start();
    await world.connect();
    await world.browser.context.addInitScript(recordEvents);
    await use(world);
    await world.stop();
  }, { scope: "worker", timeout: 60_000 }],

  documents: async (/** @type {object} */ {}, /** @type {(documents: Documents) => Promise<void>} */ use) => {
    const documents = new Documents((await freePorts(1))[0]);
    await use(documents);
    documents.server.closeAllConnections();
    documents.server.close();
  },

  /** Opens a document in a tab of its own, and closes what it leaves open. */
  open: async (/** @type {{reader: World, documents: Documents}} */ { reader, documents }, /** @type {Function} */ use) => {
    const { context } = reader.browser;
    const before = new Set([await reader.popup(), ...context.pages()]);
    await use(async (/** @type {string} */ body, /** @type {Manner} */ manner) => {
      const page = await context.newPage();
      await page.goto(documents.origin + documents.put(body, manner), { waitUntil: "commit" });
      return listenTo(page);
    });
    for (const page of context.pages()) if (!before.has(page)) await page.close();
  },
})));
