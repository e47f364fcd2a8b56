//! The server around [`core`](crate::core): HTTP in and out, the clock, randomness, the key file,
//! logs. It decides nothing.

mod documents;
mod driver;
mod keyfile;
mod options;
mod resolver;
mod routes;
mod serve;
mod wallets;

pub use driver::Driver;
pub use keyfile::load_keys;
pub use options::Options;
pub use routes::app;
pub use serve::{run, serve};
pub use wallets::Wallets;
