// The extension in headless Chromium: what it costs pages, and how soon it pays.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { launch } from "../browser/browser.mjs";
import { World } from "../browser/harness.mjs";
import { until } from "../browser/programs.mjs";
import { servePages } from "./pages.mjs";
import { byTurns, median, quantile } from "./statistics.mjs";

/** @typedef {import("@playwright/test").BrowserContext} BrowserContext */
/** @typedef {import("../browser/harness.mjs").SitePage} SitePage */
/** @typedef {import("./bench.mjs").Row} Row */

const LOADS = 15;
const OPENINGS = 11;
const LINKS = 15;
const VISITED_WORLDS = 3;
const WALLET_DELAY_MS = 50;
/** Wallet document, grant and incoming payment at the site's wallet, quote and payment at ours. */
const CALLS_OF_FIRST_VISIT = 5;
/** Quote and payment. */
const CALLS_OF_REVISIT = 2;
const WATCHED_SECONDS = 20;
const KILLS = 3;

/** @returns {Promise<Row[]>} */
export async function measure() {
  return [...await costs(), await links(), ...await visits(), ...await rhythm()];
}

/** What pages and popup cost while no wallet is connected, beside a browser without the extension. */
async function costs() {
  const folder = await mkdtemp(join(tmpdir(), "rivulet-bench-"));
  const world = await World.start();
  const pages = await servePages(world.sandbox.siteWallet);
  const bare = await launch(join(folder, "profile"), true);
  try {
    const { context } = world.browser;
    const loads = await byTurns(LOADS, () => load(context, pages.url), () => load(bare, pages.url));
    const side = (/** @type {keyof Load} */ name) => ({ ours: median(loads.ours.map((it) => it[name])), floor: median(loads.floor.map((it) => it[name])) });
    const popups = await byTurns(
      OPENINGS,
      () => opening(context, world.browser.extensionUrl("popup.html")),
      () => opening(bare, `${pages.url}/status`),
    );
    return [
      { name: "28,000 nodes: CPU per load", unit: "ms", ...side("task"), target: "≤ 1.05 × floor" },
      { name: "28,000 nodes: scripts per load", unit: "ms", ...side("script") },
      { name: "28,000 nodes: first contentful paint", unit: "ms", ...side("paint"), target: "≤ 1.05 × floor" },
      { name: "28,000 nodes: one batch of mutations", unit: "µs", ...side("batch"), target: "≤ 2 × floor, ≤ 5 µs" },
      { name: "popup open → usable (floor: a static page)", unit: "ms", ours: median(popups.ours), floor: median(popups.floor), target: "≤ 60 ms" },
    ];
  } finally {
    pages.close();
    await Promise.all([bare.close(), world.stop()]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @typedef {{task: number, script: number, paint: number, batch: number}} Load */

/**
 * Loads the large page in a tab of its own, then changes it.
 * @param {BrowserContext} context
 * @param {string} url
 * @returns {Promise<Load>}
 */
async function load(context, url) {
  const page = await context.newPage();
  // The process that will load the page exists and is warm.
  await page.goto(`${url}/`);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const before = await cpu(session);
  await page.goto(`${url}/large`);
  await pause(300);
  const after = await cpu(session);
  const paint = await page.evaluate(firstPaint);
  const batch = median(await page.evaluate(mutate));
  await page.close();
  return { task: after.task - before.task, script: after.script - before.script, paint, batch };
}

/**
 * What the page's process has spent so far, in milliseconds.
 * @param {import("@playwright/test").CDPSession} session
 */
async function cpu(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  const metric = (/** @type {string} */ name) => 1_000 * (metrics.find((it) => it.name === name)?.value ?? NaN);
  return { task: metric("TaskDuration"), script: metric("ScriptDuration") };
}

/**
 * Runs in a page: when it first had something to see. A busy machine may not have come to it yet.
 * @returns {Promise<number>}
 */
async function firstPaint() {
  return new Promise((resolve) => {
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
    }).observe({ type: "paint", buffered: true });
  });
}

/** Runs in a page: microseconds for a batch of mutations, until all who observe it have seen it. */
async function mutate() {
  const BATCHES = 1_000;
  const rounds = [];
  for (let round = 0; round < 9; round += 1) {
    const started = performance.now();
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const element = document.createElement("p");
      document.body.append(element);
      element.remove();
      // Observers are told before this goes on.
      await null;
    }
    rounds.push((performance.now() - started) * 1_000 / BATCHES);
  }
  return rounds;
}

/**
 * Milliseconds from the navigation to the status on the page.
 * @param {BrowserContext} context
 * @param {string} url
 */
async function opening(context, url) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    Reflect.set(window, "usableAt", new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector('[data-testid="status"]')?.checkVisibility()) resolve(performance.now());
      });
      observer.observe(document, { subtree: true, childList: true });
    }));
  });
  await page.goto(url);
  const shown = /** @type {number} */ (await page.evaluate(() => Reflect.get(window, "usableAt")));
  await page.close();
  return shown;
}

