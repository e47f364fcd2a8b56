//! What was seen at a real wallet beside its refusals, row by row.

use serde_json::{Value, json};
use wallet::Seed;

use crate::support::{ALICE, Client, PAYER, RECEIVER, SITE, Token, World, dollars, limit};

fn incoming_grant_body(client: &Value) -> Value {
    json!({
        "access_token": { "access": [{ "type": "incoming-payment", "actions": ["create"] }] },
        "client": client,
    })
}

#[test]
fn the_three_forms_of_client_work_for_incoming_payments() {
    let mut world = World::new();
    let client = world.alice();
    let url = format!("{RECEIVER}/auth");
    for form in [json!(ALICE), json!({ "walletAddress": ALICE }), json!({ "jwk": client.jwk() })] {
        world.signed(&client, "POST", &url, None, &incoming_grant_body(&form)).expect(200);
    }
    let both = json!({ "walletAddress": ALICE, "jwk": client.jwk() });
    assert_eq!(world.signed(&client, "POST", &url, None, &incoming_grant_body(&both)).status, 400);
}

#[test]
fn a_client_that_is_a_key_is_bound_to_it_and_one_that_is_an_address_is_not() {
    let mut world = World::new();
    let first = world.alice();
    let by_key = world.incoming_grant(&first);
    let token = world.outgoing_grant(&first, &limit(100, None));
    let second = Client::new(2, "second-key");
    let body = json!({ "walletAddress": ALICE, "jwk": second.jwk() });
    world.admin("PUT", &format!("{PAYER}/admin/keys"), &body).expect_empty();
    let spent = format!("{PAYER}/op/outgoing-payment-grant");
    world.signed(&second, "GET", &spent, Some(&token.value), &Value::Null).expect(200);
    let create = format!("{RECEIVER}/op/incoming-payments");
    let body = json!({ "walletAddress": SITE });
    world.signed(&first, "POST", &create, Some(&by_key.value), &body).expect(201);
    let refused = world.signed(&second, "POST", &create, Some(&by_key.value), &body);
    assert_eq!(refused.refusal().2, "Signature validation error: could not find key in list of client keys");
}

#[test]
fn a_client_that_is_a_key_cannot_ask_for_payments() {
    let mut world = World::new();
    let client = world.alice();
    let mut body = crate::support::grant_body(&Value::Null, "nonce");
    body["client"] = json!({ "jwk": client.jwk() });
    let refused = world.signed(&client, "POST", &format!("{PAYER}/auth"), None, &body);
    assert_eq!((refused.status, refused.refusal().1), (400, "invalid_request"));
}

#[test]
fn the_wait_is_enforced_even_with_a_valid_reference_and_counts_from_the_request() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, _) = world.pending_grant(&client, &Value::Null);
    let reference = world.decide(&pending, "accept").query("interact_ref").unwrap();
    let uri = pending["continue"]["uri"].as_str().unwrap();
    let token = pending["continue"]["access_token"]["value"].as_str();
    let body = json!({ "interact_ref": reference });
    world.pass(4000);
    assert_eq!(world.signed(&client, "POST", uri, token, &body).refusal().1, "too_fast");
    world.pass(1000);
    world.signed(&client, "POST", uri, token, &body).expect(200);
    let again = world.signed(&client, "POST", uri, token, &body);
    assert_eq!(again.refusal(), (404, "invalid_continuation", "grant not found"), "only once");
}

#[test]
fn without_consent_the_grant_cannot_be_polled_and_a_wrong_reference_finds_nothing() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, _) = world.pending_grant(&client, &Value::Null);
    let uri = pending["continue"]["uri"].as_str().unwrap();
    let token = pending["continue"]["access_token"]["value"].as_str();
    world.pass(5000);
    let polled = world.signed(&client, "POST", uri, token, &Value::Null);
    assert_eq!(polled.refusal(), (401, "request_denied", "grant cannot be polled"));
    world.decide(&pending, "accept");
    let wrong = world.signed(&client, "POST", uri, token, &json!({ "interact_ref": "wrong" }));
    assert_eq!(wrong.refusal(), (404, "invalid_continuation", "grant not found"));
    let stranger = world.signed(&client, "POST", uri, Some("WRONG"), &Value::Null);
    assert_eq!(stranger.refusal(), (401, "invalid_continuation", "invalid grant"));
}

