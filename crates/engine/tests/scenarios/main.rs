//! The engine, driven through its public API in a scripted world: a clock, two stores that survive
//! the worker, a browser, a proxy and wallets that can be made to fail, and death between any two
//! effects.

mod browser;
mod connect;
mod faults;
mod hostile;
mod links;
mod liveness;
mod pacing;
mod payments;
mod servers;
mod tokens;
mod wallets;
mod world;
