//! The three stores, held against one suite, and what becomes of requests when a store is down.

mod balanced;
mod down;
mod machines;
mod memory;
mod redis;
mod server;
mod sqlite;
mod suite;

pub(crate) use sqlite::Folder;
