//! The request examples of RFC 9421, appendix B.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use base64ct::{Base64UrlUnpadded, Encoding};
use http_signature::{
    Parameters, PublicKey, Request, SecretKey, Signature, SignatureError, SignatureInput, Signer, sign,
    verify_content_digest,
};
use std::cell::RefCell;

/// Appendix B.1.4, `test-key-ed25519`.
const PUBLIC_KEY: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
const SECRET_KEY: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";

/// Appendix B.2, `test-request`.
const BODY: &[u8] = b"{\"hello\": \"world\"}";
const TEST_REQUEST: Request<'static> = Request {
    method: "POST",
    target_uri: "https://example.com/foo?param=Value&Pet=dog",
    headers: &[
        ("Host", "example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        (
            "Content-Digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("Content-Length", "18"),
    ],
};

fn secret_key() -> SecretKey {
    let mut seed = [0; 32];
    Base64UrlUnpadded::decode(SECRET_KEY, &mut seed).unwrap();
    SecretKey::from_seed(seed)
}

fn public_key() -> PublicKey {
    PublicKey::from_base64url(PUBLIC_KEY).unwrap()
}

/// Keeps the signature base it is asked to sign.
struct Recorder(RefCell<String>);

impl Signer for Recorder {
    fn public_key(&self) -> PublicKey {
        public_key()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        *self.0.borrow_mut() = String::from_utf8(message.to_vec()).unwrap();
        Signature([0; 64])
    }
}

fn base(components: &[&str], parameters: &Parameters) -> String {
    let recorder = Recorder(RefCell::default());
    sign(&TEST_REQUEST, components, parameters, &recorder).unwrap();
    recorder.0.into_inner()
}

fn parameters(keyid: &str) -> Parameters {
    Parameters { created: Some(1_618_884_473), keyid: Some(keyid.to_owned()), ..Parameters::default() }
}

#[test]
fn b_1_4_keys_belong_together() {
    assert_eq!(secret_key().public_key(), public_key());
}

#[test]
fn b_2_digest_of_the_request() {
    let digest = TEST_REQUEST.header("content-digest").unwrap();
    assert_eq!(verify_content_digest(&digest, BODY), Ok(()));
}

#[test]
fn b_2_1_minimal_signature_base() {
    // Our order of parameters puts the nonce after the key, as here.
    let parameters = Parameters { nonce: Some("b3k2pp5k7z-50gnwp.yemd".to_owned()), ..parameters("test-key-rsa-pss") };
    assert_eq!(
        base(&[], &parameters),
        r#""@signature-params": ();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#
    );
}

#[test]
fn b_2_2_selective_components_need_a_component_parameter() {
    let headers = [
        (
            "Signature-Input",
            r#"sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example""#,
        ),
        ("Signature", "sig-b22=:AAAA:"),
    ];
    assert_eq!(SignatureInput::parse(&headers), Err(SignatureError::UnsupportedComponent("@query-param;…".to_owned())));
}

#[test]
fn b_2_3_full_coverage_signature_base() {
    let components =
        ["date", "@method", "@path", "@query", "@authority", "content-type", "content-digest", "content-length"];
    let expected = r#""date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@query": ?param=Value&Pet=dog
"@authority": example.com
"content-type": application/json
"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#;
    assert_eq!(base(&components, &parameters("test-key-rsa-pss")), expected);
}

#[test]
fn b_2_5_shared_secret_signature_base() {
    let expected = r#""date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#;
    assert_eq!(base(&["date", "@authority", "content-type"], &parameters("test-shared-secret")), expected);
}

const B_2_6_INPUT: &str = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
const B_2_6_SIGNATURE: &str =
    ":wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";

#[test]
fn b_2_6_exact_signature() {
    let components = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
    let headers = sign(&TEST_REQUEST, &components, &parameters("test-key-ed25519"), &secret_key()).unwrap();
    assert_eq!(headers.signature_input, format!("sig1={B_2_6_INPUT}"));
    assert_eq!(headers.signature, format!("sig1={B_2_6_SIGNATURE}"));
}

#[test]
fn b_2_6_verifies_under_its_own_label() {
    let (input, signature) = (format!("sig-b26={B_2_6_INPUT}"), format!("sig-b26={B_2_6_SIGNATURE}"));
    let headers = [("Signature-Input", input.as_str()), ("Signature", signature.as_str())];
    let signature = SignatureInput::parse(&headers).unwrap();
    assert_eq!(signature.parameters(), &parameters("test-key-ed25519"));
    assert!(signature.covers(&["@method", "date"]));
    assert!(!signature.covers(&["@method", "content-digest"]));
    assert_eq!(signature.verify(&TEST_REQUEST, &public_key()), Ok(()));

    let other = Request { method: "PUT", ..TEST_REQUEST };
    assert_eq!(signature.verify(&other, &public_key()), Err(SignatureError::SignatureMismatch));
}

/// Appendix B.4: what an intermediary may change, and what it may not.
#[test]
fn b_4_transformations() {
    let signature = SignatureInput::parse(&[
        (
            "Signature-Input",
            r#"transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519""#,
        ),
        (
            "Signature",
            "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
        ),
    ])
    .unwrap();
    let verify = |method, target_uri, headers: &[(&str, &str)]| {
        let request = Request { method, target_uri, headers };
        signature.verify(&request, &public_key())
    };
    let original = "https://example.org/demo?name1=Value1&Name2=value2";
    let two_lines = [("Accept", "application/json"), ("Accept", "*/*")];
    let one_line = [("accept", "application/json, */*")];
    let other_order = [("Accept", "*/*"), ("Accept", "application/json")];

    assert_eq!(verify("GET", original, &two_lines), Ok(()));
    assert_eq!(verify("GET", original, &one_line), Ok(()));
    assert_eq!(verify("GET", "https://example.org/demo?name1=Value1&param=added", &two_lines), Ok(()));
    assert_eq!(verify("GET", "https://EXAMPLE.org:443/demo", &two_lines), Ok(()));

    let mismatch = Err(SignatureError::SignatureMismatch);
    assert_eq!(verify("GET", original, &other_order), mismatch);
    assert_eq!(verify("POST", original, &two_lines), mismatch);
    assert_eq!(verify("GET", "https://example.com/demo", &two_lines), mismatch);
}
