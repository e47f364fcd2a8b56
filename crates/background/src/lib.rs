//! Binds the engine to the extension's service worker: what the browser tells becomes an input of
//! the engine, and the engine's effects are carried out.
//!
//! It must never decide anything: whatever depends on money, wallets, links or the user's wishes
//! belongs into the engine, where it can be tested without a browser.

mod background;
mod chrome;
mod clock;
mod effects;
mod http;
mod key;
mod messages;
mod ports;
mod queue;
mod storage;

pub use background::{Background, tab_changed};
pub use http::fetch;
pub use key::{make_key, unseal};
pub use messages::{MAX_FRAMES, MAX_LINKS, command, report};
pub use ports::Ports;
pub use queue::{Machine, Queue};
