//! Faults on purpose, and what else the admin API does.

use serde_json::{Value, json};
use wallet::Outcome;

use crate::support::{ALICE, Client, PAYER, RECEIVER, SITE, World, dollars, limit};

fn add_fault(world: &mut World, rule: &Value) {
    let id = world.admin("POST", &format!("{PAYER}/admin/faults"), rule).expect(200);
    assert!(id["id"].is_string());
}

#[test]
fn every_third_request_fails_and_the_others_do_not() {
    let mut world = World::new();
    let rule = json!({ "method": "GET", "path": "/alice", "fault": { "status": 503 }, "every": 3, "times": 2 });
    add_fault(&mut world, &rule);
    let statuses: Vec<u16> = (0..9).map(|_| world.get(ALICE).status).collect();
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503, 200, 200, 200]);
    assert_eq!(world.get(SITE).status, 200, "only at this wallet");
}

#[test]
fn a_status_fault_is_not_executed_and_may_have_a_body() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(1000, None));
    let body = json!({ "error": { "code": "403", "description": "Inactive Token" } });
    add_fault(&mut world, &json!({ "path": "/outgoing-payments", "fault": { "status": 403, "body": body } }));
    let reply = world.pay_directly(&client, &token, &format!("{RECEIVER}/op/incoming-payments/1"), 10);
    assert_eq!(reply.refusal(), (403, "403", "Inactive Token"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    world.admin("DELETE", &format!("{PAYER}/admin/faults"), &Value::Null).expect_empty();
    let reply = world.pay_directly(&client, &token, &format!("{RECEIVER}/op/incoming-payments/1"), 10);
    assert_eq!(reply.refusal(), (400, "400", "invalid receiver"));
}

#[test]
fn a_lost_reply_is_executed() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &limit(1000, None));
    let site = Client::new(9, "proxy");
    let site_token = world.incoming_grant(&site);
    let receiver = world.incoming_payment(&site, &site_token, &json!({}));
    add_fault(&mut world, &json!({ "path": "/outgoing-payments", "fault": "loseReply", "times": 1 }));
    let body = json!({ "walletAddress": ALICE, "incomingPayment": receiver, "debitAmount": dollars(100) }).to_string();
    let url = format!("{PAYER}/op/outgoing-payments");
    let headers = world.signed_headers(&client, "POST", &url, Some(&token.value), &body);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let Outcome::Answered(response) = world.outcome("POST", &url, &headers, body.as_bytes()) else { panic!("keys") };
    assert!(response.lost);
    world.pass(500);
    assert_eq!(world.balance(SITE), "99");
    let payments = world.get(&format!("{PAYER}/admin/payments")).expect(200);
    assert_eq!(payments["outgoing"][0]["settled"], true);
    assert_eq!(payments["outgoing"][0]["receiver"], receiver);
    let incoming = world.get(&format!("{RECEIVER}/admin/payments")).expect(200);
    assert_eq!(incoming["incoming"][0]["receivedAmount"], dollars(99));
}

#[test]
fn a_delay_is_told_to_the_shell() {
    let mut world = World::new();
    add_fault(&mut world, &json!({ "fault": { "delayMs": 250 } }));
    let Outcome::Answered(response) = world.outcome("GET", ALICE, &[], b"") else { panic!("keys") };
    assert_eq!((response.status, response.delay_millis, response.lost), (200, 250, false));
}

#[test]
fn unknown_faults_settings_and_calls_are_refused() {
    let mut world = World::new();
    for (method, path, body) in [
        ("POST", "faults", json!({ "fault": "explode" })),
        ("POST", "faults", json!({ "fault": { "status": 100 } })),
        ("POST", "faults", json!({ "fault": { "status": 600 } })),
        ("POST", "faults", json!({ "fault": { "delayMs": 1, "status": 500 } })),
        ("POST", "faults", json!({ "fault": "loseReply", "evry": 3 })),
        ("PATCH", "settings", json!({ "slippage": 1 })),
        ("POST", "clock", json!({ "advanceSeconds": -1 })),
        ("PUT", "accounts", json!({ "walletAddress": SITE })),
        ("PUT", "accounts", json!({ "walletAddress": format!("{PAYER}/admin/x") })),
        ("PUT", "accounts", json!({ "walletAddress": ALICE, "balance": -1 })),
        ("PUT", "keys", json!({ "walletAddress": SITE, "jwk": Client::new(1, "a").jwk() })),
        ("DELETE", "keys?walletAddress=http://127.0.0.1:4201/alice&kid=nosuch", Value::Null),
    ] {
        let reply = world.admin(method, &format!("{PAYER}/admin/{path}"), &body);
        assert_eq!(reply.status, 400, "{method} {path} {body}: {}", reply.text);
        assert!(reply.body["error"].is_string());
    }
    assert_eq!(world.admin("GET", &format!("{PAYER}/admin/nosuch"), &Value::Null).status, 404);
}

#[test]
fn accounts_are_opened_and_their_balance_is_set() {
    let mut world = World::new();
    let url = format!("{PAYER}/admin/accounts");
    let carol = format!("{PAYER}/new/account");
    let body = json!({ "walletAddress": carol, "publicName": "New", "balance": "5" });
    world.admin("PUT", &url, &body).expect_empty();
    assert_eq!(world.get(&carol).expect(200)["publicName"], "New");
    assert_eq!(world.balance(&carol), "5");
    world.admin("PUT", &url, &json!({ "walletAddress": carol, "balance": "3" })).expect_empty();
    assert_eq!(world.balance(&carol), "3");
    world.assert_zero_sum();
}

#[test]
fn tokens_expire_on_demand() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &Value::Null);
    world.admin("POST", &format!("{PAYER}/admin/tokens/expire"), &json!({})).expect_empty();
    let spent = format!("{PAYER}/op/outgoing-payment-grant");
    let refused = world.signed(&client, "GET", &spent, Some(&token.value), &Value::Null);
    assert_eq!(refused.refusal(), (403, "403", "Inactive Token"));
    world.signed(&client, "POST", &token.manage, Some(&token.value), &Value::Null).expect(200);
}

#[test]
fn requests_are_remembered_without_their_secrets() {
    let mut world = World::new();
    let client = world.alice();
    let token = world.outgoing_grant(&client, &Value::Null);
    let reply = world.get(&format!("{PAYER}/admin/requests"));
    assert!(!reply.text.contains(&token.value));
    let requests = reply.expect(200);
    let first = &requests["requests"][0];
    assert_eq!((&first["method"], &first["path"], &first["status"]), (&json!("POST"), &json!("/auth"), &json!(200)));
}

#[test]
fn other_sites_may_not_call_the_admin_api() {
    let mut world = World::new();
    let body = br#"{"fault":"loseReply"}"#;
    let reply = world.send("POST", &format!("{PAYER}/admin/faults"), &[("origin", "https://evil.example")], body);
    assert_eq!(reply.status, 403);
    assert_eq!(world.get(ALICE).status, 200);
}
