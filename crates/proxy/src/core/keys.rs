use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use http_signature::{Jwk, PublicKey, SecretKey, Signer};
use open_payments::Secret;
use pasetors::keys::{AsymmetricPublicKey, AsymmetricSecretKey};
use pasetors::version4::V4;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ProxyError;

/// The proxy's keys. The first one signs and seals, all of them verify and open, so keys are
/// replaced by putting a new one in front and dropping the last one a session's life later.
#[derive(Debug)]
pub struct KeyRing {
    current: KeySet,
    earlier: Vec<KeySet>,
}

/// What grows out of one seed, each part under a label of its own (HKDF, RFC 5869).
pub(crate) struct KeySet {
    id: String,
    seed: Zeroizing<[u8; 32]>,
    session_secret: AsymmetricSecretKey<V4>,
    session_public: AsymmetricPublicKey<V4>,
    client: SecretKey,
    seal: XChaCha20Poly1305,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: String,
    seed: Secret,
}

impl KeyRing {
    /// A ring with one key, grown from 32 random bytes and named by its thumbprint.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let thumbprint = client_key(&seed).public_key().thumbprint();
        Self { current: KeySet::new(thumbprint, seed), earlier: Vec::new() }
    }

    /// Reads what [`to_json`](Self::to_json) writes.
    ///
    /// # Errors
    /// [`ProxyError::Keys`] if it is something else, has no key, or two of the same id.
    pub fn parse(json: &str) -> Result<Self, ProxyError> {
        let file: KeyFile = serde_json::from_str(json).map_err(|error| ProxyError::Keys(error.to_string()))?;
        let mut keys: Vec<KeySet> = Vec::new();
        for entry in file.keys {
            if entry.id.is_empty() || keys.iter().any(|key| key.id == entry.id) {
                return Err(ProxyError::Keys(format!("the id {:?} is empty or not unique", entry.id)));
            }
            let mut seed = [0; 32];
            let length = Base64UrlUnpadded::decode(entry.seed.expose(), &mut seed).map(<[u8]>::len);
            if length != Ok(32) {
                return Err(ProxyError::Keys(format!("the seed of {:?} is not 32 bytes of base64url", entry.id)));
            }
            keys.push(KeySet::new(entry.id, seed));
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or_else(|| ProxyError::Keys("there is none".to_owned()))?;
        Ok(Self { current, earlier: keys.collect() })
    }

    /// The content of the key file: `{"keys":[{"id","seed"}]}`, seeds in base64url.
    pub fn to_json(&self) -> Zeroizing<String> {
        let entry = |key: &KeySet| KeyEntry {
            id: key.id.clone(),
            seed: Secret::new(Base64UrlUnpadded::encode_string(key.seed.as_ref())),
        };
        let file = KeyFile { keys: self.all().map(entry).collect() };
        Zeroizing::new(serde_json::to_string(&file).expect("a list of strings is always JSON"))
    }

    pub(crate) fn current(&self) -> &KeySet {
        &self.current
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&KeySet> {
        self.all().find(|key| key.id == id)
    }
}

impl KeySet {
    fn new(id: String, seed: [u8; 32]) -> Self {
        let session_seed = derive(&seed, "session");
        let session_public = SecretKey::from_seed(*session_seed).public_key();
        let pair = Zeroizing::new([session_seed.as_slice(), session_public.as_bytes()].concat());
        Self {
            id,
            session_secret: AsymmetricSecretKey::from(&pair).expect("a seed with its own public key is a key pair"),
            session_public: AsymmetricPublicKey::from(session_public.as_bytes())
                .expect("32 bytes of a public key are one"),
            client: client_key(&seed),
            seal: XChaCha20Poly1305::new(<&Key>::from(&*derive(&seed, "seal"))),
            seed: Zeroizing::new(seed),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Signs sessions.
    pub(crate) fn session_secret(&self) -> &AsymmetricSecretKey<V4> {
        &self.session_secret
    }

    /// Verifies sessions.
    pub(crate) fn session_public(&self) -> &AsymmetricPublicKey<V4> {
        &self.session_public
    }

    /// Signs what the proxy itself asks of receiving wallets.
    pub(crate) fn client(&self) -> &SecretKey {
        &self.client
    }

    /// The public half of [`client`](Self::client), as wallets are told it.
    pub(crate) fn client_jwk(&self) -> Jwk {
        let key: PublicKey = self.client.public_key();
        key.to_jwk(self.id.clone())
    }

    /// Seals what is kept for a repeated request.
    pub(crate) fn seal(&self) -> &XChaCha20Poly1305 {
        &self.seal
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("id", &self.id).finish_non_exhaustive()
    }
}

fn client_key(seed: &[u8; 32]) -> SecretKey {
    SecretKey::from_seed(*derive(seed, "client"))
}

fn derive(seed: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed)
        .expand(format!("rivulet proxy {label} 1").as_bytes(), key.as_mut())
        .expect("32 bytes are no more than HKDF gives");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_written_and_read_back() {
        let ring = KeyRing::from_seed([1; 32]);
        let read = KeyRing::parse(&ring.to_json()).unwrap();
        assert_eq!(read.current().client_jwk(), ring.current().client_jwk());
        assert_eq!(read.current().id(), ring.current().id());
    }

    #[test]
    fn the_first_key_signs_and_all_are_found() {
        let seed = Base64UrlUnpadded::encode_string(&[7; 32]);
        let json = format!(r#"{{"keys":[{{"id":"new","seed":"{seed}"}},{{"id":"old","seed":"{seed}"}}]}}"#);
        let ring = KeyRing::parse(&json).unwrap();
        assert_eq!(ring.current().id(), "new");
        assert!(ring.by_id("old").is_some() && ring.by_id("older").is_none());
        assert!(!format!("{ring:?}").contains(&seed));
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let seed = Base64UrlUnpadded::encode_string(&[7; 32]);
        for json in [
            String::new(),
            r#"{"keys":[]}"#.to_owned(),
            r#"{"keys":[{"id":"a","seed":"AAAA"}]}"#.to_owned(),
            format!(r#"{{"keys":[{{"id":"","seed":"{seed}"}}]}}"#),
            format!(r#"{{"keys":[{{"id":"a","seed":"{seed}"}},{{"id":"a","seed":"{seed}"}}]}}"#),
        ] {
            assert!(matches!(KeyRing::parse(&json), Err(ProxyError::Keys(_))), "{json}");
        }
    }
}
