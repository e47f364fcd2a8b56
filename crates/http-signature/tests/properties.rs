//! What holds for every request, and for every hostile header.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use http_signature::{
    Parameters, Request, SecretKey, SignatureError, SignatureInput, Signer, content_digest, sign, verify_content_digest,
};
use proptest::prelude::*;

const COMPONENTS: [&str; 4] = ["@method", "@target-uri", "authorization", "content-digest"];

/// A request with everything a signature is made of; each part can be tampered with.
#[derive(Debug, Clone, PartialEq)]
struct Signed {
    parts: [String; 6],
}

impl Signed {
    fn new(seed: [u8; 32], path: &str, token: &str, body: &[u8], nonce: &str) -> Self {
        let target_uri = format!("https://wallet.example/{path}");
        let headers = [("authorization", token), ("content-digest", &content_digest(body))];
        let request = Request { method: "POST", target_uri: &target_uri, headers: &headers };
        let parameters = Parameters {
            created: Some(1_700_000_000),
            keyid: Some("key".to_owned()),
            nonce: Some(nonce.to_owned()),
            ..Parameters::default()
        };
        let signed = sign(&request, &COMPONENTS, &parameters, &SecretKey::from_seed(seed)).unwrap();
        Self {
            parts: [
                "POST".to_owned(),
                target_uri.clone(),
                token.to_owned(),
                content_digest(body),
                signed.signature_input,
                signed.signature,
            ],
        }
    }

    fn verify(&self, seed: [u8; 32]) -> Result<(), SignatureError> {
        let [method, target_uri, token, digest, signature_input, signature] = &self.parts;
        let headers = [
            ("Authorization", token.as_str()),
            ("Content-Digest", digest),
            ("Signature-Input", signature_input),
            ("Signature", signature),
        ];
        let request = Request { method, target_uri, headers: &headers };
        let key = SecretKey::from_seed(seed).public_key();
        SignatureInput::parse(&headers)?.verify(&request, &key)
    }
}

fn signed() -> impl Strategy<Value = ([u8; 32], Signed)> {
    let parts = (any::<[u8; 32]>(), "[a-z0-9/?=%-]{0,20}", "GNAP [!-~]{1,20}", any::<Vec<u8>>(), "[ -~]{0,20}");
    parts.prop_map(|(seed, path, token, body, nonce)| (seed, Signed::new(seed, &path, &token, &body, &nonce)))
}

proptest! {
    #[test]
    fn what_is_signed_verifies((seed, signed) in signed()) {
        prop_assert_eq!(signed.verify(seed), Ok(()));
    }

    #[test]
    fn another_key_does_not_verify((seed, signed) in signed(), other in any::<[u8; 32]>()) {
        prop_assume!(seed != other);
        prop_assert_eq!(signed.verify(other), Err(SignatureError::SignatureMismatch));
    }

    #[test]
    fn any_changed_byte_fails(
        (seed, signed) in signed(),
        part in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        replacement in 0u8..128,
    ) {
        let mut tampered = signed.clone();
        let part = part.index(tampered.parts.len());
        let mut bytes = tampered.parts[part].clone().into_bytes();
        let position = position.index(bytes.len());
        bytes[position] = replacement;
        tampered.parts[part] = String::from_utf8(bytes).unwrap();
        prop_assume!(tampered != signed);
        prop_assert!(tampered.verify(seed).is_err(), "{:?}", tampered);
    }

    #[test]
    fn any_changed_bit_of_a_body_fails(
        body in prop::collection::vec(any::<u8>(), 1..200),
        position in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let digest = content_digest(&body);
        prop_assert_eq!(verify_content_digest(&digest, &body), Ok(()));
        let mut other = body;
        let position = position.index(other.len());
        other[position] ^= 1 << bit;
        prop_assert_eq!(verify_content_digest(&digest, &other), Err(SignatureError::DigestMismatch));
    }

    #[test]
    fn arbitrary_headers_never_panic(input in ".{0,200}", signature in ".{0,200}") {
        let headers = [("signature-input", input.as_str()), ("signature", &signature)];
        let _ = SignatureInput::parse(&headers);
        let _ = verify_content_digest(&input, b"");
    }

    #[test]
    fn headers_that_look_right_never_panic(
        input in r#"sig1=\(("[a-z@;-]{0,9}" ?){0,4}\)(;[a-z]{1,8}=["0-9:\\]{0,20}){0,4}"#,
        signature in "sig1=:[A-Za-z0-9+/=]{0,100}:",
        method in ".{0,9}",
        target_uri in ".{0,40}",
    ) {
        let headers = [("signature-input", input.as_str()), ("signature", &signature)];
        let request = Request { method: &method, target_uri: &target_uri, headers: &headers };
        if let Ok(signature) = SignatureInput::parse(&headers) {
            let key = SecretKey::from_seed([1; 32]).public_key();
            prop_assert!(signature.verify(&request, &key).is_err());
        }
    }
}
