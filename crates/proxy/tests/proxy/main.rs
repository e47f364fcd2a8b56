//! The proxy from the outside: whole flows driven by hand, and the server around them with a
//! wallet double on loopback.

#![allow(clippy::unwrap_used, reason = "everything here is a test")]

mod addresses;
mod admission;
mod chaos;
mod configuration;
mod connect;
mod deploy;
mod dns;
mod double;
mod entrance;
mod forbidden;
mod garbage;
mod hostile;
mod hosts;
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
