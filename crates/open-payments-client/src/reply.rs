//! Whether a reply fits the request it answers. The engine asks this of everything that comes
//! through the proxy, so that a proxy cannot lead it elsewhere or make it pay something else.

use money::Amount;
use open_payments::{IncomingPaymentUrl, OutgoingPayment, Quote, Url, WalletAddress, WalletDocument};

use crate::{
    CreateQuote,
    payment::{outgoing_payments_url, quotes_url},
};

/// How a reply does not fit.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A URL leads to another server, or another part of it, than the wallet's document names.
    #[error("the reply's {member} leads to {host}, which is not part of the wallet")]
    ForeignHost {
        /// The member that holds the URL.
        member: &'static str,
        /// Its host, and its port if that is not the default one.
        host: String,
    },
    /// It is about another wallet address.
    #[error("the reply is about another wallet address")]
    WalletAddress,
    /// It is about a payment to somebody else.
    #[error("the reply is about another receiver")]
    Receiver,
    /// It is about another quote.
    #[error("the reply is about another quote")]
    Quote,
    /// It is about another amount, or another asset.
    #[error("{asked:?} was asked for and the reply is about {told:?}")]
    Amount {
        /// What was asked for.
        asked: Amount,
        /// What the reply says.
        told: Amount,
    },
}

/// What is said about a quote or a payment.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Its URL.
    pub id: &'a Url,
    /// Who pays, if that is said.
    pub wallet_address: Option<&'a WalletAddress>,
    /// The quote that a payment was made from, if that is said.
    pub quote: Option<&'a Url>,
    /// Who is paid.
    pub receiver: &'a IncomingPaymentUrl,
    /// What the payer gives.
    pub debit_amount: &'a Amount,
}

impl<'a> From<&'a Quote> for Terms<'a> {
    fn from(quote: &'a Quote) -> Self {
        Self {
            id: &quote.id,
            wallet_address: Some(&quote.wallet_address),
            quote: None,
            receiver: &quote.receiver,
            debit_amount: &quote.debit_amount,
        }
    }
}

impl<'a> From<&'a OutgoingPayment> for Terms<'a> {
    fn from(payment: &'a OutgoingPayment) -> Self {
        Self {
            id: &payment.id,
            wallet_address: Some(&payment.wallet_address),
            quote: payment.quote_id.as_ref(),
            receiver: &payment.receiver,
            debit_amount: &payment.debit_amount,
        }
    }
}

/// Checks a quote: at the user's wallet, for the receiver asked for, not above the amount asked
/// for. It may be below it, since a wallet rounds.
///
/// # Errors
/// The first [`Mismatch`].
pub fn check_quote(wallet: &WalletDocument, asked: &CreateQuote, told: &Terms<'_>) -> Result<(), Mismatch> {
    check_parties(wallet, &asked.receiver, told)?;
    require_under("id", told.id, &quotes_url(wallet))?;
    require(told.debit_amount <= &asked.debit_amount, amounts(&asked.debit_amount, told))
}

/// Checks a payment against the quote it was made from.
///
/// # Errors
/// The first [`Mismatch`].
pub fn check_payment(wallet: &WalletDocument, quote: &Terms<'_>, told: &Terms<'_>) -> Result<(), Mismatch> {
    check_parties(wallet, quote.receiver, told)?;
    require_under("id", told.id, &outgoing_payments_url(wallet))?;
    require(told.quote.is_none_or(|id| id == quote.id), Mismatch::Quote)?;
    require(told.debit_amount == quote.debit_amount, amounts(quote.debit_amount, told))
}

/// Checks where a pending grant would send the user's browser and the continuation.
///
/// # Errors
/// [`Mismatch::ForeignHost`] unless both have the origin of the wallet's authorization server.
pub fn check_pending_grant(wallet: &WalletDocument, redirect: &Url, continuation: &Url) -> Result<(), Mismatch> {
    require_auth_server(wallet, "interact.redirect", redirect)?;
    require_auth_server(wallet, "continue.uri", continuation)
}

/// Checks where a granted or rotated token is managed and its grant continued.
///
/// # Errors
/// [`Mismatch::ForeignHost`] unless both have the origin of the wallet's authorization server.
pub fn check_granted_access(wallet: &WalletDocument, manage: &Url, continuation: Option<&Url>) -> Result<(), Mismatch> {
    require_auth_server(wallet, "access_token.manage", manage)?;
    continuation.map_or(Ok(()), |uri| require_auth_server(wallet, "continue.uri", uri))
}

/// Checks that an incoming payment belongs to the receiving wallet whose document this is.
///
/// # Errors
/// [`Mismatch::ForeignHost`] unless it lies below the wallet's resource server.
pub fn check_incoming_payment(wallet: &WalletDocument, id: &IncomingPaymentUrl) -> Result<(), Mismatch> {
    require_under("id", id.url(), &wallet.resource_server.join("incoming-payments"))
}

fn check_parties(wallet: &WalletDocument, receiver: &IncomingPaymentUrl, told: &Terms<'_>) -> Result<(), Mismatch> {
    require(told.wallet_address.is_none_or(|address| *address == wallet.id), Mismatch::WalletAddress)?;
    require(told.receiver == receiver, Mismatch::Receiver)
}

fn require_auth_server(wallet: &WalletDocument, member: &'static str, url: &Url) -> Result<(), Mismatch> {
    require(url.origin() == wallet.auth_server.origin(), foreign(member, url))
}

fn require_under(member: &'static str, url: &Url, base: &Url) -> Result<(), Mismatch> {
    require(url.is_under(base), foreign(member, url))
}

fn foreign(member: &'static str, url: &Url) -> Mismatch {
    Mismatch::ForeignHost { member, host: url.authority().to_owned() }
}

fn amounts(asked: &Amount, told: &Terms<'_>) -> Mismatch {
    Mismatch::Amount { asked: asked.clone(), told: told.debit_amount.clone() }
}

fn require(condition: bool, mismatch: Mismatch) -> Result<(), Mismatch> {
    if condition { Ok(()) } else { Err(mismatch) }
}
