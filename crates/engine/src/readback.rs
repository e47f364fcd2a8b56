//! Reading back what became of payments: that one was created does not mean it was delivered,
//! and that no answer came does not mean it was not made.

use open_payments::{OutgoingPayment, SpentAmounts, Url};
use open_payments_client::Read;
use protocol::{Endpoint, PaymentReply, ReadPaymentRequest};

use crate::calls::{Purpose, to_wire};
use crate::engine::{Connection, Engine};
use crate::input::{Answer, Unreachable};
use crate::ledger::{Intent, Outcome};
use crate::problem::ProblemCode;
use crate::spending::QUOTE_LIFE;
use crate::targets::Target;

/// What is to be read, and when, in monotonic time.
#[derive(Default)]
pub(crate) struct Readings {
    payments: Vec<Reading>,
    /// Of the quotes that unsettled payments were to be made from.
    intents: Vec<Reading>,
    spent: Option<u64>,
}

struct Reading {
    url: Url,
    /// Nothing while an answer is on its way.
    due: Option<u64>,
    tries: u32,
}

/// A wallet delivers within a second or so.
const DELIVERY: u64 = 1_500;
const TRIES: u32 = 5;
/// The wallet's account is empty: try again after this long.
const EMPTY_ACCOUNT_REST: u64 = 60 * 1000;
/// Between two looks at a payment whose outcome is unknown: 3 seconds, doubling up to a minute.
const FIRST_LOOK: u64 = 3_000;
const LONGEST_PAUSE: u64 = 60 * 1000;

impl Readings {
    pub(crate) fn read_back(&mut self, payment: Url, now: u64) {
        self.payments.push(Reading { url: payment, due: Some(now + DELIVERY), tries: 0 });
    }

    pub(crate) fn read_spent_amounts(&mut self, now: u64) {
        self.spent = Some(now);
    }

    fn next(&self) -> Option<u64> {
        self.payments.iter().chain(&self.intents).filter_map(|reading| reading.due).chain(self.spent).min()
    }
}

impl Reading {
    /// Looks again later; nothing if it has been tried often enough.
    fn again(mut self, pause: u64, now: u64) -> Option<Self> {
        self.tries += 1;
        self.due = Some(now + pause);
        (self.tries < TRIES).then_some(self)
    }
}

impl Engine {
    /// The last payment of a receiver that went out of view is read back too.
    pub(crate) fn end_sessions(&mut self, targets: &[Target]) {
        for (id, receiver) in self.receivers.iter_mut() {
            if receiver.payments > 0 && !targets.iter().any(|target| target.receiver == *id) {
                receiver.payments = 0;
                if let Some(payment) = receiver.unread.take() {
                    self.readings.read_back(payment, self.now.monotonic);
                }
            }
        }
    }

    /// Sends what is due.
    pub(crate) fn drive_readings(&mut self) {
        let Connection::Connected(account) = &self.connection else { return };
        if account.token_lost {
            return;
        }
        let now = self.now.monotonic;
        let (wallet, token) = (account.wallet.clone(), account.token.value.clone());
        for payment in take_due(&mut self.readings.payments, now) {
            let operation = Read { token: token.clone(), url: payment.clone() };
            let Some(request) = self.sign_for(&wallet, &operation) else { return };
            let message = ReadPaymentRequest { request: to_wire(request) };
            self.ask_proxy(Endpoint::ReadPayment, &message, Purpose::ReadBack(payment));
        }
        for quote in take_due(&mut self.readings.intents, now) {
            let payment = payment_url(&wallet.resource_server, &quote);
            let Some(request) = self.sign_for(&wallet, &Read { token: token.clone(), url: payment }) else { return };
            self.send(request, Purpose::Settle(quote));
        }
        if self.readings.spent.take_if(|due| *due <= now).is_some() {
            let Some(request) = self.sign_for(&wallet, &Read::spent_amounts(&wallet, token)) else { return };
            self.send(request, Purpose::SpentAmounts);
        }
    }

    pub(crate) fn readings_wake(&self) -> Option<u64> {
        match &self.connection {
            Connection::Connected(account) if !account.token_lost => self.readings.next(),
            _ => None,
        }
    }

    pub(crate) fn payment_read(&mut self, payment: &Url, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<PaymentReply>(answer).ok().filter(|reply| reply.id == *payment);
        let Some(at) = self.readings.payments.iter().position(|reading| reading.url == *payment) else { return };
        let reading = self.readings.payments.swap_remove(at);
        match reply {
            Some(reply) if reply.failed => self.given_up(payment, reply.debit_amount.value),
            Some(reply) if reply.sent_amount.value > 0 => {
                if let Connection::Connected(account) = &mut self.connection {
                    account.problem =
                        account.problem.take().filter(|problem| problem.code != ProblemCode::AccountEmpty);
                }
            }
            _ => self.readings.payments.extend(reading.again(DELIVERY, self.now.monotonic)),
        }
    }

