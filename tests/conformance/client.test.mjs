// The official JavaScript client drives the sandbox wallet through every call of Open Payments, and
// everything that passes between them is what the OpenAPI files describe.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import openPayments from "@interledger/open-payments";
import { BOUND } from "./provider.mjs";
import { decide, startClientHome, startSandbox } from "./sandbox.mjs";
import { keyId, privateKey, publicJwk } from "./values.mjs";

const { createAuthenticatedClient, createUnauthenticatedClient } = openPayments;

const FINISH = "http://127.0.0.1:9/finished";
const MONTH = "R/2026-01-01T00:00:00Z/P1M";
const usd = (value) => ({ value: String(value), assetCode: "USD", assetScale: 2 });

/** All that the clients are to bring about, refusals included. */
const EVERYTHING = [
  "DELETE /auth/continue/{id} 204",
  "DELETE /auth/token/{id} 204",
  "GET /account 200",
  "GET /account 404",
  "GET /account/jwks.json 200",
  "GET /op/incoming-payments 200",
  "GET /op/incoming-payments 403",
  "GET /op/incoming-payments/{id} 200",
  "GET /op/incoming-payments/{id} 401",
  "GET /op/outgoing-payment-grant 200",
  "GET /op/outgoing-payments 200",
  "GET /op/outgoing-payments/{id} 200",
  "GET /op/quotes/{id} 200",
  "POST /auth 200",
  "POST /auth 400",
  "POST /auth/continue/{id} 200",
  "POST /auth/continue/{id} 400",
  "POST /auth/continue/{id} 401",
  "POST /auth/continue/{id} 404",
  "POST /auth/token/{id} 200",
  "POST /auth/token/{id} 401",
  "POST /op/incoming-payments 201",
  "POST /op/incoming-payments 400",
  "POST /op/incoming-payments 403",
  "POST /op/incoming-payments/{id}/complete 200",
  "POST /op/outgoing-payments 201",
  "POST /op/outgoing-payments 400",
  "POST /op/outgoing-payments 403",
  "POST /op/quotes 201",
  "POST /op/quotes 400",
  "POST /op/quotes 403"
];

