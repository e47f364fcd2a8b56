//! Reading and writing JSON (RFC 8259) in little space, for what runs in the browser.
//!
//! It takes the same `serde` derives as `serde_json`, reads the same texts and writes the same
//! bytes, but makes the extension's WebAssembly 140 KB smaller: derived readers are compiled for one
//! tree of values and not for a parser, structs are filled from it in the order of their fields,
//! and an error does not say what is wrong. The servers
//! use it too for what they share with the extension, so that both understand one text alike.
//!
//! What differs from `serde_json`, because nothing of ours has it:
//! - a number with a fraction, with an exponent or beyond 64 bits can be skipped, not read or
//!   written;
//! - a struct is read from an object, never from an array of its members, and members that it
//!   does not know are skipped even if it asks to deny them;
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
