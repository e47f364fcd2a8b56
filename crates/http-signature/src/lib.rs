//! HTTP message signatures (RFC 9421) with Ed25519, content digests (RFC 9530) and Ed25519 JSON
//! Web Keys (RFC 8037).
//!
//! Only what requests of Open Payments need, and that strictly: whatever this crate does not
//! implement it refuses, with one exception that has a name of its own,
//! [`SignatureInput::parse_lenient`]. It compiles to WebAssembly and never does IO, reads a clock
//! or draws randomness: the caller brings the time, the nonce and the key.

mod component;
mod digest;
mod error;
mod jwk;
mod key;
mod lenient;
mod parameters;
mod request;
mod sign;
mod structured_field;
mod verify;

pub use digest::{content_digest, verify_content_digest};
pub use error::SignatureError;
pub use jwk::Jwk;
pub use key::{PublicKey, SecretKey, Signature, Signer};
pub use parameters::Parameters;
pub use request::Request;
pub use sign::{SignatureHeaders, sign};
pub use verify::SignatureInput;
