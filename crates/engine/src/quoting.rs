//! The next quote, fetched while the last one is paid.

use money::{Amount, Rate};
use open_payments::{IncomingPaymentUrl, Quote, WalletAddress};
use open_payments_client::{CreateQuote, Read, Terms, check_quote};
use protocol::{Endpoint, ErrorBody, ErrorCode, QuoteReply, QuoteRequest};

use crate::calls::{Purpose, to_wire};
use crate::desk::{Asked, Held};
use crate::effect::Area;
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::minimum::Minimums;
use crate::pace::SECOND;
use crate::problem::{Problem, ProblemCode};
use crate::proxy::{FOR_PREPARING, Failure};
use crate::readback::NO_MONEY_REST;
use crate::settling::payment_url;
use crate::snapshot::local;
use crate::spending::slack;
use crate::targets::Target;

impl Engine {
    /// Asks for the next quote, for the receiver whose turn it is and that has an incoming
    /// payment. One that has none gets one when its turn comes or is the next, one at a time.
    pub(crate) fn quote_if_due(&mut self, targets: &[Target], rate: Rate) {
        if !self.desk.wants_quote() || !self.may_quote() {
            return;
        }
        let now = self.server_time();
        let mut asked = false;
        for target in self.desk.in_turn(targets) {
            let Some(receiver) = self.receivers.at(&target.receiver) else { continue };
            let is_large = self.savings_for(target, rate).is_some();
            let rests = receiver.is_resting(self.pace.ticks()) || self.has_enough(receiver);
            if rests || is_large && !self.desk.lacks(&target.receiver) {
                continue;
            }
            let incoming = receiver.incoming(now).cloned();
            if incoming.is_none() {
                let needed = if asked { FOR_PREPARING } else { 1 };
                self.request_incoming_payment(target.receiver.clone(), needed);
            }
            if asked {
                return;
            }
            asked = incoming.is_some_and(|incoming| self.ask_quote(target.clone(), incoming, rate));
        }
    }

    /// The quote given last is the one to pay from, unless less may be enough: then that is asked for.
    pub(crate) fn end_search(&mut self, rate: Rate) {
        let Some(Held { asked, .. }) = self.desk.smallest.as_ref().filter(|_| self.desk.asked.is_none()) else {
            return;
        };
        let (target, given) = (asked.target.clone(), asked.operation.debit_amount.value);
        let less = self.amount_to_ask(&target.receiver, rate).filter(|next| *next < given);
        let able = self.receivers.at(&target.receiver).filter(|receiver| !receiver.is_resting(self.pace.ticks()));
        let incoming = able
            .and_then(|receiver| receiver.incoming(self.server_time()))
            .filter(|_| less.is_some() && self.may_quote());
        let incoming = incoming.cloned();
        if incoming.is_some_and(|incoming| self.ask_quote(target, incoming, rate)) {
            return;
        }
        if let Some(held) = self.desk.smallest.take() {
            self.persist_minimums();
            self.verify(held);
        }
    }

    /// Whether the proxy allows a quote, and a payment from it.
    pub(crate) fn may_quote(&self) -> bool {
        self.proxy.payments.allows(2, self.now.monotonic)
    }

    /// How much to ask a quote for: what one second costs; or more, if that is too little to send or
    /// seconds are missing, though for them no more than a second costs at the maximum rate. Nothing, if what is left of the budget is too little.
    fn amount_to_ask(&mut self, receiver: &WalletAddress, rate: Rate) -> Option<u64> {
        let spending = self.spending.as_ref()?;
        let balance = spending.purse.balance().whole_units();
        let is_saved_up_for = self.minimums.least(receiver) > slack(rate).whole_units();
        let missing = if is_saved_up_for { balance } else { self.desk.spare(balance) };
        let most = self.maximum_rate().map_or(u64::MAX, |maximum| maximum.accrue(SECOND).units_to_cover());
        let wanted = rate.accrue(SECOND).units_to_cover().max(missing).min(most);
        self.minimums.next(receiver, wanted, spending.budget.remaining(), self.now.wall)
    }

