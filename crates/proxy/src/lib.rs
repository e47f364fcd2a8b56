//! Makes the Open Payments calls for the extension.
//!
//! [`core`] decides, without IO; [`shell`] is a thin server around it. The proxy holds no
//! authority over money: what spends comes signed by the extension and is passed on as it is.
//! It must never sign for a user, store or log a receiver, or talk to a host that neither the
//! user's session nor a wallet document that it has just read names.

pub mod core;
mod error;
pub mod shell;
pub mod store;

pub use error::ProxyError;
