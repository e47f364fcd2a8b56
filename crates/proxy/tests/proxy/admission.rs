//! Who gets in: signatures, nonces, clocks, sessions, rates.

use http_signature::{Parameters, Request, SecretKey, Signer, sign};
use open_payments::Secret;
use open_payments_client::{CreateQuote, HttpRequest};
use protocol::signature::COMPONENTS;
use protocol::{Endpoint, ErrorCode, IncomingPaymentRequest, QuoteRequest};
use proxy::core::{Core, Event, Incoming, KeyRing, Step, WalletReply};

use crate::world::{SITE, World, grant, grant_request, receiver, settings, token, usd};

fn set(incoming: &mut Incoming, name: &str, value: &str) {
    incoming.headers.retain(|(known, _)| known != name);
    incoming.headers.push((name.to_owned(), value.to_owned()));
}

fn header(incoming: &Incoming, name: &str) -> String {
    incoming.headers.iter().find(|(known, _)| known == name).unwrap().1.clone()
}

fn grant_message(world: &mut World) -> Incoming {
    world.answer("POST", "https://w.example/auth", 500, "");
    let message = grant_request(world, 1000, &grant(1000));
    world.incoming(Endpoint::RequestGrant, &message, None)
}

#[test]
fn a_request_that_is_not_signed_as_it_should_be_is_refused() {
    type Change = fn(&mut Incoming);
    let changes: [(&str, Change); 9] = [
        ("no signature", |incoming| incoming.headers.retain(|(name, _)| name != "signature")),
        ("no input", |incoming| incoming.headers.retain(|(name, _)| name != "signature-input")),
        ("another body", |incoming| incoming.body.push(b' ')),
        ("another endpoint", |incoming| incoming.endpoint = Endpoint::CancelGrant),
        ("another length", |incoming| set(incoming, "content-length", "1")),
        ("another digest", |incoming| set(incoming, "content-digest", "sha-512=:AAAA:")),
        ("another signature", |incoming| {
            let zeros = format!("sig1=:{}==:", "A".repeat(86));
            set(incoming, "signature", &zeros);
        }),
        ("an uncovered session", |incoming| set(incoming, "authorization", "Bearer v4.public.AAAA")),
        ("another key", |incoming| {
            let other = SecretKey::from_seed([8; 32]).public_key().to_base64url();
            let own = SecretKey::from_seed([7; 32]).public_key().to_base64url();
            let input = header(incoming, "signature-input").replace(&own, &other);
            set(incoming, "signature-input", &input);
        }),
    ];
    let mut world = World::new();
    for (name, change) in changes {
        let mut incoming = grant_message(&mut world);
        change(&mut incoming);
        assert_eq!(world.run(&incoming).error().code, ErrorCode::InvalidRequest, "{name}");
    }
    assert!(world.asked.is_empty());
}

/// The same request with another signature of the same install.
fn signed_anew(world: &World, good: &Incoming, covered: &[&str], parameters: &Parameters) -> Incoming {
    let mut incoming = good.clone();
    let headers: Vec<_> = good.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: "POST", target_uri: "https://pay.example/v1/grants", headers: &headers };
    let signature = sign(&request, covered, parameters, &world.install).unwrap();
    set(&mut incoming, "signature-input", &signature.signature_input);
    set(&mut incoming, "signature", &signature.signature);
    incoming
}

fn parameters(world: &World) -> Parameters {
    Parameters {
        created: Some(u64::try_from(world.now.millis() / 1000).unwrap()),
        nonce: Some("nonce-of-this-test".to_owned()),
        keyid: Some(world.install.public_key().to_base64url()),
        ..Parameters::default()
    }
}

#[test]
fn a_signature_has_to_cover_everything() {
    let mut world = World::new();
    let good = grant_message(&mut world);
    for left_out in COMPONENTS {
        let covered: Vec<&str> = COMPONENTS.into_iter().filter(|component| *component != left_out).collect();
        let incoming = signed_anew(&world, &good, &covered, &parameters(&world));
        let error = world.run(&incoming).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(error.message.contains("does not cover"), "{left_out}: {}", error.message);
    }
}

