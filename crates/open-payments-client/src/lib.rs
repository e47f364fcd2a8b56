//! The client's side of Open Payments, without IO: composes each request byte for byte and signs
//! it, checks such a request against the closed list of what a wallet may be asked for a user,
//! and checks replies against the requests they answer.
//!
//! A request is an [`Operation`] until a [`Composer`] makes an [`HttpRequest`] of it. The crate
//! runs in the browser and in the proxy, so both mean the same bytes. It must never send anything,
//! read a clock, draw randomness or keep a key.

mod closed_list;
mod compose;
mod grant;
mod operation;
mod payment;
mod receiving;
mod reply;
mod request;
mod token;

pub use closed_list::{Listed, Refusal, check};
pub use compose::Composer;
pub use grant::{CancelGrant, ContinueGrant, RequestGrant};
pub use http_signature::{Jwk, PublicKey, SecretKey, Signature, SignatureError, Signer};
pub use operation::{Call, Operation};
pub use payment::{CreateOutgoingPayment, CreateQuote, Read};
pub use receiving::{Client, CreateIncomingPayment, RequestIncomingPaymentGrant};
pub use reply::{
    Mismatch, Terms, check_granted_access, check_incoming_payment, check_payment, check_pending_grant, check_quote,
};
pub use request::{HttpRequest, Method};
pub use token::{RevokeToken, RotateToken};
