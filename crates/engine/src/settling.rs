//! Payments that were sent and whose outcome is not known: no answer came, or none that has to be
//! believed. They count as spent, are never sent again, and are looked for at the wallet itself.

use open_payments::{OutgoingPayment, Timestamp, Url};
use open_payments_client::Read;

use crate::calls::Purpose;
use crate::engine::{Engine, Moment};
use crate::input::{Answer, Unreachable};
use crate::ledger::{Intent, Outcome, Row};
use crate::snapshot::{Snapshot, save};
use crate::spending::QUOTE_LIFE;
use crate::targets::Target;

/// All of them.
#[derive(Default)]
pub(crate) struct Settling {
    unsettled: Vec<Unsettled>,
    /// One is looked for at a time.
    looking: bool,
    changed: bool,
}

#[derive(json::Read, json::Write)]
pub(crate) struct Unsettled {
    intent: Intent,
    /// The proxy says that it was refused. That is only its word: as long as the quote is good,
    /// whoever holds the request may still send it.
    refused: bool,
    /// When the quote is dead for sure, in monotonic time, which nobody sets back.
    #[serde(skip)]
    dies: u64,
    /// When it is looked for next.
    #[serde(skip)]
    due: u64,
    #[serde(skip)]
    looks: u32,
}

impl Snapshot for Vec<Unsettled> {}

/// Between two looks at a payment: 3 seconds, doubling up to a minute.
const FIRST_PAUSE: u64 = 3_000;
const LONGEST_PAUSE: u64 = 60 * 1000;
/// So often a part of a one-time payment is looked for, over half an hour.
const LOOKS: u32 = 30;
/// With so many unsettled ones no further payment is made.
pub(crate) const MOST: usize = 200;

impl Settling {
    pub(crate) fn restore(stored: Option<Vec<Unsettled>>, now: Moment) -> Self {
        let mut unsettled = stored.unwrap_or_default();
        for payment in &mut unsettled {
            payment.set_times(now);
        }
        Self { unsettled, looking: false, changed: false }
    }

    /// The entry is to be persisted even if nothing of it has changed.
    pub(crate) fn persist_anew(&mut self) {
        self.changed = true;
    }

    /// What to persist, if there is something new.
    pub(crate) fn take_change(&mut self) -> Option<Option<String>> {
        let text = || (!self.unsettled.is_empty()).then(|| save(&self.unsettled));
        std::mem::take(&mut self.changed).then(text)
    }

    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Intent> + use<> {
        std::mem::take(self).unsettled.into_iter().map(|payment| payment.intent)
    }

    /// Whether a payment from this quote may have been made already.
    pub(crate) fn knows(&self, quote: &Url) -> bool {
        self.unsettled.iter().any(|payment| payment.intent.quote == *quote)
    }

    /// Whether this is where one of these payments would be.
    pub(crate) fn knows_payment(&self, payment: &Url, resource_server: &Url) -> bool {
        self.unsettled.iter().any(|unsettled| payment_url(resource_server, &unsettled.intent.quote) == *payment)
    }

    /// What was sent for the one-time payment of this moment.
    pub(crate) fn units_of(&self, once: Timestamp) -> u64 {
        let intents = self.unsettled.iter().map(|payment| &payment.intent);
        intents.filter(|intent| intent.once == Some(once)).map(|intent| intent.debit.value).sum()
    }

    fn next(&self) -> Option<&Unsettled> {
        self.unsettled.iter().filter(|_| !self.looking).min_by_key(|payment| payment.due)
    }

    fn add(&mut self, intent: Intent, refused: bool, now: Moment) {
        let mut payment = Unsettled { intent, refused, dies: 0, due: 0, looks: 0 };
        payment.set_times(now);
        self.unsettled.push(payment);
        self.changed = true;
    }

    fn take(&mut self, at: usize) -> Unsettled {
        self.changed = true;
        self.unsettled.remove(at)
    }
}

impl Unsettled {
    fn set_times(&mut self, now: Moment) {
        let left = self.intent.at.millis().saturating_add(QUOTE_LIFE).saturating_sub(now.wall.millis());
        self.dies = now.monotonic + u64::try_from(left.clamp(0, QUOTE_LIFE)).unwrap_or(0);
        // What was refused is not looked for before it can be told that it will never be made.
        let first_look = now.monotonic + FIRST_PAUSE;
        self.due = if self.refused { first_look.max(self.dies) } else { first_look };
    }
}

impl Engine {
    /// No answer came, or none to be trusted: the payment counts as made until the wallet says otherwise.
    pub(crate) fn outcome_unknown(&mut self, intent: Intent) {
        self.settling.add(intent, false, self.now);
        self.persist_spending();
    }

    /// The proxy says that a payment was refused.
    pub(crate) fn payment_refused(&mut self, intent: Intent) {
        if let Some(spending) = &mut self.spending {
            spending.doubt(&intent, false);
        }
        self.settling.add(intent, true, self.now);
        self.persist_spending();
    }

