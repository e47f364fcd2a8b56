//! The way of a payment: grant, consent, incoming payment, quote, payment, settlement.

use crate::support::{ALICE, Client, PAYER, RECEIVER, SITE, Token, World, dollars, limit};
use open_payments::{Url, verify_interaction_hash};
use serde_json::{Value, json};

const MONTH: &str = "R/2026-11-22T06:24:19.275Z/P1M";

/// A payer with a grant, and an incoming payment to pay into.
fn ready(world: &mut World, limits: &Value) -> (Client, Token, String) {
    let client = world.alice();
    let token = world.outgoing_grant(&client, limits);
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    (client, token, receiver)
}

#[test]
fn a_wallet_describes_itself() {
    let mut world = World::new();
    let document = world.get(ALICE);
    assert_eq!(document.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        document.expect(200),
        json!({
            "id": ALICE,
            "publicName": "alice",
            "assetCode": "USD",
            "assetScale": 2,
            "authServer": format!("{PAYER}/auth"),
            "resourceServer": format!("{PAYER}/op"),
        })
    );
    let client = world.alice();
    assert_eq!(world.get(&format!("{ALICE}/jwks.json")).expect(200), json!({ "keys": [client.jwk()] }));
}

#[test]
fn the_consent_ends_in_a_hash_that_verifies() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, nonce) = world.pending_grant(&client, &limit(10_000, Some(MONTH)));
    assert_eq!(pending["continue"]["wait"], 5);
    let finish = world.decide(&pending, "accept");
    assert!(finish.0.as_str().starts_with("http://127.0.0.1:4300/connected?"));
    let verifies = verify_interaction_hash(
        &finish.query("hash").unwrap(),
        &nonce,
        pending["interact"]["finish"].as_str().unwrap(),
        &finish.query("interact_ref").unwrap(),
        &Url::parse(&format!("{PAYER}/auth")).unwrap(),
    );
    assert!(verifies);
}

#[test]
fn a_payment_from_a_quote_arrives() {
    let mut world = World::new();
    let (client, token, receiver) = ready(&mut world, &limit(10_000, Some(MONTH)));

    let quote = world.quote(&client, &token, &receiver, ("debitAmount", 100)).expect(201);
    assert_eq!((&quote["debitAmount"], &quote["receiveAmount"]), (&dollars(100), &dollars(99)));
    let quote_id = quote["id"].as_str().unwrap();
    let payment = world.pay(&client, &token, quote_id).expect(201);
    assert_eq!(payment["quoteId"], quote_id);
    assert_eq!(payment["id"].as_str().unwrap().rsplit('/').next(), quote_id.rsplit('/').next());
    assert_eq!((&payment["sentAmount"], &payment["failed"]), (&dollars(0), &json!(false)));
    assert_eq!(payment["grantSpentDebitAmount"], dollars(0), "before this payment");

    world.pass(499);
    let payment_url = payment["id"].as_str().unwrap();
    let early = world.signed(&client, "GET", payment_url, Some(&token.value), &Value::Null).expect(200);
    assert_eq!(early["sentAmount"], dollars(0));
    world.pass(1);
    let settled = world.signed(&client, "GET", payment_url, Some(&token.value), &Value::Null).expect(200);
    assert_eq!((&settled["sentAmount"], &settled["failed"]), (&dollars(99), &json!(false)));
    assert_eq!(settled.get("grantSpentDebitAmount"), None);
    assert_eq!((world.balance(ALICE), world.balance(SITE)), ("99900".to_owned(), "99".to_owned()));
    assert_eq!(world.get(&receiver).expect(200)["receivedAmount"], dollars(99));
    world.assert_zero_sum();
}

#[test]
fn a_direct_payment_counts_what_was_spent_before_it() {
    let mut world = World::new();
    let (client, token, receiver) = ready(&mut world, &limit(10_000, Some(MONTH)));
    world.pay_directly(&client, &token, &receiver, 100).expect(201);
    world.pass(1000);
    let second = world.pay_directly(&client, &token, &receiver, 100).expect(201);
    assert_eq!(second["grantSpentDebitAmount"], dollars(100));
    assert_eq!(second["grantSpentReceiveAmount"], dollars(99));
    let spent_url = format!("{PAYER}/op/outgoing-payment-grant");
    let spent = world.signed(&client, "GET", &spent_url, Some(&token.value), &Value::Null).expect(200);
    assert_eq!(spent, json!({ "spentDebitAmount": dollars(200), "spentReceiveAmount": dollars(198) }));
}

#[test]
fn nothing_spent_is_null() {
    let mut world = World::new();
    let (client, token, _) = ready(&mut world, &limit(10_000, None));
    let spent_url = format!("{PAYER}/op/outgoing-payment-grant");
    let spent = world.signed(&client, "GET", &spent_url, Some(&token.value), &Value::Null).expect(200);
    assert_eq!(spent, json!({ "spentDebitAmount": null, "spentReceiveAmount": null }));
}

#[test]
fn spent_amounts_survive_rotation_and_an_interval_starts_anew() {
    let mut world = World::new();
    let (client, token, receiver) = ready(&mut world, &limit(100, Some(MONTH)));
    world.pay_directly(&client, &token, &receiver, 60).expect(201);
    let rotated = world.signed(&client, "POST", &token.manage, Some(&token.value), &Value::Null).expect(200);
    assert_eq!(rotated.get("continue"), None);
    let rotated = Token::of(&rotated);
    assert_eq!(world.pay_directly(&client, &rotated, &receiver, 41).status, 403);
    world.admin("POST", &format!("{PAYER}/admin/clock"), &json!({ "advanceSeconds": 31 * 86_400 })).expect(200);
    let rotated = world.signed(&client, "POST", &rotated.manage, Some(&rotated.value), &Value::Null).expect(200);
    let rotated = Token::of(&rotated);
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    world.pay_directly(&client, &rotated, &receiver, 100).expect(201);
}

