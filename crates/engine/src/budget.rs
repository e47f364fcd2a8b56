use std::collections::VecDeque;

use money::Amount;
use open_payments::{Interval, Timestamp};

/// What the user granted, and what is spent of it in each interval, which is counted in UTC: summer
/// time moves nothing. The wallet keeps count too; this is so that we need not trust it alone.
#[derive(Clone, Debug, PartialEq, json::Read, json::Write)]
pub(crate) struct Budget {
    pub(crate) limit: Amount,
    pub(crate) interval: Option<Interval>,
    /// When it began: what was paid before came out of another one.
    since: Option<Timestamp>,
    /// The one that counts now first. A few are kept, so that a clock that jumps ahead and comes
    /// back finds what was spent before, and what a payment of the last one gives back is not
    /// taken off this one.
    counts: VecDeque<Count>,
}

/// What is spent in one interval.
#[derive(Clone, Debug, PartialEq, json::Read, json::Write)]
struct Count {
    /// Its start; nothing for a budget that does not start anew.
    from: Option<Timestamp>,
    units: u64,
}

const COUNTS: usize = 4;
/// The wallet's clock may be behind: so long after the start of an interval its word may still
/// be about the last one.
const UNSURE: i64 = 10 * 60 * 1000;

impl Budget {
    pub(crate) fn new(limit: Amount, interval: Option<Interval>) -> Self {
        Self { limit, interval, since: None, counts: VecDeque::from([Count { from: None, units: 0 }]) }
    }

    /// Begins at this moment.
    pub(crate) fn starting(self, now: Timestamp) -> Self {
        Self { since: Some(now), ..self }
    }

    /// Turns to the interval of this moment.
    pub(crate) fn roll(&mut self, now: Timestamp) {
        let Some(from) =
            self.start_of(now).filter(|from| self.counts.front().is_none_or(|count| count.from != Some(*from)))
        else {
            return;
        };
        let known = self.counts.iter().position(|count| count.from == Some(from));
        // What was spent before any interval, by a clock that was behind, came out of the first one.
        let known = known.or_else(|| self.counts.iter().position(|count| count.from.is_none()));
        let units = known.and_then(|at| self.counts.remove(at)).map_or(0, |count| count.units);
        self.counts.push_front(Count { from: Some(from), units });
        self.counts.truncate(COUNTS);
    }

    /// Minor units that may still be spent.
    pub(crate) fn remaining(&self) -> u64 {
        self.limit.value.saturating_sub(self.spent_units())
    }

    /// What is spent, in this interval.
    pub(crate) fn spent(&self) -> Amount {
        Amount::new(self.spent_units(), self.limit.asset.clone())
    }

    fn spent_units(&self) -> u64 {
        self.counts.front().map_or(0, |count| count.units)
    }

    pub(crate) fn spend(&mut self, units: u64) {
        if let Some(count) = self.counts.front_mut() {
            count.units = count.units.saturating_add(units);
        }
    }

    /// What was spent at that moment was not spent after all.
    pub(crate) fn give_back(&mut self, units: u64, at: Timestamp) {
        if let Some(count) = self.count_at(at) {
            count.units = count.units.saturating_sub(units);
        }
    }

    /// What the wallet said at that moment is spent, if that is more than we know of. Less is not
    /// believed: then the wallet alone would say when to stop. What failed is given back one by one.
    pub(crate) fn reconcile(&mut self, spent: &Amount, at: Timestamp) {
        let from = self.start_of(at);
        let unsure = from.is_some_and(|from| at.millis() - from.millis() < UNSURE);
        let counts = !unsure && spent.asset == self.limit.asset;
        if let Some(count) = self.count_at(at).filter(|_| counts) {
            count.units = count.units.max(spent.value);
        }
    }

    /// Whether what was paid at that moment came out of it for sure.
    pub(crate) fn has_begun_by(&self, at: Timestamp) -> bool {
        self.since.is_some_and(|since| since <= at)
    }

    /// The count that a payment of that moment belongs to.
    fn count_at(&mut self, at: Timestamp) -> Option<&mut Count> {
        let from = self.start_of(at);
        let is_ours = self.since.is_none_or(|since| since <= at);
        self.counts.iter_mut().find(|count| is_ours && (from.is_none() || count.from == from))
    }

