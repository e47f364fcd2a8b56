use money::Accrual;

use crate::received::Received;
use crate::snapshot::Snapshot;

/// The user's permission to spend: it accrues while a payable page is looked at and is not a
/// debt to any site. `accrued = paid + pending + forfeited + balance`, exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, json::Read, json::Write)]
pub(crate) struct Purse {
    /// Grows with each change, so that of two copies the newer one can be told.
    pub(crate) revision: u64,
    accrued: Accrual,
    paid: Accrual,
    pending: Accrual,
    /// The part of what is pending that the proxy says was refused.
    doubtful: Accrual,
    forfeited: Accrual,
    /// Whom it gives nothing for a while. There was no such thing in the first version.
    #[serde(default)]
    pub(crate) received: Received,
}

impl Snapshot for Purse {}

impl Purse {
    /// What may be spent now; negative while overdrawn.
    pub(crate) fn balance(&self) -> Accrual {
        self.accrued - self.paid - self.pending - self.forfeited
    }

    /// Whether a payment of so many units may be made. It may overdraw the purse by the slack, so
    /// that a new page hears something soon; the next one waits until that is made up for.
    ///
    /// What the proxy says was refused does not hold up the next payment, up to the slack again:
    /// beyond that it might be a proxy that makes payments and denies it.
    pub(crate) fn may_pay(&self, units: u64, slack: Accrual) -> bool {
        let permitted = self.balance() + self.doubtful.min(slack);
        permitted >= Accrual::ZERO && permitted + slack >= Accrual::from_units(units)
    }

    /// Adds what has accrued; what would lift the balance above the cap is forfeited.
    pub(crate) fn accrue(&mut self, accrual: Accrual, cap: Accrual) {
        self.revision += 1;
        self.accrued += accrual;
        let excess = self.balance() - cap;
        self.forfeited += excess.max(Accrual::ZERO).min(accrual);
    }

    /// Forfeits what is above the cap: the page is another one now, and what has accrued at a higher
    /// rate, or was saved up for a larger payment, must not all go to one that is to get less.
    pub(crate) fn limit(&mut self, cap: Accrual) {
        self.revision += 1;
        self.forfeited += (self.balance() - cap).max(Accrual::ZERO);
    }

    /// Sets aside what a payment needs.
    pub(crate) fn reserve(&mut self, units: u64) {
        self.revision += 1;
        self.pending += Accrual::from_units(units);
    }

    /// A payment is said to have been refused.
    pub(crate) fn doubt(&mut self, units: u64) {
        self.revision += 1;
        self.doubtful += Accrual::from_units(units);
    }

    /// What became of a payment that was said to have been refused is known for sure now.
    pub(crate) fn end_doubt(&mut self, units: u64) {
        self.revision += 1;
        self.doubtful -= Accrual::from_units(units);
    }

    /// A payment went out.
    pub(crate) fn settle(&mut self, units: u64) {
        self.revision += 1;
        self.pending -= Accrual::from_units(units);
        self.paid += Accrual::from_units(units);
    }

    /// A payment was not made. Of what was set aside for it that is forfeited which would have been,
    /// had it not been set aside: otherwise refusals would put permission by for later.
    pub(crate) fn release(&mut self, units: u64, cap: Accrual) {
        let units = Accrual::from_units(units);
        self.revision += 1;
        self.pending -= units;
        let excess = self.balance() - cap;
        self.forfeited += excess.max(Accrual::ZERO).min(units);
    }

    /// A payment that counted as made was given up by the wallet. It is not made up for. A purse
    /// that was begun anew since then knows nothing of it.
    pub(crate) fn forfeit_paid(&mut self, units: u64) {
        let known = Accrual::from_units(units).min(self.paid);
        self.revision += 1;
        self.paid -= known;
        self.forfeited += known;
    }
}

#[cfg(test)]
mod tests {
    use money::Rate;
    use proptest::prelude::*;

    use super::*;

    fn seconds(count: u64) -> Accrual {
        Rate::from_units_per_hour(3_600).unwrap().accrue(count * 1000)
    }

    #[test]
    fn what_is_pending_becomes_paid_and_what_is_given_up_is_forfeited() {
        let units = Accrual::from_units;
        let parts = |purse: &Purse| [purse.accrued, purse.paid, purse.pending, purse.forfeited];
        let mut purse = Purse::default();
        purse.accrue(units(9), units(60));
        purse.reserve(5);
        assert_eq!(parts(&purse), [9, 0, 5, 0].map(units));
        purse.settle(3);
        assert_eq!(parts(&purse), [9, 3, 2, 0].map(units));
        purse.release(2, units(60));
        purse.forfeit_paid(1);
        assert_eq!(parts(&purse), [9, 2, 0, 1].map(units));
        assert_eq!(purse.balance(), units(6));
        // What an earlier purse has paid is nothing to this one.
        purse.forfeit_paid(3);
        assert_eq!(parts(&purse), [9, 0, 0, 3].map(units));
    }