    /// No answer came, or none to be trusted: the payment counts as made until the wallet says otherwise.
    pub(crate) fn outcome_unknown(&mut self, intent: Intent) {
        let Some(spending) = &mut self.spending else { return };
        self.readings.intents.push(Reading {
            url: intent.quote.clone(),
            due: Some(self.now.monotonic + FIRST_LOOK),
            tries: 0,
        });
        spending.unsettled.push(intent);
        self.persist_spending();
    }

    /// After a restart: looks again for payments whose outcome is unknown, and at what is spent.
    pub(crate) fn resume_readings(&mut self) {
        let now = self.now.monotonic;
        let Some(spending) = &self.spending else { return };
        let reading = |intent: &Intent| Reading { url: intent.quote.clone(), due: Some(now + FIRST_LOOK), tries: 0 };
        self.readings.intents = spending.unsettled.iter().map(reading).collect();
    }

    pub(crate) fn intent_read(&mut self, quote: &Url, answer: Result<Answer, Unreachable>) {
        let now = self.now;
        let Some(spending) = &mut self.spending else { return };
        let Some(at) = spending.unsettled.iter().position(|intent| intent.quote == *quote) else { return };
        let answer = answer.ok();
        let payment = answer
            .as_ref()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| OutgoingPayment::parse(&answer.body).ok());
        // As long as the quote is good, the payment may still be made by whoever holds the request.
        let quote_is_dead = now.wall.millis() - spending.unsettled[at].at.millis() > QUOTE_LIFE;
        let not_made = quote_is_dead && answer.is_some_and(|answer| answer.status == 404);
        match payment.filter(|payment| payment.quote_id.as_ref().is_none_or(|id| id == quote)) {
            Some(payment) => {
                let intent = spending.unsettled.remove(at);
                self.settle(&intent, payment.id.clone());
                if payment.failed {
                    self.given_up(&payment.id, intent.debit.value);
                }
            }
            None if not_made => {
                let intent = spending.unsettled.remove(at);
                spending.release(intent.debit.value);
            }
            None => {
                if let Some(reading) = self.readings.intents.iter_mut().find(|reading| reading.url == *quote) {
                    let pause = (FIRST_LOOK << reading.tries.min(10)).min(LONGEST_PAUSE);
                    (reading.due, reading.tries) = (Some(now.monotonic + pause), reading.tries + 1);
                }
                return;
            }
        }
        self.readings.intents.retain(|reading| reading.url != *quote);
        self.persist_spending();
    }

    pub(crate) fn spent_amounts_read(&mut self, answer: Result<Answer, Unreachable>) {
        let spent =
            answer.ok().filter(|answer| answer.status == 200).and_then(|answer| SpentAmounts::parse(&answer.body).ok());
        if let (Some(debit), Some(spending)) = (spent.and_then(|spent| spent.debit), &mut self.spending) {
            spending.budget.reconcile(&debit);
        }
    }

    /// The wallet gave up a payment that it had made: its account is empty.
    fn given_up(&mut self, payment: &Url, units: u64) {
        self.ledger.mark(payment, Outcome::Failed);
        if let Some(spending) = &mut self.spending {
            spending.undo(units);
        }
        if let Connection::Connected(account) = &mut self.connection {
            account.problem = Some(ProblemCode::AccountEmpty.into());
        }
        // Once a minute is enough, and each is read back until one is delivered.
        self.quiet_until = self.now.monotonic + EMPTY_ACCOUNT_REST;
        for (_, receiver) in self.receivers.iter_mut() {
            (receiver.payments, receiver.unread) = (0, None);
        }
        self.persist_spending();
    }
}

/// The URLs that are due; an answer is now on its way for each.
fn take_due(readings: &mut [Reading], now: u64) -> Vec<Url> {
    let due = |reading: &mut Reading| reading.due.take_if(|due| *due <= now).map(|_| reading.url.clone());
    readings.iter_mut().filter_map(due).collect()
}

/// Where the payment made from a quote is: wallets give both the same last segment.
fn payment_url(resource_server: &Url, quote: &Url) -> Url {
    let id = quote.path().rsplit('/').next().unwrap_or_default();
    resource_server.join("outgoing-payments").join(id)
}
