//! Quotes, payments and reading them back.

use http_signature::SecretKey;
use open_payments::{IncomingPaymentUrl, Secret, Url, WalletDocument};
use open_payments_client::{CreateOutgoingPayment, CreateQuote, Operation, Read};
use protocol::{Endpoint, ErrorCode, PaymentReply, PaymentRequest, QuoteReply, QuoteRequest, ReadPaymentRequest};
use serde_json::{Value, json};

use crate::world::{Outcome, RECEIVER, World, document, receiver, token, usd, wallet};

const QUOTES: &str = "https://w.example/t/quotes";
const PAYMENTS: &str = "https://w.example/t/outgoing-payments";

fn amount(value: &str) -> Value {
    json!({"value": value, "assetCode": "USD", "assetScale": 2})
}

fn quote_body() -> String {
    json!({"id": format!("{QUOTES}/1"), "walletAddress": "https://w.example/alice", "receiver": RECEIVER,
        "debitAmount": amount("100"), "receiveAmount": amount("99"), "method": "ilp",
        "createdAt": "2027-01-15T08:00:00Z", "expiresAt": "2027-01-15T08:05:00Z"})
    .to_string()
}

fn payment_body() -> String {
    json!({"id": format!("{PAYMENTS}/1"), "walletAddress": "https://w.example/alice", "quoteId": format!("{QUOTES}/1"),
        "receiver": RECEIVER, "debitAmount": amount("100"), "receiveAmount": amount("99"),
        "sentAmount": amount("0"), "failed": false, "createdAt": "2027-01-15T08:00:00Z"})
    .to_string()
}

fn quote_of(value: u64) -> CreateQuote {
    CreateQuote { token: token(), receiver: receiver(), debit_amount: usd(value) }
}

fn quote(world: &mut World, session: &Secret, operation: &impl Operation) -> Outcome {
    let message = QuoteRequest { incoming_payment: receiver(), request: world.signed(operation) };
    world.ask(Endpoint::CreateQuote, &message, Some(session))
}

fn pay(world: &mut World, session: &Secret) -> Outcome {
    let operation = CreateOutgoingPayment { token: token(), quote: Url::parse(&format!("{QUOTES}/1")).unwrap() };
    let message = PaymentRequest { incoming_payment: receiver(), request: world.signed(&operation) };
    world.ask(Endpoint::CreatePayment, &message, Some(session))
}

#[test]
fn a_quote_and_a_payment_are_passed_on_and_back() {
    let mut world = World::new();
    let session = world.connect();
    world.answer("POST", QUOTES, 201, &quote_body());
    world.answer("POST", PAYMENTS, 201, &payment_body());

    let reply: QuoteReply = quote(&mut world, &session, &quote_of(100)).json();
    assert_eq!((reply.id.as_str(), reply.receiver), ("https://w.example/t/quotes/1", receiver()));
    assert_eq!((reply.debit_amount, reply.receive_amount), (usd(100), usd(99)));
    assert_eq!(reply.expires_at.unwrap().to_string(), "2027-01-15T08:05:00.000Z");

    let outcome = pay(&mut world, &session);
    let reply: PaymentReply = outcome.json();
    assert_eq!((reply.debit_amount, reply.sent_amount, reply.failed), (usd(100), usd(0), false));
    assert_eq!(outcome.reply.session, None, "a session in its first half is not renewed");
    assert_eq!(world.asked[2..], [format!("POST {QUOTES}"), format!("POST {PAYMENTS}")], "one call each");
}

#[test]
fn each_refusal_of_the_wallet_has_its_code() {
    let mut world = World::new();
    let session = world.connect();
    for (status, description, code) in [
        (403, "Inactive Token", ErrorCode::TokenInactive),
        (403, "Insufficient Grant", ErrorCode::InsufficientGrant),
        (403, "unauthorized", ErrorCode::LimitExceeded),
        (400, "invalid receiver", ErrorCode::InvalidReceiver),
        (400, "invalid quote", ErrorCode::QuoteUsed),
        (404, "unknown quote", ErrorCode::QuoteUsed),
        (400, "invalid amount", ErrorCode::WalletRefused),
        (401, "Signature validation error: could not find key in list of client keys", ErrorCode::KeyRevoked),
        (503, "come back later", ErrorCode::WalletUnreachable),
    ] {
        let body = json!({"error": {"code": status.to_string(), "description": description}}).to_string();
        world.answer("POST", PAYMENTS, status, &body);
        let error = pay(&mut world, &session).error();
        assert_eq!(error.code, code, "{description}");
        assert_eq!(error.wallet_description.as_deref(), Some(description));
    }
    let small = json!({"error": {"code": "400", "description": "non-positive receive amount",
        "details": {"minSendAmount": amount("2")}}});
    world.answer("POST", QUOTES, 400, &small.to_string());
    let error = quote(&mut world, &session, &quote_of(1)).error();
    assert_eq!((error.code, error.min_send_amount), (ErrorCode::AmountTooSmall, Some(usd(2))));
}

