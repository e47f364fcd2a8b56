use open_payments::{OutgoingPayment, Quote, WalletAddress, WalletDocument};
use open_payments_client::{CreateOutgoingPayment, CreateQuote, HttpRequest, Read};
use protocol::{PaymentReply, PaymentRequest, QuoteReply, QuoteRequest, ReadPaymentRequest, SignedRequest};

use super::flow::Scene;
use super::forward::{Purpose, listed};
use super::refusal::Refusal;
use super::reply_json;

impl Purpose for QuoteRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        None
    }

    fn check(&self, _: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        let quote: CreateQuote = listed(request, wallet)?;
        if quote.receiver == self.incoming_payment {
            Ok(())
        } else {
            Err(Refusal::invalid("The signed request names another receiver than the message."))
        }
    }

    fn read(&self, _: &Scene<'_>, _: &WalletDocument, body: &str) -> Result<String, Refusal> {
        let quote = Quote::parse(body)?;
        Ok(reply_json(&QuoteReply {
            id: quote.id,
            receiver: quote.receiver,
            debit_amount: quote.debit_amount,
            receive_amount: quote.receive_amount,
            expires_at: quote.expires_at,
        }))
    }
}

impl Purpose for PaymentRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        None
    }

    fn check(&self, _: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        listed::<CreateOutgoingPayment>(request, wallet).map(drop)
    }

    fn read(&self, _: &Scene<'_>, _: &WalletDocument, body: &str) -> Result<String, Refusal> {
        payment_reply(body)
    }
}

impl Purpose for ReadPaymentRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        None
    }

    /// Of what the list allows to be read, the extension reads all but payments directly.
    fn check(&self, _: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        let read: Read = listed(request, wallet)?;
        if read.url.is_under(&wallet.resource_server.join("outgoing-payments")) {
            Ok(())
        } else {
            Err(Refusal::invalid("The signed request reads something else than a payment."))
        }
    }

    fn read(&self, _: &Scene<'_>, _: &WalletDocument, body: &str) -> Result<String, Refusal> {
        payment_reply(body)
    }
}

/// Tells what the wallet says, whatever it is: money may have moved, so the extension has to know.
fn payment_reply(body: &str) -> Result<String, Refusal> {
    let payment = OutgoingPayment::parse(body)?;
    Ok(reply_json(&PaymentReply {
        id: payment.id,
        receiver: payment.receiver,
        debit_amount: payment.debit_amount,
        sent_amount: payment.sent_amount,
        failed: payment.failed,
    }))
}
