//! Refusals, compared with what a real wallet was recorded to answer in the same situation.

use serde_json::{Value, json};

use crate::support::{ALICE, Client, PAYER, RECEIVER, Reply, SITE, Token, World, dollars, grant_body, limit};

const OTHER: &str = "http://127.0.0.1:4201/other";

/// Compares status, code, words, the names of details, and whether there is a challenge.
#[track_caller]
fn assert_recorded(name: &str, reply: &Reply) {
    let recordings = include_str!("../../../../tests/fixtures/wallet.json");
    let recordings: Value = serde_json::from_str(recordings).unwrap();
    let recorded = recordings.get(name).unwrap_or_else(|| panic!("{name} is not recorded"));
    let shape = |body: &Value| {
        let error = &body["error"];
        let details = error["details"].as_object();
        let mut details: Vec<String> = details.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        details.sort();
        (error["code"].clone(), error["description"].clone(), details)
    };
    assert_eq!(recorded["status"], reply.status, "{name}: {}", reply.text);
    assert_eq!(shape(&recorded["body"]), shape(&reply.body), "{name}");
    let challenge = reply.header("www-authenticate");
    assert_eq!(recorded.get("www").is_some(), challenge.is_some(), "{name}");
    assert!(challenge.is_none_or(|challenge| challenge.starts_with("GNAP as_uri=http://127.0.0.1:42")), "{name}");
}

/// A world in which everything is ready for a payment.
struct Ready {
    world: World,
    client: Client,
    token: Token,
    site: Client,
    site_token: Token,
    receiver: String,
}

impl Ready {
    fn new() -> Self {
        let mut world = World::new();
        let client = world.alice();
        let token = world.outgoing_grant(&client, &limit(10_000, Some("R/2026-11-22T06:24:19.275Z/P1M")));
        let site = Client::new(9, "proxy");
        let site_token = world.incoming_grant(&site);
        let receiver = world.incoming_payment(&site, &site_token, &json!({}));
        Self { world, client, token, site, site_token, receiver }
    }

    fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Reply {
        self.world.signed(&self.client, "POST", &format!("{PAYER}{path}"), token, body)
    }

    fn quote_body(&self) -> Value {
        json!({ "walletAddress": ALICE, "receiver": self.receiver, "method": "ilp", "debitAmount": dollars(10) })
    }

    fn quote(&mut self, debit: u64) -> Reply {
        let receiver = self.receiver.clone();
        self.world.quote(&self.client, &self.token, &receiver, ("debitAmount", debit))
    }

    fn quote_with(&mut self, token: &str) -> Reply {
        let body = self.quote_body();
        self.post("/op/quotes", Some(token), &body)
    }

    fn pay(&mut self, quote: &Value) -> Reply {
        self.world.pay(&self.client, &self.token, quote["id"].as_str().unwrap())
    }

    fn pay_directly(&mut self, debit: u64) -> Reply {
        let receiver = self.receiver.clone();
        self.world.pay_directly(&self.client, &self.token, &receiver, debit)
    }
}

#[test]
fn unknown_wallet() {
    let mut ready = Ready::new();
    let nosuch = format!("{PAYER}/nosuch");
    assert_recorded("ERR unknown wallet: GET wallet address", &ready.world.get(&nosuch));
    let at_receiver = ready.world.get(&format!("{RECEIVER}/nosuch"));
    assert_recorded("ERR unknown wallet: GET on receiver side (polling enabled there)", &at_receiver);
    let mut body = grant_body(&Value::Null, "nonce");
    body["client"] = json!(nosuch);
    assert_recorded("ERR unknown wallet: grant request with unknown client", &ready.post("/auth", None, &body));
    let url = format!("{RECEIVER}/op/incoming-payments");
    let body = json!({ "walletAddress": format!("{RECEIVER}/nosuch") });
    let reply = ready.world.signed(&ready.site, "POST", &url, Some(&ready.site_token.value), &body);
    assert_recorded("ERR unknown wallet: create incoming payment for it", &reply);
    let mut body = ready.quote_body();
    body["walletAddress"] = json!(nosuch);
    let token = ready.token.value.clone();
    assert_recorded("ERR unknown wallet: quote from it", &ready.post("/op/quotes", Some(&token), &body));
    let body = grant_body(&Value::Null, "nonce");
    assert_recorded("ERR unknown tenant grant url", &ready.post("/auth/nosuch", None, &body));
}

