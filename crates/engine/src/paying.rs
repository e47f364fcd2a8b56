//! One payment at a time, from a quote that is already there.

use money::Rate;
use open_payments::{IncomingPaymentUrl, Url};
use open_payments_client::{CreateOutgoingPayment, Terms, check_payment};
use protocol::{Endpoint, ErrorCode, PaymentReply, PaymentRequest};

use crate::calls::{Purpose, to_wire};
use crate::desk::{Held, InFlight};
use crate::effect::{Area, Effect, FrameMessage};
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::ledger::{Intent, Outcome, Row};
use crate::once::Once;
use crate::problem::ProblemCode;
use crate::proxy::Failure;
use crate::snapshot::{local, save};
use crate::spending::slack;
use crate::targets::Target;

/// Every so many payments to a receiver one is read back, beginning with the first.
const READ_BACK_EVERY: u32 = 30;

/// One second, one payment, also when there is something to make up for: that makes the next
/// payment larger. It is less than a second because a timer that was late may be on time again.
const SHORTEST_SECOND: u64 = 500;

impl Engine {
    /// Pays from the quote that is held, if the purse allows it and no payment is on its way.
    pub(crate) fn pay_if_due(&mut self, targets: &[Target], rate: Rate) {
        let Some(spending) = &self.spending else { return };
        let (tick, now, maximum) = (self.pace.ticks(), self.now.monotonic, self.maximum_rate());
        if self.desk.paying.is_some() || now < self.desk.rests_until {
            return;
        }
        let is_due = |held: &Held| {
            let rests = self.receivers.at(&held.asked.target.receiver).is_some_and(|receiver| {
                receiver.is_resting(tick) || spending.purse.received.has_enough(receiver.wallet(), 0, maximum)
            });
            !rests && spending.purse.may_pay(held.debit.value, slack(rate))
        };
        let balance = spending.purse.balance();
        // A full purse gains nothing by waiting, though a share of it may be less than can be sent.
        let waits = self.desk.shares() && balance < self.cap(targets, rate);
        let limit = if waits { self.desk.spare(balance.whole_units()) } else { u64::MAX };
        let Some(held) = self.desk.take_due(limit, &is_due) else { return };
        let target = targets.iter().find(|target| target.receiver == held.asked.target.receiver);
        if let (Some(target), true) = (target.cloned(), held.debit.value <= spending.budget.remaining()) {
            self.desk.rests_until = now + SHORTEST_SECOND;
            self.pay(held, target);
        }
    }

    /// Pays from a quote: the intent first.
    pub(crate) fn pay(&mut self, held: Held, target: Target) {
        let Some(account) = &self.account else { return };
        let operation = CreateOutgoingPayment { token: account.token.value.clone(), quote: held.id.clone() };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        let receiver: IncomingPaymentUrl = held.asked.operation.receiver;
        let intent = Intent {
            quote: held.id,
            debit: held.debit,
            receive: Some(held.receive),
            receiver: receiver.clone(),
            wallet_address: target.wallet_address.clone(),
            site: target.site.as_ref().to_owned(),
            at: self.now.wall,
            once: self.once.as_ref().filter(|_| held.asked.once).map(|once| once.at),
        };
        let maximum = self.maximum_rate();
        if let Some(spending) = &mut self.spending {
            spending.reserve(&intent);
            if let (None, Some(_), Some(receiver)) = (intent.once, maximum, self.receivers.at(&target.receiver)) {
                spending.purse.received.add(receiver.wallet(), intent.debit.value);
            }
        }
        self.desk.paying = Some(InFlight { intent, target });
        self.persist_spending();
        let message = PaymentRequest { incoming_payment: receiver, request: to_wire(request) };
        self.ask_proxy(Endpoint::CreatePayment, &message, Purpose::Payment);
    }