    /// Says whether a quote was asked for.
    fn ask_quote(&mut self, target: Target, incoming: IncomingPaymentUrl, rate: Rate) -> bool {
        match self.amount_to_ask(&target.receiver, rate) {
            Some(units) => self.send_quote(target, incoming, units, false),
            None => {
                self.receiver_failed(&target.receiver, ProblemCode::RestTooSmall.into());
                false
            }
        }
    }

    /// Asks for a quote for so much. Says whether it could be signed.
    pub(crate) fn send_quote(&mut self, target: Target, incoming: IncomingPaymentUrl, units: u64, once: bool) -> bool {
        let (Some(account), Some(spending)) = (&self.account, &mut self.spending) else { return false };
        let is_news = spending.sign_quote(units);
        let debit_amount = Amount::new(units, account.wallet.asset.clone());
        let operation = CreateQuote { token: account.token.value.clone(), receiver: incoming.clone(), debit_amount };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return false };
        if is_news {
            self.persist_spending();
        }
        self.desk.ask(target, operation, once);
        let message = QuoteRequest { incoming_payment: incoming, request: to_wire(request) };
        self.ask_proxy(Endpoint::CreateQuote, &message, Purpose::Quote);
        true
    }

    pub(crate) fn quoted(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<QuoteReply>(answer);
        let Some(asked) = self.desk.take_asked() else { return };
        if self.calls.hears_former_proxy() {
            return;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(failure) => return self.quote_failed(&asked, &failure),
        };
        self.token_accepted();
        let Some(account) = &self.account else { return };
        let terms = Terms {
            id: &reply.id,
            wallet_address: None,
            quote: None,
            receiver: &reply.receiver,
            debit_amount: &reply.debit_amount,
        };
        let paid = self.ledger.knows(&payment_url(&account.wallet.resource_server, &reply.id));
        let known = self.desk.knows(&reply.id) || paid || self.settling.knows(&reply.id);
        if known || check_quote(&account.wallet, &asked.operation, &terms).is_err() {
            return self.quote_unusable(&asked, ProblemCode::ProxyUnreadable);
        }
        let (receiver, units) = (&asked.target.receiver, asked.operation.debit_amount.value);
        self.minimums.accepted(receiver, units, &reply.receive_amount, self.now.wall);
        let held = Held {
            id: reply.id,
            debit: reply.debit_amount,
            receive: reply.receive_amount,
            expires: reply.expires_at,
            asked,
        };
        if held.is_expired(self.server_time()) {
            return self.quote_unusable(&held.asked, ProblemCode::WalletRefused);
        }
        if held.asked.once {
            return self.verify(held);
        }
        self.desk.keep(held);
    }

    fn quote_unusable(&mut self, asked: &Asked, problem: ProblemCode) {
        if asked.once {
            self.part_failed(problem);
        }
        self.receiver_failed(&asked.target.receiver, problem.into());
    }

    /// Holds a quote, once it is certain that it is the one that was asked for.
    fn verify(&mut self, held: Held) {
        let (Some(account), Some(spending)) = (&self.account, &self.spending) else { return };
        // The proxy could pass off a larger quote as this one, or this one as a smaller.
        let wanted = &held.asked.operation.debit_amount;
        let is_sure = held.debit == *wanted && !spending.has_signed_more_than(wanted.value, self.now.wall);
        if is_sure && !held.asked.once {
            return self.desk.hold(held);
        }
        let operation = Read { token: account.token.value.clone(), url: held.id.clone() };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        self.desk.checking = Some(held);
        self.send(request, Purpose::QuoteCheck);
    }

    pub(crate) fn quote_checked(&mut self, answer: Result<Answer, Unreachable>) {
        let Some(held) = self.desk.checking.take() else { return };
        let Some(account) = &self.account else { return };
        let answer = answer.ok().filter(|answer| answer.status == 200);
        let quote = answer.map(|answer| Quote::parse(&answer.body));
        // The token is not exchanged while a quote is checked.
        if let (Some(Ok(_)), Some(spending)) = (&quote, &mut self.spending) {
            spending.token_honoured(&account.token.value, self.now.wall);
        }
        let problem = match quote {
            Some(Ok(quote))
                if quote.id == held.id
                    && quote.debit_amount == held.debit
                    && check_quote(&account.wallet, &held.asked.operation, &Terms::from(&quote)).is_ok() =>
            {
                return if held.asked.once { self.part_quoted(held) } else { self.desk.hold(held) };
            }
            Some(_) => ProblemCode::ProxyUnreadable,
            None => ProblemCode::WalletUnreachable,
        };
        self.quote_unusable(&held.asked, problem);
    }

    fn quote_failed(&mut self, asked: &Asked, failure: &Failure) {
        match failure.too_small() {
            _ if asked.once => self.part_not_quoted(asked, failure),
            Some(error) => self.quote_too_small(asked, error),
            None => self.call_failed(&asked.target.receiver, failure),
        }
    }

    /// The amount was too small: the next quote is for more, as long as there is more.
    fn quote_too_small(&mut self, asked: &Asked, error: &ErrorBody) {
        let (receiver, debit) = (&asked.target.receiver, &asked.operation.debit_amount);
        if !self.learn_minimum(asked, error) {
            return self.receiver_failed(receiver, ProblemCode::WalletRefused.into());
        }
        let next = self.amount_to_ask(receiver, self.pace.rate());
        if next.is_some_and(|next| next > debit.value) {
            return self.desk.turn_stays();
        }
        self.persist_minimums();
        self.receiver_failed(receiver, ProblemCode::RestTooSmall.into());
    }

    /// Learns that what was asked for was too small. Says whether that makes sense.
    pub(crate) fn learn_minimum(&mut self, asked: &Asked, error: &ErrorBody) -> bool {
        let debit = &asked.operation.debit_amount;
        let hint = error.min_send_amount.as_ref().filter(|hint| hint.asset == debit.asset).map(|hint| hint.value);
        self.minimums.refused(&asked.target.receiver, debit.value, hint, self.now.wall)
    }

    /// Another proxy may tell the truth.
    pub(crate) fn forget_minimums(&mut self) {
        self.minimums = Minimums::default();
        self.persist(Area::Local, vec![(local::MINIMUMS.to_owned(), None)]);
    }

    pub(crate) fn persist_minimums(&mut self) {
        let entry = self.minimums.take_change().map(|text| (local::MINIMUMS.to_owned(), Some(text)));
        if let Some(entry) = entry {
            self.persist(Area::Local, vec![entry]);
        }
    }

    /// A call for a receiver failed: what that means for the receiver, and for the wallet.
    pub(crate) fn call_failed(&mut self, address: &WalletAddress, failure: &Failure) {
        if self.calls.hears_former_proxy() {
            return;
        }
        match failure {
            // This is about the proxy, which is left alone for a while.
            Failure::Unknown(ProblemCode::ProxyUnreachable) => return,
            Failure::Unknown(_) => {}
            Failure::Refused(error) => match error.code {
                // These are about the token, the session, the key or the pace.
                ErrorCode::TokenInactive
                | ErrorCode::SessionInvalid
                | ErrorCode::KeyRevoked
                | ErrorCode::RateLimited
                | ErrorCode::ClockSkew => return,
                ErrorCode::InsufficientGrant => return self.lose_token(),
                ErrorCode::LimitExceeded => {
                    self.readings.want_spent_amounts();
                    return self.rest_for_money(ProblemCode::OutOfFunds, NO_MONEY_REST);
                }
                ErrorCode::InvalidReceiver => {
                    if let Some(receiver) = self.receivers.at_mut(address) {
                        receiver.drop_incoming();
                    }
                }
                _ => {}
            },
        }
        self.receiver_failed(address, failure.problem());
    }

    pub(crate) fn receiver_failed(&mut self, address: &WalletAddress, problem: Problem) {
        let tick = self.pace.ticks();
        let Some(receiver) = self.receivers.at_mut(address) else { return };
        receiver.fail(problem, tick);
        // A quote for one that rests for long would keep the others waiting.
        if receiver.is_resting(tick + 1) {
            self.desk.drop_quotes_of(address);
        }
    }
}
