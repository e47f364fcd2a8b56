//! Whether a request was signed by its client, as Open Payments demands (RFC 9421, RFC 9530).

use http_signature::{Jwk, PublicKey, SignatureInput, verify_content_digest};
use open_payments::Timestamp;

use crate::message::Request;

/// How far `created` may be from the wallet's clock.
pub(crate) const FRESH_MILLIS: i64 = 5 * 60 * 1000;

/// How much a signature has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything that Open Payments asks for, freshly signed.
    Strict,
    /// What reference wallets accept: an absent or ancient `created`, and a body whose digest is
    /// not covered; and the spelling of the Rust crate `open-payments`.
    Lenient,
}

/// What is wrong with a request's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// A signature header is missing.
    Missing,
    /// A signature header cannot be read.
    Malformed(String),
    /// The key is not one of the client's.
    KeyUnknown(Option<String>),
    /// The key did not sign this request.
    Mismatch(Option<String>),
    /// It does not prove what it has to.
    Insufficient { reason: String, key_id: Option<String> },
}

/// Checks the signature over a request with the client's keys.
pub(crate) fn verify(request: &Request, keys: &[Jwk], mode: Mode, now: Timestamp) -> Result<(), SignatureFault> {
    if ["signature-input", "signature"].iter().any(|name| request.header(name).is_none()) {
        return Err(SignatureFault::Missing);
    }
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let input = match mode {
        Mode::Strict => SignatureInput::parse(&headers),
        Mode::Lenient => SignatureInput::parse_lenient(&headers),
    };
    let input = input.map_err(|error| SignatureFault::Malformed(error.to_string()))?;
    let key_id = input.parameters().keyid.clone();
    let listed = keys.iter().find(|jwk| key_id.as_ref() == Some(&jwk.kid));
    let key = listed.and_then(|jwk| PublicKey::try_from(jwk).ok());
    let Some(key) = key else { return Err(SignatureFault::KeyUnknown(key_id)) };

    let signed =
        http_signature::Request { method: &request.method, target_uri: request.target.as_str(), headers: &headers };
    input.verify(&signed, &key).map_err(|_| SignatureFault::Mismatch(key_id.clone()))?;
    let insufficient = |reason: String| SignatureFault::Insufficient { reason, key_id: key_id.clone() };
    let required = required_components(request, mode);
    if let Some(missing) = required.iter().find(|name| !input.covers(&[name])) {
        return Err(insufficient(format!("the signature does not cover {missing}")));
    }
    check_body(request, mode).map_err(|reason| insufficient(reason.to_owned()))?;
    if mode == Mode::Strict {
        let created = input.parameters().created.and_then(|seconds| i64::try_from(seconds).ok());
        let created = created.ok_or_else(|| insufficient("the signature has no created parameter".to_owned()))?;
        if (now.millis() - created.saturating_mul(1000)).abs() > FRESH_MILLIS {
            return Err(insufficient("created is more than five minutes from now".to_owned()));
        }
    }
    Ok(())
}

fn required_components(request: &Request, mode: Mode) -> Vec<&'static str> {
    let mut required = vec!["@method", "@target-uri"];
    if request.header("authorization").is_some() {
        required.push("authorization");
    }
    if mode == Mode::Strict && !request.body.is_empty() {
        required.extend(["content-digest", "content-length", "content-type"]);
    }
    required
}

/// The digest is made of the received bytes, and of nothing that was parsed from them.
fn check_body(request: &Request, mode: Mode) -> Result<(), &'static str> {
    match request.header("content-digest") {
        Some(digest) => {
            verify_content_digest(digest, &request.body).map_err(|_| "the content digest does not match")?
        }
        None if request.body.is_empty() || mode == Mode::Lenient => {}
        None => return Err("there is no content digest"),
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    if mode == Mode::Strict && !request.body.is_empty() && length != Some(request.body.len()) {
        return Err("the content length does not match");
    }
    Ok(())
}
