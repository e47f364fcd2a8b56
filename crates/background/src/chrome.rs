//! The functions of `chrome.*` and of the browser that the worker calls, and the objects that
//! come with its events. Declared by hand: there are few, and both browsers have them.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// One area of `chrome.storage`.
    pub(crate) type StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = local)]
    pub(crate) static LOCAL: StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = session)]
    pub(crate) static SESSION: StorageArea;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn get(this: &StorageArea, keys: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn set(this: &StorageArea, entries: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn remove(this: &StorageArea, keys: Vec<String>) -> Result<(), JsValue>;
    // Not `async`: that would wait for what a browser without the function does not return.
    #[wasm_bindgen(method, catch, js_name = setAccessLevel)]
    pub(crate) fn set_access_level(this: &StorageArea, options: &Object) -> Result<JsValue, JsValue>;

    /// A tab, as `chrome.tabs` describes it.
    pub type BrowserTab;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &BrowserTab) -> Option<i32>;
    #[wasm_bindgen(method, getter, js_name = windowId)]
    pub(crate) fn window_id(this: &BrowserTab) -> i32;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn active(this: &BrowserTab) -> bool;
    /// Not every kind of tab says so.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn audible(this: &BrowserTab) -> Option<bool>;
    #[wasm_bindgen(method, getter, js_name = mutedInfo)]
    pub(crate) fn muted_info(this: &BrowserTab) -> Option<MutedInfo>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn url(this: &BrowserTab) -> Option<String>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = query)]
    pub(crate) async fn query_tabs(filter: &Object) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = create)]
    pub(crate) async fn create_tab(properties: &Object) -> Result<BrowserTab, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = remove)]
    pub(crate) async fn remove_tab(id: i32) -> Result<(), JsValue>;

    /// Whether a tab is muted. What is played there is audible to the browser all the same.
    pub(crate) type MutedInfo;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn muted(this: &MutedInfo) -> bool;

    /// What changed in a tab, as `chrome.tabs.onUpdated` tells it.
    pub type TabChange;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn url(this: &TabChange) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &TabChange) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn audible(this: &TabChange) -> Option<bool>;
    #[wasm_bindgen(method, getter, js_name = mutedInfo)]
    pub(crate) fn muted_info(this: &TabChange) -> Option<MutedInfo>;

    /// Which tab came to the front, as `chrome.tabs.onActivated` tells it.
    pub type TabActivation;
    #[wasm_bindgen(method, getter, js_name = tabId)]
    pub(crate) fn tab_id(this: &TabActivation) -> i32;
    #[wasm_bindgen(method, getter, js_name = windowId)]
    pub(crate) fn window_id(this: &TabActivation) -> i32;

    /// A window, as `chrome.windows` describes it.
    pub(crate) type BrowserWindow;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &BrowserWindow) -> Option<i32>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "windows"], js_name = getLastFocused)]
    pub(crate) async fn last_focused_window() -> Result<BrowserWindow, JsValue>;

    /// One end of a connection from a content script or a page of the extension.
    #[derive(Clone, PartialEq)]
    pub type Port;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn name(this: &Port) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn sender(this: &Port) -> Option<Sender>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    pub(crate) fn post_message(this: &Port, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    pub(crate) fn disconnect(this: &Port);

    /// Who opened a port, in the browser's words.
    pub(crate) type Sender;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &Sender) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn tab(this: &Sender) -> Option<BrowserTab>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn origin(this: &Sender) -> Option<String>;
    /// Zero for the main frame of a tab.
    #[wasm_bindgen(method, getter, js_name = frameId)]
    pub(crate) fn frame_id(this: &Sender) -> Option<i32>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn url(this: &Sender) -> Option<String>;

    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "runtime"], js_name = id)]
    pub(crate) static EXTENSION_ID: String;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getURL)]
    pub(crate) fn extension_url(path: &str) -> String;

    // Nobody waits for these; should one fail, the browser logs the promise that nobody caught.
    #[wasm_bindgen(catch, js_namespace = ["chrome", "alarms"], js_name = create)]
    pub(crate) fn create_alarm(name: &str, options: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "alarms"], js_name = clear)]
    pub(crate) fn clear_alarm(name: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setBadgeText)]
    pub(crate) fn set_badge_text(details: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "action"], js_name = setTitle)]
    pub(crate) fn set_button_title(details: &Object) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["chrome", "idle"], js_name = setDetectionInterval)]
    pub(crate) fn set_idle_interval(seconds: u32) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "idle"], js_name = queryState)]
    pub(crate) async fn idle_state(seconds: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(crate) fn log_error(what: &str, error: &JsValue);
}

/// The object that many of these functions take.
pub(crate) fn object<const N: usize>(members: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of an ordinary object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}
