use money::Amount;

use crate::ledger::{Outcome, Row};
use crate::snapshot::Snapshot;

/// What was paid before the payments that the ledger still lists one by one: by day and site, then
/// by site, then in all. So it stays small, and nothing that was ever paid is missing in it.
#[derive(Default, json::Read, json::Write)]
#[serde(transparent)]
pub(crate) struct Sums(Vec<Sum>);

/// What was paid in one currency.
#[derive(Clone, Debug, PartialEq, Eq, json::Read, json::Write)]
pub(crate) struct Sum {
    /// The day as in `2026-11-22`, in UTC, for the engine knows no time zone; nothing for all the
    /// days before those that are listed.
    pub(crate) day: Option<String>,
    /// The site; nothing for all those that are not listed.
    pub(crate) site: Option<String>,
    pub(crate) payments: u64,
    pub(crate) debit: Amount,
}

/// So many sums of a day are kept apart: a hundred days of ten sites each.
const DAYS: usize = 1_000;
/// So many sites are kept apart beyond these. (And all others make one sum for each currency, of
/// which there are no more than the user has connected wallets.)
const SITES: usize = 200;

impl Snapshot for Sums {}

impl Sums {
    /// Adds a payment that the ledger lists no more. One that failed was none.
    pub(crate) fn add(&mut self, row: Row) {
        if row.outcome == Outcome::Failed {
            return;
        }
        let day = row.at.to_string().split('T').next().map(str::to_owned);
        self.merge(Sum { day, site: Some(row.site), payments: 1, debit: row.debit });
        self.fold();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sum> {
        self.0.iter()
    }

    fn merge(&mut self, sum: Sum) {
        let same =
            |known: &&mut Sum| known.day == sum.day && known.site == sum.site && known.debit.asset == sum.debit.asset;
        match self.0.iter_mut().find(same) {
            Some(known) => {
                known.payments = known.payments.saturating_add(sum.payments);
                known.debit.value = known.debit.value.saturating_add(sum.debit.value);
            }
            None => self.0.push(sum),
        }
    }

    /// Takes the oldest day and the site with the fewest payments in with the rest, if there are
    /// too many.
    fn fold(&mut self) {
        if let Some(oldest) = self.surplus(DAYS, |sum| sum.day.is_some(), |one, other| one.day < other.day) {
            self.merge(Sum { day: None, ..oldest });
        }
        let is_site = |sum: &Sum| sum.day.is_none() && sum.site.is_some();
        if let Some(least) = self.surplus(SITES, is_site, |one, other| one.payments < other.payments) {
            self.merge(Sum { site: None, ..least });
        }
    }

    /// Takes out the first of a kind, if there are more of it than this.
    fn surplus(&mut self, most: usize, kind: fn(&Sum) -> bool, is_before: fn(&Sum, &Sum) -> bool) -> Option<Sum> {
        let mut first: Option<usize> = None;
        let mut count = 0;
        for (at, sum) in self.0.iter().enumerate().filter(|(_, sum)| kind(sum)) {
            count += 1;
            if first.is_none_or(|first| is_before(sum, &self.0[first])) {
                first = Some(at);
            }
        }
        first.filter(|_| count > most).map(|at| self.0.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use open_payments::Timestamp;

    use super::*;
    use crate::ledger::tests::row;

    #[test]
    fn however_many_days_and_sites_there_are_it_stays_small_and_complete() {
        let mut sums = Sums::default();
        for number in 0..3_000_u64 {
            let at = Timestamp::from_millis(i64::try_from(number).unwrap() * 10_000_000);
            // Every second payment goes to the same site.
            let site = format!("{}.example", if number % 2 == 0 { 0 } else { number });
            sums.add(Row { at, site, ..row(number) });
        }
        let count = |kind: fn(&Sum) -> bool| sums.iter().filter(|sum| kind(sum)).count();
        assert_eq!(count(|sum| sum.day.is_some()), DAYS);
        assert_eq!(count(|sum| sum.day.is_none() && sum.site.is_some()), SITES);
        assert_eq!(count(|sum| sum.day.is_none() && sum.site.is_none()), 1);
        assert_eq!(sums.iter().map(|sum| sum.payments).sum::<u64>(), 3_000);
        assert_eq!(sums.iter().map(|sum| sum.debit.value).sum::<u64>(), 3_000);
        let earliest = sums.iter().filter_map(|sum| sum.day.as_deref()).min();
        assert!(earliest > Some("1970-05-01"), "{earliest:?}");
        let most_paid = sums.iter().find(|sum| sum.day.is_none() && sum.site.as_deref() == Some("0.example"));
        assert!(most_paid.is_some_and(|sum| sum.payments > 500));
    }
}
