//! What the proxy keeps, each with a time to live: rate-limit counters, stored replies by nonce,
//! sealed replies of rotations, and how a wallet wants us to introduce ourselves.

mod memory;
#[cfg(test)]
mod suite;

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;

use open_payments::Timestamp;
use sha2::{Digest, Sha256};

pub use memory::MemoryStore;

/// Where something is kept. A hash, so that a store never holds whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The place for these parts, apart from those of every other purpose.
    pub fn of(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in [&[purpose.as_bytes()], parts].concat() {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// One thing to do, at once and undivided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Counts one request, if the rate allows it: a full minute's worth may come at once, and
    /// after that no more than the rate (GCRA). Answered by `Done` or `TooSoon`.
    Take {
        /// The counter.
        key: Key,
        /// The rate.
        per_minute: NonZeroU32,
    },
    /// Puts a value where there is none. Answered by `Done` or `Found`.
    Claim {
        /// Where.
        key: Key,
        /// What.
        value: Vec<u8>,
        /// For how many milliseconds.
        life: i64,
    },
    /// Puts a value, in place of whatever is there. Answered by `Done`.
    Put {
        /// Where.
        key: Key,
        /// What.
        value: Vec<u8>,
        /// For how many milliseconds.
        life: i64,
    },
    /// Reads a value. Answered by `Found` or `Missing`.
    Get {
        /// Where.
        key: Key,
    },
    /// Forgets a value. Answered by `Done`.
    Remove {
        /// Where.
        key: Key,
    },
}

impl Operation {
    pub(crate) fn claim(key: Key, value: Vec<u8>, life: i64) -> Self {
        Self::Claim { key, value, life }
    }

    pub(crate) fn put(key: Key, value: Vec<u8>, life: i64) -> Self {
        Self::Put { key, value, life }
    }
}

/// What comes of an [`Operation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// There is a value.
    Found(Vec<u8>),
    /// There is none.
    Missing,
    /// The rate is exceeded; so many milliseconds later it will not be.
    TooSoon {
        /// Milliseconds, at least one.
        wait: i64,
    },
}

/// A store's answer, some time later.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Memory for one process, a file for one machine, a server for many.
pub trait Store: Send + Sync {
    /// Does one thing, at the given time.
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_>;
}