    /// The start of the interval that a moment lies in.
    fn start_of(&self, at: Timestamp) -> Option<Timestamp> {
        Some(self.interval.as_ref()?.window_at(at)?.start)
    }
}

#[cfg(test)]
mod tests {
    use money::Asset;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text, "test").unwrap()
    }

    fn dollars(value: u64) -> Amount {
        Amount::new(value, Asset::new("USD", 2).unwrap())
    }

    fn monthly() -> Budget {
        Budget::new(dollars(100), Some(Interval::monthly(at("2026-01-15T00:00:00Z"))))
    }

    #[test]
    fn a_monthly_budget_starts_anew_and_a_single_one_does_not() {
        let mut monthly = monthly();
        let mut once = Budget::new(dollars(100), None);
        for budget in [&mut monthly, &mut once] {
            budget.roll(at("2026-01-15T00:00:00Z"));
            budget.spend(70);
            budget.roll(at("2026-02-14T23:59:59Z"));
            assert_eq!(budget.remaining(), 30);
            budget.roll(at("2026-02-15T00:00:00Z"));
        }
        assert_eq!((monthly.remaining(), once.remaining()), (100, 30));
    }

    #[test]
    fn a_clock_that_jumps_neither_opens_a_budget_again_nor_closes_the_next() {
        let mut budget = monthly();
        budget.roll(at("2026-02-01T00:00:00Z"));
        budget.spend(70);
        budget.roll(at("2026-03-01T00:00:00Z"));
        budget.spend(20);
        budget.roll(at("2026-02-02T00:00:00Z"));
        assert_eq!(budget.remaining(), 30);
        // Before the first month there is none to turn to.
        budget.roll(at("2025-02-02T00:00:00Z"));
        assert_eq!(budget.remaining(), 30);
        budget.roll(at("2026-03-02T00:00:00Z"));
        assert_eq!(budget.remaining(), 80);
    }

    #[test]
    fn what_is_spent_before_the_first_interval_by_a_clock_that_is_behind_counts_in_it() {
        let mut budget = monthly();
        budget.roll(at("2026-01-14T23:50:00Z"));
        budget.spend(70);
        budget.roll(at("2026-01-15T00:00:00Z"));
        assert_eq!(budget.remaining(), 30);
        budget.roll(at("2026-02-15T00:00:00Z"));
        assert_eq!(budget.remaining(), 100);
    }

    #[test]
    fn what_is_given_back_or_told_counts_for_its_own_interval() {
        let mut budget = monthly();
        budget.roll(at("2026-02-01T00:00:00Z"));
        budget.spend(70);
        budget.roll(at("2026-02-15T00:00:00Z"));
        budget.spend(20);
        budget.give_back(70, at("2026-02-01T00:00:00Z"));
        budget.reconcile(&dollars(100), at("2026-02-14T23:59:59Z"));
        budget.reconcile(&dollars(100), at("2026-02-15T00:09:59Z"));
        assert_eq!(budget.remaining(), 80);
        budget.reconcile(&dollars(40), at("2026-02-15T00:10:00Z"));
        budget.reconcile(&dollars(0), at("2026-02-15T00:10:00Z"));
        assert_eq!(budget.remaining(), 60);
        budget.roll(at("2026-02-01T00:00:00Z"));
        assert_eq!(budget.remaining(), 0);
    }

    proptest! {
        #[test]
        fn wherever_the_clock_jumps_each_interval_has_its_budget_once(
            steps in prop::collection::vec((0..4_usize, 0..28_i64, 0..60_u64), 1..60)
        ) {
            let (mut budget, mut spent) = (monthly(), [0; 4]);
            for (month, day, units) in steps {
                let start = ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"][month];
                budget.roll(at(&format!("{start}T00:00:00Z")).plus_millis(day * 86_400_000));
                let units = units.min(budget.remaining());
                budget.spend(units);
                spent[month] += units;
                prop_assert_eq!(budget.remaining(), 100 - spent[month]);
            }
        }
    }
}
