//! The wire between extension and proxy: HTTP with JSON bodies, version 1.
//!
//! Every request is signed with the install key (RFC 9421; see [`signature`]). What spends is
//! composed and signed by the extension and travels inside a request as a [`SignedRequest`].
//! Each type is defined here and nowhere else; this crate must never do IO or hold a decision.

mod error;
mod path;
mod reply;
mod request;
pub mod signature;

pub use error::{ErrorBody, ErrorCode, ErrorReply};
pub use path::Endpoint;
pub use reply::{
    AccessTokenReply, CancelReply, ContinuationReply, ContinueGrantReply, GrantReply, IncomingPaymentReply,
    InteractionReply, PaymentReply, QuoteReply, RotateTokenReply,
};
pub use request::{
    CancelGrantRequest, ContinueGrantRequest, GrantRequest, IncomingPaymentRequest, PaymentRequest, QuoteRequest,
    ReadPaymentRequest, RotateTokenRequest, SignedRequest,
};
