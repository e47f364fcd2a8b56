//! The next quote, fetched while the last one is paid.

use money::Amount;
use open_payments::{IncomingPaymentUrl, Quote, WalletAddress};
use open_payments_client::{CreateQuote, Read, Terms, check_incoming_payment, check_quote};
use protocol::{Endpoint, ErrorCode, IncomingPaymentReply, IncomingPaymentRequest, QuoteReply, QuoteRequest};

use crate::calls::{Purpose, to_wire};
use crate::effect::Area;
use crate::engine::{Connection, Engine};
use crate::input::{Answer, Unreachable};
use crate::paying::{Asked, Held};
use crate::problem::{Problem, ProblemCode};
use crate::proxy::Failure;
use crate::snapshot::{save, session};
use crate::targets::Target;

impl Engine {
    /// Asks for the next quote, for the receiver whose turn it is; and for an incoming payment
    /// where that is missing.
    pub(crate) fn quote_if_due(&mut self, targets: &[Target]) {
        if !self.desk.wants_quote() {
            return;
        }
        for target in self.desk.in_turn(targets) {
            let Some(receiver) = self.receivers.by_id_mut(&target.receiver) else { continue };
            if receiver.requesting || receiver.is_resting(self.pace.ticks()) {
                continue;
            }
            if let Some(incoming) = receiver.incoming(self.now.wall).cloned() {
                let minimum = receiver.minimum;
                return self.ask_quote(target, incoming, minimum);
            }
            receiver.requesting = true;
            let message = IncomingPaymentRequest { wallet_address: target.receiver.clone() };
            self.ask_proxy(Endpoint::CreateIncomingPayment, &message, Purpose::IncomingPayment(target.receiver));
        }
    }

    pub(crate) fn incoming_payment_created(&mut self, id: &WalletAddress, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<IncomingPaymentReply>(answer);
        let tick = self.pace.ticks();
        let Some(receiver) = self.receivers.by_id_mut(id) else { return };
        receiver.requesting = false;
        match reply {
            Ok(reply) if check_incoming_payment(&receiver.wallet, &reply.id).is_ok() => {
                receiver.receive_into(reply.id, reply.expires_at);
                let receivers = save(&self.receivers);
                self.persist(Area::Session, vec![(session::RECEIVERS.to_owned(), Some(receivers))]);
            }
            Ok(reply) => receiver.fail(ProblemCode::WrongHost.about(reply.id.url().authority()), tick),
            Err(failure) => receiver.fail(failure.problem(), tick),
        }
    }

    fn ask_quote(&mut self, target: Target, incoming: IncomingPaymentUrl, minimum: u64) {
        let (Connection::Connected(account), Some(spending)) = (&self.connection, &mut self.spending) else { return };
        // What one second costs; or more, if that is too little to send or seconds are missing.
        let second = self.settings.rate_in(&account.wallet.asset).accrue(1000).units_to_cover();
        let wanted = second.max(minimum).max(spending.purse.balance().whole_units());
        let units = wanted.min(spending.budget.remaining());
        if units < minimum {
            return spending.budget.exhaust();
        }
        let is_largest = spending.sign_quote(units, self.now.wall);
        let debit_amount = Amount::new(units, account.wallet.asset.clone());
        let operation = CreateQuote { token: account.token.value.clone(), receiver: incoming.clone(), debit_amount };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        if is_largest {
            self.persist_spending();
        }
        self.desk.ask(Asked { target, operation });
        let message = QuoteRequest { incoming_payment: incoming, request: to_wire(request) };
        self.ask_proxy(Endpoint::CreateQuote, &message, Purpose::Quote);
    }

    pub(crate) fn quoted(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<QuoteReply>(answer);
        let Some(asked) = self.desk.take_asked() else { return };
        let (Connection::Connected(account), Some(spending)) = (&self.connection, &self.spending) else { return };
        let reply = match reply {
            Ok(reply) => reply,
            Err(failure) => return self.quote_failed(&asked, &failure),
        };
        let terms = Terms {
            id: &reply.id,
            wallet_address: None,
            quote: None,
            receiver: &reply.receiver,
            debit_amount: &reply.debit_amount,
        };
        if check_quote(&account.wallet, &asked.operation, &terms).is_err() {
            return self.receiver_failed(&asked.target.receiver, ProblemCode::ProxyUnreadable.into());
        }
        let larger = spending.has_signed_more_than(asked.operation.debit_amount.value, self.now.wall);
        let held = Held { id: reply.id, debit: reply.debit_amount, expires: reply.expires_at, asked };
        if !larger {
            return self.desk.hold(held);
        }
        // The proxy could pass off a larger quote as this one: ask the wallet itself.
        let operation = Read { token: account.token.value.clone(), url: held.id.clone() };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        self.desk.check(held);
        self.send(request, Purpose::QuoteCheck);
    }

    pub(crate) fn quote_checked(&mut self, answer: Result<Answer, Unreachable>) {
        let Some(held) = self.desk.take_checked() else { return };
        let Connection::Connected(account) = &self.connection else { return };
        let answer = answer.ok().filter(|answer| answer.status == 200);
        let problem: Problem = match answer.map(|answer| Quote::parse(&answer.body)) {
            Some(Ok(quote))
                if quote.id == held.id
                    && quote.debit_amount == held.debit
                    && check_quote(&account.wallet, &held.asked.operation, &Terms::from(&quote)).is_ok() =>
            {
                return self.desk.hold(held);
            }
            Some(_) => ProblemCode::ProxyUnreadable.into(),
            None => ProblemCode::WalletUnreachable.into(),
        };
        self.receiver_failed(&held.asked.target.receiver, problem);
    }

    fn quote_failed(&mut self, asked: &Asked, failure: &Failure) {
        let id = &asked.target.receiver;
        let units = asked.operation.debit_amount.value;
        match failure {
            Failure::Refused(error) if error.code == ErrorCode::AmountTooSmall => {
                let hint =
                    error.min_send_amount.as_ref().filter(|hint| hint.asset == asked.operation.debit_amount.asset);
                let hint = hint.map(|hint| hint.value);
                let raised = self.receivers.by_id_mut(id).map(|receiver| receiver.raise_minimum(units, hint));
                if let Some(Err(problem)) = raised {
                    self.receiver_failed(id, problem);
                }
            }
            _ => self.call_for_receiver_failed(id, failure),
        }
    }

    /// A quote or a payment was refused: what that means for the receiver, and for the wallet.
    pub(crate) fn call_for_receiver_failed(&mut self, id: &WalletAddress, failure: &Failure) {
        match failure.code() {
            Some(ErrorCode::InvalidReceiver) => {
                if let Some(receiver) = self.receivers.by_id_mut(id) {
                    receiver.drop_incoming();
                }
            }
            Some(ErrorCode::LimitExceeded) => {
                if let Some(spending) = &mut self.spending {
                    spending.budget.exhaust();
                }
                return self.persist_spending();
            }
            // These are about the token, the session or the pace, not about the receiver.
            Some(
                ErrorCode::TokenInactive | ErrorCode::SessionInvalid | ErrorCode::RateLimited | ErrorCode::ClockSkew,
            ) => return,
            Some(ErrorCode::InsufficientGrant) => return self.lose_token(),
            _ => {}
        }
        self.receiver_failed(id, failure.problem());
    }

    pub(crate) fn receiver_failed(&mut self, id: &WalletAddress, problem: Problem) {
        let tick = self.pace.ticks();
        if let Some(receiver) = self.receivers.by_id_mut(id) {
            receiver.fail(problem, tick);
        }
    }
}
