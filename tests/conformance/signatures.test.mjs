// Our signatures and those of the official JavaScript implementation verify one another.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import signatures from "@interledger/http-signature-utils";
import { BOUND, startProvider } from "./provider.mjs";
import { key, keyId, privateKey, publicJwk, token, values } from "./values.mjs";

const { createHeaders, generateJwk, getKeyId, validateSignature, validateSignatureHeaders } = signatures;

const REQUESTS = [
  { method: "POST", url: "https://auth.wallet.example/", body: { client: "https://wallet.example/alice" } },
  { method: "POST", url: "https://wallet.example/t/quotes", body: { note: `ünïcødé "\\` }, authorization: `GNAP ${token}` },
  { method: "POST", url: "https://auth.wallet.example/token/1", authorization: `GNAP ${token}` },
  { method: "GET", url: "https://wallet.example/quotes/1?a=b%20c", authorization: `GNAP ${token}` },
  { method: "DELETE", url: "http://localhost:4201/continue/1", authorization: `GNAP ${token}` },
  { method: "GET", url: "https://wallet.example/" }
].map(({ body, ...request }) => ({ ...request, body: body && JSON.stringify(body) }));

/** As the official implementation takes a received request: header names in lower case. */
const received = ({ headers, ...request }) => ({ ...request, headers: Object.fromEntries(headers) });

async function signedByJavaScript({ authorization, ...request }) {
  const own = authorization ? { authorization } : {};
  const headers = await createHeaders({ request: { ...request, headers: { ...own } }, privateKey, keyId });
  return { ...request, headers: Object.entries({ ...own, ...headers }) };
}

describe("signatures", { timeout: BOUND }, () => {
  let provider;
  before(() => {
    provider = startProvider();
  });
  after(() => provider.stop());

  test("both derive the same JWK", () => {
    assert.deepEqual(generateJwk({ privateKey, keyId }), publicJwk);
  });

  for (const request of REQUESTS) {
    const name = `${request.method} ${request.url}`;

    test(`${name}: signed by us, verified by JavaScript`, async () => {
      const signed = received(await provider.ask("compose", { key, ...request }));
      assert.equal(getKeyId(signed.headers["signature-input"]), keyId);
      assert.equal(validateSignatureHeaders(signed), true);
      assert.equal(await validateSignature(publicJwk, signed), true);

      const elsewhere = { ...signed, url: `${signed.url}x` };
      assert.equal(await validateSignature(publicJwk, elsewhere), false);
    });

    test(`${name}: signed by JavaScript, verified by us`, async () => {
      const signed = await signedByJavaScript(request);
      const { covered, keyid } = await provider.ask("verify", { jwk: publicJwk, ...signed });
      assert.equal(keyid, keyId);
      assert.deepEqual(covered, [
        "@method",
        "@target-uri",
        ...(request.authorization ? ["authorization"] : []),
        ...(request.body ? ["content-digest", "content-length", "content-type"] : [])
      ]);

      const elsewhere = { ...signed, url: `${signed.url}x` };
      await assert.rejects(provider.ask("verify", { jwk: publicJwk, ...elsewhere }), /does not match/);
    });

    test(`${name}: the same headers from both`, async () => {
      const ours = received(await provider.ask("compose", { key, ...request })).headers;
      const theirs = Object.fromEntries(
        (await signedByJavaScript(request)).headers.map(([name, value]) => [name.toLowerCase(), value])
      );
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
      for (const name of ["authorization", "content-digest", "content-length", "content-type"]) {
        assert.equal(ours[name], theirs[name], name);
      }
    });
  }

  test("a changed body is refused by both", async () => {
    const [request] = REQUESTS;
    const body = request.body.replace("alice", "bob");
    const ours = received(await provider.ask("compose", { key, ...request }));
    assert.equal(validateSignatureHeaders({ ...ours, body }), false);
    const theirs = await signedByJavaScript(request);
    await assert.rejects(provider.ask("verify", { jwk: publicJwk, ...theirs, body }), /does not match the body/);
  });

  test("every operation verifies", async () => {
    const operations = Object.entries(await provider.ask("operations", { key, values }));
    assert.equal(operations.length, 14);
    for (const [name, operation] of operations) {
      const signed = received(operation);
      assert.equal(validateSignatureHeaders(signed), true, name);
      assert.equal(await validateSignature(publicJwk, signed), true, name);
    }
  });
});