#[test]
fn a_payer_without_money_fails_later_and_the_spent_amounts_revert() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(100_000, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    let empty = json!({ "walletAddress": ALICE, "balance": "99" });
    world.admin("PUT", &format!("{PAYER}/admin/accounts"), &empty).expect_empty();
    let payment = world.pay_directly(&client, &token, &receiver, 100).expect(201);
    assert_eq!(payment["failed"], false);
    world.pass(500);
    let failed = world.signed(&client, "GET", payment["id"].as_str().unwrap(), Some(&token.value), &Value::Null);
    let failed = failed.expect(200);
    assert_eq!((&failed["failed"], &failed["sentAmount"]), (&json!(true), &dollars(0)));
    assert_eq!(failed["metadata"]["cancellationReason"], "Account does not have enough balance.");
    let spent_url = format!("{PAYER}/op/outgoing-payment-grant");
    let spent = world.signed(&client, "GET", &spent_url, Some(&token.value), &Value::Null).expect(200);
    assert_eq!(spent["spentDebitAmount"], Value::Null);
    assert_eq!((world.balance(ALICE), world.balance(SITE)), ("99".to_owned(), "0".to_owned()));
    world.assert_zero_sum();
}

#[test]
fn the_public_view_of_an_incoming_payment() {
    let mut world = World::new();
    let site = Client::new(9, "proxy");
    let token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &token, &json!({}));
    let public = world.get(&receiver).expect(200);
    assert_eq!(public, json!({ "receivedAmount": dollars(0), "authServer": format!("{RECEIVER}/auth") }));
}

#[test]
fn an_expired_incoming_payment_that_received_money_is_still_there() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(100, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    world.pay_directly(&client, &token, &receiver, 100).expect(201);
    world.pass(500);
    world.get(&receiver).expect(200);
    world.admin("POST", &format!("{RECEIVER}/admin/incoming-payments/expire"), &Value::Null).expect_empty();
    let read = world.signed(&site, "GET", &receiver, Some(&site_token.value), &Value::Null).expect(200);
    assert_eq!((&read["completed"], &read["methods"]), (&json!(false), &json!([])));
    assert_eq!(read["receivedAmount"], dollars(99));
}

#[test]
fn quotes_live_five_minutes_or_until_the_incoming_payment_ends() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(1000, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    let quote = world.quote(&client, &token, &receiver, ("debitAmount", 100)).expect(201);
    assert_eq!(quote["expiresAt"], world.now.plus_millis(300_000).to_string());
    let ends = world.now.plus_millis(60_000).to_string();
    let short = world.incoming_payment(&site, &site_token, &json!({ "expiresAt": ends }));
    let short_quote = world.quote(&client, &token, &short, ("debitAmount", 100)).expect(201);
    assert_eq!(short_quote["expiresAt"], ends);
    world.pass(299_999);
    world.pay(&client, &token, quote["id"].as_str().unwrap()).expect(201);
    let late = world.quote(&client, &token, &receiver, ("debitAmount", 100)).expect(201);
    world.pass(300_000);
    let rotated = world.signed(&client, "POST", &token.manage, Some(&token.value), &Value::Null).expect(200);
    let refused = world.pay(&client, &Token::of(&rotated), late["id"].as_str().unwrap());
    assert_eq!(refused.refusal(), (400, "400", "invalid quote"));
}

#[test]
fn more_than_an_incoming_payment_is_still_for_is_refused() {
    let (mut world, client, token) = paying(&json!({}));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({ "incomingAmount": dollars(98) }));
    let refused = world.quote(&client, &token, &receiver, ("debitAmount", 100));
    assert_eq!(refused.refusal(), (400, "400", "invalid amount"));
    let quote = world.quote(&client, &token, &receiver, ("debitAmount", 99)).expect(201);
    world.pay_directly(&client, &token, &receiver, 51).expect(201);
    world.pass(1000);
    let refused = world.quote(&client, &token, &receiver, ("receiveAmount", 49));
    assert_eq!(refused.refusal(), (400, "400", "invalid amount"));
    world.quote(&client, &token, &receiver, ("receiveAmount", 48)).expect(201);
    let late = world.pay(&client, &token, quote["id"].as_str().unwrap());
    assert_eq!(late.refusal(), (400, "400", "invalid quote"));
}

/// Somebody who may pay, in a world with these settings.
fn paying(settings: &Value) -> (World, Client, Token) {
    let mut world = World::with(settings.clone(), ("USD", 2), ("USD", 2));
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(10_000, None));
    (world, client, token)
}

fn open_receiver(world: &mut World) -> String {
    let site = Client::new(9, "proxy");
    let token = world.incoming_grant(&site);
    world.incoming_payment(&site, &token, &json!({}))
}

