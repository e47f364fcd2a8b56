// A page that does what pages may, but without end.

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "./fixtures.mjs";

/** What a wallet document that leads nowhere says. @param {string} url */
const nowhere = (url) => ({ id: `${url}/wallet`, assetCode: "USD", assetScale: 2, authServer: `${url}/auth`, resourceServer: `${url}/rs` });

test("of thousands of links a few are looked at", async ({ attack, stranger }) => {
  await attack.open(`<script>
    for (let id = 0; id < 5_000; id += 1) {
      document.write('<link rel="monetization" id="' + id + '" href="${stranger.url}/many/' + id + '">');
    }
  </script>`);
  await attack.cameToNothing();
  expect(stranger.asked("/many/").length).toBeLessThanOrEqual(64);
});

test("a link that leads elsewhere all the time is followed now and then", async ({ attack, stranger }) => {
  const page = await attack.open(`<link id="1" rel="monetization" href="${stranger.url}/moving/0"><script>
    const link = document.querySelector('[rel=monetization]');
    const channel = new MessageChannel();
    window.moves = 0;
    // As often as there is time for it.
    channel.port1.onmessage = () => {
      link.href = '${stranger.url}/moving/' + ++moves;
      channel.port2.postMessage('');
    };
    channel.port2.postMessage('');
  </script>`);
  await attack.cameToNothing();
  const moves = await page.evaluate(() => Reflect.get(window, "moves"));
  expect(moves).toBeGreaterThan(1_000);
  // Twenty a second.
  expect(stranger.asked("/moving/").length).toBeLessThanOrEqual(120);
});

test("wallets that never answer do not add up", async ({ attack, stranger, world }) => {
  const [worker] = world.browser.context.serviceWorkers();
  await worker.evaluate(() => {
    const { fetch } = globalThis;
    let open = 0;
    Reflect.set(globalThis, "mostOpen", 0);
    globalThis.fetch = (...request) => {
      Reflect.set(globalThis, "mostOpen", Math.max(Reflect.get(globalThis, "mostOpen"), ++open));
      return fetch(...request).finally(() => { open -= 1; });
    };
  });
  for (let number = 0; number < 2_000; number += 1) stranger.answer(`/silent/${number}`, () => {});
  await attack.open(`<script>
    let number = 0;
    setInterval(() => {
      for (const link of document.querySelectorAll('link[rel=monetization]')) link.remove();
      for (let count = 0; count < 10; count += 1) {
        const link = document.createElement('link');
        Object.assign(link, { rel: 'monetization', href: '${stranger.url}/silent/' + number++ });
        document.head.append(link);
      }
    }, 50);
  </script>`);
  await attack.cameToNothing();
  const most = await worker.evaluate(() => Reflect.get(globalThis, "mostOpen"));
  expect(most).toBeGreaterThan(10);
  // Thirty-two, and what else the extension has to ask.
  expect(most).toBeLessThanOrEqual(32 + 4);
});

test("frames that load again for ever leave nothing behind", async ({ attack, stranger }) => {
  stranger.page("/frame", `<link rel="monetization" href="${stranger.url}/framed"><script>setTimeout(() => location.reload(), 30);</script>`);
  const page = await attack.open(`<iframe src="/frame" allow="monetization"></iframe>`.repeat(5));
  await attack.cameToNothing();
  expect(stranger.asked("/frame").length).toBeGreaterThan(20);
  await page.close();
});

test("messages without number do not keep the popup from answering", async ({ attack, world }) => {
  await attack.open(`<link id="1" rel="monetization" href="${attack.stranger.url}/none"><script>
    const link = document.querySelector('[rel=monetization]');
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      for (let times = 0; times < 200; times += 1) {
        window.dispatchEvent(new CustomEvent('rivulet:shadow', { composed: true }));
        window.dispatchEvent(new Event('focus'));
        document.dispatchEvent(new Event('visibilitychange'));
        postMessage('', '*');
      }
      link.toggleAttribute('disabled');
      channel.port2.postMessage('');
    };
    channel.port2.postMessage('');
  </script>`);
  await pause(1_000);
  const started = performance.now();
  await world.view();
  expect(performance.now() - started).toBeLessThan(1_000);
  await attack.cameToNothing();
});

test("a wallet that answers when the page is gone pays nobody", async ({ attack, stranger, world }) => {
  let answered = false;
  stranger.answer("/late", (_, response) => {
    setTimeout(() => {
      answered = true;
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(JSON.stringify(nowhere(world.sandbox.receiver.url)));
    }, 1_500);
  });
  const page = await attack.open(`<link rel="monetization" href="${stranger.url}/late">`);
  await pause(300);
  await page.close();
  await attack.cameToNothing();
  expect(answered).toBe(true);
});