    #[test]
    fn after_each_change_it_is_newer_than_a_copy() {
        let changes: [fn(&mut Purse); 7] = [
            |purse| purse.accrue(Accrual::from_units(9), Accrual::from_units(60)),
            |purse| purse.reserve(1),
            |purse| purse.doubt(1),
            |purse| purse.end_doubt(1),
            |purse| purse.settle(1),
            |purse| purse.release(1, Accrual::ZERO),
            |purse| purse.forfeit_paid(1),
        ];
        for change in changes {
            let mut purse = Purse { revision: 7, ..Purse::default() };
            change(&mut purse);
            assert!(purse.revision > 7);
        }
    }

    #[test]
    fn one_payment_may_overdraw_it_and_the_next_waits() {
        let mut purse = Purse::default();
        purse.reserve(3);
        assert!(!purse.may_pay(3, seconds(60)));
        purse.settle(3);
        purse.accrue(seconds(2), seconds(60));
        assert!(!purse.may_pay(3, seconds(60)));
        purse.accrue(seconds(1), seconds(60));
        assert!(purse.may_pay(3, seconds(60)));
        assert_eq!(purse.balance(), Accrual::ZERO);
    }

    #[test]
    fn a_large_payment_is_waited_for() {
        let mut purse = Purse::default();
        assert!(purse.may_pay(60, seconds(60)) && !purse.may_pay(61, seconds(60)));
        purse.accrue(seconds(240), seconds(300));
        assert!(purse.may_pay(300, seconds(60)) && !purse.may_pay(301, seconds(60)));
    }

    #[test]
    fn refusals_hold_up_nothing_until_they_are_too_many_to_be_believed() {
        let mut purse = Purse::default();
        for _ in 0..60 {
            assert!(purse.may_pay(1, seconds(60)));
            purse.reserve(1);
            purse.doubt(1);
        }
        purse.reserve(1);
        purse.doubt(1);
        assert!(!purse.may_pay(1, seconds(60)));
        purse.end_doubt(1);
        purse.release(1, seconds(60));
        assert!(purse.may_pay(1, seconds(60)));
    }

    #[test]
    fn the_excess_over_the_cap_is_forfeited_and_nothing_that_was_there_before() {
        let mut purse = Purse::default();
        purse.accrue(seconds(100), seconds(60));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(60), seconds(40)));
        purse.accrue(seconds(1), seconds(30));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(60), seconds(41)));
        purse.reserve(10);
        purse.settle(10);
        purse.forfeit_paid(10);
        assert_eq!(purse.balance(), seconds(50));
    }

    #[test]
    fn what_was_set_aside_in_vain_comes_back_up_to_the_cap() {
        let mut purse = Purse::default();
        purse.accrue(seconds(60), seconds(60));
        purse.reserve(50);
        purse.accrue(seconds(30), seconds(60));
        purse.release(50, seconds(60));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(60), seconds(30)));
        // What was there before stays.
        purse.reserve(10);
        purse.release(10, seconds(20));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(50), seconds(40)));
    }

    #[test]
    fn at_a_lower_rate_all_of_the_excess_is_forfeited() {
        let mut purse = Purse::default();
        purse.accrue(seconds(60), seconds(60));
        purse.limit(seconds(60));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(60), Accrual::ZERO));
        purse.limit(seconds(10));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(10), seconds(50)));
        purse.reserve(20);
        purse.limit(seconds(10));
        assert_eq!((purse.balance(), purse.forfeited), (Accrual::ZERO - seconds(10), seconds(50)));
    }

    /// What happens to a purse, with as many units.
    fn happen(purse: &mut Purse, step: u8, units: u64) {
        let accrual = Accrual::from_units(units);
        match step {
            0 => purse.accrue(accrual, Accrual::ZERO),
            1 => purse.accrue(accrual, accrual),
            2 => purse.accrue(Rate::MAX.accrue(units % 60_001), Accrual::from_units(u64::MAX)),
            3 => purse.limit(accrual),
            4 => purse.reserve(units),
            5 => purse.settle(units),
            6 => purse.release(units, accrual),
            7 => purse.forfeit_paid(units),
            8 => purse.doubt(units),
            _ => purse.end_doubt(units),
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_to_it_it_balances(
            steps in prop::collection::vec((0..10_u8, prop_oneof![0..100_u64, Just(u64::MAX), any::<u64>()]), 0..200)
        ) {
            let mut purse = Purse::default();
            for (step, units) in steps {
                let before = purse.clone();
                happen(&mut purse, step, units);
                prop_assert_eq!(purse.paid + purse.pending + purse.forfeited + purse.balance(), purse.accrued);
                prop_assert!(purse.forfeited >= before.forfeited && purse.accrued >= before.accrued);
                prop_assert_eq!(purse.revision, before.revision + 1);
                // The cap bounds what is added, and a limit whatever there is.
                match step {
                    0..=2 => prop_assert!(purse.balance() >= before.balance()),
                    3 => prop_assert!(purse.balance() <= Accrual::from_units(units)),
                    _ => {}
                }
            }
        }
    }
}
