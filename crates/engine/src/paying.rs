//! One payment at a time, from a quote that is already there.

use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Url};
use open_payments_client::{CreateOutgoingPayment, CreateQuote, Terms, check_payment};
use protocol::{Endpoint, ErrorCode, PaymentReply, PaymentRequest};

use crate::calls::{Purpose, to_wire};
use crate::effect::{Area, Effect, FrameMessage};
use crate::engine::{Connection, Engine};
use crate::input::{Answer, Unreachable};
use crate::ledger::{Intent, Outcome, Row};
use crate::problem::ProblemCode;
use crate::proxy::Failure;
use crate::snapshot::{local, save};
use crate::targets::Target;

/// The quote that was asked for, the quote that is held, the payment that is on its way: at most
/// one of each.
#[derive(Default)]
pub(crate) struct Desk {
    asked: Option<Asked>,
    checking: Option<Held>,
    held: Option<Held>,
    paying: Option<InFlight>,
    /// Whose quote was asked for last.
    turn: Option<open_payments::WalletAddress>,
    payments: u64,
}

/// A quote that was asked for.
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) operation: CreateQuote,
}

/// A quote that can be paid from.
pub(crate) struct Held {
    pub(crate) id: Url,
    pub(crate) debit: Amount,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) asked: Asked,
}

struct InFlight {
    intent: Intent,
    target: Target,
}

/// A quote is not used in its last five seconds.
const MARGIN: i64 = 5 * 1000;

impl Desk {
    /// Whether another quote may be asked for.
    pub(crate) fn wants_quote(&self) -> bool {
        self.asked.is_none() && self.checking.is_none() && self.held.is_none()
    }

    /// Whether nothing that needs the token is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.asked.is_none() && self.checking.is_none() && self.paying.is_none()
    }

    /// The targets, beginning with the one after the last.
    pub(crate) fn in_turn(&self, targets: &[Target]) -> Vec<Target> {
        let last = targets.iter().position(|target| Some(&target.receiver) == self.turn.as_ref());
        let (before, after) = targets.split_at(last.map_or(0, |at| at + 1));
        after.iter().chain(before).cloned().collect()
    }

    pub(crate) fn ask(&mut self, asked: Asked) {
        self.turn = Some(asked.target.receiver.clone());
        self.asked = Some(asked);
    }

    pub(crate) fn take_asked(&mut self) -> Option<Asked> {
        self.asked.take()
    }

    pub(crate) fn check(&mut self, held: Held) {
        self.checking = Some(held);
    }

    pub(crate) fn take_checked(&mut self) -> Option<Held> {
        self.checking.take()
    }

    pub(crate) fn hold(&mut self, held: Held) {
        self.held = Some(held);
    }

    pub(crate) fn drop_quote(&mut self) {
        self.held = None;
    }

    /// Drops a quote whose link is out of view or that is about to expire.
    pub(crate) fn keep_only(&mut self, targets: &[Target], now: Timestamp) {
        self.held = self.held.take().filter(|held| {
            let wanted = targets.iter().any(|target| target.receiver == held.asked.target.receiver);
            wanted && held.expires.is_none_or(|expires| now.plus_millis(MARGIN) < expires)
        });
    }

    /// Minor units of the quote that is held.
    pub(crate) fn quoted_units(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.debit.value)
    }

    /// Payments made in this life of the worker.
    pub(crate) fn payments(&self) -> u64 {
        self.payments
    }
}

impl Engine {
    /// Pays from the quote that is held, if the purse allows it and no payment is on its way.
    pub(crate) fn pay_if_due(&mut self, targets: &[Target]) {
        let (Connection::Connected(account), Some(spending)) = (&self.connection, &mut self.spending) else { return };
        if self.desk.paying.is_some() || !spending.purse.may_pay() {
            return;
        }
        let Some(held) = self.desk.held.take() else { return };
        let units = held.debit.value;
        // The page may have changed since the quote was asked for: those hear of it who are there now.
        let target = targets.iter().find(|target| target.receiver == held.asked.target.receiver);
        let (Some(target), true) = (target, units <= spending.budget.remaining()) else { return };
        let operation = CreateOutgoingPayment { token: account.token.value.clone(), quote: held.id.clone() };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        let receiver: IncomingPaymentUrl = held.asked.operation.receiver;
        let intent = Intent {
            quote: held.id,
            debit: held.debit,
            receiver: receiver.clone(),
            wallet_address: target.receiver.clone(),
            site: target.site.clone(),
            at: self.now.wall,
        };
        if let Some(spending) = &mut self.spending {
            spending.reserve(units);
        }
        self.desk.paying = Some(InFlight { intent, target: target.clone() });
        self.persist_spending();
        let message = PaymentRequest { incoming_payment: receiver, request: to_wire(request) };
        self.ask_proxy(Endpoint::CreatePayment, &message, Purpose::Payment);
    }

