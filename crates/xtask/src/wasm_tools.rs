//! The two wasm-bindgen programs as one, from the library: its version is pinned in `Cargo.lock`
//! beside that of the crate, so the two can never differ.
//!
//! `wasm-tools bindgen …` makes the JavaScript glue, `wasm-tools test-runner …` is what cargo calls
//! to run wasm tests in a browser.

mod peer;

use anyhow::{Result, bail};
use wasm_bindgen_cli::{wasm_bindgen, wasm_bindgen_test_runner};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().unwrap_or_default();
    let arguments = std::iter::once(program.clone()).chain(arguments);
    match program.to_str() {
        Some("bindgen") => wasm_bindgen::run_cli_with_args(arguments),
        Some("test-runner") => {
            peer::start()?;
            wasm_bindgen_test_runner::run_cli_with_args(arguments)
        }
        _ => bail!("say `bindgen` or `test-runner`"),
    }
}