#[test]
fn of_the_wallets_words_only_a_short_description_is_passed_on() {
    let mut world = World::new();
    let session = world.connect();
    let long = "x".repeat(1000);
    let body = json!({"error": {"code": "418", "description": long, "secret": "internal"}}).to_string();
    world.answer("POST", PAYMENTS, 418, &body);
    let outcome = pay(&mut world, &session);
    assert_eq!(outcome.error().wallet_description.unwrap().len(), 200);
    assert!(!outcome.reply.body.contains("internal"));

    world.answer("POST", PAYMENTS, 201, r#"{"id":["<script>internal</script>"]}"#);
    let outcome = pay(&mut world, &session);
    assert_eq!(outcome.error().code, ErrorCode::WalletUnreachable);
    assert!(!outcome.reply.body.contains("script"));
}

#[test]
fn a_message_for_another_receiver_than_the_signed_request_is_refused() {
    let mut world = World::new();
    let session = world.connect();
    let other = IncomingPaymentUrl::parse("https://r.example/t/incoming-payments/2").unwrap();
    let message = QuoteRequest { incoming_payment: other, request: world.signed(&quote_of(100)) };
    let asked = world.asked.len();
    assert_eq!(world.ask(Endpoint::CreateQuote, &message, Some(&session)).error().code, ErrorCode::InvalidRequest);
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn a_request_to_another_wallet_than_the_sessions_is_refused() {
    let mut world = World::new();
    let session = world.connect();
    let other = WalletDocument::parse(&document("https://v.example", "alice")).unwrap();
    let operation = quote_of(100);
    let asked = world.asked.len();
    for wallet in [other.clone(), WalletDocument { id: other.id, ..wallet() }] {
        let request = world.signed_by(&world.install, &operation, &wallet);
        let message = QuoteRequest { incoming_payment: receiver(), request };
        let error = world.ask(Endpoint::CreateQuote, &message, Some(&session)).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{}", error.message);
    }
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn a_direct_payment_is_not_on_the_list() {
    let mut world = World::new();
    let session = world.connect();
    let operation = CreateOutgoingPayment { token: token(), quote: Url::parse(&format!("{QUOTES}/1")).unwrap() };
    let mut request = world.signed(&operation);
    let direct =
        json!({"walletAddress": "https://w.example/alice", "incomingPayment": RECEIVER, "debitAmount": amount("100")});
    request.body = Some(direct.to_string());
    let message = PaymentRequest { incoming_payment: receiver(), request };
    assert_eq!(world.ask(Endpoint::CreatePayment, &message, Some(&session)).error().code, ErrorCode::InvalidRequest);
}

#[test]
fn a_payment_is_read_back_and_nothing_else_is() {
    let mut world = World::new();
    let session = world.connect();
    let url = format!("{PAYMENTS}/1");
    world.answer("GET", &url, 200, &payment_body().replace(r#""failed":false"#, r#""failed":true"#));
    let read = |world: &mut World, url: &str| {
        let operation = Read { token: token(), url: Url::parse(url).unwrap() };
        let message = ReadPaymentRequest { request: world.signed(&operation) };
        world.ask(Endpoint::ReadPayment, &message, Some(&session))
    };
    assert!(read(&mut world, &url).json::<PaymentReply>().failed);
    for other in [
        "https://w.example/t/quotes/1",
        "https://w.example/t/outgoing-payment-grant",
        "https://w.example/t/incoming-payments/1",
        "https://w.example/alice",
        "https://evil.example/t/outgoing-payments/1",
    ] {
        assert_eq!(read(&mut world, other).error().code, ErrorCode::InvalidRequest, "{other}");
    }
}

#[test]
fn a_session_serves_only_the_install_it_was_made_for() {
    let mut world = World::new();
    let session = world.connect();
    world.install = SecretKey::from_seed([8; 32]);
    let asked = world.asked.len();
    assert_eq!(quote(&mut world, &session, &quote_of(100)).error().code, ErrorCode::SessionInvalid);
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn a_session_is_renewed_in_its_second_half_and_ends() {
    let mut world = World::new();
    let session = world.connect();
    world.answer("POST", QUOTES, 201, &quote_body());
    world.later(500_001);
    let renewed = quote(&mut world, &session, &quote_of(100)).reply.session.unwrap();
    world.later(500_000);
    assert_eq!(quote(&mut world, &session, &quote_of(100)).error().code, ErrorCode::SessionInvalid);
    assert_eq!(quote(&mut world, &renewed, &quote_of(100)).reply.status, 200);
}
