//! The engine, driven through its public API in a scripted world: a clock, two stores that survive
//! the worker, a browser, a proxy and wallets that can be made to fail, and death between any two
//! effects.

#![allow(clippy::unwrap_used, reason = "everything here is a test")]

mod ahead;
mod browser;
mod connect;
mod consent;
mod faults;
mod frames;
mod funds;
mod hostile;
mod idle;
mod keys;
mod leaving;
mod ledger;
mod limits;
mod links;
mod liveness;
mod maximum;
mod minimum;
mod network;
mod once;
mod pacing;
mod payments;
mod proxies;
mod random;
mod servers;
mod sight;
mod sites;
mod storage;
mod tokens;
mod topup;
mod user;
mod views;
mod wallets;
mod world;
