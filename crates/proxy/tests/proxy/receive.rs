//! Incoming payments at the site's wallet, in the proxy's own name.

use http_signature::{PublicKey, Request, SignatureInput};
use open_payments_client::HttpRequest;
use protocol::{Endpoint, ErrorCode, IncomingPaymentReply, IncomingPaymentRequest};
use serde_json::{Value, json};

use crate::world::{Outcome, RECEIVER, SITE, World, document};

const GRANT: &str = "https://r.example/auth";
const PAYMENTS: &str = "https://r.example/t/incoming-payments";
const MANAGE: &str = "https://r.example/auth/token/1";
const REFUSED: &str = r#"{"error":{"code":"invalid_client","description":"could not determine client"}}"#;

fn granted() -> String {
    json!({"access_token": {"value": "RECEIVE", "manage": MANAGE, "expires_in": 600, "access": []},
        "continue": {"access_token": {"value": "C"}, "uri": "https://r.example/auth/continue/1"}})
    .to_string()
}

fn created(id: &str) -> String {
    json!({"id": id, "walletAddress": SITE, "completed": false, "methods": [],
        "receivedAmount": {"value": "0", "assetCode": "USD", "assetScale": 2},
        "createdAt": "2027-01-15T08:00:00Z", "expiresAt": "2027-01-15T08:10:00Z"})
    .to_string()
}

fn world() -> World {
    let mut world = World::new();
    world.answer("POST", GRANT, 200, &granted());
    world.answer("POST", PAYMENTS, 201, &created(RECEIVER));
    world
}

fn create(world: &mut World) -> Outcome {
    let session = world.connect();
    world.asked.clear();
    world.sent.clear();
    let message = IncomingPaymentRequest { wallet_address: SITE.to_owned().try_into().unwrap() };
    world.ask(Endpoint::CreateIncomingPayment, &message, Some(&session))
}

/// Whether the request is signed by the proxy's own key, over everything.
fn is_signed_by_the_proxy(world: &World, request: &HttpRequest) -> bool {
    let keys = world.core.client_keys();
    let key = PublicKey::from_base64url(keys["keys"][0]["x"].as_str().unwrap()).unwrap();
    let headers = request.header_lines();
    let signature = SignatureInput::parse(&headers).unwrap();
    let signed = Request { method: request.method.as_str(), target_uri: request.url.as_str(), headers: &headers };
    signature.parameters().keyid.as_deref() == keys["keys"][0]["kid"].as_str()
        && signature.verify(&signed, &key).is_ok()
}

fn client(request: &HttpRequest) -> Value {
    serde_json::from_str::<Value>(request.body.as_deref().unwrap()).unwrap()["client"].clone()
}

#[test]
fn a_payment_is_created_in_the_proxys_name_and_the_token_given_up_afterwards() {
    let mut world = world();
    let outcome = create(&mut world);
    let reply: IncomingPaymentReply = outcome.json();
    assert_eq!((reply.id.as_str(), reply.expires_at.to_string().as_str()), (RECEIVER, "2027-01-15T08:10:00.000Z"));
    assert_eq!(world.asked, [format!("GET {SITE}"), format!("POST {GRANT}"), format!("POST {PAYMENTS}")]);
    assert_eq!(client(&world.sent[1]), json!({"jwk": world.core.client_keys()["keys"][0]}));
    let body: Value = serde_json::from_str(world.sent[2].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["expiresAt"], world.now.plus_millis(600_000).to_string());
    assert_eq!(world.sent[2].header("authorization"), Some("GNAP RECEIVE"));
    assert!(world.sent[1..].iter().all(|request| is_signed_by_the_proxy(&world, request)));
    assert!(!format!("{:?}", world.sent).contains("alice"), "the site's wallet never learns who pays");

    let revoke = outcome.afterwards.unwrap();
    assert_eq!((revoke.method.as_str(), revoke.url.as_str()), ("DELETE", MANAGE));
    assert!(is_signed_by_the_proxy(&world, &revoke));
}

