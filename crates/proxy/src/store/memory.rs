use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use open_payments::Timestamp;

use super::{Answer, Answering, Key, Operation, Store, StoreDown, rate};

/// With each operation so much at most of what has expired is thrown away: more than it can bring,
/// and so little that nobody has to wait for it.
const THROWN_AWAY: usize = 16;

/// Who finds no room for a counter may try again after so many milliseconds.
const FULL_PAUSE: i64 = 1000;

/// A counter takes some 120 bytes of memory, and lasts for a share of a minute.
const MOST_COUNTERS: usize = 1_000_000;

/// The bytes of all values, and what each costs besides.
const MOST_BYTES: usize = 256 * 1024 * 1024;
const OVERHEAD: usize = 170;

/// A store for one process, gone when it ends. It never grows beyond some 380 MB: then there is no
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
    /// When to look whether something has expired. Whatever is kept is named here.
    due: BTreeMap<Timestamp, Vec<Place>>,
    most_bytes: usize,
    most_counters: usize,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Value(Key),
    Counter(Key),
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
            due: BTreeMap::new(),
            most_bytes: bytes,
            most_counters: counters,
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
        self.throw_away(now);
        Ok(match operation {
            Operation::Take { key, per_minute } => self.take(key, per_minute, now),
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

    fn take(&mut self, key: Key, per_minute: NonZeroU32, now: Timestamp) -> Answer {
        let used_up_to = self.counters.get(&key).copied();
        match rate::take(used_up_to, per_minute, now) {
            Ok(_) if used_up_to.is_none() && self.counters.len() >= self.most_counters => {
                Answer::TooSoon { wait: FULL_PAUSE }
            }
            Ok(next) => {
                if self.counters.insert(key, next).is_none() {
                    self.due.entry(rate::moment(next)).or_default().push(Place::Counter(key));
                }
                Answer::Done
            }
            Err(too_soon) => too_soon,
        }
    }

    fn put(&mut self, key: Key, value: Vec<u8>, life: i64, now: Timestamp) -> Result<Answer, StoreDown> {
        let before = self.values.get(&key).map_or(0, Kept::bytes);
        let kept = Kept { value, until: now.plus_millis(life) };
        let bytes = self.bytes - before + kept.bytes();
        if bytes > self.most_bytes {
            self.remove(key);
            return Err(StoreDown);
        }
        self.bytes = bytes;
        if before == 0 {
            self.due.entry(kept.until).or_default().push(Place::Value(key));
        }
        self.values.insert(key, kept);
        Ok(Answer::Done)
    }

    fn get(&self, key: Key, now: Timestamp) -> Option<Vec<u8>> {
        self.values.get(&key).filter(|kept| kept.until > now).map(|kept| kept.value.clone())
    }

    fn remove(&mut self, key: Key) {
        if let Some(kept) = self.values.remove(&key) {
            self.bytes -= kept.bytes();
        }
    }

    /// Throws some of it away that has expired, and looks later again at what lives longer by now.
    fn throw_away(&mut self, now: Timestamp) {
        for _ in 0..THROWN_AWAY {
            let Some(mut first) = self.due.first_entry().filter(|first| *first.key() <= now) else { return };
            match first.get_mut().pop() {
                None => drop(first.remove()),
                Some(Place::Value(key)) => match self.values.get(&key).map(|kept| kept.until) {
                    Some(until) if until > now => self.due.entry(until).or_default().push(Place::Value(key)),
                    _ => self.remove(key),
                },
                Some(Place::Counter(key)) => {
                    match self.counters.get(&key).map(|used_up_to| rate::moment(*used_up_to)) {
                        Some(until) if until > now => self.due.entry(until).or_default().push(Place::Counter(key)),
                        _ => drop(self.counters.remove(&key)),
                    }
                }
            }
        }
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        self.value.len() + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        Key::of("test", &[&n.to_be_bytes()])
    }

    fn put(n: u32) -> Operation {
        Operation::Put { key: key(n), value: vec![0; 1_000 - OVERHEAD], life: 5_000 }
    }

    fn take(n: u32) -> Operation {
        Operation::Take { key: key(n), per_minute: NonZeroU32::new(60).unwrap() }
    }

    #[test]
    fn what_has_expired_is_thrown_away() {
        let store = MemoryStore::default();
        for n in 0..4096 {
            let put = Operation::Put { key: key(n), value: vec![], life: 1 };
            store.apply(put, Timestamp::from_millis(i64::from(n) * 10)).unwrap();
        }
        let shelf = store.0.lock().unwrap();
        assert_eq!((shelf.values.len(), shelf.bytes, shelf.due.len()), (1, OVERHEAD, 1));
    }

    #[test]
    fn what_lives_longer_by_now_is_looked_at_again() {
        let (store, start) = (MemoryStore::default(), Timestamp::from_millis(1_000_000));
        for second in 0..10 {
            let now = start.plus_millis(second * 1_000);
            assert_eq!(store.apply(put(1), now), Ok(Answer::Done));
            assert_eq!(store.apply(take(2), now), Ok(Answer::Done));
            assert_eq!(store.apply(take(2), now), Ok(Answer::Done));
        }
        let kept = || {
            let shelf = store.0.lock().unwrap();
            (shelf.values.len(), shelf.counters.len(), shelf.due.values().map(Vec::len).sum::<usize>())
        };
        assert_eq!(kept(), (1, 1, 2));
        for (second, left) in [(13, (1, 1, 2)), (14, (0, 1, 1)), (19, (0, 1, 1)), (20, (0, 0, 0))] {
            store.apply(Operation::Get { key: key(9) }, start.plus_millis(second * 1_000)).unwrap();
            assert_eq!(kept(), left, "{second}");
        }
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
            assert_eq!(store.apply(take(n), now), Ok(Answer::TooSoon { wait: FULL_PAUSE }));
        }
        assert_eq!(store.apply(take(3), now), Ok(Answer::Done));
        assert_eq!(store.0.lock().unwrap().counters.len(), 10);
        // One second uses up a share of this rate, and number three has used up two.
        assert_eq!(store.apply(take(10), now.plus_millis(1_000)), Ok(Answer::Done));
        assert_eq!(store.0.lock().unwrap().counters.len(), 2);
    }
}
