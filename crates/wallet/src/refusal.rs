use http_signature::Jwk;
use money::Amount;
use open_payments::Url;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::clients::Client;
use crate::message::Response;

/// What a resource server tells about a signature that it does not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignatureDetails {
    pub(crate) client: Client,
    pub(crate) key_id_in_signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_keys: Option<Vec<Jwk>>,
}

/// Why a wallet refuses a request, in the words of the reference implementation.
///
/// Resource servers write the status as the error's code, authorization servers a word of GNAP.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub(crate) enum Refusal {
    // Resource server.
    #[error("Received error validating OpenAPI request: {0}")]
    Validation(String),
    #[error("Missing or invalid authorization header value")]
    MissingAuthorization,
    #[error("Inactive Token")]
    InactiveToken,
    #[error("Insufficient Grant")]
    InsufficientGrant,
    #[error("Signature validation error: {reason}")]
    Signature { reason: String, details: Box<SignatureDetails> },
    #[error("unauthorized")]
    LimitExceeded,
    #[error("invalid receiver")]
    InvalidReceiver,
    #[error("invalid amount")]
    InvalidAmount,
    #[error("non-positive receive amount")]
    AmountTooSmall { minimum: Option<Amount> },
    #[error("invalid quote")]
    InvalidQuote,
    #[error("unknown quote")]
    UnknownQuote,
    #[error("invalid expiresAt")]
    InvalidExpiry,
    #[error("wrong state")]
    WrongState,
    #[error("Unauthorized")]
    IncomingPaymentGone { id: String },
    #[error("Could not get wallet address")]
    WalletAddressUnknown,
    #[error("Could not get wallet address")]
    NoSuchWalletAddress(Url),
    #[error("Not Found")]
    NotFound,
    // Authorization server.
    #[error("could not determine client")]
    ClientUnknown,
    #[error("invalid signature headers")]
    SignatureHeaders,
    #[error("{0}")]
    ClientSignature(String),
    #[error("invalid access token")]
    InvalidAccessToken,
    #[error("{0}")]
    InvalidGrantRequest(String),
    #[error("Not Found")]
    NoSuchEndpoint,
    #[error("{0} grant faster than \"wait\" period")]
    TooFast(&'static str),
    #[error("grant cannot be polled")]
    CannotBePolled,
    #[error("grant not found")]
    GrantNotFound,
    #[error("invalid grant")]
    InvalidGrant,
}

impl Refusal {
    /// The answer, from the wallet whose authorization server this is.
    pub(crate) fn into_response(self, auth_server: &Url) -> Response {
        let (status, word) = self.status_and_word();
        let code = word.map_or_else(|| status.to_string(), str::to_owned);
        let mut error = json!({ "code": code, "description": self.to_string() });
        if let Some(details) = self.details() {
            error["details"] = details;
        }
        let response = Response::json(status, &json!({ "error": error }));
        match self {
            Self::MissingAuthorization | Self::InactiveToken | Self::InsufficientGrant => {
                response.with_header("www-authenticate", &format!("GNAP as_uri={auth_server}"))
            }
            _ => response,
        }
    }

    fn status_and_word(&self) -> (u16, Option<&'static str>) {
        match self {
            Self::Validation(_)
            | Self::InvalidReceiver
            | Self::InvalidAmount
            | Self::AmountTooSmall { .. }
            | Self::InvalidQuote
            | Self::InvalidExpiry
            | Self::WalletAddressUnknown => (400, None),
            Self::MissingAuthorization | Self::Signature { .. } | Self::IncomingPaymentGone { .. } => (401, None),
            Self::InactiveToken | Self::InsufficientGrant | Self::LimitExceeded => (403, None),
            Self::UnknownQuote | Self::NoSuchWalletAddress(_) | Self::NotFound => (404, None),
            Self::WrongState => (409, None),
            Self::ClientUnknown => (400, Some("invalid_client")),
            Self::SignatureHeaders | Self::ClientSignature(_) | Self::InvalidAccessToken => {
                (401, Some("invalid_client"))
            }
            Self::InvalidGrantRequest(_) => (400, Some("invalid_request")),
            Self::NoSuchEndpoint => (404, Some("invalid_request")),
            Self::TooFast(_) => (400, Some("too_fast")),
            Self::CannotBePolled => (401, Some("request_denied")),
            Self::GrantNotFound => (404, Some("invalid_continuation")),
            Self::InvalidGrant => (401, Some("invalid_continuation")),
        }
    }

    fn details(&self) -> Option<Value> {
        match self {
            Self::AmountTooSmall { minimum: Some(minimum) } => Some(json!({ "minSendAmount": minimum })),
            Self::NoSuchWalletAddress(url) => Some(json!({ "walletAddressUrl": url.as_str() })),
            Self::IncomingPaymentGone { id } => {
                Some(json!({ "description": "Failed to get wallet address from incoming payment", "id": id }))
            }
            Self::Signature { details, .. } => Some(json!(details)),
            _ => None,
        }
    }
}

/// Why a request is not answered with success: it is refused, or cannot be decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Refused(Refusal),
    NeedsKeys(Url),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
