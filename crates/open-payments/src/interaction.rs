use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use crate::Url;

/// The interaction hash (RFC 9635 section 4.2.3): padded base64 of SHA-256 over the client's
/// nonce, the wallet's, the interaction reference and the URL of the grant request.
pub fn interaction_hash(client_nonce: &str, wallet_nonce: &str, reference: &str, grant_url: &str) -> String {
    let message = format!("{client_nonce}\n{wallet_nonce}\n{reference}\n{grant_url}");
    Base64::encode_string(&Sha256::digest(message.as_bytes()))
}

/// Whether a hash proves that the reference comes from the wallet that answered the grant
/// request. Padding may be missing; wallets differ on whether the grant URL ends in a slash.
pub fn verify_interaction_hash(
    hash: &str,
    client_nonce: &str,
    wallet_nonce: &str,
    reference: &str,
    grant: &Url,
) -> bool {
    let given = hash.trim_end_matches('=');
    let bare = grant.as_str().trim_end_matches('/');
    [bare.to_owned(), format!("{bare}/")]
        .iter()
        .any(|url| interaction_hash(client_nonce, wallet_nonce, reference, url).trim_end_matches('=') == given)
}

/// What the finish redirect says about the user's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The user accepted.
    Accepted {
        /// To be checked with [`verify_interaction_hash`].
        hash: String,
        /// To continue the grant with.
        reference: String,
    },
    /// The user declined (`grant_rejected`, `request_denied`).
    Declined,
    /// The grant was not in a state to be decided, or nothing that makes sense was said.
    Invalid,
}

impl Decision {
    /// Reads the query of the finish URL, form-encoded.
    pub fn parse(query: &str) -> Self {
        let value = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        match value("result") {
            Some("grant_rejected" | "request_denied") => return Self::Declined,
            Some(_) => return Self::Invalid,
            None => {}
        }
        match (value("hash").and_then(form_decode), value("interact_ref").and_then(form_decode)) {
            (Some(hash), Some(reference)) if !reference.is_empty() => Self::Accepted { hash, reference },
            _ => Self::Invalid,
        }
    }
}

/// Decodes one value of a form-encoded query; nothing if it is malformed or not printable ASCII.
fn form_decode(value: &str) -> Option<String> {
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            other => other,
        };
        let printable = byte.is_ascii_graphic() || byte == b' ';
        decoded.push(char::from(Some(byte).filter(|_| printable)?));
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 9635 section 4.2.3 gives this example for the same inputs, hashed with SHA-256.
    #[test]
    fn agrees_with_the_example_of_the_rfc() {
        let hash = interaction_hash(
            "VJLO6A4CATR0KRO",
            "MBDOFXG4Y5CVJCX821LH",
            "4IFWWIKYB2PQ6U56NL1",
            "https://server.example.com/tx",
        );
        assert_eq!(
            hash.trim_end_matches('=').replace('+', "-").replace('/', "_"),
            "x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY"
        );
    }

    #[test]
    fn padding_and_slash_may_differ_but_nothing_else() {
        let grant = Url::parse("https://auth.w.example").unwrap();
        for url in ["https://auth.w.example", "https://auth.w.example/"] {
            let hash = interaction_hash("a", "b", "c", url);
            assert!(verify_interaction_hash(&hash, "a", "b", "c", &grant));
            assert!(verify_interaction_hash(hash.trim_end_matches('='), "a", "b", "c", &grant));
            assert!(!verify_interaction_hash(&hash, "a", "b", "d", &grant));
        }
        assert!(!verify_interaction_hash("", "a", "b", "c", &grant));
    }

    #[test]
    fn reads_the_decision() {
        let accepted = Decision::Accepted { hash: "a+b/c=".to_owned(), reference: "1-2".to_owned() };
        assert_eq!(Decision::parse("hash=a%2Bb%2Fc%3D&interact_ref=1-2"), accepted);
        assert_eq!(Decision::parse("interact_ref=1-2&hash=a%2bb/c%3d&x"), accepted);
        assert_eq!(Decision::parse("result=grant_rejected"), Decision::Declined);
        for invalid in [
            "",
            "result=grant_invalid",
            "result=unknown_interaction",
            "hash=a",
            "hash=a&interact_ref=",
            "hash=%2&interact_ref=1",
            "hash=%00&interact_ref=1",
        ] {
            assert_eq!(Decision::parse(invalid), Decision::Invalid, "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(query in "\\PC{0,60}") {
            let _ = Decision::parse(&query);
        }
    }
}
