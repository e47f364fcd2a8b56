// A server of somebody who means harm: serves pages and wallet documents, and remembers who asked.

import { createServer } from "node:http";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {(request: Request, response: Response) => void} Handler */
/** @typedef {{method: string, path: string, headers: import("node:http").IncomingHttpHeaders}} Asked */

export class Stranger {
  /** @type {Map<string, Handler>} */
  #handlers = new Map();
  /** What was asked, the oldest first. @type {Asked[]} */
  requests = [];

  constructor() {
    this.server = createServer((request, response) => {
      const { method = "", url = "", headers } = request;
      this.requests.push({ method, path: url, headers });
      const handler = this.#handlers.get(url.split("?")[0]);
      if (handler) handler(request, response);
      else response.writeHead(404, { "access-control-allow-origin": "*" }).end();
    });
  }

  static async start() {
    const stranger = new Stranger();
    await new Promise((resolve) => stranger.server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return stranger;
  }

  get url() {
    return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.server.address()).port}`;
  }

  /** Answers a path from now on. @param {string} path @param {Handler} handler */
  answer(path, handler) {
    this.#handlers.set(path, handler);
  }

  /** Serves a page. @param {string} path @param {string} body */
  page(path, body) {
    this.answer(path, (_, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
      response.end(`<!doctype html><title>Page</title><link rel="icon" href="data:,">${body}`);
    });
  }

  /**
   * Serves a wallet document, to any page.
   * @param {string} path
   * @param {() => unknown} document made anew for each request; a text goes out as it is
   */
  document(path, document) {
    this.answer(path, (_, response) => {
      const made = document();
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(typeof made === "string" ? made : JSON.stringify(made));
    });
  }

  /** What was asked under a path. @param {string} path */
  asked(path) {
    return this.requests.filter((request) => request.path.startsWith(path));
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
