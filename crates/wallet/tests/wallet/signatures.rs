//! What a signature has to prove, strictly and leniently.

use base64ct::{Base64, Encoding};
use http_signature::{Signer, content_digest};
use serde_json::{Value, json};
use wallet::{Mode, Outcome, Request};

use crate::support::{ALICE, Client, Created, PAYER, RECEIVER, Reply, SITE, Token, World, dollars, limit};

/// A world with a payer that is about to ask for quotes.
struct Ready {
    world: World,
    client: Client,
    token: Token,
    body: String,
}

const QUOTES: &str = "http://127.0.0.1:4201/op/quotes";

impl Ready {
    fn new(mode: Mode) -> Self {
        let mut world = World::in_mode(mode, json!({}), ("USD", 2), ("USD", 2));
        let client = world.alice();
        let token = world.outgoing_grant(&client, &limit(1000, None));
        let site = Client::new(9, "proxy");
        let site_token = world.incoming_grant(&site);
        let receiver = world.incoming_payment(&site, &site_token, &json!({}));
        let body =
            json!({ "walletAddress": ALICE, "receiver": receiver, "method": "ilp", "debitAmount": dollars(100) });
        Self { world, client, token, body: body.to_string() }
    }

    fn headers(&self) -> Vec<(String, String)> {
        self.world.signed_headers(&self.client, "POST", QUOTES, Some(&self.token.value), &self.body)
    }

    /// Sends the quote signed over these components only.
    fn quote_covering(&mut self, components: &[&str]) -> Reply {
        let headers = self.headers().into_iter().filter(|(name, _)| !name.starts_with("signature")).collect();
        let headers = self.world.sign(&self.client, "POST", QUOTES, components, headers);
        self.world.send_with("POST", QUOTES, &headers, &self.body.clone())
    }

    fn quote(&mut self) -> Reply {
        let headers = self.headers();
        self.world.send_with("POST", QUOTES, &headers, &self.body.clone())
    }
}

const ALL: [&str; 6] = ["@method", "@target-uri", "authorization", "content-digest", "content-length", "content-type"];

#[track_caller]
fn assert_refused(reply: &Reply, words: &str) {
    let (status, code, description) = reply.refusal();
    assert_eq!((status, code), (401, "401"), "{}", reply.text);
    assert!(description.starts_with("Signature validation error: "), "{description}");
    assert!(description.contains(words), "{description}");
}

#[test]
fn every_component_is_required() {
    for missing in ALL {
        let components: Vec<&str> = ALL.into_iter().filter(|name| *name != missing).collect();
        let reply = Ready::new(Mode::Strict).quote_covering(&components);
        assert_refused(&reply, &format!("does not cover {missing}"));
    }
    Ready::new(Mode::Strict).quote_covering(&ALL).expect(201);
}

#[test]
fn lenient_wallets_do_without_the_body_but_not_without_the_token() {
    Ready::new(Mode::Lenient).quote_covering(&ALL[..3]).expect(201);
    assert_refused(&Ready::new(Mode::Lenient).quote_covering(&ALL[..2]), "does not cover authorization");
}

#[test]
fn created_is_within_five_minutes() {
    for (created, accepted) in [
        (Created::SecondsAgo(299), true),
        (Created::SecondsAgo(-299), true),
        (Created::SecondsAgo(301), false),
        (Created::SecondsAgo(-301), false),
        (Created::Absent, false),
    ] {
        let mut strict = Ready::new(Mode::Strict);
        strict.world.created = created;
        assert_eq!(strict.quote().status == 201, accepted, "{created:?}");
        let mut lenient = Ready::new(Mode::Lenient);
        lenient.world.created = created;
        assert_eq!(lenient.quote().status, 201, "{created:?}");
    }
}

#[test]
fn moving_the_clock_of_the_sandbox_does_not_make_signatures_stale() {
    let mut ready = Ready::new(Mode::Strict);
    ready.world.admin("POST", &format!("{PAYER}/admin/clock"), &json!({ "advanceSeconds": 500 })).expect(200);
    ready.quote().expect(201);
}

#[test]
fn the_digest_is_that_of_the_received_bytes() {
    for mode in [Mode::Strict, Mode::Lenient] {
        let mut ready = Ready::new(mode);
        let headers = ready.headers();
        let other = ready.body.replace("100", "999");
        assert_refused(&ready.world.send_with("POST", QUOTES, &headers, &other), "digest does not match");
    }
}