    /// Whether another payment may be made. Where there would be too many unsettled ones, one is given
    /// up that cannot be made any more and was looked for in vain: it counts as made for good.
    pub(crate) fn make_room(&mut self) -> bool {
        if self.settling.unsettled.len() < MOST {
            return true;
        }
        let now = self.now.monotonic;
        let is_lost = |payment: &Unsettled| payment.dies <= now && payment.looks > 0;
        let lost = self.settling.unsettled.iter().position(is_lost);
        lost.is_some_and(|at| self.stop_looking(at))
    }

    /// Lets a payment count as made for good. Says whether there is a wallet that it was made at.
    fn stop_looking(&mut self, at: usize) -> bool {
        let (Some(account), Some(spending)) = (&self.account, &mut self.spending) else { return false };
        let Unsettled { intent, refused, .. } = self.settling.take(at);
        if refused {
            spending.doubt(&intent, true);
        }
        spending.settle(&intent);
        let payment = payment_url(&account.wallet.resource_server, &intent.quote);
        self.ledger.add(Row::new(&intent, payment, Outcome::Unknown));
        true
    }

    /// Looks for the payment that is due, while there is somebody to pay or the user waits to be told
    /// what became of it: only then does it matter.
    pub(crate) fn drive_settling(&mut self, targets: &[Target]) {
        let Some(account) = &self.account else { return };
        let Some(due) = self.settling_wake(targets) else { return };
        let Some(payment) = self.settling.next().filter(|_| due <= self.now.monotonic) else { return };
        let quote = payment.intent.quote.clone();
        let url = payment_url(&account.wallet.resource_server, &quote);
        let operation = Read { token: account.token.value.clone(), url };
        let Some(request) = self.sign_for(&account.wallet, &operation) else { return };
        self.settling.looking = true;
        self.send(request, Purpose::Settle(quote));
    }

    pub(crate) fn settling_wake(&self, targets: &[Target]) -> Option<u64> {
        let due = self.settling.next()?.due;
        let is_told = self.once.as_ref().is_some_and(|once| self.settling.units_of(once.at) > 0);
        ((is_told || !targets.is_empty()) && self.may_read()).then_some(due)
    }

    pub(crate) fn payment_looked_for(&mut self, quote: &Url, answer: Result<Answer, Unreachable>) {
        self.settling.looking = false;
        let Some(at) = self.settling.unsettled.iter().position(|payment| payment.intent.quote == *quote) else {
            return;
        };
        let answer = answer.ok();
        let found = answer
            .as_ref()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| OutgoingPayment::parse(&answer.body).ok())
            .filter(|payment| payment.quote_id.as_ref().is_none_or(|id| id == quote));
        let unsettled = &mut self.settling.unsettled[at];
        let is_dead = unsettled.dies <= self.now.monotonic;
        let can_be_found = self.spending.as_ref().is_some_and(|spending| spending.ids_follow_quotes == Some(true));
        let not_made = is_dead && can_be_found && answer.is_some_and(|answer| answer.status == 404);
        if found.is_none() && !not_made {
            unsettled.due = self.now.monotonic + (FIRST_PAUSE << unsettled.looks.min(10)).min(LONGEST_PAUSE);
            unsettled.looks += 1;
            // The user waits for what became of this one, so it would be looked for by day and night.
            if is_dead && unsettled.looks >= LOOKS && unsettled.intent.once.is_some() {
                self.stop_looking(at);
                self.persist_spending();
            }
            return;
        }
        let Unsettled { intent, refused, .. } = self.settling.take(at);
        if let (true, Some(spending)) = (refused, &mut self.spending) {
            spending.doubt(&intent, true);
        }
        match found {
            Some(payment) => {
                self.learn_ids(&payment.id, &intent.quote);
                self.settle(&intent, payment.id.clone());
                if payment.failed {
                    self.given_up(&payment.id);
                }
            }
            None => {
                if let Some(spending) = &mut self.spending {
                    spending.release(&intent, self.pace.rate());
                }
            }
        }
        self.persist_spending();
    }

    /// The wallet itself has told of a payment and its quote.
    pub(crate) fn learn_ids(&mut self, payment: &Url, quote: &Url) {
        if let (Some(account), Some(spending)) = (&self.account, &mut self.spending) {
            let follows = *payment == payment_url(&account.wallet.resource_server, quote);
            spending.ids_follow_quotes = Some(follows && spending.ids_follow_quotes != Some(false));
        }
    }
}

/// Where the payment made from a quote is, at a wallet that gives both the same last segment.
pub(crate) fn payment_url(resource_server: &Url, quote: &Url) -> Url {
    let id = quote.path().rsplit('/').next().unwrap_or_default();
    resource_server.join("outgoing-payments").join(id)
}