#[test]
fn a_signature_says_of_itself_what_it_should_and_no_more() {
    let mut world = World::new();
    let good = grant_message(&mut world);
    let expected = parameters(&world);
    for (other, message) in [
        (Parameters { created: None, ..expected.clone() }, "created"),
        (Parameters { keyid: None, ..expected.clone() }, "keyid"),
        (Parameters { expires: Some(1), ..expected.clone() }, "just created"),
        (Parameters { alg: Some("ed25519".to_owned()), ..expected.clone() }, "just created"),
        (Parameters { tag: Some("other".to_owned()), ..expected.clone() }, "just created"),
    ] {
        let incoming = signed_anew(&world, &good, &COMPONENTS, &other);
        let error = world.run(&incoming).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{other:?}");
        assert!(error.message.contains(message), "{other:?}: {}", error.message);
    }
    let incoming = signed_anew(&world, &good, &COMPONENTS, &expected);
    assert_eq!(world.run(&incoming).error().code, ErrorCode::WalletUnreachable);
}

#[test]
fn a_nonce_has_to_be_there_and_long_enough() {
    let mut world = World::new();
    let body = serde_json::to_string(&grant_request(&world, 1000, &grant(1000))).unwrap();
    for nonce in ["", "short", &"x".repeat(129)] {
        let incoming = world.incoming_with(nonce, Endpoint::RequestGrant, &body, None);
        let error = world.run(&incoming).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(error.message.contains("nonce"), "{}", error.message);
    }
}

#[test]
fn a_clock_that_is_off_is_told_the_time() {
    let mut world = World::new();
    for (off, code) in [
        (-61_000, ErrorCode::ClockSkew),
        (-60_000, ErrorCode::WalletUnreachable),
        (60_000, ErrorCode::WalletUnreachable),
        (61_000, ErrorCode::ClockSkew),
    ] {
        let here = world.now;
        world.later(off);
        let incoming = grant_message(&mut world);
        world.now = here;
        let error = world.run(&incoming).error();
        assert_eq!(error.code, code, "{off}");
        assert_eq!(error.server_time, (code == ErrorCode::ClockSkew).then_some(here));
    }
}

#[test]
fn a_repeat_gets_the_stored_reply_and_the_wallet_hears_nothing() {
    let mut world = World::new();
    let incoming = grant_message(&mut world);
    let first = world.run(&incoming).reply;
    let asked = world.asked.len();
    world.later(60_000);
    assert_eq!(world.run(&incoming).reply, first);
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn a_nonce_used_for_another_request_is_refused() {
    let mut world = World::new();
    let body = |amount| serde_json::to_string(&grant_request(&World::new(), amount, &grant(amount))).unwrap();
    world.answer("POST", "https://w.example/auth", 500, "");
    let nonce = "the-same-nonce-16";
    let first = world.incoming_with(nonce, Endpoint::RequestGrant, &body(1), None);
    assert_eq!(world.run(&first).error().code, ErrorCode::WalletUnreachable);
    for (endpoint, amount) in [(Endpoint::RequestGrant, 2), (Endpoint::ContinueGrant, 1)] {
        let other = world.incoming_with(nonce, endpoint, &body(amount), None);
        assert_eq!(world.run(&other).error().code, ErrorCode::InvalidRequest);
    }
    world.install = SecretKey::from_seed([8; 32]);
    let stranger = world.incoming_with(nonce, Endpoint::RequestGrant, &body(2), None);
    assert_eq!(world.run(&stranger).error().code, ErrorCode::WalletUnreachable, "another install, another nonce");
}

#[test]
fn a_repeat_while_the_first_is_under_way_has_to_wait() {
    let mut world = World::new();
    let incoming = grant_message(&mut world);
    let now = world.tick();
    let mut first = world.core.begin(&incoming, &now);
    assert!(matches!(world.step(&mut first, Event::Begun), Step::Call(_)));
    let error = world.run(&incoming).error();
    assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(1)));
    let gone = Event::Called(Ok(WalletReply { status: 404, body: String::new() }));
    let Step::Done { reply, .. } = world.step(&mut first, gone) else { panic!("the flow is over") };
    assert_eq!(world.run(&incoming).reply, reply);
}

