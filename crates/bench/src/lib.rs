//! How fast the parts are: what is measured, and what it is measured with. The load for the proxy
//! is a program of its own, `proxy-load`.
//!
//! Nothing ships of it, so it may use any crate, and it panics where the extension would go on.

mod reader;
mod servers;

pub use reader::Reader;
