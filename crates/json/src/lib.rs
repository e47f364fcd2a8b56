//! Reading and writing JSON (RFC 8259) in little space, for what runs in the browser.
//!
//! Types derive [`Read`] and [`Write`] with the attributes of `serde`, and what is read and written
//! is what `serde_json` would read and write. Most of the code is here, once, and not in what is
//! derived: a text becomes one tree of values, from which a type asks for its members by name, and
//! values are written through one interface; an error does not say what is wrong. The servers use it
//! too for what they share with the extension, so that both understand one text alike.
//!
//! What differs from `serde_json`, because nothing of ours has it:
//! - a number with a fraction, with an exponent or beyond 64 bits can be skipped, not read or
//!   written;
//! - a struct is read from an object, never from an array of its members.

mod error;
mod parse;
mod read;
mod value;
mod write;

pub use error::Error;
pub use json_derive::{Read, Write};
pub use read::{Read, from_str};
pub use value::Value;
pub use write::{Write, Writer, to_string};
