//! Deterministic worlds: the real engine against the real cores of proxy and wallet, with a
//! simulated browser, network, person and clock, and with faults.
//!
//! A world follows from one seed. The [`Plan`] of what is going to happen is drawn first, so that a
//! plan that breaks a rule can be made smaller and run again. It is for tests only, and must never
//! read a clock, draw real randomness or touch a network.

mod breach;
mod browser;
mod event;
mod faults;
mod happen;
mod hostile;
mod invariants;
mod mishap;
mod network;
mod pages;
mod person;
mod plan;
mod proxy;
mod random;
mod report;
mod runner;
mod scenario;
mod setting;
mod storage;
mod timers;
mod wallets;
mod watch;
mod worker;
mod world;

pub use breach::{Breach, Rule};
pub use plan::Plan;
pub use report::Figures;
pub use runner::{Outcome, minimise, run};
pub use scenario::{Scenario, Terms};
pub use world::World;
