//! What the suites share.

#![allow(dead_code, unreachable_pub, reason = "each suite is a crate of its own and uses some of this")]

use engine::{HttpRequest, Method, Url};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Notes an event among those of the fake `chrome`.
    pub fn note(text: &str);
    fn later(milliseconds: u32) -> js_sys::Promise;
}

/// Puts a fake `chrome` in place, or makes it forget.
pub fn fake_chrome() {
    js_sys::eval(include_str!("fake_chrome.js")).unwrap();
}

/// The value of a JavaScript expression.
pub fn js(expression: &str) -> JsValue {
    js_sys::eval(expression).unwrap()
}

/// What was noted since the fake `chrome` was put in place.
pub fn notes() -> Vec<String> {
    js_sys::Array::from(&js("notes")).iter().map(|text| text.as_string().unwrap()).collect()
}

/// Lets everything else run for a while.
pub async fn pause(milliseconds: u32) {
    JsFuture::from(later(milliseconds)).await.unwrap();
}

/// A request to the peer that `wasm-tools test-runner` starts; see `crates/xtask/src/peer.rs`.
pub fn request(path: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url: Url::parse(&format!("http://127.0.0.1:4180{path}")).unwrap(),
        headers: Vec::new(),
        body: None,
    }
}
