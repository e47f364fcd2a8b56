// The demonstration: a driven browser connects a wallet and looks at the monetized page.
// Ends in failure when the figures are not what they must be.

import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { World } from "./harness.mjs";

const { values: options } = parseArgs({
  options: {
    headless: { type: "boolean", default: false },
    seconds: { type: "string" },
    json: { type: "string" },
    scale: { type: "string", default: "6" },
    rate: { type: "string", default: "3.60" },
  },
});
const seconds = options.seconds === undefined && options.headless ? 20 : Number(options.seconds ?? Infinity);
const scale = Number(options.scale);

const stopped = new AbortController();
process.on("SIGINT", () => stopped.abort());
process.on("SIGTERM", () => stopped.abort());

const world = await World.start({ scale, headless: options.headless });
let closed = false;
world.browser.context.once("close", () => { closed = true; });
let met = false;
try {
  const figures = await demonstrate(world);
  met = figures.errors.length === 0;
  const json = `${JSON.stringify(figures, null, 2)}\n`;
  if (options.json !== undefined) await writeFile(options.json, json);
  process.stdout.write(json);
} catch (error) {
  if (!closed) throw error;
  console.error("the browser was closed before the figures were taken; Ctrl-C ends the demonstration with them");
} finally {
  await world.stop({ keepLogs: !met && !closed });
}
process.exitCode = met ? 0 : 1;

/** @param {World} world */
async function demonstrate(world) {
  const { payer, receiver } = world.sandbox;
  const held = await payer.balance();
  const { connection } = await world.connect();
  console.log(`connected to ${connection.wallet.address}`);
  await world.setRate(options.rate);
  const site = await world.openSite();
  console.log(`looking at ${site.page.url()}`);
  const started = performance.now();
  await look(site, started + seconds * 1_000);
  const looked = Math.round((performance.now() - started) / 1_000);

  await world.setEnabled(false);
  await world.drained();
  const { diagnostics } = await world.view();
  const { outgoing } = await payer.payments();
  const left = await payer.balance();
  const figures = {
    connected: connection.state === "connected",
    seconds: looked,
    ticks: diagnostics.ticks,
    payments: outgoing.length,
    debited: { ...held, value: String(BigInt(held.value) - BigInt(left.value)) },
    received: await receiver.balance(),
    eventsOnPage: (await site.events()).length,
    tickDeviationMs: quantiles(diagnostics.deviationsMs),
  };
  return { ...figures, errors: shortfalls(figures, diagnostics.payments, outgoing) };
}

/**
 * Looks at the page until the time is over or somebody presses Ctrl-C, and prints each payment.
 * @param {import("./harness.mjs").SitePage} site
 * @param {number} deadline
 */
async function look(site, deadline) {
  let printed = 0;
  while (performance.now() < deadline && !stopped.signal.aborted) {
    await pause(Math.min(500, Math.max(0, deadline - performance.now())));
    const events = await site.events();
    for (const { amountSent, incomingPayment } of events.slice(printed)) {
      printed += 1;
      console.log(`${printed}: ${amountSent.value} ${amountSent.currency} to ${new URL(incomingPayment).host}`);
    }
  }
}

/** @param {number[]} values */
function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p99: at(0.99) };
}

/**
 * What is not as it must be, as sentences.
 * @param {{connected: boolean, seconds: number, payments: number, eventsOnPage: number,
 *   debited: import("./harness.mjs").Money, received: import("./harness.mjs").Money,
 *   tickDeviationMs: {p50: number | null, p99: number | null}}} figures
 * @param {number} counted the payments that the extension has counted
 * @param {any[]} outgoing the payments in the wallet
 */
function shortfalls(figures, counted, outgoing) {
  const { payments, eventsOnPage, debited, received, tickDeviationMs: { p50, p99 } } = figures;
  // Where a second is worth only a few minor units, payments are fewer: a wallet takes no crumbs.
  const unitsPerSecond = Number(options.rate) * 10 ** scale / 3_600;
  const least = unitsPerSecond < 10 ? 1 : Math.floor(0.9 * figures.seconds);
  const total = (/** @type {string} */ amount) => String(outgoing.reduce((sum, payment) => sum + BigInt(payment[amount].value), 0n));
  const rules = /** @type {[boolean, string][]} */ ([
    [figures.connected, "no wallet is connected"],
    [payments >= least, `${payments} payments, at least ${least} expected`],
    [payments === counted, `${payments} payments in the wallet, ${counted} in the extension`],
    [payments === eventsOnPage, `${payments} payments in the wallet, ${eventsOnPage} events on the page`],
    [debited.value === total("debitAmount"), `${debited.value} debited, ${total("debitAmount")} in payments`],
    [received.value === total("receiveAmount"), `${received.value} received, ${total("receiveAmount")} in payments`],
    [p50 !== null && Math.abs(p50) <= 25, `half of the ticks deviate by more than ${p50} ms`],
    [p99 !== null && Math.abs(p99) <= 250, `one tick in a hundred deviates by more than ${p99} ms`],
  ]);
  return rules.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}
