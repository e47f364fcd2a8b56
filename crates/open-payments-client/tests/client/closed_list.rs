//! What the closed list lets through, and everything near it that it does not.

use std::fmt::Debug;

use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, Interval, Secret, Timestamp};
use open_payments_client::*;
use proptest::prelude::*;

use crate::fixtures::*;

fn quote() -> CreateQuote {
    CreateQuote { token: token(), receiver: incoming_payment(), debit_amount: usd(100) }
}

fn grant() -> RequestGrant {
    RequestGrant {
        debit_amount: usd(10_000),
        interval: Some(Interval::monthly(Timestamp::from_millis(0))),
        finish: url("https://proxy.example/connected"),
        nonce: "client-nonce".to_owned(),
    }
}

fn payment() -> CreateOutgoingPayment {
    CreateOutgoingPayment { token: token(), quote: url(QUOTE) }
}

fn passes<O: Listed + PartialEq + Debug>(operation: O) {
    assert_eq!(check::<O>(&compose(&operation), &wallet()), Ok(operation));
}

fn refused<O: Listed + Debug>(request: &HttpRequest, refusal: Refusal) {
    assert_eq!(check::<O>(request, &wallet()).map(|_| ()), Err(refusal), "{request:?}");
}

/// Signs something by hand that no operation would be composed to.
fn signed(method: Method, target: &str, authorization: Option<&str>, body: Option<&str>) -> HttpRequest {
    let composer = Composer { signer: &key(), keyid: "key-1", created: 1, nonce: None };
    composer.compose(method, &url(target), authorization, body.map(str::to_owned)).unwrap()
}

#[test]
fn every_operation_of_the_sending_side_passes() {
    passes(grant());
    passes(RequestGrant { interval: None, ..grant() });
    passes(ContinueGrant { uri: url(CONTINUE), token: token(), reference: "4f-9e".to_owned() });
    passes(CancelGrant { uri: url(CONTINUE), token: token() });
    passes(RotateToken { manage: url(MANAGE), token: token() });
    passes(quote());
    passes(payment());
    passes(Read { token: token(), url: url(QUOTE) });
    passes(Read { token: token(), url: url(PAYMENT) });
    passes(Read::spent_amounts(&wallet(), token()));
}

#[test]
fn one_operation_is_not_taken_for_another() {
    refused::<CreateQuote>(&compose(&payment()), Refusal::Body);
    refused::<CreateOutgoingPayment>(&compose(&quote()), Refusal::Body);
    refused::<RequestGrant>(&compose(&quote()), Refusal::Body);
    refused::<Read>(&compose(&quote()), Refusal::Url);
    refused::<ContinueGrant>(&compose(&quote()), Refusal::Url);
    let rotate = compose(&RotateToken { manage: url(MANAGE), token: token() });
    refused::<CancelGrant>(&rotate, Refusal::Method);
    refused::<ContinueGrant>(&rotate, Refusal::Body);
}

#[test]
fn other_places_are_refused() {
    for elsewhere in [
        "https://evil.example/tenant-a/quotes",
        "https://wallet-a.example/tenant-b/quotes",
        "https://wallet-a.example/tenant-a/quotes/",
        "https://wallet-a.example/tenant-a/quotes?x=1",
        "https://wallet-a.example:8443/tenant-a/quotes",
        "https://auth.wallet-a.example/tenant-a/quotes",
    ] {
        refused::<CreateQuote>(&HttpRequest { url: url(elsewhere), ..compose(&quote()) }, Refusal::Url);
    }
    for elsewhere in ["https://evil.example/token/1", "https://auth.wallet-a.example:1/token/1", QUOTE] {
        refused::<RotateToken>(&compose(&RotateToken { manage: url(elsewhere), token: token() }), Refusal::Url);
        refused::<CancelGrant>(&compose(&CancelGrant { uri: url(elsewhere), token: token() }), Refusal::Url);
    }
    for elsewhere in [
        "https://evil.example/tenant-a/quotes/1",
        "https://wallet-a.example/tenant-a/quotes",
        "https://wallet-a.example/tenant-a/quotes/",
        "https://wallet-a.example/tenant-a/quotes/1/2",
        "https://wallet-a.example/tenant-a/quotes/1?x",
        "https://wallet-a.example/tenant-a/incoming-payments/1",
        "https://wallet-a.example/tenant-a/outgoing-payments?wallet-address=x",
        "https://wallet-a.example/tenant-a/outgoing-payment-grant/1",
    ] {
        refused::<Read>(&compose(&Read { token: token(), url: url(elsewhere) }), Refusal::Url);
    }
}