#[test]
fn bad_signature() {
    let mut ready = Ready::new();
    let token = ready.token.value.clone();
    let quote = ready.quote_body();
    ready.client = Client::new(2, "alice-key");
    let reply = ready.post("/auth", None, &grant_body(&Value::Null, "nonce"));
    assert_recorded("ERR bad signature (other key, same keyid): grant", &reply);
    assert_recorded("ERR bad signature: quote", &ready.post("/op/quotes", Some(&token), &quote));
}

#[test]
fn key_no_longer_listed() {
    let mut ready = Ready::new();
    let token = ready.token.value.clone();
    let quote = ready.quote_body();
    let url = format!("{PAYER}/admin/keys?walletAddress={ALICE}&kid=alice-key");
    ready.world.admin("DELETE", &url, &Value::Null).expect_empty();
    let reply = ready.post("/auth", None, &grant_body(&Value::Null, "nonce"));
    assert_recorded("ERR unknown keyid: grant", &reply);
    assert_recorded("ERR unknown keyid: quote", &ready.post("/op/quotes", Some(&token), &quote));
}

#[test]
fn no_signature() {
    let mut ready = Ready::new();
    let json = [("content-type", "application/json")];
    let body = grant_body(&Value::Null, "nonce").to_string();
    let reply = ready.world.send("POST", &format!("{PAYER}/auth"), &json, body.as_bytes());
    assert_recorded("ERR no signature: grant", &reply);
    let authorization = format!("GNAP {}", ready.token.value);
    let headers = [json[0], ("authorization", &authorization)];
    let body = ready.quote_body().to_string();
    let reply = ready.world.send("POST", &format!("{PAYER}/op/quotes"), &headers, body.as_bytes());
    assert_recorded("ERR no signature: quote", &reply);
}

#[test]
fn token_missing_garbage_or_foreign() {
    let mut ready = Ready::new();
    let body = ready.quote_body();
    assert_recorded("ERR no authorization: quote", &ready.post("/op/quotes", None, &body));
    assert_recorded("ERR garbage token: quote", &ready.quote_with("GARBAGE"));
    let foreign = ready.site_token.value.clone();
    assert_recorded("ERR receiver token at sender RS: quote", &ready.quote_with(&foreign));
}

#[test]
fn insufficient_grant() {
    let mut ready = Ready::new();
    let body = json!({
        "access_token": { "access": [{ "type": "incoming-payment", "actions": ["create"] }] },
        "client": ALICE,
    });
    let incoming = Token::of(&ready.post("/auth", None, &body).expect(200));
    let reply = ready.quote_with(&incoming.value);
    assert_recorded("ERR insufficient grant: incoming-payment token used for quote", &reply);
    let payment = json!({ "walletAddress": ALICE, "quoteId": format!("{PAYER}/op/quotes/1") });
    let reply = ready.post("/op/outgoing-payments", Some(&incoming.value), &payment);
    assert_recorded("ERR insufficient grant: incoming-payment token used for outgoing payment", &reply);
    let token = ready.token.value.clone();
    let payment = json!({ "walletAddress": OTHER, "quoteId": format!("{PAYER}/op/quotes/1") });
    let reply = ready.post("/op/outgoing-payments", Some(&token), &payment);
    assert_recorded("ERR wrong identifier: outgoing payment for another wallet", &reply);
}