#[test]
fn a_wallet_that_wants_a_wallet_address_gets_one_and_is_remembered() {
    let mut world = world();
    world.answer_in_turn("POST", GRANT, &[(400, REFUSED), (200, &granted())]);
    let _: IncomingPaymentReply = create(&mut world).json();
    assert!(client(&world.sent[1]).is_object());
    assert_eq!(client(&world.sent[2]), json!("https://pay.example/.well-known/pay"));
    assert_eq!(world.core.client_document()["id"], "https://pay.example/.well-known/pay");

    let _: IncomingPaymentReply = create(&mut world).json();
    assert_eq!(client(&world.sent[1]), json!("https://pay.example/.well-known/pay"), "at once, this time");
    world.answer_in_turn("POST", GRANT, &[(400, REFUSED), (200, &granted())]);
    let _: IncomingPaymentReply = create(&mut world).json();
    let _: IncomingPaymentReply = create(&mut world).json();
    assert!(client(&world.sent[1]).is_object(), "and forgotten when it stops working");
}

#[test]
fn a_wallet_that_refuses_both_is_not_asked_a_third_time() {
    let mut world = world();
    world.answer("POST", GRANT, 400, REFUSED);
    assert_eq!(create(&mut world).error().code, ErrorCode::WalletRefused);
    assert_eq!(world.asked.len(), 3);
}

#[test]
fn whatever_a_sites_wallet_says_is_not_about_the_users_grant() {
    for (status, description) in [
        (403, "Insufficient Grant"),
        (403, "Inactive Token"),
        (403, "unauthorized"),
        (400, "non-positive receive amount"),
        (401, "Signature validation error: could not find key in list of client keys"),
    ] {
        let error = format!(r#"{{"error":{{"code":"{status}","description":"{description}"}}}}"#);
        for url in [GRANT, PAYMENTS] {
            let mut world = world();
            world.answer("POST", url, status, &error);
            assert_eq!(create(&mut world).error().code, ErrorCode::WalletRefused, "{description} at {url}");
        }
    }
}

#[test]
fn a_wallet_in_trouble_is_asked_once() {
    let mut world = world();
    world.answer("POST", GRANT, 503, "");
    assert_eq!(create(&mut world).error().code, ErrorCode::WalletUnreachable);
    assert_eq!(world.asked.len(), 2);
}

#[test]
fn a_site_whose_document_leads_into_a_private_network_is_not_visited() {
    let mut world = world();
    let inside = document("https://r.example", "site").replace("https://r.example/auth", "https://10.1.2.3/auth");
    world.answer("GET", SITE, 200, &inside);
    assert_eq!(create(&mut world).error().code, ErrorCode::InvalidRequest);
    assert_eq!(world.asked, [format!("GET {SITE}")]);
}

#[test]
fn a_payment_outside_the_wallet_is_refused_and_the_token_given_up_all_the_same() {
    let mut world = world();
    for id in [
        "https://evil.example/t/incoming-payments/1",
        "https://r.example/other/incoming-payments/1",
        "https://r.example:8443/t/incoming-payments/1",
    ] {
        world.answer("POST", PAYMENTS, 201, &created(id));
        let outcome = create(&mut world);
        assert_eq!(outcome.error().code, ErrorCode::WalletRefused, "{id}");
        assert_eq!(outcome.afterwards.unwrap().url.as_str(), MANAGE);
    }
}

#[test]
fn a_token_managed_elsewhere_is_not_used() {
    let mut world = world();
    world.answer("POST", GRANT, 200, &granted().replace(MANAGE, "https://evil.example/token/1"));
    let outcome = create(&mut world);
    assert_eq!(outcome.error().code, ErrorCode::WalletRefused);
    assert_eq!((world.asked.len(), outcome.afterwards), (2, None));
}

#[test]
fn a_failure_to_create_is_told_and_the_token_given_up() {
    let mut world = world();
    world.fail("POST", PAYMENTS);
    let outcome = create(&mut world);
    assert_eq!(outcome.error().code, ErrorCode::WalletUnreachable);
    assert!(outcome.afterwards.is_some());
}

#[test]
fn a_repeat_creates_no_second_payment() {
    let mut world = world();
    let session = world.connect();
    let message = IncomingPaymentRequest { wallet_address: SITE.to_owned().try_into().unwrap() };
    let incoming = world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
    let first = world.run(&incoming).reply;
    let asked = world.asked.len();
    let again = world.run(&incoming);
    assert_eq!((again.reply, again.afterwards, world.asked.len()), (first, None, asked));
}
