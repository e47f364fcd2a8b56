// The monetized site: serves tests/pages/site, with what its pages share and the receivers' wallet
// addresses filled in.

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join, normalize } from "node:path";

const PAGES = new URL("../pages/site/", import.meta.url).pathname;
const PARTS = new URL("../pages/parts/", import.meta.url).pathname;
const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
]);

/**
 * Serves until it is closed. In a page, `{{name}}` stands for `values.name` or for the part of that name.
 * @param {number} port
 * @param {Record<string, string>} values
 * @returns {Promise<import("node:http").Server>}
 */
export async function serveSite(port, values) {
  const parts = await Promise.all((await readdir(PARTS)).map(async (name) => [basename(name, ".html"), (await readFile(join(PARTS, name), "utf8")).trimEnd()]));
  const all = { ...values, ...Object.fromEntries(parts) };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site");
    const file = join(PAGES, normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    try {
      const type = TYPES.get(extname(file)) ?? "application/octet-stream";
      const body = await readFile(file, "utf8");
      response.writeHead(200, { "content-type": type });
      response.end(body.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => all[name]));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  return server;
}
