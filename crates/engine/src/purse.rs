use money::Accrual;
use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;

/// The user's permission to spend: it accrues while a payable page is looked at and is not a
/// debt to any site. `accrued = paid + pending + forfeited + balance`, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purse {
    /// Grows with each change, so that of two copies the newer one can be told.
    pub(crate) revision: u64,
    accrued: Accrual,
    paid: Accrual,
    pending: Accrual,
    /// The part of what is pending that the proxy says was refused.
    doubtful: Accrual,
    forfeited: Accrual,
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

    /// A payment was not made.
    pub(crate) fn release(&mut self, units: u64) {
        self.revision += 1;
        self.pending -= Accrual::from_units(units);
    }

    /// A payment that counted as made was given up by the wallet. It is not made up for.
    pub(crate) fn forfeit_paid(&mut self, units: u64) {
        self.revision += 1;
        self.paid -= Accrual::from_units(units);
        self.forfeited += Accrual::from_units(units);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Rate;

    fn seconds(count: u64) -> Accrual {
        Rate::from_units_per_hour(3_600).unwrap().accrue(count * 1000)
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
        purse.release(1);
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
}