#[test]
fn over_the_debit_limit() {
    let mut ready = Ready::new();
    let quote = ready.quote(20_000).expect(201);
    assert_eq!(quote["receiveAmount"], dollars(19_800));
    assert_recorded("ERR over the debit limit: outgoing payment", &ready.pay(&quote));
    assert_recorded("ERR over the debit limit: direct outgoing payment", &ready.pay_directly(20_000));
}

#[test]
fn quote_reused_unknown_or_malformed() {
    let mut ready = Ready::new();
    let quote = ready.quote(10).expect(201);
    ready.pay(&quote).expect(201);
    ready.world.pass(1000);
    assert_recorded("ERR quote reused", &ready.pay(&quote));
    assert_recorded("ERR unknown quote", &ready.pay(&json!({ "id": format!("{PAYER}/op/quotes/nosuch") })));
    let token = ready.token.value.clone();
    let mut body = ready.quote_body();
    body.as_object_mut().unwrap().remove("method");
    assert_recorded("ERR quote: missing method", &ready.post("/op/quotes", Some(&token), &body));
    let mut body = ready.quote_body();
    body["debitAmount"]["assetCode"] = json!("EUR");
    assert_recorded("ERR quote: wrong asset in debitAmount", &ready.post("/op/quotes", Some(&token), &body));
}

#[test]
fn too_small() {
    let mut ready = Ready::new();
    let reply = ready.quote(1);
    assert_recorded("quote debitAmount 1", &reply);
    assert_eq!(reply.body["error"]["details"]["minSendAmount"], dollars(2));
}

#[test]
fn expired_or_completed_incoming_payment() {
    let mut ready = Ready::new();
    let quote = ready.quote(10).expect(201);
    let expire = format!("{RECEIVER}/admin/incoming-payments/expire");
    ready.world.admin("POST", &expire, &Value::Null).expect_empty();
    let receiver = ready.receiver.clone();
    assert_recorded("ERR expired incoming payment: public GET", &ready.world.get(&receiver));
    let token = ready.site_token.value.clone();
    let signed = ready.world.signed(&ready.site, "GET", &receiver, Some(&token), &Value::Null);
    assert_recorded("ERR expired incoming payment: public GET", &signed);
    assert_recorded("ERR expired incoming payment: new quote", &ready.quote(10));
    assert_recorded("ERR expired incoming payment: outgoing payment from old quote", &ready.pay(&quote));
    assert_recorded("ERR expired incoming payment: direct outgoing payment", &ready.pay_directly(10));

    ready.receiver = ready.world.incoming_payment(&ready.site, &ready.site_token, &json!({}));
    let quote = ready.quote(10).expect(201);
    let complete = format!("{}/complete", ready.receiver);
    ready.world.signed(&ready.site, "POST", &complete, Some(&token), &Value::Null).expect(200);
    assert_recorded("ERR completed incoming payment: quote", &ready.quote(10));
    assert_eq!(ready.pay_directly(10).refusal(), (400, "400", "invalid receiver"));
    assert_eq!(ready.pay(&quote).refusal(), (400, "400", "invalid quote"));
}

#[test]
fn unknown_incoming_payment() {
    let mut ready = Ready::new();
    ready.receiver = format!("{RECEIVER}/op/incoming-payments/nosuch");
    assert_recorded("ERR quote: unknown incoming payment", &ready.quote(10));
    assert_eq!(ready.pay_directly(10).refusal(), (400, "400", "invalid receiver"));
}

#[test]
fn incoming_payment_that_ends_too_early_or_too_late() {
    let mut ready = Ready::new();
    let url = format!("{RECEIVER}/op/incoming-payments");
    let now = ready.world.now;
    for (name, millis) in [
        ("ERR incoming payment created already expired", -1000),
        ("ERR incoming payment expiresAt beyond max (31 d)", 31 * 86_400_000),
    ] {
        let body = json!({ "walletAddress": SITE, "expiresAt": now.plus_millis(millis).to_string() });
        let reply = ready.world.signed(&ready.site, "POST", &url, Some(&ready.site_token.value), &body);
        assert_recorded(name, &reply);
    }
}

