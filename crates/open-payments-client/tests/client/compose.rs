//! Every request, byte for byte.

use http_signature::{Request, SignatureError, SignatureInput, verify_content_digest};
use open_payments::{Interval, Timestamp, WalletAddress};
use open_payments_client::*;
use proptest::prelude::*;

use crate::fixtures::*;

/// Method, URL and body of the request, and whether it presents the token.
fn parts(operation: &impl Operation) -> (Method, String, Option<String>, bool) {
    let request = compose(operation);
    let presents_token = request.header("authorization") == Some("GNAP ECC89F88331D2F4AFFBD");
    (request.method, request.url.as_str().to_owned(), request.body, presents_token)
}

fn expect(operation: &impl Operation, method: Method, url: &str, body: Option<&str>, presents_token: bool) {
    assert_eq!(parts(operation), (method, url.to_owned(), body.map(str::to_owned), presents_token));
}

#[test]
fn grant_requests() {
    let mut grant = RequestGrant {
        debit_amount: usd(10_000),
        interval: Some(Interval::monthly(Timestamp::from_millis(1_795_328_659_275))),
        finish: url("https://proxy.example/connected"),
        nonce: "client-nonce".to_owned(),
    };
    let body = |interval: &str| {
        [
            r#"{"access_token":{"access":[{"type":"quote","actions":["create","read"]},"#,
            r#"{"type":"outgoing-payment","actions":["create","read"],"#,
            r#""identifier":"https://wallet-a.example/accounts/alice","#,
            r#""limits":{"debitAmount":{"value":"10000","assetCode":"USD","assetScale":2}"#,
            interval,
            r#"}}]},"client":"https://wallet-a.example/accounts/alice","#,
            r#""interact":{"start":["redirect"],"finish":{"method":"redirect","#,
            r#""uri":"https://proxy.example/connected","nonce":"client-nonce"}}}"#,
        ]
        .concat()
    };
    let auth_server = "https://auth.wallet-a.example/tenant-a";
    let monthly = body(r#","interval":"R/2026-11-22T06:24:19.275Z/P1M""#);
    expect(&grant, Method::Post, auth_server, Some(&monthly), false);
    grant.interval = None;
    expect(&grant, Method::Post, auth_server, Some(&body("")), false);
}

#[test]
fn what_happens_to_grants_and_tokens() {
    let continuation = ContinueGrant { uri: url(CONTINUE), token: token(), reference: "4f-9e".to_owned() };
    expect(&continuation, Method::Post, CONTINUE, Some(r#"{"interact_ref":"4f-9e"}"#), true);
    expect(&CancelGrant { uri: url(CONTINUE), token: token() }, Method::Delete, CONTINUE, None, true);
    expect(&RotateToken { manage: url(MANAGE), token: token() }, Method::Post, MANAGE, None, true);
    expect(&RevokeToken { manage: url(MANAGE), token: token() }, Method::Delete, MANAGE, None, true);
}

#[test]
fn quotes_and_payments() {
    let quote = CreateQuote { token: token(), receiver: incoming_payment(), debit_amount: usd(100) };
    let body = concat!(
        r#"{"walletAddress":"https://wallet-a.example/accounts/alice","#,
        r#""receiver":"https://wallet-b.example/tenant-b/incoming-payments/87579a85","method":"ilp","#,
        r#""debitAmount":{"value":"100","assetCode":"USD","assetScale":2}}"#
    );
    expect(&quote, Method::Post, "https://wallet-a.example/tenant-a/quotes", Some(body), true);

    let payment = CreateOutgoingPayment { token: token(), quote: url(QUOTE) };
    let body = concat!(
        r#"{"walletAddress":"https://wallet-a.example/accounts/alice","#,
        r#""quoteId":"https://wallet-a.example/tenant-a/quotes/afeeef49"}"#
    );
    expect(&payment, Method::Post, "https://wallet-a.example/tenant-a/outgoing-payments", Some(body), true);

    expect(&Read { token: token(), url: url(PAYMENT) }, Method::Get, PAYMENT, None, true);
    let spent = "https://wallet-a.example/tenant-a/outgoing-payment-grant";
    expect(&Read::spent_amounts(&wallet(), token()), Method::Get, spent, None, true);
}

#[test]
fn the_receiving_side() {
    let auth_server = "https://auth.wallet-a.example/tenant-a";
    let body = |client: &str| {
        format!(
            r#"{{"access_token":{{"access":[{{"type":"incoming-payment","actions":["create"]}}]}},"client":{client}}}"#
        )
    };
    let x = key().public_key().to_base64url();
    let by_key = RequestIncomingPaymentGrant { client: Client::Key { jwk: key().public_key().to_jwk("key-1") } };
    let jwk = format!(r#"{{"jwk":{{"kid":"key-1","alg":"EdDSA","kty":"OKP","crv":"Ed25519","x":"{x}"}}}}"#);
    expect(&by_key, Method::Post, auth_server, Some(&body(&jwk)), false);

    let address = WalletAddress::parse("https://proxy.example").unwrap();
    let by_address = RequestIncomingPaymentGrant { client: Client::WalletAddress(address) };
    let address = body(r#""https://proxy.example/.well-known/pay""#);
    expect(&by_address, Method::Post, auth_server, Some(&address), false);

    let create = CreateIncomingPayment { token: token(), expires_at: Timestamp::from_millis(1_795_328_659_206) };
    let body = concat!(
        r#"{"walletAddress":"https://wallet-a.example/accounts/alice","#,
        r#""expiresAt":"2026-11-22T06:24:19.206Z"}"#
    );
    expect(&create, Method::Post, "https://wallet-a.example/tenant-a/incoming-payments", Some(body), true);
}

#[test]
fn headers_come_in_one_order_and_are_all_covered() {
    let request = compose(&CreateQuote { token: token(), receiver: incoming_payment(), debit_amount: usd(100) });
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["authorization", "content-digest", "content-length", "content-type", "signature-input", "signature"]
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body = request.body.clone().unwrap();
    assert_eq!(request.header("content-length"), Some(&*body.len().to_string()));
    assert_eq!(verify_content_digest(request.header("content-digest").unwrap(), body.as_bytes()), Ok(()));
    assert_eq!(
        request.header("signature-input"),
        Some(concat!(
            r#"sig1=("@method" "@target-uri" "authorization" "content-digest" "content-length" "content-type")"#,
            r#";created=1795328659;keyid="key-1""#
        ))
    );
}

#[test]
fn without_token_and_body_only_method_and_target_are_covered() {
    let composer = Composer { signer: &key(), keyid: "key-1", created: 1, nonce: Some("n-1") };
    let request = composer.compose(Method::Get, &url("https://proxy.example/v1"), None, None).unwrap();
    assert_eq!(
        request.header("signature-input"),
        Some(r#"sig1=("@method" "@target-uri");created=1;keyid="key-1";nonce="n-1""#)
    );
    assert_eq!(request.headers.len(), 2);
}

#[test]
fn what_does_not_fit_a_header_is_refused() {
    let compose = |authorization, keyid, nonce| {
        let composer = Composer { signer: &key(), keyid, created: 1, nonce };
        composer.compose(Method::Get, &url("https://proxy.example/"), Some(authorization), None).map(|_| ())
    };
    assert_eq!(compose("Bearer x", "key", Some("nonce")), Ok(()));
    let component = |name: &str| Err(SignatureError::InvalidComponent(name.to_owned()));
    let parameter = |name: &str| Err(SignatureError::InvalidParameter(name.to_owned()));
    assert_eq!(compose("Bearer x\nhost: y", "key", None), component("authorization"));
    assert_eq!(compose("Bearer x", "ключ", None), parameter("keyid"));
    assert_eq!(compose("Bearer x", "key", Some("\u{0}")), parameter("nonce"));
}

#[test]
fn debug_output_shows_neither_token_nor_receiver() {
    let quote = CreateQuote { token: token(), receiver: incoming_payment(), debit_amount: usd(100) };
    let request = format!("{:?}", compose(&quote));
    assert!(!request.contains(TOKEN) && !request.contains("87579a85"), "{request}");
    assert!(!format!("{quote:?}").contains(TOKEN));
}

proptest! {
    #[test]
    fn every_composed_request_verifies(
        body in proptest::option::of("\\PC{0,100}"),
        authorization in proptest::option::of("GNAP [!-~]{1,30}"),
        nonce in proptest::option::of("[ -~]{1,30}"),
        path in "[a-z0-9/]{0,20}",
    ) {
        let composer = Composer { signer: &key(), keyid: "key-1", created: 1, nonce: nonce.as_deref() };
        let target = url(&format!("https://wallet-a.example/{path}"));
        let request = composer.compose(Method::Post, &target, authorization.as_deref(), body).unwrap();
        let lines = request.header_lines();
        let signed = Request { method: "POST", target_uri: target.as_str(), headers: &lines };
        let signature = SignatureInput::parse(&lines).unwrap();
        prop_assert_eq!(signature.verify(&signed, &key().public_key()), Ok(()));
        for (name, _) in &request.headers[..request.headers.len() - 2] {
            prop_assert!(signature.covers(&[name]));
        }
    }
}
