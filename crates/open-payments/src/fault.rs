use json::Value;
use money::Amount;

/// What a wallet's error reply means, and what it said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it means for the caller.
    pub kind: FaultKind,
    /// The wallet's own `description`: at most 200 characters, without control characters.
    pub description: Option<String>,
}

/// The meanings that call for different reactions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The access token is expired, revoked or rotated away: rotate it.
    TokenInactive,
    /// Rotation or revocation was refused: the token's manage URL is dead.
    TokenGone,
    /// The payment would exceed what the grant allows.
    LimitExceeded,
    /// The grant does not cover this kind of call, or this wallet address.
    InsufficientGrant,
    /// The incoming payment is unknown, completed or expired: make a new one.
    InvalidReceiver,
    /// The amount would deliver nothing; the least that would, if the wallet knows.
    AmountTooSmall {
        /// The smallest debit amount.
        minimum: Option<Amount>,
    },
    /// Wrong asset, or more than the receiver takes.
    InvalidAmount,
    /// The quote is used up, expired or unknown.
    InvalidQuote,
    /// The key that signed is not listed in the wallet's `jwks.json`.
    KeyUnknown,
    /// The signature does not verify.
    SignatureRefused,
    /// There is no such wallet address.
    WalletNotFound,
    /// The grant was continued before its `wait` was over.
    TooFast,
    /// The user has not decided yet, or declined.
    RequestDenied,
    /// The grant is gone: revoked, rejected, or continued with a wrong reference.
    ContinuationGone,
    /// The request was malformed.
    InvalidRequest,
    /// Anything else that the wallet refuses for good.
    Refused,
    /// The wallet is in trouble itself (5xx, 429): try again later.
    Unavailable,
}

impl Fault {
    /// Reads an error reply of a resource or authorization server. Any status and any bytes
    /// are understood, if only as [`FaultKind::Refused`].
    pub fn classify(status: u16, body: &str) -> Self {
        let body = body.parse().unwrap_or(Value::Null);
        let text = |path| body.find(path).and_then(Value::as_text).unwrap_or_default();
        let (code, description) = (text("/error/code"), text("/error/description"));
        let minimum = || body.find("/error/details/minSendAmount")?.clone().read().ok();
        let kind = kind(status, code, &description.to_ascii_lowercase(), minimum);
        Self { kind, description: Some(presentable(description)).filter(|text| !text.is_empty()) }
    }
}

/// The words are those of the reference implementation, recorded in the test data.
fn kind(status: u16, code: &str, description: &str, minimum: impl FnOnce() -> Option<Amount>) -> FaultKind {
    let says = |words: &str| description.contains(words);
    match (status, code) {
        (_, "too_fast") => FaultKind::TooFast,
        (_, "request_denied" | "user_denied") => FaultKind::RequestDenied,
        (_, "invalid_continuation" | "unknown_interaction" | "invalid_interaction") => FaultKind::ContinuationGone,
        (401, "invalid_client") if says("access token") => FaultKind::TokenGone,
        (400, "invalid_client") if says("could not determine client") => FaultKind::KeyUnknown,
        (401, "invalid_client") => FaultKind::SignatureRefused,
        (_, "invalid_request") if status != 404 => FaultKind::InvalidRequest,
        (401, _) if says("could not find key") => FaultKind::KeyUnknown,
        (401, _) if says("signature validation") => FaultKind::SignatureRefused,
        (403, _) if says("inactive token") => FaultKind::TokenInactive,
        (403, _) if says("insufficient grant") => FaultKind::InsufficientGrant,
        (403, _) if says("unauthorized") => FaultKind::LimitExceeded,
        (400, _) if says("non-positive receive amount") => FaultKind::AmountTooSmall { minimum: minimum() },
        (400, _) if says("invalid receiver") => FaultKind::InvalidReceiver,
        (400, _) if says("invalid amount") => FaultKind::InvalidAmount,
        (400, _) if says("invalid quote") => FaultKind::InvalidQuote,
        (404, _) if says("unknown quote") => FaultKind::InvalidQuote,
        (400 | 404, _) if says("could not get wallet address") => FaultKind::WalletNotFound,
        (400, _) if says("validating openapi request") => FaultKind::InvalidRequest,
        (429 | 500.., _) => FaultKind::Unavailable,
        _ => FaultKind::Refused,
    }
}

fn presentable(description: &str) -> String {
    description.chars().filter(|c| !c.is_control()).take(200).collect()
}
