//! Reading back what became of payments: that one was created does not mean it was delivered.

use open_payments::{OutgoingPayment, SpentAmounts, Timestamp, Url};
use open_payments_client::Read;
use protocol::{Endpoint, PaymentReply, ReadPaymentRequest};

use crate::account::Rotation;
use crate::calls::{Purpose, to_wire};
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::ledger::{Outcome, Row};
use crate::problem::ProblemCode;
use crate::proxy::FOR_READING;
use crate::targets::Target;

/// What is to be read, and when, in monotonic time.
#[derive(Default)]
pub(crate) struct Readings {
    payments: Vec<Reading>,
    /// When to ask what is spent, if that is wanted.
    spent_amounts: Option<u64>,
}

struct Reading {
    url: Url,
    /// Nothing while an answer is on its way.
    due: Option<u64>,
    tries: u32,
    /// Whether it was made before one that failed. It says nothing about the account of today.
    is_past: bool,
}

/// A wallet delivers within a second or so.
const DELIVERY: u64 = 1_500;
const TRIES: u32 = 5;
/// What is spent is asked again after this long, if there was no answer.
const SPENT_PAUSE: u64 = 30 * 1000;
/// The wallet has no money for us: one attempt in this time is enough.
pub(crate) const NO_MONEY_REST: u64 = 60 * 1000;

impl Readings {
    /// A while from now, read what became of a payment.
    pub(crate) fn want_payment(&mut self, payment: Url, now: u64) {
        self.payments.push(Reading { url: payment, due: Some(now + DELIVERY), tries: 0, is_past: false });
    }

    /// At once, read what became of a payment that was made before one that failed.
    fn want_past_payment(&mut self, payment: Url, now: u64) {
        self.payments.push(Reading { url: payment, due: Some(now), tries: 0, is_past: true });
    }

    /// Next time something is about to be spent, ask what is.
    pub(crate) fn want_spent_amounts(&mut self) {
        self.spent_amounts = Some(0);
    }
}

impl Reading {
    /// Looks again later; nothing if it has been tried often enough.
    fn again(mut self, now: u64) -> Option<Self> {
        self.tries += 1;
        self.due = Some(now + DELIVERY);
        (self.tries < TRIES).then_some(self)
    }
}

impl Engine {
    /// The last payment of a receiver that went out of view is read back too.
    pub(crate) fn end_sessions(&mut self) {
        for receiver in self.receivers.values_mut() {
            if receiver.payments > 0 && !receiver.is_target {
                receiver.payments = 0;
                if let Some(payment) = receiver.unread.take() {
                    self.readings.want_payment(payment, self.now.monotonic);
                }
            }
        }
    }

    /// Whether the wallet may be asked what it knows: not while payments are off, and not with a
    /// token that is about to die.
    pub(crate) fn may_read(&self) -> bool {
        let Some(account) = &self.account else { return false };
        let usable = !account.token_lost && !account.key.missing && matches!(account.rotation, Rotation::Idle { .. });
        usable && self.settings.enabled && self.key.is_some()
    }

    /// Sends what is due. What is spent is asked only when something is about to be.
    pub(crate) fn drive_readings(&mut self, targets: &[Target]) {
        if !self.may_read() {
            return;
        }
        let now = self.now.monotonic;
        if !targets.is_empty() && self.readings.spent_amounts.take_if(|due| *due <= now).is_some() {
            let Some(account) = &self.account else { return };
            let operation = Read::spent_amounts(&account.wallet, account.token.value.clone());
            let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
            self.send(request, Purpose::SpentAmounts(self.now.wall));
        }
        while let Some(payment) = self.take_due_reading() {
            let Some(account) = &self.account else { return };
            let operation = Read { token: account.token.value.clone(), url: payment.clone() };
            let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
            let message = ReadPaymentRequest { request: to_wire(request) };
            self.ask_proxy(Endpoint::ReadPayment, &message, Purpose::ReadBack(payment));
        }
    }

    pub(crate) fn readings_wake(&self) -> Option<u64> {
        let next = self.readings.payments.iter().filter_map(|reading| reading.due).min();
        next.filter(|_| self.may_read()).map(|due| due.max(self.unhurried_at()))
    }

    /// When the proxy has time for a reading, which is less urgent than what is needed for a payment.
    fn unhurried_at(&self) -> u64 {
        self.proxy.quiet_until.max(self.proxy.requests.allows_at(FOR_READING))
    }

    fn take_due_reading(&mut self) -> Option<Url> {
        let now = self.now.monotonic;
        if now < self.unhurried_at() {
            return None;
        }
        let mut readings = self.readings.payments.iter_mut();
        readings.find_map(|reading| reading.due.take_if(|due| *due <= now).map(|_| reading.url.clone()))
    }

    pub(crate) fn payment_read(&mut self, payment: &Url, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<PaymentReply>(answer).ok().filter(|reply| reply.id == *payment);
        let Some(reading) = self.take_reading(payment) else { return };
        let knows_ids = self.spending.as_ref().is_some_and(|spending| spending.ids_follow_quotes.is_some());
        match reply {
            Some(reply) if reply.failed || !knows_ids => self.ask_wallet(reading),
            Some(reply) if reply.sent_amount.value > 0 => self.delivered(&reading),
            _ => self.readings.payments.extend(reading.again(self.now.monotonic)),
        }
    }

