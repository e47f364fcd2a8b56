//! The two header fields of a signature, and keys.

use fuzz::{arbitrary, configuration, damaged};
use http_signature::{Jwk, Parameters, PublicKey, Request, SecretKey, SignatureInput, Signer, sign};
use proptest::prelude::*;

const HEADERS: [(&str, &str); 2] = [("authorization", "GNAP token"), ("content-type", "application/json")];
const REQUEST: Request<'static> =
    Request { method: "POST", target_uri: "https://wallet.example/quotes", headers: &HEADERS };

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

/// `Signature-Input` and `Signature` of a request that somebody else has signed.
fn signed() -> [String; 2] {
    let parameters = Parameters {
        created: Some(1_795_328_659),
        keyid: Some(r#"a "key\"#.to_owned()),
        nonce: Some("nonce".to_owned()),
        ..Parameters::default()
    };
    let components = ["@method", "@target-uri", "authorization", "content-type"];
    let signature = sign(&REQUEST, &components, &parameters, &SecretKey::from_seed([9; 32])).expect("it can be signed");
    [signature.signature_input, signature.signature]
}

/// Valid ones are several, as the Rust client writes them, and odd.
fn inputs() -> impl Strategy<Value = String> {
    let [input, _] = signed();
    let valid = vec![
        format!(r#"{input}, other=("@authority";req);tag="t""#),
        r#"sig1=(@method @target-uri);created=1;keyid="key""#.to_owned(),
        r#"sig1=("@query" "@path" "@scheme" "@request-target");expires=999999999999999;alg="ed25519""#.to_owned(),
        input,
    ];
    prop_oneof![1 => arbitrary(), 4 => damaged(valid)]
}

fn signatures() -> impl Strategy<Value = String> {
    let [_, signature] = signed();
    let bare = signature.trim_start_matches("sig1=:").trim_end_matches(':').to_owned();
    prop_oneof![1 => arbitrary(), 2 => Just(signature.clone()), 2 => damaged(vec![bare, signature])]
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn nothing_verifies_with_a_key_that_did_not_sign(input in inputs(), signature in signatures()) {
        let fields = [("signature-input", input.as_str()), ("signature", &signature)];
        for parsed in [SignatureInput::parse(&fields), SignatureInput::parse_lenient(&fields)].into_iter().flatten() {
            prop_assert!(parsed.verify(&REQUEST, &key().public_key()).is_err());
        }
    }

    #[test]
    fn what_is_read_strictly_is_written_and_read_again(input in inputs(), signature in signatures()) {
        let fields = [("signature-input", input.as_str()), ("signature", &signature)];
        if let Ok(parsed) = SignatureInput::parse(&fields) {
            let written = parsed.to_headers();
            let fields = [("signature-input", written.signature_input.as_str()), ("signature", &written.signature)];
            prop_assert_eq!(SignatureInput::parse(&fields), Ok(parsed));
        }
    }

    #[test]
    fn a_key_is_one_or_is_refused(x in prop_oneof![arbitrary(), damaged(vec![key().public_key().to_base64url()])]) {
        let jwk = Jwk { x, ..key().public_key().to_jwk("key") };
        if let Ok(public) = PublicKey::try_from(&jwk) {
            prop_assert_eq!(public.to_base64url(), jwk.x);
        }
    }
}