    pub(crate) fn payment_answered(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<PaymentReply>(answer);
        let Some(InFlight { intent, target }) = self.desk.paying.take() else { return };
        match reply {
            // Nor is another payment than the last one listed under the same name.
            Ok(reply) if self.fits(&intent, &reply) && !self.ledger.knows(&reply.id) => {
                self.made(intent, reply.id, &target);
            }
            Ok(_) => {
                if intent.once.is_some() {
                    self.note_part(ProblemCode::ProxyUnreadable);
                }
                self.receiver_failed(&target.receiver, ProblemCode::ProxyUnreadable.into());
                self.outcome_unknown(intent);
            }
            Err(failure) => {
                if intent.once.is_some() {
                    self.note_part(failure.problem().code);
                }
                self.call_failed(&target.receiver, &failure);
                match failure {
                    // A quote that is used up may have been used by this very request, sent twice.
                    Failure::Refused(error) if error.code != ErrorCode::QuoteUsed => self.payment_refused(intent),
                    _ => self.outcome_unknown(intent),
                }
            }
        }
    }

    /// Whether what is told of a payment is what was to be paid, and not of one that was paid before:
    /// if that has failed, this one would be given back to the budget in its place.
    fn fits(&self, intent: &Intent, reply: &PaymentReply) -> bool {
        let Some(account) = &self.account else { return false };
        if self.ledger.knows(&reply.id) || self.settling.knows_payment(&reply.id, &account.wallet.resource_server) {
            return false;
        }
        let quote = Terms {
            id: &intent.quote,
            wallet_address: None,
            quote: None,
            receiver: &intent.receiver,
            debit_amount: &intent.debit,
        };
        let told = Terms { id: &reply.id, receiver: &reply.receiver, debit_amount: &reply.debit_amount, ..quote };
        check_payment(&account.wallet, &quote, &told).is_ok()
    }

    /// The wallet has made the payment.
    fn made(&mut self, intent: Intent, payment: Url, target: &Target) {
        self.desk.payments += 1;
        for (frame, link) in self.hearers(target) {
            let message = FrameMessage::Monetization {
                link,
                amount: intent.debit.clone(),
                wallet_address: intent.wallet_address.clone(),
                incoming_payment: intent.receiver.clone(),
            };
            self.effects.push_back(Effect::Tell(frame, message));
        }
        self.published.count_payment(target.tab, &target.site, intent.debit.value);
        let awaits_money = self.money_moved();
        if let Some(receiver) = self.receivers.at_mut(&target.receiver) {
            receiver.succeed();
            let is_sampled = receiver.payments.is_multiple_of(READ_BACK_EVERY);
            let read_back = is_sampled || intent.once.is_some() || awaits_money;
            receiver.payments += 1;
            receiver.unread = (!read_back).then(|| payment.clone());
            if read_back {
                self.readings.want_payment(payment.clone(), self.now.monotonic);
                self.readings.want_spent_amounts();
            }
        }
        self.settle(&intent, payment);
        self.persist_spending();
    }

    /// Books a payment that was made.
    pub(crate) fn settle(&mut self, intent: &Intent, payment: Url) {
        if let Some(spending) = &mut self.spending {
            spending.settle(intent);
        }
        self.count_part(intent.once, intent.debit.value, None);
        self.ledger.add(Row::new(intent, payment, Outcome::Paid));
    }

    /// Writes how the money stands, with the payment that is on its way, if there is one. All of
    /// it is written or nothing.
    pub(crate) fn persist_spending(&mut self) {
        self.persist_spending_with(Vec::new());
    }

    /// The same together with other entries.
    pub(crate) fn persist_spending_with(&mut self, mut entries: Vec<(String, Option<String>)>) {
        let Some(spending) = &self.spending else { return };
        let intent = self.desk.paying.as_ref().map(|paying| &paying.intent);
        entries.push((local::SPENDING.to_owned(), Some(save(spending))));
        entries.push((local::INTENT.to_owned(), intent.map(save)));
        entries.extend(self.settling.take_change().map(|text| (local::UNSETTLED.to_owned(), text)));
        let once = self.once.as_mut().and_then(Once::take_change);
        entries.extend(once.map(|text| (local::ONCE.to_owned(), Some(text))));
        entries.extend(self.ledger.take_changes());
        self.persist(Area::Local, entries);
    }
}
