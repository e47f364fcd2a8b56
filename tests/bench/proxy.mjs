// The proxy between an install and its wallet: what its checks add to a call. One Node.js process
// makes all calls, signed beforehand, so that signing them is not measured.

import { randomUUID } from "node:crypto";
import { Agent, request as send } from "node:http";
import { Sandbox } from "../browser/sandbox.mjs";
import { startProvider } from "../conformance/provider.mjs";
import { decide } from "../conformance/sandbox.mjs";
import { key, publicJwk, values } from "../conformance/values.mjs";
import { byTurns, median, quantile } from "./statistics.mjs";

const UNLIMITED = ["--requests-per-minute", "1000000", "--payments-per-minute", "1000000", "--requests-per-address", "60000000"];
const BATCHES = 4;
const CALLS_OF_BATCH = 1_000;
/** Calls that are under way at the same time where calls per second are measured. */
const CONCURRENT = 16;

const seconds = () => Math.floor(Date.now() / 1_000);
const usd = (value) => ({ value, assetCode: "USD", assetScale: 6 });

/** Reading a payment: through the proxy, and, as the floor, straight from the wallet. */
export async function measure() {
  const provider = startProvider();
  const sandbox = await Sandbox.start({ proxyOptions: UNLIMITED, settings: { continueWaitSeconds: 0 } });
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
  try {
    const install = await connect(provider, sandbox);
    const payment = await pay(install, sandbox);
    // The wallet is asked for the same, with the very request that the proxy is given.
    const read = async () => install.signed("payment", { payment });
    const batch = (through) => async () => {
      const inner = await read();
      const one = through ? () => install.composed("payments/read", { request: inner }) : () => inner;
      const prepared = [];
      for (let call = 0; call < CALLS_OF_BATCH; call += 1) prepared.push(await one());
      return run(agent, prepared);
    };
    const { ours, floor } = await byTurns(BATCHES, batch(true), batch(false));
    const side = (pick) => ({ ours: median(ours.map(pick)), floor: median(floor.map(pick)) });
    return [
      { name: "reading a payment, p50 (floor: the wallet itself)", unit: "ms", ...side(({ latencies }) => quantile(latencies, 0.5)) },
      { name: "reading a payment, p99", unit: "ms", ...side(({ latencies }) => quantile(latencies, 0.99)) },
      { name: `reading payments, ${CONCURRENT} at a time`, unit: "1/s", ...side(({ perSecond }) => perSecond) },
    ];
  } finally {
    agent.destroy();
    provider.stop();
    await sandbox.stop(false);
  }
}

/** Gives the wallet a key and takes a grant from it, as the extension does. */
async function connect(provider, sandbox) {
  const added = await fetch(`${sandbox.payer.url}/admin/keys`, {
    method: "PUT",
    body: JSON.stringify({ walletAddress: sandbox.walletAddress, jwk: publicJwk }),
  });
  if (!added.ok) throw new Error(`the wallet takes no key: ${await added.text()}`);
  const wallet = await (await fetch(sandbox.walletAddress)).json();
  const interval = "R/2026-01-01T00:00:00Z/P1M";
  const amount = usd("50000000");
  const known = { ...values, wallet, debitAmount: amount, interval, finish: `${sandbox.proxyUrl}/connected` };
  let session;
  let token;

  const signed = async (name, members) => {
    const signer = { ...key, created: seconds() };
    return (await provider.ask("operations", { key: signer, values: { ...known, ...token && { token }, ...members } }))[name];
  };
  const composed = (path, message) => provider.ask("compose", {
    key: { ...key, id: publicJwk.x, created: seconds(), nonce: randomUUID() },
    method: "POST",
    url: `${sandbox.proxyUrl}/v1/${path}`,
    authorization: session && `Bearer ${session}`,
    body: JSON.stringify(message),
  });
  const tell = async (path, message) => {
    const { url, ...options } = await composed(path, message);
    const reply = await fetch(url, options);
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };

  const { walletAddress } = sandbox;
  const pending = await tell("grants", { walletAddress, amount, interval, request: await signed("recurring grant", {}) });
  const { searchParams } = await decide(pending.interact.redirect, "accept");
  const { uri: continuation, token: continueToken } = pending.continue;
  const reference = searchParams.get("interact_ref");
  const request = await signed("continuation", { continuation, token: continueToken, reference });
  const granted = await tell("grants/continue", { walletAddress, request });
  session = granted.session;
  token = granted.accessToken.value;
  return { signed, composed, tell };
}

/** Makes a payment; its URL. */
async function pay({ signed, tell }, sandbox) {
  const { id: receiver } = await tell("incoming-payments", { walletAddress: sandbox.siteWallet });
  const quoting = await signed("new quote", { receiver, debitAmount: usd("1000") });
  const { id: quote } = await tell("quotes", { incomingPayment: receiver, request: quoting });
  const paying = await signed("new payment", { quote });
  return (await tell("payments", { incomingPayment: receiver, request: paying })).id;
}

/** Makes half of the calls one after the other, for their latencies, and the others side by side. */
async function run(agent, prepared) {
  const alone = prepared.splice(0, prepared.length / 2);
  const latencies = [];
  for (const call of alone) {
    const started = performance.now();
    await make(agent, call);
    latencies.push(performance.now() - started);
  }
  const count = prepared.length;
  const started = performance.now();
  await Promise.all(Array.from({ length: CONCURRENT }, async () => {
    for (let call = prepared.pop(); call !== undefined; call = prepared.pop()) await make(agent, call);
  }));
  return { latencies, perSecond: count * 1_000 / (performance.now() - started) };
}

/** Makes one call, which has to succeed. */
function make(agent, { url, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const call = send(url, { agent, method, headers: Object.fromEntries(headers) }, (response) => {
      response.resume();
      response.once("end", () => response.statusCode === 200 ? resolve() : reject(new Error(`${method} ${url}: ${response.statusCode}`)));
    });
    call.once("error", reject);
    call.end(body ?? undefined);
  });
}
