//! How a request to the proxy is signed, and the headers that are ours.
//!
//! The signature is labelled `sig1` and covers [`COMPONENTS`], and `authorization` after
//! `@target-uri` when the request carries a session. Its parameters are `created` (Unix seconds),
//! `keyid` (the install's public key, base64url without padding) and `nonce`, which makes the
//! request idempotent: the same nonce with the same digest gets the stored reply.

/// What every signature covers, in this order; `authorization` goes third when it is there.
pub const COMPONENTS: [&str; 5] = ["@method", "@target-uri", "content-digest", "content-length", "content-type"];

/// A reply's header that carries a renewed session.
pub const SESSION_HEADER: &str = "rivulet-session";

/// The seconds that `created` may lie from the proxy's clock before it answers `clock_skew`.
pub const FRESHNESS_SECONDS: u64 = 60;