#[test]
fn the_content_length_is_that_of_the_received_bytes() {
    let mut ready = Ready::new(Mode::Strict);
    let headers = vec![
        ("authorization".to_owned(), format!("GNAP {}", ready.token.value)),
        ("content-digest".to_owned(), content_digest(ready.body.as_bytes())),
        ("content-length".to_owned(), "1".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let headers = ready.world.sign(&ready.client, "POST", QUOTES, &ALL, headers);
    assert_refused(&ready.world.send_with("POST", QUOTES, &headers, &ready.body.clone()), "content length");
}

#[test]
fn a_signature_holds_for_its_method_and_address_only() {
    let mut ready = Ready::new(Mode::Strict);
    let url = format!("{PAYER}/op/outgoing-payment-grant");
    let headers = ready.world.signed_headers(&ready.client, "GET", QUOTES, Some(&ready.token.value), "");
    assert_refused(&ready.world.send_with("GET", &url, &headers, ""), "provided signature is invalid");
    let headers = ready.world.signed_headers(&ready.client, "POST", &url, Some(&ready.token.value), "");
    assert_refused(&ready.world.send_with("GET", &url, &headers, ""), "provided signature is invalid");
}

#[test]
fn the_signature_of_a_payment_is_good_for_one() {
    for (mode, second) in [(Mode::Strict, 401), (Mode::Lenient, 201)] {
        let mut ready = Ready::new(mode);
        let receiver: Value = serde_json::from_str(&ready.body).unwrap();
        let body = json!({
            "walletAddress": ALICE,
            "incomingPayment": receiver["receiver"],
            "debitAmount": dollars(10),
        })
        .to_string();
        let url = format!("{PAYER}/op/outgoing-payments");
        let headers = ready.world.signed_headers(&ready.client, "POST", &url, Some(&ready.token.value), &body);
        assert_eq!(ready.world.send_with("POST", &url, &headers, &body).status, 201);
        ready.world.pass(200_000);
        assert_eq!(ready.world.send_with("POST", &url, &headers, &body).status, second, "{mode:?}");
    }
}

#[test]
fn only_lenient_wallets_read_names_without_quotes_and_bare_base64() {
    for (mode, status) in [(Mode::Strict, 401), (Mode::Lenient, 201)] {
        let mut ready = Ready::new(mode);
        let authorization = format!("GNAP {}", ready.token.value);
        let parameters = r#"(@method @target-uri authorization);created=1;keyid="alice-key""#;
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": {QUOTES}\n\"authorization\": {authorization}\n\"@signature-params\": {parameters}"
        );
        let signature = Base64::encode_string(&ready.client.key.sign(base.as_bytes()).0);
        let input = format!("sig1={parameters}");
        let headers = [("authorization", &*authorization), ("signature-input", &input), ("signature", &signature)];
        let body = ready.body.clone();
        let reply = ready.world.send("POST", QUOTES, &headers, body.as_bytes());
        assert_eq!(reply.status, status, "{mode:?}: {}", reply.text);
    }
}

#[test]
fn unreadable_signatures_are_refused() {
    let mut ready = Ready::new(Mode::Strict);
    let headers = [("signature-input", "sig1=("), ("signature", "sig1=:AAAA:")];
    let reply = ready.world.send("POST", &format!("{PAYER}/auth"), &headers, b"{}");
    assert_eq!(reply.status, 400, "the body comes first");
    let body = crate::support::grant_body(&Value::Null, "nonce").to_string();
    let reply = ready.world.send("POST", &format!("{PAYER}/auth"), &headers, body.as_bytes());
    assert_eq!(reply.refusal(), (401, "invalid_client", "invalid signature headers"));
    let authorization = format!("GNAP {}", ready.token.value);
    let headers = [headers[0], headers[1], ("authorization", &authorization)];
    assert_refused(&ready.world.send("POST", QUOTES, &headers, ready.body.clone().as_bytes()), "malformed");
}

#[test]
fn the_keys_of_a_stranger_are_asked_for_each_time() {
    let mut world = World::new();
    let stranger = Client::new(5, "stranger-key");
    let body = json!({
        "access_token": { "access": [{ "type": "incoming-payment", "actions": ["create"] }] },
        "client": "https://proxy.example/",
    })
    .to_string();
    let url = format!("{RECEIVER}/auth");
    let headers = world.signed_headers(&stranger, "POST", &url, None, &body);
    let mut request = Request {
        wallet: 1,
        method: "POST".to_owned(),
        target: open_payments::Url::parse(&url).unwrap(),
        headers,
        body: body.into_bytes(),
        client_keys: None,
    };
    match world.handle(&request) {
        Outcome::NeedsKeys(url) => assert_eq!(url.as_str(), "https://proxy.example/.well-known/pay/jwks.json"),
        Outcome::Answered(response) => panic!("{response:?}"),
    }
    request.client_keys = Some(Vec::new());
    let Outcome::Answered(response) = world.handle(&request) else { panic!("asked again") };
    assert_eq!(Reply::from(response).refusal(), (400, "invalid_client", "could not determine client"));
    request.client_keys = Some(vec![stranger.jwk()]);
    let Outcome::Answered(response) = world.handle(&request) else { panic!("asked again") };
    let token = Token::of(&Reply::from(response).expect(200));

    let url = format!("{RECEIVER}/op/incoming-payments");
    let body = json!({ "walletAddress": SITE }).to_string();
    let headers = world.signed_headers(&stranger, "POST", &url, Some(&token.value), &body);
    let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert!(matches!(world.outcome("POST", &url, &borrowed, body.as_bytes()), Outcome::NeedsKeys(_)));
}

#[test]
fn nobody_is_sent_to_a_private_network_for_keys() {
    let mut world = World::new();
    let stranger = Client::new(5, "stranger-key");
    let body = json!({
        "access_token": { "access": [{ "type": "incoming-payment", "actions": ["create"] }] },
        "client": "https://10.0.0.1/somebody",
    });
    let reply = world.signed(&stranger, "POST", &format!("{RECEIVER}/auth"), None, &body);
    assert_eq!(reply.refusal(), (400, "invalid_client", "could not determine client"));
}
