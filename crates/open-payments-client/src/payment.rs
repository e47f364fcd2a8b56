use money::Amount;
use open_payments::{IncomingPaymentUrl, Secret, Url, WalletAddress, WalletDocument};

use crate::{Call, Method, Operation};

/// Asks what one payment of a fixed debit amount would deliver (`POST {resourceServer}/quotes`).
#[derive(Clone, Debug, PartialEq)]
pub struct CreateQuote {
    /// The access token.
    pub token: Secret,
    /// Who would be paid.
    pub receiver: IncomingPaymentUrl,
    /// What the user would give, in the asset of the user's wallet.
    pub debit_amount: Amount,
}

/// Makes the payment that a quote describes (`POST {resourceServer}/outgoing-payments`). A quote
/// is good for one payment, so the same request sent twice pays once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOutgoingPayment {
    /// The access token.
    pub token: Secret,
    /// The quote's URL.
    pub quote: Url,
}

/// Reads a quote, an outgoing payment or the amounts spent (`GET`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The access token.
    pub token: Secret,
    /// The URL of what is read, below the wallet's resource server.
    pub url: Url,
}

impl Read {
    /// Reads what has been spent of the grant, in its current interval.
    pub fn spent_amounts(wallet: &WalletDocument, token: Secret) -> Self {
        Self { token, url: spent_amounts_url(wallet) }
    }
}

pub(crate) fn quotes_url(wallet: &WalletDocument) -> Url {
    wallet.resource_server.join("quotes")
}

pub(crate) fn outgoing_payments_url(wallet: &WalletDocument) -> Url {
    wallet.resource_server.join("outgoing-payments")
}

pub(crate) fn spent_amounts_url(wallet: &WalletDocument) -> Url {
    wallet.resource_server.join("outgoing-payment-grant")
}

#[derive(json::Write)]
#[serde(rename_all = "camelCase")]
struct QuoteBody<'a> {
    wallet_address: &'a WalletAddress,
    receiver: &'a IncomingPaymentUrl,
    method: &'static str,
    debit_amount: &'a Amount,
}

#[derive(json::Write)]
#[serde(rename_all = "camelCase")]
struct OutgoingPaymentBody<'a> {
    wallet_address: &'a WalletAddress,
    quote_id: &'a Url,
}

impl Operation for CreateQuote {
    fn call(&self, wallet: &WalletDocument) -> Call {
        let body = QuoteBody {
            wallet_address: &wallet.id,
            receiver: &self.receiver,
            method: "ilp",
            debit_amount: &self.debit_amount,
        };
        Call {
            method: Method::Post,
            url: quotes_url(wallet),
            token: Some(self.token.clone()),
            body: Some(json::to_string(&body)),
        }
    }
}

impl Operation for CreateOutgoingPayment {
    fn call(&self, wallet: &WalletDocument) -> Call {
        Call {
            method: Method::Post,
            url: outgoing_payments_url(wallet),
            token: Some(self.token.clone()),
            body: Some(json::to_string(&OutgoingPaymentBody { wallet_address: &wallet.id, quote_id: &self.quote })),
        }
    }
}

impl Operation for Read {
    fn call(&self, _: &WalletDocument) -> Call {
        Call { method: Method::Get, url: self.url.clone(), token: Some(self.token.clone()), body: None }
    }
}
