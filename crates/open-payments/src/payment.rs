use money::Amount;

use crate::{IncomingPaymentUrl, ReplyError, Timestamp, Url, WalletAddress};

/// An incoming payment (`POST /incoming-payments` → 201).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingPayment {
    /// Its URL, which quotes name as their receiver.
    pub id: IncomingPaymentUrl,
    /// The account that it belongs to.
    pub wallet_address: WalletAddress,
    /// Whether it takes no more money.
    pub completed: bool,
    /// What has arrived.
    pub received_amount: Amount,
    /// When it stops taking money.
    pub expires_at: Option<Timestamp>,
}

/// A quote (`POST /quotes` → 201): the exact price of one payment, good for one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its URL.
    pub id: Url,
    /// Who would pay.
    pub wallet_address: WalletAddress,
    /// Who would be paid.
    pub receiver: IncomingPaymentUrl,
    /// What the payer would give.
    pub debit_amount: Amount,
    /// What the receiver would get.
    pub receive_amount: Amount,
    /// When it stops being usable.
    pub expires_at: Option<Timestamp>,
}

/// An outgoing payment (`POST /outgoing-payments` → 201). Being created does not mean being
/// delivered: that is what [`failed`](Self::failed) and [`sent_amount`](Self::sent_amount) say
/// when it is read later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingPayment {
    /// Its URL.
    pub id: Url,
    /// Who pays.
    pub wallet_address: WalletAddress,
    /// The quote that it was made from.
    pub quote_id: Option<Url>,
    /// Who is paid.
    pub receiver: IncomingPaymentUrl,
    /// What the payer gives.
    pub debit_amount: Amount,
    /// What the receiver is to get.
    pub receive_amount: Amount,
    /// What has left so far.
    pub sent_amount: Amount,
    /// Whether it was given up, for instance for lack of money.
    pub failed: bool,
}

/// What has been spent of a grant (`GET /outgoing-payment-grant`), in the current interval if
/// it recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentAmounts {
    /// Counted in the payer's asset.
    pub debit: Option<Amount>,
    /// Counted in the receiver's.
    pub receive: Option<Amount>,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
struct RawIncoming {
    id: String,
    wallet_address: String,
    completed: bool,
    received_amount: Amount,
    expires_at: Option<String>,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
struct RawQuote {
    id: String,
    wallet_address: String,
    receiver: String,
    debit_amount: Amount,
    receive_amount: Amount,
    expires_at: Option<String>,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
struct RawOutgoing {
    id: String,
    wallet_address: String,
    quote_id: Option<String>,
    receiver: String,
    debit_amount: Amount,
    receive_amount: Amount,
    sent_amount: Amount,
    #[serde(default)]
    failed: bool,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
struct RawSpent {
    spent_debit_amount: Option<Amount>,
    spent_receive_amount: Option<Amount>,
}

impl IncomingPayment {
    /// Reads the full view of an incoming payment.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawIncoming = json::from_str(json)?;
        Ok(Self {
            id: incoming("id", &raw.id)?,
            wallet_address: wallet_address(&raw.wallet_address)?,
            completed: raw.completed,
            received_amount: raw.received_amount,
            expires_at: date("expiresAt", raw.expires_at)?,
        })
    }
}

impl Quote {
    /// Reads a quote.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawQuote = json::from_str(json)?;
        Ok(Self {
            id: url("id", &raw.id)?,
            wallet_address: wallet_address(&raw.wallet_address)?,
            receiver: incoming("receiver", &raw.receiver)?,
            debit_amount: raw.debit_amount,
            receive_amount: raw.receive_amount,
            expires_at: date("expiresAt", raw.expires_at)?,
        })
    }
}

impl OutgoingPayment {
    /// Reads an outgoing payment.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawOutgoing = json::from_str(json)?;
        Ok(Self {
            id: url("id", &raw.id)?,
            wallet_address: wallet_address(&raw.wallet_address)?,
            quote_id: raw.quote_id.as_deref().map(|id| url("quoteId", id)).transpose()?,
            receiver: incoming("receiver", &raw.receiver)?,
            debit_amount: raw.debit_amount,
            receive_amount: raw.receive_amount,
            sent_amount: raw.sent_amount,
            failed: raw.failed,
        })
    }
}

impl SpentAmounts {
    /// Reads the amounts spent.
    ///
    /// # Errors
    /// If an amount is malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawSpent = json::from_str(json)?;
        Ok(Self { debit: raw.spent_debit_amount, receive: raw.spent_receive_amount })
    }
}

fn url(member: &'static str, text: &str) -> Result<Url, ReplyError> {
    Url::parse(text).map_err(|reason| ReplyError::Url { member, reason })
}

fn incoming(member: &'static str, text: &str) -> Result<IncomingPaymentUrl, ReplyError> {
    IncomingPaymentUrl::parse(text).map_err(|reason| ReplyError::Url { member, reason })
}

fn wallet_address(text: &str) -> Result<WalletAddress, ReplyError> {
    WalletAddress::parse(text).map_err(|reason| ReplyError::Url { member: "walletAddress", reason })
}

fn date(member: &'static str, text: Option<String>) -> Result<Option<Timestamp>, ReplyError> {
    text.map(|text| Timestamp::parse(&text, member)).transpose()
}
