// A page that speaks in the name of the extension, of the browser or of the user.

import { expect, test } from "./fixtures.mjs";

test("messages and events in the extension's own words claim nothing", async ({ attack, world }) => {
  const { siteWallet } = world.sandbox;
  const before = (await world.sandbox.receiver.requests()).length;
  const { rate } = await world.view();
  const page = await attack.open(`<link id="1" rel="next" href="${siteWallet}"><script>
    const link = document.querySelector('[rel=next]');
    const amountSent = { currency: 'USD', value: '1' };
    const messages = [
      { type: 'state', visible: true, links: [{ id: 1, href: link.href }] },
      { type: 'load', link: 1 },
      { type: 'monetization', link: 1, amountSent, paymentPointer: link.href, incomingPayment: link.href },
      { command: 'setRate', perHour: '100' },
      { command: 'payOnce', site: location.host, amount: '1' },
    ];
    const channel = new BroadcastChannel('frame');
    for (const message of messages) {
      for (const detail of [message, JSON.stringify(message)]) {
        postMessage(detail, '*');
        channel.postMessage(detail);
        for (const name of ['frame', 'message', 'state', 'load', 'rivulet', 'rivulet:state', 'rivulet:load', 'rivulet:paid']) {
          for (const target of [window, document, link]) {
            const options = { bubbles: true, composed: true, detail };
            target.dispatchEvent(Object.assign(new CustomEvent(name, options), { data: detail }));
          }
        }
      }
    }
  </script>`);
  await attack.cameToNothing();
  const view = await world.view();
  expect(view.page?.paid ?? null).toBe(null);
  expect(view.rate).toEqual(rate);
  expect((await world.sandbox.receiver.requests()).length).toBe(before);
  expect(await attack.heard(page)).toEqual([]);
});

test("events with a detail that bites do not hurt", async ({ attack }) => {
  await attack.open(`<div></div><script>
    const bite = () => { throw new Error('bitten'); };
    const endless = new Proxy({}, { get: (_, name) => name === Symbol.toPrimitive ? () => '{"a":' : endless });
    const details = [undefined, null, '', '{', 'null', '[]', '{"amountSent":null}', '1e999', '['.repeat(1e5), 'x'.repeat(1e6),
      endless, { toString: bite }, Symbol('detail'), { toJSON: bite }, new Proxy({}, { get: bite, has: bite, ownKeys: bite })];
    const events = details.map((detail) => new CustomEvent('rivulet:paid', { composed: true, detail }));
    const trap = new Event('rivulet:paid');
    Object.defineProperty(trap, 'detail', { get: bite });
    const hollow = Object.defineProperty(new Event('rivulet:paid'), 'composedPath', { value: bite });
    for (const event of [...events, trap, hollow]) {
      for (const target of [window, document, document.querySelector('div')]) target.dispatchEvent(event);
    }
    const host = document.querySelector('div');
    Object.defineProperty(host, 'shadowRoot', { get: bite });
    for (const target of [window, document, host]) target.dispatchEvent(new Event('rivulet:shadow', { composed: true }));
  </script>`);
  await attack.cameToNothing();
});

test("who is not in front is not paid, whatever it says of itself", async ({ attack, world }) => {
  const body = (/** @type {string} */ script) => `<link id="1" rel="monetization" href="${world.sandbox.siteWallet}"><script>${script}</script>`;
  const page = await attack.open(body(`
    for (const [name, value] of [['visibilityState', 'visible'], ['hidden', false], ['hasFocus', () => true]]) {
      Object.defineProperty(document, name, { value });
    }
    const claim = (type) => Object.setPrototypeOf(new Event(type), { __proto__: Event.prototype, isTrusted: true });
    setInterval(() => {
      for (const type of ['focus', 'pageshow', 'click', 'keydown', 'mousemove']) window.dispatchEvent(claim(type));
      document.dispatchEvent(claim('visibilitychange'));
    }, 20);
  `), "/behind");
  const popup = await world.popup();
  await popup.bringToFront();
  await world.drained();
  attack.before = (await world.sandbox.payer.payments()).outgoing.length;
  const heard = (await attack.heard(page)).length;
  await attack.cameToNothing();
  expect((await attack.heard(page)).length).toBe(heard);
});

test("the browser's farewells and welcomes are not a page's to say", async ({ attack, world }) => {
  const [worker] = world.browser.context.serviceWorkers();
  await worker.evaluate(() => {
    Reflect.set(globalThis, "connections", 0);
    chrome.runtime.onConnect.addListener(({ name }) => {
      if (name === "frame") Reflect.set(globalThis, "connections", Reflect.get(globalThis, "connections") + 1);
    });
  });
  await attack.open(`<link id="1" rel="monetization" href="${attack.stranger.url}/none"><script>
    onload = () => {
      for (let times = 0; times < 2_000; times += 1) {
        window.dispatchEvent(new Event('pagehide'));
        window.dispatchEvent(new Event('pageshow'));
      }
    };
  </script>`);
  await attack.cameToNothing();
  expect(await worker.evaluate(() => Reflect.get(globalThis, "connections"))).toBeLessThanOrEqual(2);
});

test("a load that the page fires itself makes no receiver", async ({ attack, stranger }) => {
  const page = await attack.open(`<link id="1" rel="monetization" href="${stranger.url}/none"><script>
    const link = document.querySelector('[rel=monetization]');
    setInterval(() => link.dispatchEvent(new Event('load')), 100);
  </script>`);
  await attack.cameToNothing();
  expect(await attack.heard(page)).toContain("error 1");
});
