use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};

use super::keys::KeyRing;
use crate::store::Key;

/// How many random bytes a seal needs.
pub(crate) const NONCE_LENGTH: usize = 24;

/// Encrypts what the store keeps, bound to the place where it is kept: whoever can read or write
/// the store learns nothing and can swap nothing. The nonce is random and stands in front.
pub(crate) fn seal(keys: &KeyRing, place: &Key, nonce: &[u8; NONCE_LENGTH], plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: place.as_bytes() };
    let sealed = keys
        .current()
        .seal()
        .encrypt(<&XNonce>::from(nonce), payload)
        .expect("what is sealed is far shorter than the cipher's limit");
    [nonce.as_slice(), &sealed].concat()
}

/// Opens what was sealed with any key of the ring; nothing if it was not, or for another place.
pub(crate) fn open(keys: &KeyRing, place: &Key, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    keys.all().find_map(|key| {
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        key.seal().decrypt(<&XNonce>::from(nonce), payload).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_ring_opens_it_and_only_in_its_place() {
        let keys = KeyRing::from_seed([1; 32]);
        let place = Key::of("test", &[b"a"]);
        let sealed = seal(&keys, &place, &[9; NONCE_LENGTH], b"secret");
        assert_eq!(open(&keys, &place, &sealed).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(open(&keys, &Key::of("test", &[b"b"]), &sealed), None);
        assert_eq!(open(&KeyRing::from_seed([2; 32]), &place, &sealed), None);
        assert_eq!(open(&keys, &place, &sealed[..10]), None);
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
    }
}
