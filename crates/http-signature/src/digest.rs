//! Content digests (RFC 9530).

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256, Sha512};

use crate::{SignatureError, structured_field::Cursor};

/// The value of a `Content-Digest` field for a body: `sha-512=:…:`.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-512=:{}:", Base64::encode_string(&Sha512::digest(body)))
}

/// Checks a `Content-Digest` value against a body. Every `sha-256` and `sha-512` in it must match;
/// other algorithms beside them are ignored.
///
/// # Errors
/// [`SignatureError::MalformedField`], [`SignatureError::DigestMismatch`], or [`SignatureError::UnknownDigest`] if no member
/// is of an algorithm known here.
pub fn verify_content_digest(header: &str, body: &[u8]) -> Result<(), SignatureError> {
    let mut known = false;
    for (algorithm, digest) in Cursor::dictionary(header, Cursor::byte_sequence)? {
        let matches = match algorithm {
            "sha-256" => digest == Sha256::digest(body).as_slice(),
            "sha-512" => digest == Sha512::digest(body).as_slice(),
            _ => continue,
        };
        if !matches {
            return Err(SignatureError::DigestMismatch);
        }
        known = true;
    }
    if known { Ok(()) } else { Err(SignatureError::UnknownDigest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of most examples of RFC 9530, with its trailing line feed.
    const BODY: &[u8] = b"{\"hello\": \"world\"}\n";
    /// RFC 9530, appendix B.1.
    const SHA_256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    /// RFC 9530, section 2.
    const SHA_512: &str =
        "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";
    /// RFC 9530, appendix D, and RFC 9421, appendix B.2: the body without its line feed.
    const WITHOUT_LINE_FEED: &str =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    #[test]
    fn digests_of_the_specifications() {
        assert_eq!(content_digest(BODY), SHA_512);
        assert_eq!(content_digest(&BODY[..18]), WITHOUT_LINE_FEED);
        assert_eq!(verify_content_digest(SHA_256, BODY), Ok(()));
        assert_eq!(verify_content_digest(SHA_512, BODY), Ok(()));
    }

    #[test]
    fn every_known_digest_must_match() {
        let both = format!("{SHA_256}, {SHA_512}");
        assert_eq!(verify_content_digest(&both, BODY), Ok(()));
        let one_wrong = format!("{SHA_256},{WITHOUT_LINE_FEED}");
        assert_eq!(verify_content_digest(&one_wrong, BODY), Err(SignatureError::DigestMismatch));
        assert_eq!(verify_content_digest("sha-256=::", BODY), Err(SignatureError::DigestMismatch));
    }

    #[test]
    fn an_unknown_algorithm_counts_only_beside_a_known_one() {
        let beside = format!("md5=:AAAA:, {SHA_512}");
        assert_eq!(verify_content_digest(&beside, BODY), Ok(()));
        for unknown in ["md5=:AAAA:", ""] {
            assert_eq!(verify_content_digest(unknown, BODY), Err(SignatureError::UnknownDigest));
        }
    }

    #[test]
    fn what_is_not_a_dictionary_of_bytes_is_refused() {
        for malformed in ["sha-512", "sha-512=1", "sha-512=:A:", "sha-512=:AAAA", ","] {
            assert!(
                matches!(verify_content_digest(malformed, BODY), Err(SignatureError::MalformedField(_))),
                "{malformed}"
            );
        }
    }
}
