//! The server around [`core`](crate::core): HTTP in and out, the clock, randomness, the key file,
//! logs. It decides nothing.

mod client;
mod config;
mod connection;
#[cfg(test)]
mod documented;
mod documents;
mod door;
mod driver;
mod freshness;
mod hosts;
mod keyfile;
mod log;
mod metrics;
mod options;
mod resolver;
mod routes;
mod serve;
mod tls;
mod wallets;

pub use client::ForwardedHeader;
pub use config::Configuration;
pub use door::AddressLimits;
pub use driver::Driver;
pub use keyfile::load_keys;
pub use log::{LogFormat, start_log};
pub use options::Options;
pub use routes::{app, metrics_app};
pub use serve::{Server, check, run};
pub use wallets::{Wallets, WayOut};