for (const mode of ["strict", "lenient"]) {
  describe(`the official client at a ${mode} wallet`, { timeout: BOUND }, () => {
    let sandbox, home, client, documents;

    before(async () => {
      sandbox = await startSandbox({ options: mode === "lenient" ? ["--lenient"] : [] });
      home = await startClientHome(publicJwk);
      client = await createAuthenticatedClient({ keyId, privateKey, walletAddressUrl: home.walletAddress, validateResponses: true });
      documents = {
        alice: await client.walletAddress.get({ url: sandbox.alice }),
        site: await client.walletAddress.get({ url: sandbox.site })
      };
    });
    after(async () => {
      home?.close();
      await sandbox?.stop();
    });

    /** A grant to be paid at the site's wallet. */
    async function incomingGrant(override) {
      const access = [{ type: "incoming-payment", actions: ["create", "read", "complete", "list"] }];
      return client.grant.request({ url: documents.site.authServer }, { access_token: { access } }, override);
    }

    async function incomingPayment(members = {}) {
      const grant = await incomingGrant();
      const args = { url: documents.site.resourceServer, accessToken: grant.access_token.value };
      const payment = await client.incomingPayment.create(args, { walletAddress: sandbox.site, ...members });
      return { payment, token: args.accessToken };
    }

    /** Asks alice, who has not decided yet. */
    async function askAlice(limits) {
      const nonce = "client-nonce";
      const pending = await client.grant.request(
        { url: documents.alice.authServer },
        {
          access_token: {
            access: [
              { type: "quote", actions: ["create", "read"] },
              { type: "outgoing-payment", actions: ["create", "read", "list"], identifier: sandbox.alice, limits }
            ]
          },
          interact: { start: ["redirect"], finish: { method: "redirect", uri: FINISH, nonce } }
        }
      );
      return { pending, nonce };
    }

    const goOn = (pending, reference) =>
      client.grant.continue(
        { url: pending.continue.uri, accessToken: pending.continue.access_token.value },
        reference === undefined ? undefined : { interact_ref: reference }
      );

    /** A grant of alice's, for whom time has passed. */
    async function outgoingGrant(limits = { debitAmount: usd(10_000), interval: MONTH }) {
      const { pending } = await askAlice(limits);
      const finished = await decide(pending.interact.redirect, "accept");
      await sandbox.pass(5);
      return goOn(pending, finished.searchParams.get("interact_ref"));
    }

    const atAlices = (grant) => ({ url: documents.alice.resourceServer, accessToken: grant.access_token.value });
    const quote = (grant, receiver, amounts) =>
      client.quote.create(atAlices(grant), { walletAddress: sandbox.alice, receiver, method: "ilp", ...amounts });
    const pay = (grant, members) =>
      client.outgoingPayment.create(atAlices(grant), { walletAddress: sandbox.alice, ...members });

    const refused = (status, description) => (error) => {
      assert.deepEqual([error.status, error.description], [status, description]);
      return true;
    };

    test("wallet address and keys", async () => {
      assert.equal(documents.alice.id, sandbox.alice);
      const { keys } = await client.walletAddress.getKeys({ url: sandbox.alice });
      assert.deepEqual(keys, []);
      await sandbox.admin(sandbox.payer, "PUT", "keys", { walletAddress: sandbox.alice, jwk: publicJwk });
      const after = await client.walletAddress.getKeys({ url: sandbox.alice });
      assert.equal(after.keys[0].x, publicJwk.x);
      const nobody = client.walletAddress.get({ url: `${sandbox.payer}/nobody` });
      await assert.rejects(nobody, refused(404, "Could not get wallet address"));
    });

    test("a grant without consent, for all three forms of client", async () => {
      for (const form of [undefined, { walletAddress: home.walletAddress }, { jwk: publicJwk }]) {
        const grant = await incomingGrant(form);
        assert.equal(openPayments.isFinalizedGrant(grant), true);
        const args = { url: documents.site.resourceServer, accessToken: grant.access_token.value };
        await client.incomingPayment.create(args, { walletAddress: sandbox.site });
      }
      const unknown = incomingGrant({ walletAddress: `${sandbox.payer}/nobody` });
      await assert.rejects(unknown, refused(400, "could not determine client"));
    });

    test("incoming payments: create, read, read in public, complete", async () => {
      const anybody = await createUnauthenticatedClient({ validateResponses: true });
      const { payment, token } = await incomingPayment({ incomingAmount: usd(500), metadata: { page: "1" } });
      assert.deepEqual([payment.incomingAmount, payment.receivedAmount], [usd(500), usd(0)]);
      assert.equal(payment.methods[0].type, "ilp");
      const read = await client.incomingPayment.get({ url: payment.id, accessToken: token });
      assert.deepEqual(read.metadata, { page: "1" });
      const open = { authServer: documents.site.authServer, receivedAmount: usd(0) };
      assert.deepEqual(await anybody.incomingPayment.get({ url: payment.id }), open);
      assert.deepEqual(await client.incomingPayment.getPublic({ url: payment.id }), open);
      const completed = await client.incomingPayment.complete({ url: payment.id, accessToken: token });
      assert.equal(completed.completed, true);
    });

    test("incoming payments: a list in pages", async () => {
      const { payment: newest, token } = await incomingPayment();
      const { walletAddress } = newest;
      const args = { url: documents.site.resourceServer, accessToken: token, walletAddress };
      for (let made = 0; made < 2; made += 1) await client.incomingPayment.create(args, { walletAddress });
      const first = await client.incomingPayment.list(args, { first: 2 });
      assert.deepEqual([first.result.length, first.pagination.hasNextPage], [2, true]);
      const next = await client.incomingPayment.list(args, { first: 100, cursor: first.pagination.endCursor });
      assert.ok(next.result.length > 0 && next.pagination.hasPreviousPage);
      const back = await client.incomingPayment.list(args, { last: 1, cursor: next.pagination.startCursor });
      assert.equal(back.result[0].id, first.result[1].id);
    });

    test("incoming payments: they expire", async () => {
      const now = await sandbox.pass(0);
      const at = (millis) => new Date(now + millis).toISOString();
      const { payment, token } = await incomingPayment({ expiresAt: at(60_000) });
      assert.equal(Date.parse(payment.expiresAt), now + 60_000);
      await assert.rejects(incomingPayment({ expiresAt: at(-1000) }), refused(400, "invalid expiresAt"));
      await sandbox.pass(61);
      const gone = client.incomingPayment.get({ url: payment.id, accessToken: token });
      await assert.rejects(gone, (error) => error.status === 401);
      const grant = await outgoingGrant();
      await assert.rejects(quote(grant, payment.id, { debitAmount: usd(10) }), refused(400, "invalid receiver"));
    });

    test("a grant with consent: hash, wait, continuation", async () => {
      const { pending, nonce } = await askAlice({ debitAmount: usd(100), interval: MONTH });
      assert.equal(openPayments.isPendingGrant(pending), true);
      assert.equal(pending.continue.wait, 5);
      await assert.rejects(goOn(pending), refused(400, 'polled grant faster than "wait" period'));
      const finished = await decide(pending.interact.redirect, "accept");
      assert.equal(`${finished.origin}${finished.pathname}`, FINISH);
      const reference = finished.searchParams.get("interact_ref");
      const hashed = [nonce, pending.interact.finish, reference, documents.alice.authServer].join("\n");
      assert.equal(finished.searchParams.get("hash"), createHash("sha256").update(hashed).digest("base64"));
      await assert.rejects(goOn(pending, reference), refused(400, 'continued grant faster than "wait" period'));
      await sandbox.pass(5);
      await assert.rejects(goOn(pending, "another"), refused(404, "grant not found"));
      const grant = await goOn(pending, reference);
      assert.equal(openPayments.isFinalizedGrant(grant), true);
    });

    test("a grant with consent: declined, and without an answer", async () => {
      const { pending } = await askAlice();
      await sandbox.pass(5);
      await assert.rejects(goOn(pending), refused(401, "grant cannot be polled"));
      const finished = await decide(pending.interact.redirect, "decline");
      assert.equal(finished.searchParams.get("result"), "grant_rejected");
      await assert.rejects(goOn(pending, "any"), refused(404, "grant not found"));
    });

    test("quotes: debit, receive and neither", async () => {
      const grant = await outgoingGrant();
      const { payment: open } = await incomingPayment();
      const { payment: fixed } = await incomingPayment({ incomingAmount: usd(50) });
      const debit = await quote(grant, open.id, { debitAmount: usd(100) });
      assert.deepEqual(debit.receiveAmount, usd(99));
      assert.deepEqual((await quote(grant, open.id, { receiveAmount: usd(100) })).debitAmount, usd(102));
      const neither = await quote(grant, fixed.id, {});
      assert.deepEqual([neither.debitAmount, neither.receiveAmount], [usd(51), usd(50)]);
      const read = await client.quote.get({ url: debit.id, accessToken: grant.access_token.value });
      assert.deepEqual(read, debit);
      await assert.rejects(quote(grant, open.id, {}), refused(400, "invalid receiver"));
      await assert.rejects(quote(grant, open.id, { debitAmount: usd(1) }), (error) => {
        assert.deepEqual(error.details, { minSendAmount: usd(2) });
        return refused(400, "non-positive receive amount")(error);
      });
    });

    test("outgoing payments: from a quote and directly, spent amounts, list", async () => {
      const grant = await outgoingGrant();
      const { payment: receiver, token } = await incomingPayment();
      const grantSpent = () => client.outgoingPayment.getGrantSpentAmounts(atAlices(grant));
      assert.deepEqual(await grantSpent(), { spentDebitAmount: null, spentReceiveAmount: null });
      const { id: quoteId } = await quote(grant, receiver.id, { debitAmount: usd(100) });
      const first = await pay(grant, { quoteId, metadata: { second: 1 } });
      assert.deepEqual([first.grantSpentDebitAmount, first.sentAmount], [usd(0), usd(0)]);
      await assert.rejects(pay(grant, { quoteId }), refused(400, "invalid quote"));
      const second = await pay(grant, { incomingPayment: receiver.id, debitAmount: usd(50) });
      assert.deepEqual([second.grantSpentDebitAmount, second.grantSpentReceiveAmount], [usd(100), usd(99)]);
      assert.deepEqual(await grantSpent(), { spentDebitAmount: usd(150), spentReceiveAmount: usd(148) });

      await sandbox.pass(1);
      const accessToken = grant.access_token.value;
      const settled = await client.outgoingPayment.get({ url: first.id, accessToken });
      assert.deepEqual([settled.failed, settled.sentAmount, settled.metadata], [false, usd(99), { second: 1 }]);
      const received = await client.incomingPayment.get({ url: receiver.id, accessToken: token });
      assert.deepEqual(received.receivedAmount, usd(148));

      const args = { ...atAlices(grant), walletAddress: sandbox.alice };
      const page = await client.outgoingPayment.list(args, { first: 1 });
      assert.deepEqual([page.result.length, page.pagination.hasNextPage], [1, true]);
      const next = await client.outgoingPayment.list(args, { first: 1, cursor: page.pagination.endCursor });
      assert.deepEqual([page.result[0].id, next.result[0].id].sort(), [first.id, second.id].sort());
    });

    test("limits: debit, receive, receiver", async () => {
      const { payment: receiver } = await incomingPayment();
      const { payment: another } = await incomingPayment();
      const tryToPay = async (limits, to, value) => {
        const grant = await outgoingGrant(limits);
        return pay(grant, { incomingPayment: to.id, debitAmount: usd(value) });
      };
      const exceeded = refused(403, "unauthorized");
      await tryToPay({ debitAmount: usd(100) }, receiver, 100);
      await assert.rejects(tryToPay({ debitAmount: usd(100) }, receiver, 101), exceeded);
      await tryToPay({ receiveAmount: usd(99) }, receiver, 100);
      await assert.rejects(tryToPay({ receiveAmount: usd(98) }, receiver, 100), exceeded);
      await tryToPay({ receiver: receiver.id }, receiver, 100);
      await assert.rejects(tryToPay({ receiver: receiver.id }, another, 100), exceeded);
    });

    test("limits: every form of interval, and a time outside of it", async () => {
      const { payment: receiver } = await incomingPayment();
      const tryToPay = async (interval) => {
        const grant = await outgoingGrant({ debitAmount: usd(100), interval });
        return pay(grant, { incomingPayment: receiver.id, debitAmount: usd(10) });
      };
      const now = await sandbox.pass(0);
      const [hourAgo, inAnHour] = [now - 3_600_000, now + 3_600_000].map((millis) => new Date(millis).toISOString());
      for (const interval of [`R/${hourAgo}/P1M`, `R0/${hourAgo}/PT2H`, `R/P1D/${inAnHour}`, `R/${hourAgo}/${inAnHour}`]) {
        const { grantSpentDebitAmount } = await tryToPay(interval);
        assert.deepEqual(grantSpentDebitAmount, usd(0), interval);
      }
      await assert.rejects(tryToPay(`R/${inAnHour}/P1M`), refused(403, "unauthorized"));
      await assert.rejects(tryToPay(`R0/${hourAgo}/PT1M`), refused(403, "unauthorized"));
    });

    test("outgoing payments: without money they fail later, and what was spent reverts", async () => {
      const grant = await outgoingGrant();
      const { payment: receiver } = await incomingPayment();
      const { accounts } = await sandbox.admin(sandbox.payer, "GET", "accounts");
      const { balance } = accounts.find(({ walletAddress }) => walletAddress === sandbox.alice);
      const setBalance = (value) => sandbox.admin(sandbox.payer, "PUT", "accounts", { walletAddress: sandbox.alice, balance: value });
      await setBalance("9");
      const made = await pay(grant, { incomingPayment: receiver.id, debitAmount: usd(10) });
      assert.equal(made.failed, false);
      await sandbox.pass(1);
      const failed = await client.outgoingPayment.get({ url: made.id, accessToken: grant.access_token.value });
      assert.deepEqual([failed.failed, failed.sentAmount], [true, usd(0)]);
      assert.equal(failed.metadata.cancellationReason, "Account does not have enough balance.");
      const spent = await client.outgoingPayment.getGrantSpentAmounts(atAlices(grant));
      assert.deepEqual(spent, { spentDebitAmount: null, spentReceiveAmount: null });
      await setBalance(balance);
    });

    test("tokens: expiry, rotation, revocation", async () => {
      const grant = await outgoingGrant();
      const { payment: receiver } = await incomingPayment();
      const tokenOf = ({ access_token }) => ({ url: access_token.manage, accessToken: access_token.value });
      const attempt = (granted) => quote(granted, receiver.id, { debitAmount: usd(10) });
      const inactive = refused(403, "Inactive Token");
      await attempt(grant);
      await sandbox.pass(grant.access_token.expires_in);
      await assert.rejects(attempt(grant), inactive);
      const rotated = await client.token.rotate(tokenOf(grant));
      assert.notEqual(rotated.access_token.value, grant.access_token.value);
      assert.notEqual(rotated.access_token.manage, grant.access_token.manage);
      await attempt(rotated);
      await assert.rejects(attempt(grant), inactive);
      await assert.rejects(client.token.rotate(tokenOf(grant)), refused(401, "invalid access token"));
      await client.token.revoke(tokenOf(rotated));
      await assert.rejects(attempt(rotated), inactive);
    });

    test("a grant is cancelled, and its token with it", async () => {
      const grant = await outgoingGrant();
      const args = { url: grant.continue.uri, accessToken: grant.continue.access_token.value };
      await client.grant.cancel(args);
      await assert.rejects(client.outgoingPayment.getGrantSpentAmounts(atAlices(grant)), refused(403, "Inactive Token"));
      await assert.rejects(client.grant.continue(args, { interact_ref: "any" }), refused(401, "invalid grant"));
    });

    test("a token is good for what it was granted for", async () => {
      const grant = await outgoingGrant();
      const args = { url: documents.alice.resourceServer, accessToken: grant.access_token.value };
      const insufficient = refused(403, "Insufficient Grant");
      await assert.rejects(client.incomingPayment.create(args, { walletAddress: sandbox.alice }), insufficient);
      await assert.rejects(client.incomingPayment.list({ ...args, walletAddress: sandbox.alice }), insufficient);
    });

    test("everything has passed, and all of it is what the specification describes", () => {
      const seen = sandbox.seen();
      assert.deepEqual(EVERYTHING.filter((operation) => !seen.includes(operation)), [], "has not passed");
      assert.deepEqual(sandbox.violations(), []);
    });

    test("what the specification does not describe is noticed, in requests and in replies", async () => {
      const quotes = `${documents.alice.resourceServer}/quotes`;
      const body = JSON.stringify({ walletAddress: sandbox.alice, method: "ilp", page: "https://site.example" });
      await fetch(quotes, { method: "POST", headers: { "content-type": "application/json" }, body });
      await sandbox.admin(sandbox.payer, "POST", "faults", { path: "/alice", times: 1, fault: { status: 200, body: { id: 1 } } });
      await assert.rejects(client.walletAddress.get({ url: sandbox.alice }), (error) => error.validationErrors.length > 0);
      const [request, reply, ...others] = sandbox.violations();
      assert.match(request, /^POST \/op\/quotes 400, request: .*must have required property 'receiver'/);
      assert.match(reply, /^GET \/alice 200, reply: .*must have required property 'authServer'/);
      assert.deepEqual(others, []);
    });
  });
}
