// A page that has changed what scripts find in it: prototypes, names, objects.

import { expect, test } from "./fixtures.mjs";

/** Runs in a page: whatever the extension calls of the page's own throws, and is noted. */
const TAMPER = `
  window.called = [];
  const original = { apply: Reflect.apply, includes: String.prototype.includes };
  const isOurs = () => original.apply(original.includes, new StackError().stack, ['chrome-extension:']);
  const StackError = Error;
  const tamper = (owner, name, path) => {
    const member = Object.getOwnPropertyDescriptor(owner, name);
    if (!member?.configurable || name === 'constructor') return;
    const instead = (found) => new Proxy(found, {
      apply(target, self, args) {
        if (isOurs()) {
          called[called.length] = path;
          throw new StackError('tampered');
        }
        return original.apply(target, self, args);
      },
    });
    for (const key of ['value', 'get', 'set']) if (typeof member[key] === 'function') member[key] = instead(member[key]);
    Object.defineProperty(owner, name, member);
  };
  const owners = [Object, Array, Map, WeakMap, Set, Promise, String, RegExp, Function, Symbol, Event, EventTarget, Node, Element, HTMLElement,
    HTMLLinkElement, Document, DocumentFragment, ShadowRoot, CustomEvent, MutationObserver, MutationRecord, DOMTokenList, NodeList];
  const objects = [Object, Array, Reflect, JSON, Promise, Symbol, window, ...owners.map(({ prototype }) => prototype)];
  for (const owner of objects) {
    for (const name of Reflect.ownKeys(owner)) {
      // Of the window only functions: its attributes are what pages are made of.
      if (owner === window && !['addEventListener', 'dispatchEvent', 'queueMicrotask', 'setTimeout', 'setInterval', 'clearInterval'].includes(name)) continue;
      tamper(owner, name, String(name));
    }
  }
`;

test("of a page that has changed every prototype nothing is believed", async ({ attack, world, stranger }) => {
  const page = await attack.open(`<script>
    Object.defineProperty(HTMLLinkElement.prototype, 'href', { get: () => '${world.sandbox.siteWallet}' });
    Element.prototype.getAttribute = () => '${world.sandbox.siteWallet}';
    Element.prototype.matches = () => true;
    Node.prototype.getRootNode = () => document;
    HTMLLinkElement.prototype.toString = () => '${world.sandbox.siteWallet}';
    window.chrome = { runtime: { connect: () => { window.connected = true; }, id: 'page' } };
  </script>
  <link id="1" rel="monetization" href="${stranger.url}/none"><link id="2" rel="next" href="${world.sandbox.siteWallet}">`);
  await attack.cameToNothing();
  expect(await attack.heard(page)).toEqual(["error 1"]);
  expect(await page.evaluate(() => Reflect.get(window, "connected"))).toBe(undefined);
});

test("functions of the page that throw keep nobody from being paid", async ({ attack, world }) => {
  const page = await attack.open(`<script>${TAMPER}</script><link id="1" rel="monetization" href="${world.sandbox.siteWallet}">
    <div></div><script>document.querySelector('div').attachShadow({ mode: 'open' }).append(document.createElement('p'));</script>`);
  await expect.poll(async () => (await world.sandbox.payer.payments()).outgoing.length).toBeGreaterThan(attack.before);
  await attack.wentUnnoticed();
  expect(await attack.heard(page)).toContain("load 1");
});

test("names in the page do not take the place of the document's members", async ({ attack, stranger }) => {
  const names = ["readyState", "visibilityState", "querySelectorAll", "addEventListener", "matches", "shadowRoot", "firstElementChild",
    "isConnected", "getRootNode", "href", "links", "chrome", "location", "dispatchEvent", "compareDocumentPosition"];
  const page = await attack.open(`${names.map((name) => `<img name="${name}"><a id="${name}"></a>`).join("")}
    <form>${names.map((name) => `<input name="${name}"><input name="${name}">`).join("")}</form>
    <link id="1" rel="monetization" href="${stranger.url}/none">
    <script>
      setTimeout(() => {
        const form = document.querySelector('form').cloneNode(true);
        const late = Document.prototype.createElement.call(document, 'link');
        Object.assign(late, { id: '2', rel: 'monetization', href: '${stranger.url}/late' });
        document.documentElement.append(form, late);
      }, 500);
    </script>`);
  await attack.cameToNothing();
  expect(await attack.heard(page)).toEqual(["error 1", "error 2"]);
});

test("objects that cannot change are no trouble", async ({ attack, stranger }) => {
  const page = await attack.open(`<link id="1" rel="monetization" href="${stranger.url}/none" onmonetization="1"><script>
    const link = document.querySelector('link[rel=monetization]');
    for (const object of [link, document.head, document.body, document, Event.prototype, HTMLLinkElement.prototype, Element.prototype,
      Node.prototype, Array.prototype, Object.prototype, JSON, Reflect]) Object.freeze(object);
    link.onmonetization = () => {};
    for (const strange of [{}, null, undefined, 1, document]) {
      try { Element.prototype.attachShadow.call(strange, { mode: 'open' }); } catch {}
    }
  </script>`);
  await attack.cameToNothing();
  expect(await attack.heard(page)).toEqual(["error 1"]);
});