#[test]
fn slippage_is_one_percent_even_from_dollars_to_dollars() {
    let (mut world, client, token) = paying(&json!({}));
    let receiver = open_receiver(&mut world);
    for (debit, receive) in [(100, 99), (10, 9), (2, 1)] {
        let quote = world.quote(&client, &token, &receiver, ("debitAmount", debit)).expect(201);
        assert_eq!(quote["receiveAmount"], dollars(receive));
    }
    let refused = world.quote(&client, &token, &receiver, ("debitAmount", 1));
    assert_eq!(refused.refusal(), (400, "400", "non-positive receive amount"));
    assert_eq!(refused.body["error"]["details"]["minSendAmount"], dollars(2));
}

#[test]
fn a_grant_that_is_tried_each_second_is_continued_after_the_wait() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, _) = world.pending_grant(&client, &Value::Null);
    let reference = world.decide(&pending, "accept").query("interact_ref").unwrap();
    let uri = pending["continue"]["uri"].as_str().unwrap();
    let token = pending["continue"]["access_token"]["value"].as_str();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(world.signed(&client, "POST", uri, token, &json!({ "interact_ref": reference })).status);
        world.pass(1000);
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 200]);
}

#[test]
fn tokens_live_ten_minutes() {
    let (mut world, client, token) = paying(&json!({}));
    let spent = format!("{PAYER}/op/outgoing-payment-grant");
    let status = |world: &mut World| world.signed(&client, "GET", &spent, Some(&token.value), &Value::Null).status;
    world.pass(599_999);
    assert_eq!(status(&mut world), 200);
    world.pass(1);
    assert_eq!(status(&mut world), 403);
}

#[test]
fn the_next_quote_is_fetched_while_this_one_is_paid() {
    let (mut world, client, token) = paying(&json!({}));
    let receiver = open_receiver(&mut world);
    let mut quote = world.quote(&client, &token, &receiver, ("debitAmount", 10)).expect(201);
    for _ in 0..15 {
        world.pass(1000);
        let next = world.quote(&client, &token, &receiver, ("debitAmount", 10)).expect(201);
        world.pay(&client, &token, quote["id"].as_str().unwrap()).expect(201);
        quote = next;
    }
    world.pass(1000);
    assert_eq!(world.balance(SITE), (15 * 9).to_string());
}

#[test]
fn wallet_addresses_are_https_or_on_this_machine() {
    let seed = |url: &str| {
        let wallet = json!({
            "name": "alpha",
            "listen": "127.0.0.1:4201",
            "publicUrl": url,
            "asset": { "code": "USD", "scale": 2 },
            "accounts": [],
        });
        Seed::parse(&json!({ "wallets": [wallet] }).to_string())
    };
    assert!(seed("http://wallet.example").is_err());
    for allowed in ["https://wallet.example", "http://127.0.0.1:4201", "http://localhost:4201"] {
        assert!(seed(allowed).is_ok(), "{allowed}");
    }
}

#[test]
fn slippage_fees_and_the_smallest_amount_can_be_set() {
    let settings = json!({ "slippagePpm": 0, "feePpm": 100_000, "minSendAmount": "50" });
    let mut world = World::with(settings, ("USD", 2), ("USD", 2));
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(1000, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    let quote = world.quote(&client, &token, &receiver, ("debitAmount", 100)).expect(201);
    assert_eq!(quote["receiveAmount"], dollars(90));
    let small = world.quote(&client, &token, &receiver, ("debitAmount", 49));
    assert_eq!(small.body["error"]["details"]["minSendAmount"], dollars(50));
    world.admin("PATCH", &format!("{PAYER}/admin/settings"), &json!({ "tellMinSendAmount": false })).expect(200);
    let small = world.quote(&client, &token, &receiver, ("debitAmount", 49));
    assert_eq!(small.refusal(), (400, "400", "non-positive receive amount"));
    assert_eq!(small.body["error"].get("details"), None);
}

#[test]
fn one_of_debit_and_receive_amount_may_be_limited() {
    let mut world = World::new();
    let client = world.alice();
    let url = format!("{PAYER}/auth");
    let both = json!({ "debitAmount": dollars(1), "receiveAmount": dollars(1) });
    let euros = json!({ "debitAmount": { "value": "1", "assetCode": "EUR", "assetScale": 2 } });
    let interval = json!({ "debitAmount": dollars(1), "interval": "monthly" });
    for limits in [both, euros, interval] {
        let body = crate::support::grant_body(&limits, "nonce");
        assert_eq!(world.signed(&client, "POST", &url, None, &body).refusal().1, "invalid_request", "{limits}");
    }
}