    /// A failed payment is given back to the budget, and whether payments are found by their quotes
    /// decides about others: that takes more than the proxy's word.
    fn ask_wallet(&mut self, reading: Reading) {
        let Some(account) = &self.account else { return };
        let operation = Read { token: account.token.value.clone(), url: reading.url.clone() };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        self.send(request, Purpose::PaymentCheck(reading.url.clone()));
        self.readings.payments.push(reading);
    }

    pub(crate) fn payment_checked(&mut self, payment: &Url, answer: Result<Answer, Unreachable>) {
        let Some(reading) = self.take_reading(payment) else { return };
        let told = answer.ok().filter(|answer| answer.status == 200);
        let told = told.and_then(|answer| OutgoingPayment::parse(&answer.body).ok());
        let Some(told) = told.filter(|told| told.id == *payment) else {
            return self.readings.payments.extend(reading.again(self.now.monotonic));
        };
        if let Some(quote) = &told.quote_id {
            self.learn_ids(payment, quote);
        }
        if told.failed {
            self.failure_confirmed(&reading, &told);
        } else if told.sent_amount.value > 0 {
            self.delivered(&reading);
        } else {
            self.readings.payments.extend(reading.again(self.now.monotonic));
        }
    }

    fn failure_confirmed(&mut self, reading: &Reading, told: &OutgoingPayment) {
        if !self.ledger.lists(&told.id, &told.debit_amount) {
            return;
        }
        if reading.is_past {
            self.mark_failed(&told.id);
        } else {
            self.given_up(&told.id);
        }
        self.persist_spending();
    }

    fn delivered(&mut self, reading: &Reading) {
        if !reading.is_past {
            self.money_arrived();
        }
    }

    fn take_reading(&mut self, payment: &Url) -> Option<Reading> {
        let at = self.readings.payments.iter().position(|reading| reading.url == *payment)?;
        Some(self.readings.payments.swap_remove(at))
    }

    pub(crate) fn spent_amounts_read(&mut self, asked: Timestamp, answer: Result<Answer, Unreachable>) {
        let told = answer.ok().filter(|answer| answer.status == 200);
        match (told.and_then(|answer| SpentAmounts::parse(&answer.body).ok()), &mut self.spending) {
            (Some(SpentAmounts { debit: Some(debit), .. }), Some(spending)) => {
                spending.budget.reconcile(&debit, asked);
            }
            // Nothing is spent yet.
            (Some(_), _) => {}
            (None, _) => self.readings.spent_amounts = Some(self.now.monotonic + SPENT_PAUSE),
        }
    }

    /// The wallet gave up a payment that it had made: its account is empty.
    pub(crate) fn given_up(&mut self, payment: &Url) {
        let Some(at) = self.mark_failed(payment) else { return };
        let age = u64::try_from(self.now.wall.millis() - at.millis()).unwrap_or(0);
        self.rest_for_money(ProblemCode::AccountEmpty, NO_MONEY_REST.saturating_sub(age));
        // The last one has probably failed too, and the next ones are read back until one is delivered.
        for receiver in self.receivers.values_mut() {
            receiver.payments = 0;
            if let Some(payment) = receiver.unread.take() {
                self.readings.want_payment(payment, self.now.monotonic);
            }
        }
    }

    /// Gives a payment that counted as made back to the budget, and says when it was made. Only some
    /// are read back, so the one before it may have failed too: that one is read back now, and so
    /// on to the last one that was delivered.
    fn mark_failed(&mut self, payment: &Url) -> Option<Timestamp> {
        let Row { at, once, debit, .. } = self.ledger.mark(payment, Outcome::Failed)?;
        self.count_part(once, debit.value, Some(ProblemCode::AccountEmpty));
        let spending = self.spending.as_mut()?;
        spending.undo(debit.value, at, once.is_some());
        // What another grant has paid is none of this budget's business.
        if let Some(past) = self.ledger.before(payment).filter(|row| spending.budget.has_begun_by(row.at)) {
            self.readings.want_past_payment(past.id.clone(), self.now.monotonic);
        }
        Some(at)
    }

    /// The wallet has no money for us, be it the account or the budget.
    pub(crate) fn rest_for_money(&mut self, problem: ProblemCode, milliseconds: u64) {
        if let Some(account) = &mut self.account {
            account.problem = Some(problem.into());
            account.rests_until = account.rests_until.max(self.now.monotonic + milliseconds);
        }
    }

    /// The wallet has made a payment: there is a budget. Whether there is money in an account that
    /// was empty shows when it is delivered, and until then one attempt is enough. Says whether that
    /// is awaited.
    pub(crate) fn money_moved(&mut self) -> bool {
        let Some(account) = &mut self.account else { return false };
        account.problem.take_if(|problem| problem.code == ProblemCode::OutOfFunds);
        let awaits_money = account.problem.as_ref().is_some_and(|problem| problem.code == ProblemCode::AccountEmpty);
        if awaits_money {
            self.rest_for_money(ProblemCode::AccountEmpty, NO_MONEY_REST);
        }
        awaits_money
    }

    fn money_arrived(&mut self) {
        let Some(account) = &mut self.account else { return };
        if account.problem.take_if(|problem| problem.code == ProblemCode::AccountEmpty).is_some() {
            account.rests_until = 0;
        }
    }
}
