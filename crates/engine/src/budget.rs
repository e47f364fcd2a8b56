use money::Amount;
use open_payments::{Interval, Timestamp, Window};
use serde::{Deserialize, Serialize};

/// What the user granted, and what is spent of it in the current interval. The wallet keeps
/// count too; this is so that we need not trust it alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Budget {
    pub(crate) limit: Amount,
    pub(crate) interval: Option<Interval>,
    /// The start of the interval that `spent` counts in.
    counted_from: Option<Timestamp>,
    spent: u64,
}

impl Budget {
    pub(crate) fn new(limit: Amount, interval: Option<Interval>) -> Self {
        Self { limit, interval, counted_from: None, spent: 0 }
    }

    /// Starts counting anew if another interval has begun.
    pub(crate) fn roll(&mut self, now: Timestamp) {
        let begun = self.window(now).map(|window| window.start);
        if begun > self.counted_from {
            self.counted_from = begun;
            self.spent = 0;
        }
    }

    /// Minor units that may still be spent.
    pub(crate) fn remaining(&self) -> u64 {
        self.limit.value.saturating_sub(self.spent)
    }

    /// What is spent, in this interval.
    pub(crate) fn spent(&self) -> Amount {
        Amount::new(self.spent, self.limit.asset.clone())
    }

    pub(crate) fn spend(&mut self, units: u64) {
        self.spent = self.spent.saturating_add(units);
    }

    pub(crate) fn give_back(&mut self, units: u64) {
        self.spent = self.spent.saturating_sub(units);
    }

    /// The wallet says that nothing is left.
    pub(crate) fn exhaust(&mut self) {
        self.spent = self.limit.value;
    }

    /// What the wallet says is spent, if that is more than we know of.
    pub(crate) fn reconcile(&mut self, spent: &Amount) {
        if spent.asset == self.limit.asset {
            self.spent = self.spent.max(spent.value);
        }
    }

    fn window(&self, now: Timestamp) -> Option<Window> {
        self.interval.as_ref()?.window_at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Asset;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text, "test").unwrap()
    }

    #[test]
    fn a_monthly_budget_starts_anew_and_a_single_one_does_not() {
        let limit = Amount::new(100, Asset::new("USD", 2).unwrap());
        let mut monthly = Budget::new(limit.clone(), Some(Interval::monthly(at("2026-01-15T00:00:00Z"))));
        let mut once = Budget::new(limit, None);
        for budget in [&mut monthly, &mut once] {
            budget.roll(at("2026-01-15T00:00:00Z"));
            budget.spend(70);
            budget.roll(at("2026-02-14T23:59:59Z"));
            assert_eq!(budget.remaining(), 30);
            budget.roll(at("2026-02-15T00:00:00Z"));
        }
        assert_eq!((monthly.remaining(), once.remaining()), (100, 30));
        monthly.spend(40);
        // A clock set back must not open the last month's budget again.
        monthly.roll(at("2026-02-01T00:00:00Z"));
        assert_eq!(monthly.remaining(), 60);
    }
}
