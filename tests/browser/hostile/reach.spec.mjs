// A page that reaches for what is the extension's own.

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "./fixtures.mjs";

const PAGES = ["views/popup.html", "views/welcome.html", "views/popup.js", "manifest.json", "content.js", "icons/rivulet-32.png", "wasm/background_bg.wasm"];

test("no page of the extension is framed, opened or read", async ({ attack, world }) => {
  const base = `chrome-extension://${world.browser.extensionId}`;
  const page = await attack.open("<body>");
  const before = world.browser.context.pages().length;
  const reached = await page.evaluate(async ([origin, ...paths]) => {
    const urls = paths.map((path) => `${origin}/${path}`);
    const reached = [];
    for (const url of urls) {
      const read = await fetch(url).then(() => true, () => false);
      const shown = await new Promise((resolve) => {
        const image = new Image();
        Object.assign(image, { onload: () => resolve(true), onerror: () => resolve(false), src: url });
      });
      const run = await import(url).then(() => true, () => false);
      const frame = document.body.appendChild(document.createElement("iframe"));
      await new Promise((resolve) => { frame.onload = resolve; frame.src = url; });
      if (read || shown || run) reached.push(url);
      open(url);
    }
    return reached;
  }, [base, ...PAGES]);
  await pause(1_000);
  expect(reached).toEqual([]);
  const frames = page.frames().slice(1);
  expect(frames.length).toBe(PAGES.length);
  // The browser shows its own page in place of each.
  for (const frame of frames) expect(frame.url()).toMatch(/^chrome-error:/);
  const opened = world.browser.context.pages().slice(before);
  expect(opened.filter((it) => it.url().startsWith("chrome-extension:"))).toEqual([]);
  await Promise.all(opened.map((it) => it.close()));
  // They say that it may not.
  attack.complaints = [];
  await attack.cameToNothing();
});

test("a page has nobody to talk to", async ({ attack }) => {
  const page = await attack.open("<body>");
  const ways = await page.evaluate(() => {
    const runtime = Reflect.get(window, "chrome")?.runtime;
    return [typeof runtime?.connect, typeof runtime?.sendMessage];
  });
  expect(ways).toEqual(["undefined", "undefined"]);
  await attack.cameToNothing();
});

test("whoever takes over the page's process commands nothing and reads nothing", async ({ attack, world }) => {
  const before = await world.view();
  const page = await attack.open("<body>");
  const session = await world.browser.context.newCDPSession(page);
  /** @type {number[]} */
  const contexts = [];
  session.on("Runtime.executionContextCreated", ({ context }) => {
    if (context.origin.startsWith("chrome-extension:")) contexts.push(context.id);
  });
  await session.send("Runtime.enable");
  // What the content script itself can do is what can be done from there.
  const expression = `(async () => {
    const refused = (promise) => promise.then((value) => JSON.stringify(value), () => 'refused');
    const port = chrome.runtime.connect({ name: 'view' });
    const view = new Promise((resolve) => {
      port.onMessage.addListener((view) => resolve(JSON.stringify(view)));
      port.onDisconnect.addListener(() => resolve('refused'));
    });
    for (const command of [{ command: 'disconnect' }, { command: 'setRate', perHour: '100' }]) port.postMessage(command);
    const frame = chrome.runtime.connect({ name: 'frame' });
    frame.postMessage({ command: 'disconnect' });
    const link = { id: 1, href: '${world.sandbox.siteWallet}' };
    frame.postMessage({ type: 'state', visible: true, origin: 'https://bank.example', tab: 1, links: [link], link });
    frame.disconnect();
    return [await view, await refused(chrome.storage.local.get()), await refused(chrome.storage.session.get()),
      await refused(Promise.resolve().then(() => chrome.tabs.query({})))];
  })()`;
  const { result } = await session.send("Runtime.evaluate", { expression, contextId: contexts[0], awaitPromise: true, returnByValue: true });
  expect(result.value).toEqual(["refused", "refused", "refused", "refused"]);
  await session.detach();
  await attack.cameToNothing();
  const { connection, rate } = await world.view();
  expect([connection.state, rate.value]).toEqual(["connected", before.rate.value]);
});
