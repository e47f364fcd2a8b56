//! Where receivers are paid into: the incoming payments that the proxy creates at their wallets.

use money::Rate;
use open_payments::WalletAddress;
use open_payments_client::check_incoming_payment;
use protocol::{Endpoint, IncomingPaymentReply, IncomingPaymentRequest};

use crate::calls::Purpose;
use crate::effect::Area;
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::problem::ProblemCode;
use crate::snapshot::{save, session};

impl Engine {
    /// Asks for an incoming payment, one at a time, if the proxy allows so many requests yet. Says
    /// whether it was asked for.
    pub(crate) fn request_incoming_payment(&mut self, address: WalletAddress, needed: u64) -> bool {
        if self.calls.creating_incoming() || !self.proxy.requests.allows(needed, self.now.monotonic) {
            return false;
        }
        let message = IncomingPaymentRequest { wallet_address: address.clone() };
        self.ask_proxy(Endpoint::CreateIncomingPayment, &message, Purpose::IncomingPayment(address));
        true
    }

    /// Asks for the incoming payment of a page's first link while its document is being fetched, if
    /// it could be used at once.
    pub(crate) fn request_ahead(&mut self, address: &WalletAddress) {
        let now = self.server_time();
        let has_one = self.receivers.at(address).is_some_and(|receiver| receiver.incoming(now).is_some());
        if !has_one && self.rate() > Rate::ZERO && self.may_spend() {
            self.request_incoming_payment(address.clone(), 1);
        }
    }

    pub(crate) fn incoming_payment_created(&mut self, address: &WalletAddress, answer: Result<Answer, Unreachable>) {
        match self.read_reply::<IncomingPaymentReply>(answer) {
            Ok(reply) if self.calls.fetching(address) => self.desk.ahead = Some((address.clone(), reply)),
            Ok(reply) => self.receive_into(address, reply),
            Err(failure) => self.call_failed(address, &failure),
        }
    }

    /// Takes an incoming payment that lies where its receiver's document says.
    pub(crate) fn receive_into(&mut self, address: &WalletAddress, reply: IncomingPaymentReply) {
        let now = self.server_time();
        let Some(receiver) = self.receivers.at_mut(address) else { return };
        if check_incoming_payment(receiver.wallet(), &reply.id).is_err() {
            let problem = ProblemCode::WrongHost.about(reply.id.url().authority());
            return self.receiver_failed(address, problem);
        }
        receiver.receive_into(reply.id, reply.expires_at);
        match receiver.incoming(now) {
            Some(_) => self.persist_receivers(),
            None => self.receiver_failed(address, ProblemCode::ReceiverRefused.into()),
        }
    }

    pub(crate) fn persist_receivers(&mut self) {
        let receivers = save(&self.receivers);
        self.persist(Area::Session, vec![(session::RECEIVERS.to_owned(), Some(receivers))]);
    }
}
