use sha2::{Digest, Sha256};

/// Unguessable texts, as many as one input needs, from the randomness that came with it.
pub(crate) struct Entropy {
    seed: [u8; 32],
    drawn: u32,
}

impl Entropy {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A nonce of 128 bits in hexadecimal digits.
    pub(crate) fn nonce(&mut self) -> String {
        self.drawn += 1;
        let hash = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        let halves = hash.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
        halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
    }
}
