//! JSON: replies of wallets as the extension and the proxy read them, and requests to the sandbox
//! wallet.

use std::sync::{Mutex, PoisonError};

use fuzz::{arbitrary, configuration, damaged};
use open_payments::{
    Fault, GrantedAccess, IncomingPayment, KeySet, OutgoingPayment, PendingGrant, Quote, SpentAmounts, Timestamp, Url,
    WalletDocument,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use wallet::{Mode, Outcome, Request, Sandbox, Seed};

/// All that a real wallet was recorded to answer.
fn recorded() -> Vec<String> {
    let recorded: Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/wallet.json")).expect("the recordings are JSON");
    let bodies = recorded.as_object().into_iter().flatten().map(|(_, reply)| reply.get("body").unwrap_or(reply));
    bodies.map(Value::to_string).collect()
}

/// What clients send.
fn requests() -> Vec<String> {
    let amount = json!({ "value": "18446744073709551615", "assetCode": "USD", "assetScale": 6 });
    let (alice, site) = ("http://127.0.0.1:4201/alice", "http://127.0.0.1:4202/site");
    let receiver = "http://127.0.0.1:4202/op/incoming-payments/1";
    let limits = json!({ "interval": "R/2026-01-01T00:00:00Z/P1M", "debitAmount": amount, "receiver": receiver });
    [
        json!({
            "access_token": { "access": [
                { "type": "quote", "actions": ["create", "read"] },
                { "type": "outgoing-payment", "actions": ["create"], "identifier": alice, "limits": limits },
            ] },
            "client": { "walletAddress": alice },
            "interact": { "start": ["redirect"], "finish": { "method": "redirect", "uri": "http://127.0.0.1:1/", "nonce": "n" } },
        }),
        json!({ "walletAddress": site, "incomingAmount": amount, "expiresAt": "2026-11-22T06:24:19Z", "metadata": { "a": [1.5, null] } }),
        json!({ "walletAddress": alice, "receiver": receiver, "method": "ilp", "debitAmount": amount }),
        json!({ "walletAddress": alice, "incomingPayment": receiver, "debitAmount": amount }),
        json!({ "walletAddress": alice, "publicName": "Alice", "balance": "18446744073709551615" }),
        json!({ "fault": { "status": 500, "body": {} }, "path": "/op", "every": 0, "times": 1 }),
        json!({ "advanceSeconds": u32::MAX }),
        json!({ "feePpm": 999_999, "rates": [{ "from": "USD", "to": "EUR", "numerator": 4_294_967_295_u32, "denominator": 1 }] }),
    ]
    .map(|request| request.to_string())
    .to_vec()
}

const CALLS: [(&str, &str); 16] = [
    ("POST", "/auth"),
    ("POST", "/auth/continue/1"),
    ("DELETE", "/auth/continue/1"),
    ("POST", "/auth/token/1"),
    ("POST", "/auth/interact/1/2"),
    ("POST", "/op/quotes"),
    ("POST", "/op/outgoing-payments"),
    ("POST", "/op/incoming-payments"),
    ("GET", "/op/incoming-payments?wallet-address=http://127.0.0.1:4201/alice&first=99999999999999999999"),
    ("POST", "/keys/alice"),
    ("PUT", "/admin/accounts"),
    ("PUT", "/admin/keys"),
    ("POST", "/admin/faults"),
    ("POST", "/admin/clock"),
    ("PATCH", "/admin/settings"),
    ("GET", "/alice"),
];

/// It lives through all of it, as a wallet does.
static SANDBOX: Mutex<Option<Sandbox>> = Mutex::new(None);

fn send(method: &str, path: &str, signature: &str, body: &str) -> Outcome {
    let headers = [("signature-input", signature), ("signature", signature), ("authorization", "GNAP token")];
    let request = Request {
        wallet: 0,
        method: method.to_owned(),
        target: Url::parse(&format!("http://127.0.0.1:4201{path}")).expect("the paths are valid"),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.as_bytes().to_vec(),
        client_keys: Some(Vec::new()),
    };
    let mut sandbox = SANDBOX.lock().unwrap_or_else(PoisonError::into_inner);
    let sandbox = sandbox
        .get_or_insert_with(|| Sandbox::new(&Seed::default(), Mode::Lenient).expect("the seed of the house is valid"));
    sandbox.handle(&request, Timestamp::from_millis(1_795_328_659_000), [7; 32])
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn any_reply_is_read_or_refused(text in prop_oneof![1 => arbitrary(), 4 => damaged(recorded())]) {
        let _ = WalletDocument::parse(&text);
        let _ = KeySet::parse(&text);
        let _ = PendingGrant::parse(&text);
        let _ = GrantedAccess::parse(&text);
        let _ = IncomingPayment::parse(&text);
        let _ = Quote::parse(&text);
        let _ = OutgoingPayment::parse(&text);
        let _ = SpentAmounts::parse(&text);
        let told = Fault::classify(400, &text).description;
        prop_assert!(told.is_none_or(|told| told.chars().count() <= 200));
    }

    #[test]
    fn our_reader_and_serde_agree_on_what_is_json(text in prop_oneof![1 => arbitrary(), 4 => damaged(recorded())]) {
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(text.parse::<json::Value>().is_ok(), theirs);
    }

    #[test]
    fn any_request_is_answered(
        call in proptest::sample::select(CALLS.to_vec()),
        signature in prop_oneof![arbitrary(), damaged(vec![r#"sig1=("@method");created=1;keyid="key""#.to_owned()])],
        body in prop_oneof![1 => arbitrary(), 4 => damaged(requests())],
    ) {
        let (method, path) = call;
        match send(method, path, &signature, &body) {
            // Statuses of 500 and more are faults, which these requests can order.
            Outcome::Answered(response) => prop_assert!((200..600).contains(&response.status)),
            Outcome::NeedsKeys(url) => prop_assert!(false, "there are none: {url}"),
        }
    }
}
