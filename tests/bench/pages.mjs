// Pages that only the benchmark opens.

import { createServer } from "node:http";

const NODES = 28_000;
/** A section of it: ten elements and ten texts. */
const SECTION = `<section><h2>A</h2><p>B<b>C</b>D<i>E</i></p><ul>${"<li>F</li>".repeat(4)}</ul><p>G</p></section>`;
const NODES_OF_SECTION = 20;

/**
 * Serves `/large`, a monetized page of many nodes, and `/status`, which shows a status as soon
 * as it is parsed.
 * @param {string} receiver the wallet address on the large page
 */
export async function servePages(receiver) {
  const large = `<link rel="monetization" href="${receiver}">${SECTION.repeat(NODES / NODES_OF_SECTION)}`;
  const pages = new Map([["/large", large], ["/status", '<p data-testid="status">Ready</p>']]);
  const server = createServer((request, response) => {
    const body = `<!doctype html><title>Page</title><link rel="icon" href="data:,">${pages.get(request.url ?? "") ?? ""}`;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
