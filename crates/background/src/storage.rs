//! `chrome.storage`: texts that the engine wrote, and the sealed key beside them.

use engine::Area;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::chrome::{LOCAL, SESSION, StorageArea, object};

/// Where the sealed key lies in [`Area::Local`]; no entry of the engine's has this name.
const SEALED_KEY: &str = "key";

/// Everything that is stored.
pub(crate) struct Contents {
    pub(crate) local: Vec<(String, String)>,
    pub(crate) session: Vec<(String, String)>,
    pub(crate) sealed_key: Option<String>,
}

/// Keeps content scripts out of both areas, then reads them.
pub(crate) async fn open() -> Result<Contents, JsValue> {
    let (local, session) = (area(Area::Local), area(Area::Session));
    let trusted = object([("accessLevel", "TRUSTED_CONTEXTS".into())]);
    for area in [&local, &session] {
        // Firefox does not have it. Elsewhere it is done before what is asked next.
        let _ = area.set_access_level(&trusted);
    }
    let mut local = read(&local).await?;
    let at = local.iter().position(|(name, _)| name == SEALED_KEY);
    let sealed_key = at.map(|at| local.swap_remove(at).1);
    Ok(Contents { local, session: read(&session).await?, sealed_key })
}

/// Writes and removes entries, all or none.
pub(crate) async fn write(to: Area, entries: Vec<(String, Option<String>)>) -> Result<(), JsValue> {
    let changed = Object::new();
    let mut removed = Vec::new();
    for (name, text) in entries {
        let text_or_null = text.as_deref().map_or(JsValue::NULL, JsValue::from_str);
        Reflect::set(&changed, &name.as_str().into(), &text_or_null)?;
        if text.is_none() {
            removed.push(name);
        }
    }
    // Writing is atomic, but removing is another call. So what is to be removed is overwritten
    // with `null`, which `read` takes for nothing, in one step with the rest, and then removed.
    // `undefined` would be passed over, and what is to be removed would stay beside the rest.
    let area = area(to);
    area.set(&changed).await?;
    if !removed.is_empty() {
        area.remove(removed).await?;
    }
    Ok(())
}

/// Stores the sealed key in place of the one before.
pub(crate) async fn write_key(sealed: &str) -> Result<(), JsValue> {
    area(Area::Local).set(&object([(SEALED_KEY, sealed.into())])).await
}

fn area(area: Area) -> StorageArea {
    let area = match area {
        Area::Local => &LOCAL,
        Area::Session => &SESSION,
    };
    area.with(|area| JsValue::from(area).unchecked_into())
}

async fn read(area: &StorageArea) -> Result<Vec<(String, String)>, JsValue> {
    let all = area.get(&JsValue::NULL).await?;
    let entries = Object::entries(all.unchecked_ref());
    let text = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    Ok(entries.iter().filter_map(text).collect())
}