#[test]
fn other_bodies_are_refused() {
    let endpoint = "https://wallet-a.example/tenant-a/quotes";
    let body = compose(&quote()).body.unwrap();
    let with = |from: &str, to: &str| {
        assert!(body.contains(from), "{from}");
        body.replacen(from, to, 1)
    };
    for changed in [
        with("alice", "bob"),
        with(r#""ilp""#, r#""swift""#),
        with("{", r#"{"receiveAmount":{"value":"1","assetCode":"USD","assetScale":2},"#),
        with("}}", r#"},"metadata":{"page":"https://site.example"}}"#),
        with(",", ", "),
        with(r#""100""#, r#""0100""#),
        with(r#""100""#, "100"),
        with("https://wallet-b", "http://wallet-b"),
        with("/incoming-payments/", "/payments/"),
        with(r#""method":"ilp","#, ""),
        body.replace('/', "\\/"),
        format!("{body} "),
        format!("[{body}]"),
        String::new(),
        "[".repeat(100_000),
    ] {
        let request = signed(Method::Post, endpoint, Some("GNAP token"), Some(&changed));
        refused::<CreateQuote>(&request, Refusal::Body);
    }
    refused::<CreateQuote>(&signed(Method::Post, endpoint, Some("GNAP token"), None), Refusal::Body);
    let with_body = signed(Method::Post, MANAGE, Some("GNAP token"), Some("{}"));
    refused::<RotateToken>(&with_body, Refusal::Body);
}

#[test]
fn a_payment_is_made_from_a_quote_of_the_wallet_or_not_at_all() {
    let endpoint = "https://wallet-a.example/tenant-a/outgoing-payments";
    let direct = concat!(
        r#"{"walletAddress":"https://wallet-a.example/accounts/alice","#,
        r#""incomingPayment":"https://wallet-b.example/tenant-b/incoming-payments/87579a85","#,
        r#""debitAmount":{"value":"100","assetCode":"USD","assetScale":2}}"#
    );
    refused::<CreateOutgoingPayment>(&signed(Method::Post, endpoint, Some("GNAP token"), Some(direct)), Refusal::Body);
    for elsewhere in ["https://evil.example/tenant-a/quotes/1", PAYMENT] {
        let foreign = CreateOutgoingPayment { token: token(), quote: url(elsewhere) };
        refused::<CreateOutgoingPayment>(&compose(&foreign), Refusal::Body);
    }
}

#[test]
fn amounts_are_in_the_asset_of_the_wallet() {
    for (code, scale) in [("EUR", 2), ("USD", 3)] {
        let debit_amount = Amount::new(100, Asset::new(code, scale).unwrap());
        refused::<CreateQuote>(
            &compose(&CreateQuote { debit_amount: debit_amount.clone(), ..quote() }),
            Refusal::Asset,
        );
        refused::<RequestGrant>(&compose(&RequestGrant { debit_amount, ..grant() }), Refusal::Asset);
    }
}

#[test]
fn the_authorization_is_a_token_where_one_belongs() {
    let composed = compose(&quote());
    let endpoint = "https://wallet-a.example/tenant-a/quotes";
    for wrong in [None, Some("Bearer token"), Some("GNAP "), Some("GNAP a b"), Some("gnap token")] {
        let request = signed(Method::Post, endpoint, wrong, composed.body.as_deref());
        refused::<CreateQuote>(&request, Refusal::Authorization);
    }
    let grant = compose(&grant());
    let with_token = signed(Method::Post, grant.url.as_str(), Some("GNAP token"), grant.body.as_deref());
    refused::<RequestGrant>(&with_token, Refusal::Headers);
}

#[test]
fn the_header_set_is_exact() {
    let composed = compose(&quote());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    type Headers = Vec<(String, String)>;
    let changed = |change: &dyn Fn(&mut Headers)| {
        let mut request = composed.clone();
        change(&mut request.headers);
        refused::<CreateQuote>(&request, Refusal::Headers);
    };
    changed(&|headers| headers.push(header("cookie", "a=b")));
    changed(&|headers| headers.insert(0, header("host", "evil.example")));
    changed(&|headers| headers.push(header("signature", "sig2=:AAAA:")));
    changed(&|headers| headers.swap(1, 2));
    changed(&|headers| headers.swap(4, 5));
    changed(&|headers| drop(headers.pop()));
    changed(&|headers| drop(headers.remove(1)));
    changed(&|headers| headers.truncate(2));
    changed(&|headers| headers[1].1 = "sha-512=:AAAA:".to_owned());
    changed(&|headers| headers[2].1.push('0'));
    changed(&|headers| headers[3].1.push_str("; charset=utf-8"));
    changed(&|headers| headers[4].0 = "Signature-Input".to_owned());
    changed(&|headers| headers[4].1.push(' '));
    changed(&|headers| headers[5].1.push_str(", sig2=:AAAA:"));
    changed(&|headers| {
        headers[4].1 = headers[4].1.replace("sig1", "sig2");
        headers[5].1 = headers[5].1.replace("sig1", "sig2");
    });
}

#[test]
fn the_signature_covers_everything_and_says_nothing_else() {
    let composed = compose(&quote());
    let with = |from: &str, to: &str| {
        let mut request = composed.clone();
        assert!(request.headers[4].1.contains(from), "{from}");
        request.headers[4].1 = request.headers[4].1.replace(from, to);
        request
    };
    for request in [
        with(r#" "authorization""#, ""),
        with(r#" "content-digest""#, ""),
        with(r#""@method" "@target-uri""#, r#""@target-uri" "@method""#),
        with(r#""@target-uri""#, r#""@path""#),
        with(";created=1795328659", ""),
        with(r#";keyid="key-1""#, ""),
        with(r#""key-1""#, r#""key-1";nonce="n""#),
        with(r#""key-1""#, r#""key-1";alg="ed25519""#),
        with(r#""key-1""#, r#""key-1";expires=1"#),
    ] {
        refused::<CreateQuote>(&request, Refusal::Coverage);
    }
    let req = with(r#""@method""#, r#""@method";req"#);
    refused::<CreateQuote>(&req, Refusal::Signature(SignatureError::UnsupportedComponent("@method;…".to_owned())));
    let garbage = with("sig1=", "sig1");
    assert!(matches!(check::<CreateQuote>(&garbage, &wallet()), Err(Refusal::Signature(_))));
}

proptest! {
    #[test]
    fn whatever_is_composed_comes_back(
        token in "[!-~]{1,40}",
        value in any::<u64>(),
        id in "[a-zA-Z0-9-]{1,40}",
        reference in "\\PC{0,40}",
    ) {
        let token = Secret::new(token);
        let receiver = IncomingPaymentUrl::parse(&format!("https://wallet-b.example/incoming-payments/{id}")).unwrap();
        passes(CreateQuote { token: token.clone(), receiver, debit_amount: usd(value) });
        passes(CreateOutgoingPayment { token: token.clone(), quote: wallet().resource_server.join("quotes").join(&id) });
        passes(ContinueGrant { uri: url(CONTINUE).join(&id), token, reference: reference.clone() });
        passes(RequestGrant { debit_amount: usd(value), nonce: reference, ..grant() });
    }

    #[test]
    fn one_changed_character_never_passes_as_the_same(
        header in 0usize..6,
        position in any::<prop::sample::Index>(),
        replacement in " -~",
    ) {
        let composed = compose(&quote());
        let mut request = composed.clone();
        let value = &mut request.headers[header].1;
        let position = position.index(value.len());
        value.replace_range(position..=position, &replacement[..1]);
        prop_assume!(request != composed);
        // What is left to vary: the token, and in the signature its time, the key's name and its bytes.
        if let Ok(passed) = check::<CreateQuote>(&request, &wallet()) {
            prop_assert!(matches!(header, 0 | 4 | 5));
            prop_assert_eq!(passed.receiver, quote().receiver);
            prop_assert_eq!(passed.debit_amount, quote().debit_amount);
        }
    }

    #[test]
    fn arbitrary_bodies_and_headers_never_panic(
        body in proptest::option::of("\\PC{0,60}"),
        headers in proptest::collection::vec(("[a-z-]{1,15}", "\\PC{0,40}"), 0..8),
    ) {
        let request = HttpRequest { headers, body, ..compose(&quote()) };
        prop_assert!(check::<CreateQuote>(&request, &wallet()).is_err());
        prop_assert!(check::<RequestGrant>(&request, &wallet()).is_err());
    }
}