#[test]
fn rotated_expired_and_revoked_tokens() {
    let mut ready = Ready::new();
    let old = ready.token.clone();
    let manage = |ready: &mut Ready, method: &str, token: &Token| {
        ready.world.signed(&ready.client, method, &token.manage, Some(&token.value), &Value::Null)
    };
    let new = Token::of(&manage(&mut ready, "POST", &old).expect(200));
    assert_ne!((&new.value, &new.manage), (&old.value, &old.manage));
    assert_recorded("ERR old token after rotation: quote", &ready.quote_with(&old.value));
    assert_recorded("ERR old manage url after rotation", &manage(&mut ready, "POST", &old));
    ready.quote_with(&new.value).expect(201);

    ready.world.pass(600_000);
    assert_recorded("ERR expired token: quote", &ready.quote_with(&new.value));
    let payment = json!({ "walletAddress": ALICE, "quoteId": format!("{PAYER}/op/quotes/1") });
    let reply = ready.post("/op/outgoing-payments", Some(&new.value), &payment);
    assert_recorded("ERR expired token: outgoing payment", &reply);
    let newest = Token::of(&manage(&mut ready, "POST", &new).expect(200));
    manage(&mut ready, "DELETE", &newest).expect_empty();
    assert_recorded("ERR revoked token: quote", &ready.quote_with(&newest.value));
    assert_recorded("ERR rotate revoked token", &manage(&mut ready, "POST", &newest));
}

#[test]
fn revoked_grant() {
    let mut ready = Ready::new();
    let token = ready.token.clone();
    let go_on = |ready: &mut Ready, method: &str, body: &Value| {
        ready.world.signed(&ready.client, method, &token.continue_uri, Some(&token.continue_token), body)
    };
    go_on(&mut ready, "DELETE", &Value::Null).expect_empty();
    let reply = go_on(&mut ready, "POST", &json!({ "interact_ref": "1" }));
    assert_recorded("ERR continue revoked grant", &reply);
    assert_recorded("ERR token of revoked grant: quote", &ready.quote_with(&token.value));
    let rotate = ready.world.signed(&ready.client, "POST", &token.manage, Some(&token.value), &Value::Null);
    assert_recorded("ERR token of revoked grant: rotate", &rotate);
}

#[test]
fn continued_too_early_or_after_rejection() {
    let mut ready = Ready::new();
    let (pending, _) = ready.world.pending_grant(&ready.client, &Value::Null);
    let go_on = |ready: &mut Ready, body: &Value| {
        let uri = pending["continue"]["uri"].as_str().unwrap();
        let token = pending["continue"]["access_token"]["value"].as_str();
        ready.world.signed(&ready.client, "POST", uri, token, body)
    };
    assert_recorded("continue before consent (immediately)", &go_on(&mut ready, &Value::Null));
    let with_reference = json!({ "interact_ref": "1" });
    let too_fast = go_on(&mut ready, &with_reference);
    assert_eq!(too_fast.refusal(), (400, "too_fast", "continued grant faster than \"wait\" period"));
    let finish = ready.world.decide(&pending, "decline");
    assert_eq!(finish.0.as_str(), "http://127.0.0.1:4300/connected?result=grant_rejected");
    ready.world.pass(5000);
    assert_recorded("ERR continue after rejection", &go_on(&mut ready, &with_reference));
}

#[test]
fn outgoing_payment_grant_without_interact() {
    let mut ready = Ready::new();
    let mut body = grant_body(&Value::Null, "nonce");
    body.as_object_mut().unwrap().remove("interact");
    assert_recorded("ERR interactive type without interact", &ready.post("/auth", None, &body));
}
