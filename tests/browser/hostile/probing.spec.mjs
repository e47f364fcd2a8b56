// A page that names addresses to find out what is behind them.

import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "./fixtures.mjs";
import { World } from "../harness.mjs";

/** Longer than any document is waited for. */
const DEADLINE_MS = 10_000;
const PRIVATE = [
  "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]",
  "nas.local", "router.lan", "printer.home.arpa", "wiki.corp", "build.internal", "files.intranet", "router",
];
const LOOPBACK = ["127.0.0.1", "127.1.2.3", "localhost", "wallet.localhost", "[::1]"];

/** @param {string} href @param {string | number} id */
const link = (href, id) => `<link id="${id}" rel="monetization" href="${href}">`;

test("nothing inside the visitor's network is connected to for a public page", async () => {
  let connections = 0;
  const trap = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise((resolve) => trap.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (trap.address());
  // Whatever is connected to is connected to the trap.
  const mapped = [...PRIVATE, ...LOOPBACK, "wallet.example"].map((host) => `MAP ${host}:777 127.0.0.1:${port}`);
  const world = await World.start({ switches: [`--host-resolver-rules=${mapped.join(",")}`] });
  try {
    await world.connect();
    const { context } = world.browser;
    let links = "";
    await context.route("https://site.example/**", (route) => route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><link rel="icon" href="data:,"><script>
        window.heard = [];
        for (const type of ['load', 'error']) addEventListener(type, ({ target }) => {
          if (target instanceof HTMLLinkElement && target.id) heard.push([type, target.id, performance.now()]);
        }, true);
      </script>${links}`,
    }));
    const page = await context.newPage();
    const heard = async (/** @type {string[]} */ hosts) => {
      links = hosts.flatMap((host) => ["https", "http"].map((scheme) => link(`${scheme}://${host}:777/alice`, `${scheme}:${host}`))).join("");
      await page.goto("https://site.example/");
      await expect.poll(() => page.evaluate(() => Reflect.get(window, "heard").length)).toBe(2 * hosts.length);
      return /** @type {[string, string, number][]} */ (await page.evaluate(() => Reflect.get(window, "heard")));
    };

    const refused = await heard([...PRIVATE, ...LOOPBACK].slice(0, 16));
    refused.push(...await heard([...PRIVATE, ...LOOPBACK].slice(16)));
    expect(connections).toBe(0);
    expect(new Set(refused.map(([type]) => type))).toEqual(new Set(["error"]));
    // All at once: there is no telling one kind from another by when it is refused.
    const times = refused.slice(0, 32).map(([, , at]) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(50);

    // What is public is connected to: so the trap would have shown the others.
    await heard(["wallet.example"]);
    expect(connections).toBeGreaterThan(0);
  } finally {
    trap.close();
    await world.stop();
  }
});

test("a document is asked for without anything that tells who asks or why", async ({ attack, stranger, world }) => {
  stranger.answer("/asked", (_, response) => {
    response.writeHead(404, { "access-control-allow-origin": "*", "set-cookie": "seen=1", "www-authenticate": "Basic" }).end();
  });
  await world.browser.context.addCookies([{ name: "visitor", value: "alice", url: stranger.url }]);
  await attack.open(link(`${stranger.url}/asked`, 1), "/secret/path");
  await attack.cameToNothing();
  // The proxy asks too, in its own name.
  const ofBrowser = stranger.asked("/asked").filter(({ headers }) => headers["user-agent"] !== "rivulet-proxy");
  const [request, ...more] = ofBrowser;
  expect(more).toEqual([]);
  expect(request.method).toBe("GET");
  for (const header of ["cookie", "referer", "authorization", "signature", "signature-input"]) expect(request.headers[header]).toBe(undefined);
  expect(JSON.stringify(request)).not.toContain("secret");
  const kept = await world.browser.context.cookies(stranger.url);
  expect(kept.map(({ name }) => name)).toEqual(["visitor"]);
});

test("a redirect is not followed", async ({ attack, stranger, world }) => {
  for (const status of [301, 302, 303, 307, 308]) {
    stranger.answer(`/moved/${status}`, (_, response) => {
      response.writeHead(status, { location: world.sandbox.siteWallet, "access-control-allow-origin": "*" }).end();
    });
  }
  const before = (await world.sandbox.receiver.requests()).length;
  const page = await attack.open([301, 302, 303, 307, 308].map((status) => link(`${stranger.url}/moved/${status}`, status)).join(""));
  await attack.cameToNothing();
  expect((await attack.heard(page)).toSorted()).toEqual([301, 302, 303, 307, 308].map((status) => `error ${status}`));
  expect((await world.sandbox.receiver.requests()).length).toBe(before);
});

test("an answer without end and one that does not come are given up", async ({ attack, stranger }) => {
  const CHUNK = "x".repeat(16_384);
  let sent = 0;
  /** @type {Record<string, number>} */
  const ended = {};
  const started = performance.now();
  /** @param {string} name @param {import("./stranger.mjs").Request} request */
  const watch = (name, request) => request.socket.once("close", () => { ended[name] = performance.now() - started; });
  stranger.answer("/endless", (request, response) => {
    watch("endless", request);
    response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
    const more = () => { while (!response.destroyed && response.write(CHUNK)) sent += CHUNK.length; };
    response.on("drain", more);
    more();
  });
  stranger.answer("/silent", (request) => watch("silent", request));
  stranger.answer("/drip", (request, response) => {
    watch("drip", request);
    response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
    const timer = setInterval(() => response.write(" "), 200);
    response.once("close", () => clearInterval(timer));
  });
  const page = await attack.open(["endless", "silent", "drip"].map((name) => link(`${stranger.url}/${name}`, name)).join(""));
  expect(await page.evaluate(() => document.readyState)).toBe("complete");
  await expect.poll(async () => (await attack.heard(page)).toSorted(), { timeout: DEADLINE_MS + 5_000 })
    .toEqual(["error drip", "error endless", "error silent"]);
  await pause(500);
  // What is read is 64 KB; what the machine's buffers hold comes on top.
  expect(sent).toBeLessThan(8_000_000);
  expect(ended.endless).toBeLessThan(5_000);
  for (const name of ["silent", "drip"]) expect(ended[name]).toBeLessThan(DEADLINE_MS + 3_000);
  await attack.cameToNothing();
});
