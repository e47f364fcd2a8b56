use money::{Accrual, Rate};
use open_payments::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::ledger::Intent;
use crate::purse::Purse;

/// Where the user's money stands: the budget and the permission to spend. Kept together because
/// they change together.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spending {
    pub(crate) budget: Budget,
    pub(crate) purse: Purse,
    signed_quotes: SignedQuotes,
}

/// How much a proxy could have paid in place of what was asked for: the debit amounts of quotes
/// that were signed, and until when they can be paid from. Falling amounts, rising times: what a
/// later and larger quote covers is left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
struct SignedQuotes(Vec<(u64, Timestamp)>);

/// A quote can be paid from for this long after it was signed, whatever anybody says about it.
pub(crate) const QUOTE_LIFE: i64 = 6 * 60 * 1000;
/// The times are rounded up to this, so that equal quotes one after the other need not be
/// persisted each.
const COARSE: i64 = 60 * 1000;
/// The purse may be overdrawn by what accrues in a minute, or by the smallest amount there is.
const SLACK_MILLISECONDS: u64 = 60 * 1000;

/// By how much the purse may be overdrawn at this rate.
pub(crate) fn slack(rate: Rate) -> Accrual {
    rate.accrue(SLACK_MILLISECONDS).max(Accrual::from_units(1))
}

impl Spending {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, purse: Purse::default(), signed_quotes: SignedQuotes::default() }
    }

    /// Takes over a purse that was kept elsewhere, if it is newer.
    pub(crate) fn keep_newer(&mut self, purse: Purse) {
        if purse.revision > self.purse.revision {
            self.purse = purse;
        }
    }

    /// Remembers that a quote is signed; says whether that has to be persisted.
    pub(crate) fn sign_quote(&mut self, units: u64, now: Timestamp) -> bool {
        let until = now.plus_millis(QUOTE_LIFE + COARSE).millis() / COARSE * COARSE;
        self.signed_quotes.add(units, Timestamp::from_millis(until), now)
    }

    /// Whether a quote larger than this one can still be paid from.
    pub(crate) fn has_signed_more_than(&self, units: u64, now: Timestamp) -> bool {
        self.signed_quotes.0.iter().any(|(signed, until)| *signed > units && now < *until)
    }

    /// Sets aside what a payment needs.
    pub(crate) fn reserve(&mut self, units: u64) {
        self.budget.spend(units);
        self.purse.reserve(units);
    }

    /// A payment was not made.
    pub(crate) fn release(&mut self, intent: &Intent) {
        self.budget.give_back(intent.debit.value, intent.at);
        self.purse.release(intent.debit.value);
    }

    /// The wallet gave up a payment that had counted as made.
    pub(crate) fn undo(&mut self, units: u64, at: Timestamp) {
        self.budget.give_back(units, at);
        self.purse.forfeit_paid(units);
    }
}

impl SignedQuotes {
    fn add(&mut self, units: u64, until: Timestamp, now: Timestamp) -> bool {
        if self.0.contains(&(units, until)) {
            return false;
        }
        self.0.retain(|(signed, alive)| now < *alive && (*signed > units || *alive > until));
        self.0.push((units, until));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_quotes_are_remembered_as_long_as_they_live() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let limit = money::Amount::new(1, money::Asset::new("USD", 2).unwrap());
        let mut spending = Spending::new(Budget::new(limit, None));
        for units in [5, 9, 3, 3] {
            spending.sign_quote(units, at(0));
        }
        assert_eq!(spending.signed_quotes.0.len(), 2);
        assert!(spending.has_signed_more_than(3, at(6)) && !spending.has_signed_more_than(9, at(6)));
        assert!(!spending.sign_quote(3, at(0)) && spending.sign_quote(3, at(1)));
        assert!(spending.has_signed_more_than(2, at(7)) && !spending.has_signed_more_than(3, at(7)));
        assert!(!spending.has_signed_more_than(2, at(8)));
    }
}
