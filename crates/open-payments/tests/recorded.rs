//! Replies recorded from a running reference wallet, read with our types.

use open_payments::{
    Fault, FaultKind, GrantedAccess, IncomingPayment, OutgoingPayment, PendingGrant, Quote, SpentAmounts,
    WalletDocument,
};
use serde_json::Value;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/wallet.json")).expect("the recording is JSON")
}

fn text(recorded: &Value, name: &str) -> String {
    recorded[name].to_string()
}

#[test]
fn successful_replies_are_read() {
    let recorded = recorded();
    let document = WalletDocument::parse(&text(&recorded, "wallet address (sender)")).unwrap();
    assert_eq!(document.asset, money::Asset::new("USD", 2).unwrap());
    let pending = PendingGrant::parse(&text(&recorded, "interactive grant (pending)")).unwrap();
    assert_eq!((pending.interact.finish.as_str(), pending.continuation.wait), ("2F3D55DBF2EE9365", Some(5)));
    let granted = GrantedAccess::parse(&text(&recorded, "continuation (granted)")).unwrap();
    assert_eq!(granted.access_token.expires_in, Some(600));
    assert!(granted.continuation.is_some());
    let rotated = GrantedAccess::parse(&text(&recorded, "token rotation")).unwrap();
    assert!(rotated.continuation.is_none());
    let quote = Quote::parse(&text(&recorded, "quote (debitAmount 100)")).unwrap();
    assert_eq!((quote.debit_amount.value, quote.receive_amount.value), (100, 99));
    let payment = OutgoingPayment::parse(&text(&recorded, "outgoing payment (from quote)")).unwrap();
    assert_eq!((payment.quote_id, payment.failed), (Some(quote.id), false));
    let incoming = IncomingPayment::parse(&text(&recorded, "incoming payment after")).unwrap();
    assert_eq!((incoming.id, incoming.received_amount.value), (quote.receiver, 99));
    let spent = SpentAmounts::parse(&text(&recorded, "grant spent amounts")).unwrap();
    assert_eq!(spent.debit.map(|amount| amount.value), Some(200));
}

#[test]
fn each_recorded_error_has_its_meaning() {
    use FaultKind::*;
    let minimum = serde_json::from_str(r#"{"value":"2","assetCode":"USD","assetScale":2}"#).unwrap();
    let expected = [
        ("continue before consent (immediately)", TooFast),
        ("quote debitAmount 1", AmountTooSmall { minimum: Some(minimum) }),
        ("ERR unknown wallet: GET wallet address", WalletNotFound),
        ("ERR unknown wallet: GET on receiver side (polling enabled there)", WalletNotFound),
        ("ERR unknown wallet: grant request with unknown client", KeyUnknown),
        ("ERR unknown wallet: create incoming payment for it", WalletNotFound),
        ("ERR unknown wallet: quote from it", WalletNotFound),
        ("ERR unknown tenant grant url", Refused),
        ("ERR bad signature (other key, same keyid): grant", SignatureRefused),
        ("ERR bad signature: quote", SignatureRefused),
        ("ERR unknown keyid: grant", KeyUnknown),
        ("ERR unknown keyid: quote", KeyUnknown),
        ("ERR no signature: grant", SignatureRefused),
        ("ERR no signature: quote", InvalidRequest),
        ("ERR no authorization: quote", Refused),
        ("ERR garbage token: quote", TokenInactive),
        ("ERR receiver token at sender RS: quote", TokenInactive),
        ("ERR insufficient grant: incoming-payment token used for quote", InsufficientGrant),
        ("ERR insufficient grant: incoming-payment token used for outgoing payment", InsufficientGrant),
        ("ERR wrong identifier: outgoing payment for another wallet", InsufficientGrant),
        ("ERR over the debit limit: outgoing payment", LimitExceeded),
        ("ERR over the debit limit: direct outgoing payment", LimitExceeded),
        ("ERR quote reused", InvalidQuote),
        ("ERR unknown quote", InvalidQuote),
        ("ERR quote: unknown incoming payment", InvalidReceiver),
        ("ERR quote: missing method", InvalidRequest),
        ("ERR quote: wrong asset in debitAmount", InvalidAmount),
        ("ERR expired incoming payment: public GET", Refused),
        ("ERR expired incoming payment: new quote", InvalidReceiver),
        ("ERR expired incoming payment: outgoing payment from old quote", InvalidQuote),
        ("ERR expired incoming payment: direct outgoing payment", InvalidReceiver),
        ("ERR incoming payment created already expired", Refused),
        ("ERR incoming payment expiresAt beyond max (31 d)", Refused),
        ("ERR completed incoming payment: quote", InvalidReceiver),
        ("ERR old token after rotation: quote", TokenInactive),
        ("ERR old manage url after rotation", TokenGone),
        ("ERR expired token: quote", TokenInactive),
        ("ERR expired token: outgoing payment", TokenInactive),
        ("ERR revoked token: quote", TokenInactive),
        ("ERR rotate revoked token", TokenGone),
        ("ERR continue revoked grant", ContinuationGone),
        ("ERR token of revoked grant: quote", TokenInactive),
        ("ERR token of revoked grant: rotate", TokenGone),
        ("ERR continue after rejection", ContinuationGone),
        ("ERR interactive type without interact", InvalidRequest),
    ];
    let recorded = recorded();
    for (name, kind) in &expected {
        let reply = &recorded[name];
        let status = u16::try_from(reply["status"].as_u64().unwrap()).unwrap();
        assert_eq!(Fault::classify(status, &reply["body"].to_string()).kind, *kind, "{name}");
    }
    let errors = recorded
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, reply)| name.starts_with("ERR") && reply["body"]["error"].is_object());
    for (name, _) in errors {
        assert!(expected.iter().any(|(known, _)| known == name), "{name} is recorded but not expected");
    }
}

#[test]
fn any_bytes_are_understood() {
    assert_eq!(Fault::classify(502, "<html>").kind, FaultKind::Unavailable);
    assert_eq!(Fault::classify(418, "").kind, FaultKind::Refused);
    let long = format!(r#"{{"error":{{"code":"400","description":"{}\u0000"}}}}"#, "x".repeat(500));
    assert_eq!(Fault::classify(400, &long).description.map(|text| text.len()), Some(200));
}
