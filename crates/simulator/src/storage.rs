use std::collections::BTreeMap;

use engine::Area;
use serde_json::Value;

/// A version of an entry that the extension knows nothing of.
const NEWER: u64 = 9;

/// What the browser keeps for the extension.
#[derive(Default)]
pub(crate) struct Storage {
    pub(crate) local: BTreeMap<String, String>,
    pub(crate) session: BTreeMap<String, String>,
    /// The seed of the key.
    pub(crate) key: Option<[u8; 32]>,
}

impl Storage {
    pub(crate) fn write(&mut self, area: Area, entries: Vec<(String, Option<String>)>) {
        let store = if area == Area::Local { &mut self.local } else { &mut self.session };
        for (name, text) in entries {
            match text {
                Some(text) => store.insert(name, text),
                None => store.remove(&name),
            };
        }
    }

    /// Spoils an entry, and the pages of one that has several; says whether there is one.
    pub(crate) fn spoil(&mut self, name: &str, newer: bool) -> bool {
        let mut entries = self.local.iter_mut().chain(&mut self.session);
        let Some((_, text)) = entries.find(|(known, _)| known.starts_with(name)) else { return false };
        let broken = if newer { text.replacen('[', "[9", 1) } else { format!("x{text}") };
        *text = broken;
        true
    }

    /// An entry of the local area, without its version; null if it is not there.
    pub(crate) fn local(&self, name: &str) -> Value {
        let entry = self.local.get(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let entry = entry.filter(|entry| entry[0].as_u64() < Some(NEWER));
        entry.and_then(|mut entry| entry.get_mut(1).map(Value::take)).unwrap_or_default()
    }
}
