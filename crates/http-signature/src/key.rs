//! Ed25519 keys and signatures (RFC 8032).

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroize;

use crate::SignatureError;

/// An Ed25519 signature: 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// Whoever can sign with an Ed25519 key: the key itself, or something that keeps it elsewhere.
pub trait Signer {
    /// The key that verifies what [`Signer::sign`] makes.
    fn public_key(&self) -> PublicKey;

    /// Signs the bytes as they are, without hashing them first.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// An Ed25519 public key: a point of the curve that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of a compressed point.
    ///
    /// # Errors
    /// [`SignatureError::InvalidPublicKey`] if they are not a point, or one of small order, under which
    /// signatures prove nothing.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SignatureError> {
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(SignatureError::InvalidPublicKey),
        }
    }

    /// The 32 bytes of the compressed point.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Reads unpadded base64url of the 32 bytes, as in a JWK's `x`.
    ///
    /// # Errors
    /// [`SignatureError::InvalidPublicKey`] if it is anything else.
    pub fn from_base64url(text: &str) -> Result<Self, SignatureError> {
        let mut buffer = [0; 32];
        Base64UrlUnpadded::decode(text, &mut buffer)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(SignatureError::InvalidPublicKey)
            .and_then(Self::from_bytes)
    }

    /// Unpadded base64url of the 32 bytes, 43 characters.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        Base64UrlUnpadded::encode_string(self.as_bytes())
    }

    /// Checks a signature over a message, refusing every malleable form of it.
    ///
    /// # Errors
    /// [`SignatureError::SignatureMismatch`] if this key did not sign this message.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError::SignatureMismatch)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({})", self.to_base64url())
    }
}

/// An Ed25519 secret key, wiped from memory when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key that grows from a 32-byte seed (RFC 8032, section 5.1.5; a JWK's `d`).
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self(key)
    }
}

impl Signer for SecretKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_of_a_secret_key_is_redacted() {
        let key = SecretKey::from_seed([7; 32]);
        assert_eq!(format!("{key:?}"), "SecretKey(redacted)");
    }

    #[test]
    fn base64url_round_trips() {
        let key = SecretKey::from_seed([7; 32]).public_key();
        assert_eq!(PublicKey::from_base64url(&key.to_base64url()), Ok(key));
    }

    #[test]
    fn keys_of_the_wrong_length_or_alphabet_are_refused() {
        let text = SecretKey::from_seed([7; 32]).public_key().to_base64url();
        for wrong in ["", &text[..42], &format!("{text}A"), &format!("{text}=")] {
            assert_eq!(PublicKey::from_base64url(wrong), Err(SignatureError::InvalidPublicKey));
        }
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(PublicKey::from_bytes(&neutral), Err(SignatureError::InvalidPublicKey));
    }

    #[test]
    fn another_key_does_not_verify() {
        let signature = SecretKey::from_seed([1; 32]).sign(b"message");
        let other = SecretKey::from_seed([2; 32]).public_key();
        assert_eq!(other.verify(b"message", &signature), Err(SignatureError::SignatureMismatch));
    }
}
