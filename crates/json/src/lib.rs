//! Reading and writing JSON (RFC 8259) in little space, for what runs in the browser.
//!
//! It takes the same `serde` derives as `serde_json`, reads the same texts and writes the same
//! bytes, but was 120 KB of the extension's WebAssembly smaller: a derived reader is compiled for
//! one tree of values and not for a parser, and an error does not say what is wrong. The servers
//! use it too for what they share with the extension, so that both understand one text alike.
//!
//! What differs from `serde_json`, because nothing of ours has it:
//! - a number with a fraction, with an exponent or beyond 64 bits can be skipped, not read or
//!   written;
//! - a struct is read from an object, never from an array of its members;
//! - the names in a map are texts.

mod error;
mod parse;
mod read;
mod value;
mod write;

pub use error::Error;
pub use read::from_str;
pub use value::Value;
pub use write::to_string;
