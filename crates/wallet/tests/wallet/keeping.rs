//! What survives the end of the program.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use open_payments::Url;
use serde_json::{Value, json};
use tower::ServiceExt;
use wallet::{KeyFetcher, Mode, Record, Sandbox, Seed, Service, Store, Vault, WalletError, app};

use crate::support::{ALICE, Client, PAYER, SITE, World, dollars, limit};

#[test]
fn a_payment_under_way_arrives_after_a_restart_and_its_grant_goes_on() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(100, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    world.admin("POST", &format!("{PAYER}/admin/clock"), &json!({ "advanceSeconds": 60 })).expect(200);
    let payment = world.pay_directly(&client, &token, &receiver, 60).expect(201);
    world.restart();
    world.pass(500);
    let arrived = world.signed(&client, "GET", payment["id"].as_str().unwrap(), Some(&token.value), &Value::Null);
    assert_eq!(arrived.expect(200)["sentAmount"], dollars(59));
    assert_eq!(world.balance(SITE), "59");
    assert_eq!(world.pay_directly(&client, &token, &receiver, 41).refusal().2, "unauthorized");
    world.pay_directly(&client, &token, &receiver, 40).expect(201);
    world.assert_zero_sum();
}

#[test]
fn a_signature_has_made_its_payment_before_the_restart_too() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(100, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    let body = json!({ "walletAddress": ALICE, "incomingPayment": receiver, "debitAmount": dollars(10) }).to_string();
    let url = format!("{PAYER}/op/outgoing-payments");
    let headers = world.signed_headers(&client, "POST", &url, Some(&token.value), &body);
    assert_eq!(world.send_with("POST", &url, &headers, &body).status, 201);
    world.restart();
    assert_eq!(world.send_with("POST", &url, &headers, &body).status, 401);
}

#[test]
fn records_of_another_seed_are_refused() {
    let record =
        |kind: &str, json: &str| Record { kind: kind.to_owned(), key: "key".to_owned(), json: Some(json.to_owned()) };
    let elsewhere = r#"{"wallet":0,"address":"http://127.0.0.1:9/a","public_name":null,"keys":[]}"#;
    for record in [record("account", elsewhere), record("account", "{}"), record("secret", "{}")] {
        let refused = Sandbox::restored(&Seed::default(), Mode::Strict, [record.clone()]);
        assert!(matches!(refused, Err(WalletError::Kept(_))), "{record:?}");
    }
}

#[tokio::test]
async fn the_file_knows_what_was_answered() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("wallet-{}.sqlite", std::process::id()));
    let call = async |method: &str, path: &str, body: String| {
        let store = Store::open(&file).unwrap();
        let sandbox = Sandbox::restored(&Seed::default(), Mode::Strict, store.load().unwrap()).unwrap();
        let vault = Arc::new(Mutex::new(Vault::kept(sandbox, store)));
        let base = Url::parse(PAYER).unwrap();
        let router = app(Service { vault, wallet: 0, base, keys: KeyFetcher::new().unwrap() });
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        let response = router.oneshot(request).await.unwrap();
        String::from_utf8(to_bytes(response.into_body(), 100_000).await.unwrap().to_vec()).unwrap()
    };
    let body = json!({ "walletAddress": ALICE, "balance": "5" });
    call("PUT", "/admin/accounts", body.to_string()).await;
    let jwk = Client::new(1, "kept-key").jwk();
    call("PUT", "/admin/keys", json!({ "walletAddress": ALICE, "jwk": jwk }).to_string()).await;
    assert!(call("GET", "/admin/accounts", String::new()).await.contains(r#""balance":"5""#));
    assert!(call("GET", "/alice/jwks.json", String::new()).await.contains("kept-key"));
    let query = format!("/admin/keys?walletAddress={ALICE}&kid=kept-key");
    call("DELETE", &query, String::new()).await;
    assert!(!call("GET", "/alice/jwks.json", String::new()).await.contains("kept-key"));
    std::fs::remove_file(&file).unwrap();
}
