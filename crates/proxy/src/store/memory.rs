use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use open_payments::Timestamp;

use super::{Answer, Answering, Key, Operation, Store, StoreDown, rate};

/// After so many operations whatever has expired is thrown away.
const SWEEP_EVERY: u32 = 4096;

/// And when there is no room, but then no more often than this, in milliseconds.
const SWEEP_PAUSE: i64 = 1000;

/// A counter takes some 60 bytes of memory, and lasts for a share of a minute.
const MOST_COUNTERS: usize = 1_000_000;

/// The bytes of all values, and what each costs besides.
const MOST_BYTES: usize = 256 * 1024 * 1024;
const OVERHEAD: usize = 100;

/// A store for one process, gone when it ends. It never grows beyond some 320 MB: then there is no
/// room for new values, and those who have not been counted yet have to wait.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Shelf>);

#[derive(Debug)]
struct Shelf {
    values: HashMap<Key, Kept>,
    /// What the values take.
    bytes: usize,
    /// For each counter, the moment up to which its rate is used up, in microseconds.
    counters: HashMap<Key, i64>,
    most_bytes: usize,
    most_counters: usize,
    operations: u32,
    swept: Timestamp,
}

#[derive(Debug)]
struct Kept {
    value: Vec<u8>,
    until: Timestamp,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_room_for(MOST_COUNTERS, MOST_BYTES)
    }
}

impl MemoryStore {
    /// A store for so many counters, and for values of so many bytes.
    pub fn with_room_for(counters: usize, bytes: usize) -> Self {
        Self(Mutex::new(Shelf {
            values: HashMap::new(),
            bytes: 0,
            counters: HashMap::new(),
            most_bytes: bytes,
            most_counters: counters,
            operations: 0,
            swept: Timestamp::from_millis(0),
        }))
    }

    /// Does one thing, at the given time.
    ///
    /// # Errors
    /// [`StoreDown`] if there is no room.
    pub fn apply(&self, operation: Operation, now: Timestamp) -> Result<Answer, StoreDown> {
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
    fn apply(&mut self, operation: Operation, now: Timestamp) -> Result<Answer, StoreDown> {
        self.operations += 1;
        if self.operations >= SWEEP_EVERY {
            self.sweep(now);
        }
        Ok(match operation {
            Operation::Take { key, per_minute } => {
                let used_up_to = self.counters.get(&key).copied();
                match rate::take(used_up_to, per_minute, now) {
                    Ok(_) if used_up_to.is_none() && !self.has_room_for_a_counter(now) => {
                        Answer::TooSoon { wait: SWEEP_PAUSE }
                    }
                    Ok(next) => {
                        self.counters.insert(key, next);
                        Answer::Done
                    }
                    Err(too_soon) => too_soon,
                }
            }
            Operation::Claim { key, value, life } => match self.get(key, now) {
                Some(found) => Answer::Found(found),
                None => self.put(key, value, life, now)?,
            },
            Operation::Put { key, value, life } => self.put(key, value, life, now)?,
            Operation::Get { key } => self.get(key, now).map_or(Answer::Missing, Answer::Found),
            Operation::Remove { key } => {
                self.remove(key);
                Answer::Done
            }
        })
    }

    fn put(&mut self, key: Key, value: Vec<u8>, life: i64, now: Timestamp) -> Result<Answer, StoreDown> {
        self.remove(key);
        let bytes = value.len() + OVERHEAD;
        if self.bytes + bytes > self.most_bytes {
            self.sweep_again(now);
            if self.bytes + bytes > self.most_bytes {
                return Err(StoreDown);
            }
        }
        self.bytes += bytes;
        self.values.insert(key, Kept { value, until: now.plus_millis(life) });
        Ok(Answer::Done)
    }

    fn get(&self, key: Key, now: Timestamp) -> Option<Vec<u8>> {
        self.values.get(&key).filter(|kept| kept.until > now).map(|kept| kept.value.clone())
    }

    fn remove(&mut self, key: Key) {
        if let Some(kept) = self.values.remove(&key) {
            self.bytes -= kept.value.len() + OVERHEAD;
        }
    }

    fn has_room_for_a_counter(&mut self, now: Timestamp) -> bool {
        if self.counters.len() >= self.most_counters {
            self.sweep_again(now);
        }
        self.counters.len() < self.most_counters
    }

    fn sweep_again(&mut self, now: Timestamp) {
        if now.millis() >= self.swept.millis() + SWEEP_PAUSE {
            self.sweep(now);
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        self.values.retain(|_, kept| kept.until > now);
        self.bytes = self.values.values().map(|kept| kept.value.len() + OVERHEAD).sum();
        self.counters.retain(|_, used_up_to| *used_up_to > rate::micros(now));
        self.operations = 0;
        self.swept = now;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn key(n: u32) -> Key {
        Key::of("test", &[&n.to_be_bytes()])
    }

    fn put(n: u32) -> Operation {
        Operation::Put { key: key(n), value: vec![0; 900], life: 5_000 }
    }

    fn take(n: u32) -> Operation {
        Operation::Take { key: key(n), per_minute: NonZeroU32::new(60).unwrap() }
    }

    #[test]
    fn what_has_expired_is_thrown_away() {
        let store = MemoryStore::default();
        for n in 0..SWEEP_EVERY {
            let put = Operation::Put { key: key(n), value: vec![], life: 1 };
            store.apply(put, Timestamp::from_millis(i64::from(n) * 10)).unwrap();
        }
        let shelf = store.0.lock().unwrap();
        assert_eq!((shelf.values.len(), shelf.bytes), (1, OVERHEAD));
    }

    #[test]
    fn a_flood_of_values_finds_no_room_until_some_have_expired() {
        let (store, now) = (MemoryStore::with_room_for(10, 10_000), Timestamp::from_millis(1_000_000));
        for n in 0..10 {
            assert_eq!(store.apply(put(n), now), Ok(Answer::Done));
        }
        for n in 10..10_000 {
            assert_eq!(store.apply(put(n), now), Err(StoreDown));
        }
        assert_eq!(store.apply(put(3), now), Ok(Answer::Done), "in place of what is there");
        assert_eq!(store.apply(take(1), now), Ok(Answer::Done), "counters have room of their own");
        assert_eq!(store.apply(put(10), now.plus_millis(5_000)), Ok(Answer::Done));
        assert_eq!(store.0.lock().unwrap().bytes, 1_000);
    }

    #[test]
    fn a_flood_of_strangers_has_to_wait_while_those_who_are_known_are_counted() {
        let (store, now) = (MemoryStore::with_room_for(10, 10_000), Timestamp::from_millis(1_000_000));
        for n in 0..10 {
            assert_eq!(store.apply(take(n), now), Ok(Answer::Done));
        }
        for n in 10..10_000 {
            assert_eq!(store.apply(take(n), now), Ok(Answer::TooSoon { wait: SWEEP_PAUSE }));
        }
        assert_eq!(store.apply(take(3), now), Ok(Answer::Done));
        assert_eq!(store.0.lock().unwrap().counters.len(), 10);
        // One second uses up a share of this rate, and number three has used up two.
        assert_eq!(store.apply(take(10), now.plus_millis(1_000)), Ok(Answer::Done));
        assert_eq!(store.0.lock().unwrap().counters.len(), 2);
    }
}
