use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use open_payments::Timestamp;

use super::{Answer, Answering, Key, Operation, Store};

const MINUTE: i64 = 60_000;

/// After so many operations whatever has expired is thrown away.
const SWEEP_EVERY: usize = 4096;

/// A store for one process, gone when it ends.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    values: HashMap<Key, Kept>,
    /// For each counter, the moment up to which its rate is used up.
    counters: HashMap<Key, Timestamp>,
    operations: usize,
}

#[derive(Debug)]
struct Kept {
    value: Vec<u8>,
    until: Timestamp,
}

impl MemoryStore {
    /// Does one thing, at the given time.
    pub fn apply(&self, operation: Operation, now: Timestamp) -> Answer {
        // Whoever panicked under the lock left one operation undone, but no value half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).apply(operation, now)
    }
}

impl Store for MemoryStore {
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_> {
        Box::pin(std::future::ready(self.apply(operation, now)))
    }
}

impl Shelf {
    fn apply(&mut self, operation: Operation, now: Timestamp) -> Answer {
        self.operations += 1;
        if self.operations.is_multiple_of(SWEEP_EVERY) {
            self.values.retain(|_, kept| kept.until > now);
            self.counters.retain(|_, used_up_to| *used_up_to > now);
        }
        match operation {
            Operation::Take { key, per_minute } => self.take(key, per_minute, now),
            Operation::Claim { key, value, life } => match self.get(key, now) {
                Some(found) => Answer::Found(found),
                None => self.put(key, value, now.plus_millis(life)),
            },
            Operation::Put { key, value, life } => self.put(key, value, now.plus_millis(life)),
            Operation::Get { key } => self.get(key, now).map_or(Answer::Missing, Answer::Found),
            Operation::Remove { key } => {
                self.values.remove(&key);
                Answer::Done
            }
        }
    }

    /// GCRA: each request uses up an equal share of a minute, and no more than a minute may be
    /// used up ahead of time.
    fn take(&mut self, key: Key, per_minute: NonZeroU32, now: Timestamp) -> Answer {
        let used_up_to = self.counters.get(&key).copied().unwrap_or(now).max(now);
        let next = used_up_to.plus_millis(MINUTE / i64::from(per_minute.get()));
        let wait = next.millis() - now.millis() - MINUTE;
        if wait > 0 {
            return Answer::TooSoon { wait };
        }
        self.counters.insert(key, next);
        Answer::Done
    }

    fn put(&mut self, key: Key, value: Vec<u8>, until: Timestamp) -> Answer {
        self.values.insert(key, Kept { value, until });
        Answer::Done
    }

    fn get(&self, key: Key, now: Timestamp) -> Option<Vec<u8>> {
        self.values.get(&key).filter(|kept| kept.until > now).map(|kept| kept.value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[tokio::test]
    async fn behaves_as_every_store() {
        suite::run(&MemoryStore::default()).await;
    }

    #[test]
    fn what_has_expired_is_thrown_away() {
        let store = MemoryStore::default();
        let put = |n: usize| Operation::Put { key: Key::of("test", &[&n.to_be_bytes()]), value: vec![], life: 1 };
        for n in 0..SWEEP_EVERY {
            store.apply(put(n), Timestamp::from_millis(i64::try_from(n).unwrap() * 10));
        }
        assert_eq!(store.0.lock().unwrap().values.len(), 1);
    }
}
