use std::collections::BTreeMap;

use engine::Area;
use serde_json::Value;

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

    /// An entry of the local area, without its version; null if it is not there.
    pub(crate) fn local(&self, name: &str) -> Value {
        let entry = self.local.get(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
        entry.and_then(|mut entry| entry.get_mut(1).map(Value::take)).unwrap_or_default()
    }
}