    pub(crate) fn paid(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<PaymentReply>(answer);
        let Some(InFlight { intent, target }) = self.desk.paying.take() else { return };
        let Connection::Connected(account) = &self.connection else { return };
        match reply {
            Ok(reply) => {
                let quote = Terms {
                    id: &intent.quote,
                    wallet_address: None,
                    quote: None,
                    receiver: &intent.receiver,
                    debit_amount: &intent.debit,
                };
                let told = Terms {
                    id: &reply.id,
                    wallet_address: None,
                    quote: None,
                    receiver: &reply.receiver,
                    debit_amount: &reply.debit_amount,
                };
                if check_payment(&account.wallet, &quote, &told).is_err() {
                    self.receiver_failed(&target.receiver, ProblemCode::ProxyUnreadable.into());
                    return self.outcome_unknown(intent);
                }
                self.made(intent, reply.id, &target);
            }
            // A quote that is used up may have been used by this very request, sent twice.
            Err(failure @ Failure::Refused(_)) if failure.code() != Some(ErrorCode::QuoteUsed) => {
                if let Some(spending) = &mut self.spending {
                    spending.release(intent.debit.value);
                }
                self.persist_spending();
                // The proxy's word alone does not say that nothing was spent.
                self.readings.read_spent_amounts(self.now.monotonic);
                self.call_for_receiver_failed(&target.receiver, &failure);
            }
            Err(failure) => {
                self.receiver_failed(&target.receiver, failure.problem());
                self.outcome_unknown(intent);
            }
        }
    }

    /// The wallet has made the payment.
    fn made(&mut self, intent: Intent, payment: Url, target: &Target) {
        self.desk.payments += 1;
        for (frame, link) in &target.hearers {
            let message = FrameMessage::Monetization {
                link: *link,
                amount: intent.debit.clone(),
                wallet_address: intent.wallet_address.clone(),
                incoming_payment: intent.receiver.clone(),
            };
            self.effects.push_back(Effect::Tell(*frame, message));
        }
        self.published.count_payment(target.tab, &target.site, intent.debit.value);
        let mut read_back = false;
        if let Some(receiver) = self.receivers.by_id_mut(&target.receiver) {
            receiver.succeed();
            read_back = receiver.payments.is_multiple_of(30);
            receiver.payments += 1;
            receiver.unread = (!read_back).then(|| payment.clone());
        }
        if read_back {
            self.readings.read_back(payment.clone(), self.now.monotonic);
            self.readings.read_spent_amounts(self.now.monotonic);
        }
        self.settle(&intent, payment);
        self.persist_spending();
    }

    /// Books a payment that was made.
    pub(crate) fn settle(&mut self, intent: &Intent, payment: Url) {
        if let Some(spending) = &mut self.spending {
            spending.purse.settle(intent.debit.value);
        }
        self.ledger.add(Row {
            id: payment,
            at: intent.at,
            site: intent.site.clone(),
            wallet_address: intent.wallet_address.clone(),
            debit: intent.debit.clone(),
            outcome: Outcome::Paid,
        });
    }

    /// Writes how the money stands, with the payment that is on its way, if there is one. All of
    /// it is written or nothing.
    pub(crate) fn persist_spending(&mut self) {
        let Some(spending) = &self.spending else { return };
        let intent = self.desk.paying.as_ref().map(|paying| &paying.intent);
        let mut entries =
            vec![(local::SPENDING.to_owned(), Some(save(spending))), (local::INTENT.to_owned(), intent.map(save))];
        entries.extend(self.ledger.take_changes());
        self.persist(Area::Local, entries);
    }
}
