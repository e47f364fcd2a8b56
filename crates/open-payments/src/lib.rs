//! Open Payments 1.3 and the parts of GNAP (RFC 9635) it uses: types, reading replies and
//! errors, the interaction hash, payment intervals.
//!
//! Every value from outside becomes one of these types before it is used, or a [`ReplyError`].
//! This crate must never do IO, read a clock, or build or sign a request.

mod civil;
mod error;
mod fault;
mod grant;
mod host;
mod interaction;
mod interval;
mod payment;
mod secret;
mod time;
mod url;
mod wallet;

pub use error::{ReplyError, UrlError};
pub use fault::{Fault, FaultKind};
pub use grant::{AccessToken, Continuation, GrantedAccess, Interaction, PendingGrant};
pub use host::HostKind;
pub use interaction::{Decision, interaction_hash, verify_interaction_hash};
pub use interval::{Interval, IntervalError, Window};
pub use payment::{IncomingPayment, OutgoingPayment, Quote, SpentAmounts};
pub use secret::Secret;
pub use time::Timestamp;
pub use url::Url;
pub use wallet::{IncomingPaymentUrl, KeySet, WalletAddress, WalletDocument};
