use std::fmt;

use money::Amount;
use open_payments::{IncomingPaymentUrl, Interval, WalletAddress};
use serde::{Deserialize, Serialize};

/// A request to the user's wallet, composed and signed by the extension. The proxy checks it
/// against its closed list and sends exactly these bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The absolute URL, as signed.
    pub url: String,
    /// Name and value of each header, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as digested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl fmt::Debug for SignedRequest {
    /// Without headers and body, which hold tokens and receivers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// `POST /v1/grants`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRequest {
    /// The user's wallet.
    pub wallet_address: WalletAddress,
    /// What may be spent, in each interval if there is one.
    pub amount: Amount,
    /// How often that starts anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// `POST {authServer}`.
    pub request: SignedRequest,
}

/// `POST /v1/grants/continue`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContinueGrantRequest {
    /// The user's wallet.
    pub wallet_address: WalletAddress,
    /// `POST {continue.uri}`.
    pub request: SignedRequest,
}

/// `POST /v1/grants/cancel`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelGrantRequest {
    /// The user's wallet.
    pub wallet_address: WalletAddress,
    /// `DELETE {continue.uri}`.
    pub request: SignedRequest,
}

/// `POST /v1/incoming-payments`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncomingPaymentRequest {
    /// The site's wallet.
    pub wallet_address: WalletAddress,
}

/// `POST /v1/quotes`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuoteRequest {
    /// Who is to be paid.
    pub incoming_payment: IncomingPaymentUrl,
    /// `POST {resourceServer}/quotes`.
    pub request: SignedRequest,
}

/// `POST /v1/payments`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentRequest {
    /// Who is to be paid: the quote's receiver.
    pub incoming_payment: IncomingPaymentUrl,
    /// `POST {resourceServer}/outgoing-payments`.
    pub request: SignedRequest,
}

/// `POST /v1/payments/read`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadPaymentRequest {
    /// `GET {outgoing payment}`.
    pub request: SignedRequest,
}

/// `POST /v1/tokens/rotate`.
#[derive(Clone, Debug, Serialize, Deserialize, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateTokenRequest {
    /// The user's wallet.
    pub wallet_address: WalletAddress,
    /// `POST {manage}`.
    pub request: SignedRequest,
}
