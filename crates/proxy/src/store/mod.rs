//! What the proxy keeps, each with a time to live: rate-limit counters, stored replies by nonce,
//! sealed replies of rotations, which wallets are left alone for a while, and how a wallet wants us
//! to introduce ourselves.
//!
//! A store can be down, slow or full. Then:
//!
//! | for | the request |
//! |---|---|
//! | a rate-limit counter | is counted by this process alone ([`Steady`]) |
//! | a reply by nonce | goes on: a payment is made from a quote, which the wallet honours once, and the rest does no harm when it is done twice |
//! | a rotation's claim | is refused before the wallet hears of it: the old token dies with the wallet's answer, which must not get lost |
//! | a rotation's reply, once it is made | is answered, though not kept for a repeat |
//! | how to introduce ourselves | goes on as if nothing were known |
//! | the state of a wallet's circuit | goes on with what this process has seen |

mod location;
mod memory;
pub(crate) mod rate;
mod redis;
mod sqlite;
mod steady;

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;

use open_payments::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use location::StoreLocation;
pub use memory::MemoryStore;
pub use redis::RedisStore;
pub use sqlite::SqliteStore;
pub use steady::Steady;

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

/// The store has not done it, or has done it without saying so: it is down, slow or full.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the store does not answer")]
pub struct StoreDown;

/// A store's answer, some time later.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, StoreDown>> + Send + 'a>>;

/// Memory for one process, a file for one machine, a server for many.
pub trait Store: Send + Sync {
    /// Does one thing, at the given time.
    ///
    /// # Errors
    /// [`StoreDown`]; waiting for too long is for the caller to notice.
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_>;
}
