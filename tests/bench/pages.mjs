// Pages that only the benchmark opens.

import { createServer } from "node:http";

const NODES = 28_000;
/** A section of it: ten elements and ten texts. */
const SECTION = `<section><h2>A</h2><p>B<b>C</b>D<i>E</i></p><ul>${"<li>F</li>".repeat(4)}</ul><p>G</p></section>`;
const NODES_OF_SECTION = 20;

/**
 * Serves `/large`, a monetized page of many nodes; `/status`, which shows a status as soon as it
 * is parsed; and `/linked/…`, each with a wallet of its own, which measure how soon they know it.
 * @param {string} receiver the wallet address on the large page
 */
export async function servePages(receiver) {
  const large = `<link rel="monetization" href="${receiver}">${SECTION.repeat(NODES / NODES_OF_SECTION)}`;
  const pages = new Map([["/large", large], ["/status", '<p data-testid="status">Ready</p>']]);
  const server = createServer((request, response) => {
    const [, kind, number] = request.url?.split("/") ?? [];
    if (kind === "wallet") {
      const { origin } = new URL(receiver);
      const document = { id: receiver, assetCode: "USD", assetScale: 6, authServer: `${origin}/auth`, resourceServer: `${origin}/op` };
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(JSON.stringify(document));
      return;
    }
    const body = kind === "linked" ? linked(number) : pages.get(request.url ?? "") ?? "";
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(`<!doctype html><title>Page</title><link rel="icon" href="data:,">${body}`);
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

/**
 * A page with a link. `measured` is how long after domInteractive the link had its `load`, and how
 * long it takes the page itself to fetch such a document.
 * @param {string} number
 */
const linked = (number) => `<link rel="monetization" href="/wallet/${number}"><script>
  const loaded = new Promise((resolve) => {
    document.querySelector('[rel=monetization]').onload = () => resolve(performance.now());
  });
  window.measured = (async () => {
    const at = await loaded;
    const { domInteractive } = performance.getEntriesByType('navigation')[0];
    const started = performance.now();
    await (await fetch('/wallet/${number}', { cache: 'no-store' })).json();
    return { link: at - domInteractive, fetch: performance.now() - started };
  })();
</script>`;
