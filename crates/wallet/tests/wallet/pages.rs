//! What a person sees and does.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::support::{ALICE, Client, PAYER, World, limit};

const KEYS: &str = "http://127.0.0.1:4201/keys/alice";

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[test]
fn the_overview_shows_accounts_with_balance_and_links_to_keys() {
    let mut world = World::new();
    let page = world.get(&format!("{PAYER}/")).text;
    assert!(page.contains("1000.00 USD"), "{page}");
    assert!(page.contains(r#"href="/keys/alice" data-testid="keys-link""#), "{page}");
    for asset in ["style.css", "live.js"] {
        assert_eq!(world.get(&format!("{PAYER}/assets/{asset}")).status, 200);
    }
    assert_eq!(world.get(&format!("{PAYER}/assets/nosuch")).status, 404);
}

#[test]
fn a_key_is_pasted_listed_and_removed() {
    let mut world = World::new();
    let jwk = serde_json::to_string(&Client::new(3, "key-3").jwk()).unwrap();
    let base64 = Base64::encode_string(jwk.as_bytes());
    let origin = [("origin", PAYER)];
    for typed in [&jwk, &base64] {
        let added = world.send("POST", KEYS, &origin, form(&[("jwk", typed)]).as_bytes());
        assert_eq!((added.status, added.header("location")), (303, Some("/keys/alice")));
        assert!(world.get(KEYS).text.contains("key-3"));
        assert_eq!(world.get(&format!("{ALICE}/jwks.json")).body["keys"].as_array().unwrap().len(), 1);
    }
    let removed = world.send("POST", KEYS, &origin, form(&[("remove", "key-3")]).as_bytes());
    assert_eq!(removed.status, 303);
    assert_eq!(world.get(&format!("{ALICE}/jwks.json")).body["keys"], json!([]));
}

#[test]
fn a_key_in_the_address_is_filled_in() {
    let mut world = World::new();
    let page = world.get(&format!("{KEYS}?jwk=eyJraWQiOiJrZXkifQ%3D%3D")).text;
    assert!(page.contains(">eyJraWQiOiJrZXkifQ==</textarea>"), "{page}");
}

#[test]
fn what_is_no_key_is_said_and_kept_in_the_form() {
    let mut world = World::new();
    let reply = world.send("POST", KEYS, &[("origin", PAYER)], form(&[("jwk", "<nonsense>")]).as_bytes());
    assert_eq!(reply.status, 400);
    assert!(reply.text.contains("neither a JSON Web Key nor its base64"), "{}", reply.text);
    assert!(reply.text.contains("&lt;nonsense&gt;"), "{}", reply.text);
    assert_eq!(world.get(&format!("{PAYER}/keys/nobody")).status, 404);
}

#[test]
fn other_sites_may_not_send_the_forms() {
    let mut world = World::new();
    let client = world.alice();
    let evil = [("origin", "https://evil.example")];
    let jwk = serde_json::to_string(&Client::new(3, "key-3").jwk()).unwrap();
    assert_eq!(world.send("POST", KEYS, &evil, form(&[("jwk", &jwk)]).as_bytes()).status, 403);
    let (pending, _) = world.pending_grant(&client, &Value::Null);
    let redirect = pending["interact"]["redirect"].as_str().unwrap();
    assert_eq!(world.send("POST", redirect, &evil, b"decision=accept").status, 403);
    assert!(world.get(redirect).text.contains(r#"data-testid="accept""#), "still undecided");
}

#[test]
fn the_consent_page_says_who_how_much_and_how_often() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, _) = world.pending_grant(&client, &limit(1050, Some("R/2026-11-22T06:24:19.275Z/P1M")));
    let redirect = pending["interact"]["redirect"].as_str().unwrap();
    assert!(redirect.ends_with("?clientName=alice&clientUri=http%3A%2F%2F127.0.0.1%3A4201%2Falice"), "{redirect}");
    let page = world.get(redirect);
    for words in [ALICE, "10.50 USD", "every month", r#"data-testid="accept""#, r#"data-testid="decline""#] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
}

#[test]
fn a_decision_is_made_once_and_in_time() {
    let mut world = World::new();
    let client = world.alice();
    let (pending, _) = world.pending_grant(&client, &Value::Null);
    assert!(world.decide(&pending, "accept").query("interact_ref").is_some());
    assert_eq!(world.decide(&pending, "decline").query("result").as_deref(), Some("grant_invalid"));
    let redirect = pending["interact"]["redirect"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&redirect).header("location"), Some("http://127.0.0.1:4300/connected?result=grant_invalid"));

    let (late, _) = world.pending_grant(&client, &Value::Null);
    world.pass(600_000);
    assert_eq!(world.decide(&late, "accept").query("result").as_deref(), Some("grant_invalid"));
    let wrong_nonce = redirect.split('?').next().unwrap().to_owned() + "0";
    assert_eq!(world.get(&wrong_nonce).status, 404);
}

#[test]
fn a_client_that_waits_nowhere_polls() {
    let mut world = World::new();
    let client = world.alice();
    let mut body = crate::support::grant_body(&Value::Null, "nonce");
    body["interact"] = json!({ "start": ["redirect"] });
    let pending = world.signed(&client, "POST", &format!("{PAYER}/auth"), None, &body).expect(200);
    let redirect = pending["interact"]["redirect"].as_str().unwrap();
    let done = world.send("POST", redirect, &[("origin", PAYER)], b"decision=accept");
    assert_eq!(done.status, 200);
    assert!(done.text.contains("You can close this page"), "{}", done.text);
    world.pass(5000);
    let uri = pending["continue"]["uri"].as_str().unwrap();
    let token = pending["continue"]["access_token"]["value"].as_str();
    world.signed(&client, "POST", uri, token, &Value::Null).expect(200);
}
