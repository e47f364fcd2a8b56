use open_payments::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::ledger::Intent;
use crate::purse::Purse;

/// Where the user's money stands: the budget, the permission to spend, and payments whose
/// outcome is not known. Kept together because they change together.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spending {
    pub(crate) budget: Budget,
    pub(crate) purse: Purse,
    /// Payments that were sent and never answered; they count as spent.
    pub(crate) unsettled: Vec<Intent>,
    /// Debit amounts of quotes that were signed, until when they can be paid from. A proxy could
    /// hand over any of them in place of the one that was asked for.
    signed_quotes: Vec<(u64, Timestamp)>,
}

/// A quote can be paid from for this long after it was signed, whatever anybody says about it.
pub(crate) const QUOTE_LIFE: i64 = 6 * 60 * 1000;

impl Spending {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, purse: Purse::default(), unsettled: Vec::new(), signed_quotes: Vec::new() }
    }

    /// Takes over a purse that was kept elsewhere, if it is newer.
    pub(crate) fn keep_newer(&mut self, purse: Purse) {
        if purse.revision > self.purse.revision {
            self.purse = purse;
        }
    }

    /// Remembers that a quote is signed; says whether it is larger than every other still alive.
    pub(crate) fn sign_quote(&mut self, units: u64, now: Timestamp) -> bool {
        self.signed_quotes.retain(|(_, until)| now < *until);
        let is_largest = self.signed_quotes.iter().all(|(signed, _)| *signed < units);
        self.signed_quotes.push((units, now.plus_millis(QUOTE_LIFE)));
        is_largest
    }

    /// Whether a quote larger than this one can still be paid from.
    pub(crate) fn has_signed_more_than(&self, units: u64, now: Timestamp) -> bool {
        self.signed_quotes.iter().any(|(signed, until)| *signed > units && now < *until)
    }

    /// Sets aside what a payment needs.
    pub(crate) fn reserve(&mut self, units: u64) {
        self.budget.spend(units);
        self.purse.reserve(units);
    }

    /// A payment was not made.
    pub(crate) fn release(&mut self, units: u64) {
        self.budget.give_back(units);
        self.purse.release(units);
    }

    /// The wallet gave up a payment that had counted as made.
    pub(crate) fn undo(&mut self, units: u64) {
        self.budget.give_back(units);
        self.purse.forfeit_paid(units);
    }
}
