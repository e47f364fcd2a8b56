use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// Randomness for one request: a seed from outside, stretched to as many values as are needed.
#[derive(Debug)]
pub(crate) struct Entropy {
    seed: [u8; 32],
    drawn: u64,
}

impl Entropy {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A random UUID (RFC 9562, version 4).
    pub(crate) fn id(&mut self) -> String {
        let mut bytes = self.draw();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex(&bytes[..16]);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// 128 random bits in upper-case hexadecimal digits: a token or a nonce.
    pub(crate) fn token(&mut self) -> String {
        hex(&self.draw()[..16]).to_ascii_uppercase()
    }

    /// 256 random bits in base64url.
    pub(crate) fn shared_secret(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.draw())
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_and_have_their_shape() {
        let mut entropy = Entropy::new([7; 32]);
        let (first, second) = (entropy.id(), entropy.id());
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(&first[14..15], "4");
        assert!(matches!(&first[19..20], "8" | "9" | "a" | "b"));
        assert_eq!(entropy.token().len(), 32);
        assert_eq!(Entropy::new([7; 32]).id(), first);
    }
}