#[test]
fn what_is_kept_is_sealed() {
    let mut world = World::new();
    let _ = world.connect();
    let kept = format!("{:?}", world.store);
    let bytes = format!("{:?}", b"ACCESS").trim_matches(['[', ']']).to_owned();
    assert!(!kept.contains("ACCESS") && !kept.contains(&bytes));
}

#[test]
fn a_session_that_is_missing_forged_or_from_elsewhere_is_refused() {
    let mut world = World::new();
    let good = world.connect();
    let mut elsewhere = World::new();
    elsewhere.core = Core::new(settings(), KeyRing::from_seed([9; 32]));
    let foreign = elsewhere.connect();
    let forged = Secret::new(good.expose().replace('A', "B"));
    let message = IncomingPaymentRequest { wallet_address: SITE.to_owned().try_into().unwrap() };
    let asked = world.asked.len();
    for session in [None, Some(&foreign), Some(&forged), Some(&Secret::new("nonsense".to_owned()))] {
        let outcome = world.ask(Endpoint::CreateIncomingPayment, &message, session);
        assert_eq!(outcome.error().code, ErrorCode::SessionInvalid);
    }
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn quotes_and_payments_are_counted_together_and_apart_from_the_rest() {
    let mut world = World::new();
    let session = world.connect();
    world.answer("POST", "https://w.example/t/quotes", 500, "");
    let quote = |world: &mut World| {
        let operation = CreateQuote { token: token(), receiver: receiver(), debit_amount: usd(1) };
        let message = QuoteRequest { incoming_payment: receiver(), request: world.signed(&operation) };
        world.ask(Endpoint::CreateQuote, &message, Some(&session)).error()
    };
    for _ in 0..150 {
        assert_eq!(quote(&mut world).code, ErrorCode::WalletUnreachable);
    }
    let error = quote(&mut world);
    assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(1)));
    let incoming = grant_message(&mut world);
    assert_eq!(world.run(&incoming).error().code, ErrorCode::WalletUnreachable);
    world.later(400);
    assert_eq!(quote(&mut world).code, ErrorCode::WalletUnreachable);
}

#[test]
fn a_message_that_is_not_one_is_refused() {
    let mut world = World::new();
    for body in ["", "{}", "[]", "null", r#"{"walletAddress":"ftp://x"}"#] {
        let incoming = world.incoming_with(&format!("nonce-{body:-<16}"), Endpoint::RequestGrant, body, None);
        let error = world.run(&incoming).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{body}");
    }
    let mut extra = serde_json::to_value(grant_request(&world, 1000, &grant(1000))).unwrap();
    extra["extra"] = true.into();
    let incoming = world.incoming(Endpoint::RequestGrant, &extra, None);
    assert_eq!(world.run(&incoming).error().code, ErrorCode::InvalidRequest);
}

#[test]
fn the_signature_may_not_be_a_request_of_the_wallet() {
    // What the extension signs for its wallet is no request to the proxy, even with the same key.
    let mut world = World::new();
    let request: HttpRequest = {
        let signed = world.signed(&grant(1000));
        HttpRequest {
            method: open_payments_client::Method::Post,
            url: signed.url.try_into().unwrap(),
            headers: signed.headers,
            body: signed.body,
        }
    };
    let incoming = Incoming {
        endpoint: Endpoint::RequestGrant,
        client: None,
        headers: request.headers,
        body: request.body.unwrap_or_default().into_bytes(),
    };
    assert_eq!(world.run(&incoming).error().code, ErrorCode::InvalidRequest);
}
