//! How state is kept as text: `[version, value]`.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version written today. A reader of a later one migrates what it finds.
const VERSION: u32 = 1;

/// Names of the entries in the local area.
pub(crate) mod local {
    pub(crate) const SETTINGS: &str = "settings";
    pub(crate) const ACCOUNT: &str = "account";
    pub(crate) const SPENDING: &str = "spending";
    pub(crate) const INTENT: &str = "intent";
    pub(crate) const UNSETTLED: &str = "unsettled";
}

/// Names of the entries in the session area.
pub(crate) mod session {
    pub(crate) const ATTEMPT: &str = "attempt";
    pub(crate) const PURSE: &str = "purse";
    pub(crate) const RECEIVERS: &str = "receivers";
}

/// The text of a value.
pub(crate) fn save<T: Serialize>(value: &T) -> String {
    json::to_string(&(VERSION, value))
}

/// The value of the entry of this name; nothing if it is not there.
pub(crate) fn load<T: DeserializeOwned>(entries: &[(String, String)], name: &str) -> Option<T> {
    entries.iter().find(|(known, _)| known == name).and_then(|(_, text)| read(text))
}

/// The value of a text; nothing if it was not written by [`save`].
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let (version, value) = json::from_str::<(u32, T)>(text).ok()?;
    (version == VERSION).then_some(value)
}
