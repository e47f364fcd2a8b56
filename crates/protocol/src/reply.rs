use money::Amount;
use open_payments::{IncomingPaymentUrl, Secret, Timestamp, Url};
use serde::{Deserialize, Serialize};

/// The answer to [`GrantRequest`](crate::GrantRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GrantReply {
    /// Where the user decides.
    pub interact: InteractionReply,
    /// How to go on afterwards.
    #[serde(rename = "continue")]
    pub continuation: ContinuationReply,
}

/// Where the user decides.
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InteractionReply {
    /// The page to open.
    pub redirect: Url,
    /// The wallet's nonce.
    pub finish: String,
}

/// How a grant is continued or cancelled.
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContinuationReply {
    /// Where.
    pub uri: Url,
    /// The token for it.
    pub token: Secret,
    /// Seconds to wait first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
}

/// The answer to [`ContinueGrantRequest`](crate::ContinueGrantRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContinueGrantReply {
    /// For quotes and payments.
    pub access_token: AccessTokenReply,
    /// For cancelling the grant later.
    #[serde(rename = "continue")]
    pub continuation: ContinuationReply,
    /// The signed token that further requests carry in `Authorization: Bearer`.
    pub session: Secret,
}

/// An access token of the user's wallet.
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenReply {
    /// What goes into `Authorization: GNAP …`.
    pub value: Secret,
    /// Where it is rotated.
    pub manage: Url,
    /// Its life in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// The answer to [`CancelGrantRequest`](crate::CancelGrantRequest): done, or already gone.
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CancelReply {}

/// The answer to [`IncomingPaymentRequest`](crate::IncomingPaymentRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IncomingPaymentReply {
    /// Its URL.
    pub id: IncomingPaymentUrl,
    /// When it stops taking money.
    pub expires_at: Timestamp,
}

/// The answer to [`QuoteRequest`](crate::QuoteRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QuoteReply {
    /// Its URL.
    pub id: Url,
    /// Who would be paid.
    pub receiver: IncomingPaymentUrl,
    /// What the user would give.
    pub debit_amount: Amount,
    /// What the site would get.
    pub receive_amount: Amount,
    /// When it stops being usable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The answer to [`PaymentRequest`](crate::PaymentRequest) and
/// [`ReadPaymentRequest`](crate::ReadPaymentRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentReply {
    /// Its URL.
    pub id: Url,
    /// Who is paid.
    pub receiver: IncomingPaymentUrl,
    /// What the user gives.
    pub debit_amount: Amount,
    /// What has left so far.
    pub sent_amount: Amount,
    /// Whether the wallet has given it up.
    pub failed: bool,
}

/// The answer to [`RotateTokenRequest`](crate::RotateTokenRequest).
#[derive(Clone, Debug, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RotateTokenReply {
    /// The fresh token; the old one is dead.
    pub access_token: AccessTokenReply,
    /// A fresh signed token.
    pub session: Secret,
}
