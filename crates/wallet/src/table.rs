use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Records by key, which remember which of them have changed.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// Adds a record, or replaces the one of this key.
    pub(crate) fn insert(&mut self, key: &str, row: T) {
        self.changed.insert(key.to_owned());
        self.rows.insert(key.to_owned(), row);
    }

    /// A record that is about to be changed.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.changed.insert(key.to_owned());
        self.rows.remove(key);
    }

    /// Changes all records that match.
    pub(crate) fn update(&mut self, matches: impl Fn(&T) -> bool, change: impl Fn(&mut T)) {
        for (key, row) in self.rows.iter_mut().filter(|(_, row)| matches(row)) {
            change(row);
            self.changed.insert(key.clone());
        }
    }

    /// Removes all records that do not match.
    pub(crate) fn retain(&mut self, matches: impl Fn(&T) -> bool) {
        let changed = &mut self.changed;
        self.rows.retain(|key, row| {
            let stays = matches(row);
            if !stays {
                changed.insert(key.clone());
            }
            stays
        });
    }

    /// What has changed since the last time, as JSON; none for what is gone.
    pub(crate) fn take_changes(&mut self) -> Result<Vec<(String, Option<String>)>, serde_json::Error> {
        let changed = std::mem::take(&mut self.changed);
        let changes = changed.into_iter().map(|key| {
            let row = self.rows.get(&key).map(serde_json::to_string).transpose()?;
            Ok((key, row))
        });
        changes.collect()
    }

    /// Puts a kept record back.
    pub(crate) fn restore(&mut self, key: String, json: &str) -> Result<(), serde_json::Error> {
        self.rows.insert(key, serde_json::from_str(json)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_once_and_can_be_put_back() {
        let mut table = Table::default();
        for (key, value) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            table.insert(key, value);
        }
        assert_eq!(table.take_changes().unwrap().len(), 4);
        *table.get_mut("a").unwrap() += 10;
        table.remove("b");
        table.retain(|value| *value != 3);
        table.update(|value| *value == 4, |value| *value = 5);
        let changes = table.take_changes().unwrap();
        let change = |key: &str, json: Option<&str>| (key.to_owned(), json.map(str::to_owned));
        assert_eq!(changes, [change("a", Some("11")), change("b", None), change("c", None), change("d", Some("5"))]);
        assert_eq!(table.take_changes().unwrap(), []);

        let mut copy = Table::default();
        for (key, json) in changes {
            if let Some(json) = json {
                copy.restore(key, &json).unwrap();
            }
        }
        assert_eq!(copy.rows, table.rows);
        assert_eq!(copy.take_changes().unwrap(), []);
        assert!(copy.restore("e".to_owned(), "no number").is_err());
    }
}
