//! The time and the randomness that the engine gets with each input.

use engine::Now;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds_since_start() -> f64;
}

/// This moment.
pub(crate) fn now() -> Now {
    let wall = js_sys::Date::now() as i64;
    Now { wall: engine::Timestamp::from_millis(wall), monotonic: monotonic(), entropy: random() }
}

/// Whole milliseconds since the worker started, rounded down.
pub(crate) fn monotonic() -> u64 {
    milliseconds_since_start() as u64
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    assert!(getrandom::fill(&mut bytes).is_ok(), "both browsers have crypto.getRandomValues in every context");
    bytes
}
