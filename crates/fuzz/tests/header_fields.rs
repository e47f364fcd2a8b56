//! Header fields and addresses.

use fuzz::{arbitrary, configuration, damaged};
use http_signature::{content_digest, verify_content_digest};
use open_payments::{Decision, IncomingPaymentUrl, Timestamp, Url, WalletAddress};
use proptest::prelude::*;

fn digests() -> impl Strategy<Value = String> {
    let sha_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    let sha_512 = content_digest(b"body");
    prop_oneof![arbitrary(), damaged(vec![sha_256.to_owned(), format!("{sha_256}, {sha_512}"), sha_512])]
}

fn addresses() -> impl Strategy<Value = String> {
    let valid = [
        "https://wallet.example/alice",
        "https://wallet.example/op/incoming-payments/1?a=%20b",
        "http://127.0.0.1:4201/alice",
        "http://[::1]:80/",
        "$wallet.example/alice",
    ];
    prop_oneof![arbitrary(), damaged(valid.map(str::to_owned).to_vec())]
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn a_digest_matches_no_body_by_accident(field in digests()) {
        prop_assert!(verify_content_digest(&field, b"another body").is_err());
    }

    #[test]
    fn an_address_is_printed_as_it_was_read(text in addresses()) {
        if let Ok(url) = Url::parse(&text) {
            // Only the path of a bare origin is added.
            let without_path = url.as_str().replacen(&format!("{}/", url.origin()), url.origin(), 1);
            prop_assert!(url.as_str() == text || without_path == text, "{url}");
            prop_assert_eq!(&Url::parse(url.join("segment").as_str()), &Ok(url.join("segment")));
            prop_assert_eq!(Url::parse(url.as_str()), Ok(url));
        }
        if let Ok(address) = WalletAddress::parse(&text) {
            prop_assert!(Url::parse(address.jwks_url().as_str()).is_ok());
        }
        if let Ok(incoming) = IncomingPaymentUrl::parse(&text) {
            prop_assert_eq!(incoming.as_str(), &text);
        }
        if let Ok(typed) = WalletAddress::from_typed(&text) {
            prop_assert_eq!(WalletAddress::parse(typed.as_str()), Ok(typed));
        }
    }

    #[test]
    fn a_date_that_is_read_is_read_again(
        text in prop_oneof![arbitrary(), damaged(vec!["2026-11-22T06:24:19.275Z".into(), "2026-02-29T24:60:60+24:00".into()])],
    ) {
        if let Ok(moment) = Timestamp::parse(&text, "date") {
            prop_assert_eq!(Timestamp::parse(&moment.to_string(), "date"), Ok(moment));
        }
    }

    #[test]
    fn a_redirect_without_a_reference_is_never_an_approval(
        query in prop_oneof![arbitrary(), damaged(vec!["hash=a%2Bb%3D&interact_ref=1".into(), "result=grant_rejected".into()])],
    ) {
        if let Decision::Accepted { reference, .. } = Decision::parse(&query) {
            prop_assert!(!reference.is_empty() && query.contains("interact_ref=") && query.contains("hash="));
        }
    }
}
