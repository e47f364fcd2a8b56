//! The proxy from the outside: whole flows driven by hand, and the server around them with a
//! wallet double on loopback.

#![allow(clippy::unwrap_used, reason = "everything here is a test")]

mod admission;
mod configuration;
mod connect;
mod double;
mod entrance;
mod garbage;
mod keys;
mod openapi;
mod operate;
mod pay;
mod program;
mod receive;
mod rotate;
mod server;
mod setup;
mod store;
mod transport;
mod world;
