//! A sandbox wallet that answers Open Payments like a real one, with play money.
//!
//! [`Sandbox`] is several wallets over one ledger: requests go in with the time and some
//! randomness, answers come out. [`app`] is the thin HTTP service around it.
//!
//! This crate must never use the crates that compose our own requests: a mistake there must not
//! cancel out here.

mod access;
mod accounts;
mod admin;
mod authorization;
mod clients;
mod consent;
mod entropy;
mod error;
mod exchange;
mod faults;
mod fetch;
mod forms;
mod grants;
mod incoming;
mod keys;
mod ledger;
mod limits;
mod listing;
mod message;
mod outgoing;
mod pages;
mod quotes;
mod records;
mod refusal;
mod request_log;
mod sandbox;
mod seed;
mod server;
mod settings;
mod settlement;
mod signatures;
mod store;
mod table;
mod tokens;
mod vault;

pub use error::WalletError;
pub use fetch::KeyFetcher;
pub use message::{Outcome, Request, Response};
pub use records::Record;
pub use sandbox::Sandbox;
pub use seed::{AccountSeed, Seed, WalletSeed};
pub use server::{Service, app};
pub use settings::{Rate, Settings};
pub use signatures::Mode;
pub use store::Store;
pub use vault::Vault;
