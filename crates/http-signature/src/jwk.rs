//! Ed25519 public keys as JSON Web Keys (RFC 7517, RFC 8037) and their thumbprints (RFC 7638).

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{PublicKey, SignatureError};

/// A public key as wallets list it in their `jwks.json`. Members it does not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, json::Read, json::Write)]
pub struct Jwk {
    /// Names the key among those of its owner; a signature's `keyid`.
    pub kid: String,
    /// The signature algorithm, `EdDSA`.
    pub alg: String,
    /// The key type, `OKP`.
    pub kty: String,
    /// The curve, `Ed25519`.
    pub crv: String,
    /// What the key is for: absent, or `sig`.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The public key, unpadded base64url of 32 bytes.
    pub x: String,
}

impl PublicKey {
    /// This key as a JWK under the given name.
    #[must_use]
    pub fn to_jwk(&self, kid: impl Into<String>) -> Jwk {
        Jwk {
            kid: kid.into(),
            alg: "EdDSA".to_owned(),
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            use_: None,
            x: self.to_base64url(),
        }
    }

    /// The JWK thumbprint (RFC 7638, RFC 8037 section 2): unpadded base64url of a SHA-256.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.to_base64url());
        Base64UrlUnpadded::encode_string(&Sha256::digest(canonical))
    }
}

impl TryFrom<&Jwk> for PublicKey {
    type Error = SignatureError;

    /// # Errors
    /// [`SignatureError::UnsupportedJwk`] names the member that is not an Ed25519 signature key's;
    /// [`SignatureError::InvalidPublicKey`] if `x` is no such key.
    fn try_from(jwk: &Jwk) -> Result<Self, SignatureError> {
        let expected = [
            ("kty", jwk.kty == "OKP"),
            ("crv", jwk.crv == "Ed25519"),
            ("alg", jwk.alg == "EdDSA"),
            ("use", jwk.use_.as_deref().is_none_or(|use_| use_ == "sig")),
        ];
        match expected.iter().find(|(_, holds)| !holds) {
            Some((member, _)) => Err(SignatureError::UnsupportedJwk(member)),
            None => Self::from_base64url(&jwk.x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SecretKey, Signer};

    /// RFC 8037, appendix A.2.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn public_key_of_rfc_8037_a_1_and_a_2() {
        let mut seed = [0; 32];
        Base64UrlUnpadded::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", &mut seed).unwrap();
        assert_eq!(SecretKey::from_seed(seed).public_key().to_base64url(), X);
    }

    #[test]
    fn thumbprint_of_rfc_8037_a_3() {
        let key = PublicKey::from_base64url(X).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn json_has_a_fixed_form_and_is_read_back() {
        let jwk = PublicKey::from_base64url(X).unwrap().to_jwk("key-1");
        let json = serde_json::to_string(&jwk).unwrap();
        assert_eq!(json, format!(r#"{{"kid":"key-1","alg":"EdDSA","kty":"OKP","crv":"Ed25519","x":"{X}"}}"#));
        assert_eq!(serde_json::from_str::<Jwk>(&json).unwrap(), jwk);
    }

    #[test]
    fn every_member_is_checked() {
        let good = PublicKey::from_base64url(X).unwrap().to_jwk("key-1");
        let with_use = |use_: &str| Jwk { use_: Some(use_.to_owned()), ..good.clone() };
        assert!(PublicKey::try_from(&good).is_ok());
        assert!(PublicKey::try_from(&with_use("sig")).is_ok());

        let other = || "other".to_owned();
        let refused = [
            ("kty", Jwk { kty: other(), ..good.clone() }),
            ("crv", Jwk { crv: other(), ..good.clone() }),
            ("alg", Jwk { alg: other(), ..good.clone() }),
            ("use", with_use("enc")),
        ];
        for (member, jwk) in refused {
            assert_eq!(PublicKey::try_from(&jwk), Err(SignatureError::UnsupportedJwk(member)));
        }
    }
}
