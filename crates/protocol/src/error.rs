use money::Amount;
use open_payments::Timestamp;
use serde::{Deserialize, Serialize};

/// The body of every reply that is not a success: `{"error":{…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorReply {
    /// What went wrong.
    pub error: ErrorBody,
}

/// What went wrong, for a program and for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// For a program.
    pub code: ErrorCode,
    /// For a person: one sentence.
    pub message: String,
    /// The wallet's own words, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_description: Option<String>,
    /// Seconds after which asking again makes sense (`rate_limited`, `proxy_unavailable`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The proxy's clock (`clock_skew`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<Timestamp>,
    /// The smallest amount that would deliver something (`amount_too_small`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_send_amount: Option<Amount>,
}

/// The closed list of what can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The access token is expired, revoked or rotated away; in the answer to a rotation: gone.
    TokenInactive,
    /// The payment would exceed what the user granted.
    LimitExceeded,
    /// The grant does not cover this call.
    InsufficientGrant,
    /// The incoming payment takes no money any more.
    InvalidReceiver,
    /// The amount would deliver nothing.
    AmountTooSmall,
    /// The quote is used, expired or unknown.
    QuoteUsed,
    /// The wallet does not know the key that signed.
    KeyRevoked,
    /// There is no such wallet address.
    WalletNotFound,
    /// The wallet cannot be reached or is in trouble.
    WalletUnreachable,
    /// The wallet refused for another reason.
    WalletRefused,
    /// Too many requests, or too early.
    RateLimited,
    /// The session is expired, forged or bound to something else.
    SessionInvalid,
    /// `created` is too far from the proxy's clock.
    ClockSkew,
    /// The request is not one that the proxy makes.
    InvalidRequest,
    /// The proxy itself is in trouble. Nothing was done.
    ProxyUnavailable,
}

impl ErrorCode {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenInactive => "token_inactive",
            Self::LimitExceeded => "limit_exceeded",
            Self::InsufficientGrant => "insufficient_grant",
            Self::InvalidReceiver => "invalid_receiver",
            Self::AmountTooSmall => "amount_too_small",
            Self::QuoteUsed => "quote_used",
            Self::KeyRevoked => "key_revoked",
            Self::WalletNotFound => "wallet_not_found",
            Self::WalletUnreachable => "wallet_unreachable",
            Self::WalletRefused => "wallet_refused",
            Self::RateLimited => "rate_limited",
            Self::SessionInvalid => "session_invalid",
            Self::ClockSkew => "clock_skew",
            Self::InvalidRequest => "invalid_request",
            Self::ProxyUnavailable => "proxy_unavailable",
        }
    }

    /// The HTTP status that it travels with.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::SessionInvalid | Self::ClockSkew => 401,
            Self::WalletNotFound => 404,
            Self::TokenInactive
            | Self::LimitExceeded
            | Self::InsufficientGrant
            | Self::InvalidReceiver
            | Self::AmountTooSmall
            | Self::QuoteUsed
            | Self::KeyRevoked
            | Self::WalletRefused => 422,
            Self::RateLimited => 429,
            Self::WalletUnreachable => 502,
            Self::ProxyUnavailable => 503,
        }
    }
}

impl ErrorBody {
    /// An error with nothing but a code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            wallet_description: None,
            retry_after: None,
            server_time: None,
            min_send_amount: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_travels_as_documented() {
        let mut error = ErrorBody::new(ErrorCode::RateLimited, "Too many requests.");
        error.retry_after = Some(2);
        let json = serde_json::to_string(&ErrorReply { error: error.clone() }).unwrap();
        assert_eq!(json, r#"{"error":{"code":"rate_limited","message":"Too many requests.","retryAfter":2}}"#);
        assert_eq!(serde_json::from_str::<ErrorReply>(&json).unwrap().error, error);
        assert!(serde_json::from_str::<ErrorReply>(r#"{"error":{"code":"new_code","message":""}}"#).is_err());
    }

    #[test]
    fn a_code_is_named_as_it_travels() {
        let named = [
            ErrorCode::TokenInactive,
            ErrorCode::LimitExceeded,
            ErrorCode::InsufficientGrant,
            ErrorCode::InvalidReceiver,
            ErrorCode::AmountTooSmall,
            ErrorCode::QuoteUsed,
            ErrorCode::KeyRevoked,
            ErrorCode::WalletNotFound,
            ErrorCode::WalletUnreachable,
            ErrorCode::WalletRefused,
            ErrorCode::RateLimited,
            ErrorCode::SessionInvalid,
            ErrorCode::ClockSkew,
            ErrorCode::InvalidRequest,
            ErrorCode::ProxyUnavailable,
        ];
        for code in named {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