#[test]
fn currencies_and_scales_may_differ() {
    let rates = json!({ "rates": [{ "from": "USD", "to": "JPY", "numerator": 150, "denominator": 1 }] });
    let mut world = World::with(rates, ("USD", 2), ("JPY", 0));
    let (client, token, receiver) = ready(&mut world, &limit(10_000, None));
    let payment = world.pay_directly(&client, &token, &receiver, 100).expect(201);
    assert_eq!(payment["receiveAmount"], json!({ "value": "148", "assetCode": "JPY", "assetScale": 0 }));
    world.pass(1000);
    assert_eq!((world.balance(ALICE), world.balance(SITE)), ("99900".to_owned(), "148".to_owned()));
    let settled = world.signed(&client, "GET", payment["id"].as_str().unwrap(), Some(&token.value), &Value::Null);
    assert_eq!(settled.expect(200)["sentAmount"], dollars(99));
    world.assert_zero_sum();
}

#[test]
fn an_incoming_payment_takes_what_it_is_for_and_is_complete() {
    let mut world = World::new();
    let (client, token, _) = ready(&mut world, &limit(10_000, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({ "incomingAmount": dollars(50) }));
    let body = json!({ "walletAddress": ALICE, "receiver": receiver, "method": "ilp" });
    let quote = world.signed(&client, "POST", &format!("{PAYER}/op/quotes"), Some(&token.value), &body).expect(201);
    assert_eq!((&quote["debitAmount"], &quote["receiveAmount"]), (&dollars(51), &dollars(50)));
    world.pay(&client, &token, quote["id"].as_str().unwrap()).expect(201);
    world.pass(500);
    let read = world.signed(&site, "GET", &receiver, Some(&site_token.value), &Value::Null).expect(200);
    assert_eq!((&read["completed"], &read["methods"]), (&json!(true), &json!([])));
}

#[test]
fn payments_are_listed_page_by_page() {
    let mut world = World::new();
    let (client, token, receiver) = ready(&mut world, &limit(10_000, None));
    let mut ids = Vec::new();
    for _ in 0..5 {
        world.pass(1000);
        ids.insert(0, world.pay_directly(&client, &token, &receiver, 100).expect(201)["id"].clone());
    }
    let mut list = |query: &str| {
        let url = format!("{PAYER}/op/outgoing-payments?wallet-address={ALICE}{query}");
        let page = world.signed(&client, "GET", &url, Some(&token.value), &Value::Null).expect(200);
        let found: Vec<Value> = page["result"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        (found, page["pagination"].clone())
    };
    let (all, pagination) = list("");
    assert_eq!(all, ids);
    assert_eq!((&pagination["hasNextPage"], &pagination["hasPreviousPage"]), (&json!(false), &json!(false)));
    let (first, pagination) = list("&first=2");
    assert_eq!(first, ids[..2]);
    assert_eq!((&pagination["hasNextPage"], &pagination["hasPreviousPage"]), (&json!(true), &json!(false)));
    let (next, pagination) = list(&format!("&first=2&cursor={}", pagination["endCursor"].as_str().unwrap()));
    assert_eq!(next, ids[2..4]);
    let (before, pagination) = list(&format!("&last=1&cursor={}", pagination["startCursor"].as_str().unwrap()));
    assert_eq!(before, ids[1..2]);
    assert_eq!((&pagination["hasNextPage"], &pagination["hasPreviousPage"]), (&json!(true), &json!(true)));
    for wrong in ["&first=0", "&first=101", "&first=x", "&last=1", "&first=1&last=1", "&cursor=nobody"] {
        let url = format!("{PAYER}/op/outgoing-payments?wallet-address={ALICE}{wrong}");
        assert_eq!(world.signed(&client, "GET", &url, Some(&token.value), &Value::Null).status, 400, "{wrong}");
    }
}

#[test]
fn a_site_lists_and_completes_its_incoming_payments() {
    let mut world = World::new();
    let site = Client::new(9, "proxy");
    let token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &token, &json!({ "metadata": { "page": "1" } }));
    let list = format!("{RECEIVER}/op/incoming-payments?wallet-address={SITE}");
    let page = world.signed(&site, "GET", &list, Some(&token.value), &Value::Null).expect(200);
    assert_eq!((&page["result"][0]["id"], &page["result"][0]["metadata"]), (&json!(receiver), &json!({ "page": "1" })));
    let complete = format!("{receiver}/complete");
    let completed = world.signed(&site, "POST", &complete, Some(&token.value), &Value::Null).expect(200);
    assert_eq!((&completed["completed"], completed.get("methods")), (&json!(true), None));
    assert_eq!(world.signed(&site, "POST", &complete, Some(&token.value), &Value::Null).status, 409);

    let stranger = Client::new(8, "stranger");
    let other = world.incoming_grant(&stranger);
    let page = world.signed(&stranger, "GET", &list, Some(&other.value), &Value::Null).expect(200);
    assert_eq!(page["result"], json!([]), "only its own");
    assert_eq!(world.signed(&stranger, "GET", &receiver, Some(&other.value), &Value::Null).status, 404);
}
