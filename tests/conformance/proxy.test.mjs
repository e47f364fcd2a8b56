// Our proxy carries a payment from the first request to the last, and all that reaches the wallets
// on the way is what the OpenAPI files describe; and so is what the proxy itself takes and answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createOpenAPI } from "@interledger/openapi";
import { freePorts, until } from "../browser/programs.mjs";
import { BOUND, startProvider } from "./provider.mjs";
import { decide, startSandbox } from "./sandbox.mjs";
import { key, publicJwk, values } from "./values.mjs";

const MONTH = "R/2026-01-01T00:00:00Z/P1M";
const usd = (value) => ({ value: String(value), assetCode: "USD", assetScale: 2 });

/** All that the proxy sends to wallets, with the statuses that the sandbox answers. */
const EVERYTHING = [
  "DELETE /auth/continue/{id} 204",
  "DELETE /auth/token/{id} 204",
  "GET /account 200",
  "GET /op/outgoing-payments/{id} 200",
  "POST /auth 200",
  "POST /auth 400",
  "POST /auth/continue/{id} 200",
  "POST /auth/token/{id} 200",
  "POST /op/incoming-payments 201",
  "POST /op/outgoing-payments 201",
  "POST /op/quotes 201"
];

describe("the proxy between extension and wallets", { timeout: BOUND }, () => {
  let provider, sandbox, proxy, wallet, document;
  // What the extension keeps from one message to the next.
  let session, granted, receiver;

  before(async () => {
    provider = startProvider();
    sandbox = await startSandbox();
    const [port] = await freePorts(1);
    proxy = `http://127.0.0.1:${port}`;
    await sandbox.run(
      "rivulet-proxy",
      ["--listen", `127.0.0.1:${port}`, "--public-url", proxy, "--allow-private-hosts", "--key-file", join(sandbox.folder, "proxy.key")],
      `${proxy}/healthz`
    );
    await sandbox.admin(sandbox.payer, "PUT", "keys", { walletAddress: sandbox.alice, jwk: publicJwk });
    wallet = await (await fetch(sandbox.alice)).json();
    document = await createOpenAPI(`${proxy}/openapi.json`);
  });
  after(async () => {
    provider?.stop();
    await sandbox?.stop();
  });

  const seconds = () => Math.floor(Date.now() / 1000);

  /** The request that the extension signs for its wallet. */
  async function signed(name, members) {
    const known = { ...values, wallet, debitAmount: usd(1000), interval: MONTH, finish: `${proxy}/connected` };
    const operations = await provider.ask("operations", {
      key: { ...key, created: seconds() },
      values: { ...known, ...members }
    });
    return operations[name];
  }

  /** Sends a message to the proxy as the extension does. */
  async function send(path, message) {
    const outer = await provider.ask("compose", {
      key: { ...key, id: publicJwk.x, created: seconds(), nonce: randomUUID() },
      method: "POST",
      url: `${proxy}/v1/${path}`,
      authorization: session && `Bearer ${session}`,
      body: JSON.stringify(message)
    });
    validate("Request", path, { body: message, headers: Object.fromEntries(outer.headers), params: {}, query: {} });
    const reply = await fetch(outer.url, { method: "POST", headers: outer.headers, body: outer.body });
    const body = await reply.json();
    validate("Response", path, { status: reply.status, body });
    return { status: reply.status, body };
  }

  /** What the proxy answers, which has to be a success. */
  async function tell(path, message) {
    const { status, body } = await send(path, message);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Throws what the proxy's own document says against a message or an answer. */
  function validate(kind, path, content) {
    const validator = document[`create${kind}Validator`]({ path: `/v1/${path}`, method: "post" });
    try {
      validator(content);
    } catch (refusal) {
      throw new Error(`${kind} of ${path}: ${JSON.stringify(refusal.errors ?? refusal.message)}`);
    }
  }

  test("the user agrees, and the grant is continued", async () => {
    const request = await signed("recurring grant");
    const message = { walletAddress: sandbox.alice, amount: usd(1000), interval: MONTH, request };
    const pending = await tell("grants", message);
    const { searchParams } = await decide(pending.interact.redirect, "accept");
    await sandbox.pass(pending.continue.wait);
    const { uri: continuation, token } = pending.continue;
    const reference = searchParams.get("interact_ref");
    const continued = await tell("grants/continue", {
      walletAddress: sandbox.alice,
      request: await signed("continuation", { continuation, token, reference })
    });
    session = continued.session;
    granted = continued;
  });

  test("an incoming payment is made, for wallets that refuse a key as client too", async () => {
    receiver = (await tell("incoming-payments", { walletAddress: sandbox.site })).id;
    const body = { error: { code: "invalid_client", description: "could not determine client" } };
    const fault = { method: "POST", path: "/auth", times: 1, fault: { status: 400, body } };
    await sandbox.admin(sandbox.receiver, "POST", "faults", fault);
    const another = await tell("incoming-payments", { walletAddress: sandbox.site });
    assert.notEqual(another.id, receiver);
  });

  test("a quote is paid, and the payment read back", async () => {
    const token = granted.accessToken.value;
    const debitAmount = usd(100);
    const quote = await tell("quotes", {
      incomingPayment: receiver,
      request: await signed("new quote", { token, receiver, debitAmount })
    });
    assert.deepEqual(quote.receiveAmount, usd(99));
    const made = await tell("payments", {
      incomingPayment: receiver,
      request: await signed("new payment", { token, quote: quote.id })
    });
    await sandbox.pass(1);
    const read = await tell("payments/read", { request: await signed("payment", { token, payment: made.id }) });
    assert.deepEqual([read.failed, read.sentAmount], [false, usd(99)]);
  });

  test("the token is rotated, and the grant given back", async () => {
    const { value: token, manage } = granted.accessToken;
    const walletAddress = sandbox.alice;
    const rotated = await tell("tokens/rotate", { walletAddress, request: await signed("rotation", { token, manage }) });
    assert.notEqual(rotated.accessToken.value, token);
    const { uri: continuation, token: continueToken } = granted.continue;
    const request = await signed("cancellation", { continuation, token: continueToken });
    await tell("grants/cancel", { walletAddress, request });
  });

  test("all of that has reached the wallets, and is what the specification describes", async () => {
    // The token for the incoming payment is revoked after the extension has its answer.
    await until("the revocation", () => sandbox.seen().includes("DELETE /auth/token/{id} 204"));
    assert.deepEqual(sandbox.seen(), EVERYTHING);
    assert.deepEqual(sandbox.violations(), []);
  });

  test("a refusal is one that the proxy's document describes, and the document is strict", async () => {
    const { status, body } = await send("incoming-payments", { walletAddress: `${sandbox.receiver}/nobody` });
    assert.deepEqual([status, body.error.code], [404, "wallet_not_found"]);
    assert.throws(() => validate("Response", "quotes", { status: 200, body: { id: proxy } }), /receiver/);
    assert.throws(() => validate("Response", "quotes", { status: 422, body: { error: { code: "new", message: "" } } }), /code/);
    const headers = { "content-type": "application/json", "content-digest": "-", "signature-input": "-", signature: "-" };
    const request = { headers, params: {}, query: {}, body: { walletAddress: sandbox.site } };
    validate("Request", "incoming-payments", request);
    request.body.page = "https://site.example";
    assert.throws(() => validate("Request", "incoming-payments", request), /page/);
  });
});