/** How soon a link has its `load`, from a wallet that answers at once and was never seen before. */
async function links() {
  const world = await World.start();
  const pages = await servePages(world.sandbox.siteWallet);
  try {
    await world.connect();
    const page = await world.browser.context.newPage();
    /** @type {{link: number, fetch: number}[]} */
    const measured = [];
    for (let number = 0; number < LINKS; number += 1) {
      await page.goto(`${pages.url}/linked/${number}`);
      measured.push(await page.evaluate(() => Reflect.get(window, "measured")));
      await pause(200);
    }
    const side = (/** @type {"link" | "fetch"} */ name) => median(measured.map((it) => it[name]));
    const name = "link `load` after domInteractive (floor: a fetch of the page's own)";
    return { name, unit: "ms", ours: side("link"), floor: side("fetch"), target: "≤ 15 ms" };
  } finally {
    pages.close();
    await world.stop();
  }
}

/** How soon a page hears of its first payment from a wallet that takes its time. */
async function visits() {
  const first = [];
  const again = [];
  const single = [];
  for (let turn = 0; turn < VISITED_WORLDS; turn += 1) {
    const world = await World.start();
    try {
      await world.connect();
      const { payer, receiver } = world.sandbox;
      const delay = { path: "/", fault: { delayMs: WALLET_DELAY_MS } };
      for (const wallet of [payer, receiver]) await wallet.addFault(delay);
      const visited = await world.openSite();
      first.push(await firstEvent(visited));
      // While a quote is waited for the purse fills, so that the next visit need not wait for it.
      await payer.clearFaults();
      await payer.addFault({ method: "POST", path: "quotes", fault: { delayMs: 4_000 } });
      await pause(4_000);
      await visited.page.close();
      await payer.clearFaults();
      await payer.addFault(delay);
      await pause(2_000);
      const site = await world.openSite();
      again.push(await firstEvent(site));
      single.push(await callTime(site, world.sandbox.walletAddress));
    } finally {
      await world.stop();
    }
  }
  const call = median(single);
  return [
    { name: `first event, wallets delayed by ${WALLET_DELAY_MS} ms`, unit: "ms", ours: median(first), floor: CALLS_OF_FIRST_VISIT * call, target: "≤ 340 ms" },
    { name: "first event of a revisit", unit: "ms", ours: median(again), floor: CALLS_OF_REVISIT * call, target: "≤ 160 ms" },
  ];
}

/** @param {SitePage} site */
async function firstEvent(site) {
  await site.paid(1);
  return (await site.events())[0].at;
}

/**
 * Milliseconds for one call of a page to the delayed wallet.
 * @param {SitePage} site
 * @param {string} url
 */
async function callTime(site, url) {
  return site.page.evaluate(async (address) => {
    const CALLS = 10;
    const started = performance.now();
    for (let call = 0; call < CALLS; call += 1) await (await fetch(address, { cache: "no-store" })).text();
    return (performance.now() - started) / CALLS;
  }, url);
}

/** How evenly the seconds come, and how soon they come again after the worker was killed. */
async function rhythm() {
  const world = await World.start();
  try {
    await world.connect();
    const site = await world.openSite();
    await site.paid(1);
    const timer = await site.page.evaluate(timerDeviations, WATCHED_SECONDS);
    const ticks = (await world.view()).diagnostics.deviationsMs;
    const times = (await site.events()).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - times[index]);
    const pauses = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await site.paid((await site.events()).length + 3);
      pauses.push(await killed(world, site));
    }
    const deviation = (/** @type {number} */ share) => ({ unit: "ms", ours: quantile(ticks, share), floor: quantile(timer, share) });
    return [
      { name: `tick deviation p50, ${WATCHED_SECONDS} s (floor: a page's timer)`, ...deviation(0.5), target: "≤ 25 ms" },
      { name: "tick deviation p99", ...deviation(0.99), target: "≤ 250 ms" },
      { name: "worker killed → next payment (floor: undisturbed)", unit: "ms", ours: median(pauses), floor: median(gaps), target: "≤ 2,500 ms" },
    ];
  } finally {
    await world.stop();
  }
}

/**
 * Runs in a page: by how many milliseconds a timer misses each full second.
 * @param {number} seconds
 */
async function timerDeviations(seconds) {
  // In whole milliseconds, as the extension counts its own.
  const started = Date.now();
  const deviations = [];
  for (let second = 1; second <= seconds; second += 1) {
    const due = started + second * 1_000;
    await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    deviations.push(Math.abs(Date.now() - due));
  }
  return deviations;
}

/**
 * Kills the worker; milliseconds until the page is paid again.
 * @param {World} world
 * @param {SitePage} site
 */
async function killed(world, site) {
  await world.browser.killWorker();
  const at = await site.page.evaluate(() => performance.now());
  const later = async () => (await site.events()).find((event) => event.at > at)?.at;
  return /** @type {number} */ (await until("paying again", later, 40_000)) - at;
}
