use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More users than one process can pay for in a second.
const MOST: usize = 10_000;

/// What took long to find out, for the next time.
#[derive(Debug)]
pub(crate) struct Known<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// What is known about it, or is found out now. What cannot be found out is not kept.
    pub(crate) fn recall_or<Q, E>(&self, key: &Q, find_out: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.lock().get(key) {
            return Ok(known.clone());
        }
        let value = find_out()?;
        let mut known = self.lock();
        if known.len() >= MOST {
            // Whoever still pays is soon back.
            known.clear();
        }
        known.insert(key.to_owned(), value.clone());
        Ok(value)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_found_out_again_and_failures_are_not_kept() {
        let known = Known::<String, u32>::default();
        assert_eq!(known.recall_or("a", || Err("no")), Err("no"));
        assert_eq!(known.recall_or("a", || Ok::<_, &str>(1)), Ok(1));
        assert_eq!(known.recall_or("a", || Err("no")), Ok(1));
        assert_eq!(known.recall_or("b", || Err("no")), Err("no"));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let known = Known::<String, usize>::default();
        for n in 0..=MOST {
            assert_eq!(known.recall_or(n.to_string().as_str(), || Ok::<_, ()>(n)), Ok(n));
        }
        assert_eq!(known.lock().len(), 1);
    }
}
