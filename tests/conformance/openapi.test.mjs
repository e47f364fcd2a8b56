// What we compose is what the OpenAPI files of Open Payments describe, and we read what they describe.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import openPayments from "@interledger/open-payments";
import { BOUND, startProvider } from "./provider.mjs";
import { key, values } from "./values.mjs";

const { getAuthServerOpenAPI, getResourceServerOpenAPI, getWalletAddressServerOpenAPI } = openPayments;

/** Where the specification has each request: server, path and method. */
const OPERATIONS = {
  "one-time grant": ["auth", "/", "post"],
  "recurring grant": ["auth", "/", "post"],
  "grant by key": ["auth", "/", "post"],
  "grant by address": ["auth", "/", "post"],
  continuation: ["auth", "/continue/{id}", "post"],
  cancellation: ["auth", "/continue/{id}", "delete"],
  rotation: ["auth", "/token/{id}", "post"],
  revocation: ["auth", "/token/{id}", "delete"],
  "new quote": ["resource", "/quotes", "post"],
  "new payment": ["resource", "/outgoing-payments", "post"],
  "new incoming payment": ["resource", "/incoming-payments", "post"],
  quote: ["resource", "/quotes/{id}", "get"],
  payment: ["resource", "/outgoing-payments/{id}", "get"],
  "spent amounts": ["resource", "/outgoing-payment-grant", "get"]
};

/** Recorded replies: the name of the recording, where it belongs, and what we read it as. */
const REPLIES = [
  ["wallet address (sender)", ["wallet", "/", "get"], 200, "wallet address"],
  ["interactive grant (pending)", ["auth", "/", "post"], 200, "pending grant"],
  ["incoming-payment grant", ["auth", "/", "post"], 200, "granted access"],
  ["continuation (granted)", ["auth", "/continue/{id}", "post"], 200, "granted access"],
  ["token rotation", ["auth", "/token/{id}", "post"], 200, "granted access"],
  ["incoming payment", ["resource", "/incoming-payments", "post"], 201, "incoming payment"],
  ["quote (debitAmount 100)", ["resource", "/quotes", "post"], 201, "quote"],
  ["outgoing payment (from quote)", ["resource", "/outgoing-payments", "post"], 201, "outgoing payment"],
  ["grant spent amounts", ["resource", "/outgoing-payment-grant", "get"], 200, "spent amounts"]
];

describe("OpenAPI", { timeout: BOUND }, () => {
  let provider, servers, recorded;
  before(async () => {
    provider = startProvider();
    servers = {
      auth: await getAuthServerOpenAPI(),
      resource: await getResourceServerOpenAPI(),
      wallet: await getWalletAddressServerOpenAPI()
    };
    recorded = JSON.parse(await readFile(new URL("../fixtures/wallet.json", import.meta.url), "utf8"));
  });
  after(() => provider.stop());

  /** Throws what the specification says against a request. */
  function validateRequest([server, path, method], body, headers) {
    const validate = servers[server].createRequestValidator({ path, method });
    try {
      validate({ body, headers: Object.fromEntries(headers), params: { id: "1" }, query: {} });
    } catch (refusal) {
      throw new Error(JSON.stringify(refusal.errors ?? refusal.message));
    }
  }

  test("every composed request is valid", async () => {
    const operations = await provider.ask("operations", { key, values });
    assert.deepEqual(Object.keys(operations).sort(), Object.keys(OPERATIONS).sort());
    for (const [name, { method, url, headers, body }] of Object.entries(operations)) {
      const [, path, specified] = OPERATIONS[name];
      assert.equal(method.toLowerCase(), specified, name);
      const shape = new RegExp(`${path.replace("{id}", "[^/]+").replace(/^\/$/, "/tenant-a")}$`);
      assert.match(url, shape, name);
      validateRequest(OPERATIONS[name], body ? JSON.parse(body) : undefined, headers);
    }
  });

  test("the validator refuses what the specification does not have", async () => {
    const { "new quote": quote, "one-time grant": grant } = await provider.ask("operations", { key, values });
    const more = { ...JSON.parse(quote.body), page: "https://site.example" };
    assert.throws(() => validateRequest(OPERATIONS["new quote"], more, quote.headers), /page/);
    const { client, ...less } = JSON.parse(grant.body);
    assert.throws(() => validateRequest(OPERATIONS["one-time grant"], less, grant.headers), /client/);
  });

  for (const [recording, [server, path, method], status, kind] of REPLIES) {
    test(`the reply "${recording}" is valid, and we read it`, async () => {
      const body = recorded[recording];
      assert.equal(servers[server].createResponseValidator({ path, method })({ status, body }), true);
      await assert.doesNotReject(provider.ask("read", { kind, json: JSON.stringify(body) }));
    });
  }

  test("a reply without a required member is refused by both", async () => {
    const { id, ...body } = recorded["quote (debitAmount 100)"];
    const validate = servers.resource.createResponseValidator({ path: "/quotes", method: "post" });
    assert.throws(() => validate({ status: 201, body }));
    await assert.rejects(provider.ask("read", { kind: "quote", json: JSON.stringify(body) }), /the reply's id is missing/);
  });
});
