use money::Accrual;
use serde::{Deserialize, Serialize};

/// The user's permission to spend: it accrues while a payable page is looked at and is not a
/// debt to any site. `accrued = paid + pending + forfeited + balance`, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purse {
    /// Grows with each change, so that of two copies the newer one can be told.
    pub(crate) revision: u64,
    accrued: Accrual,
    paid: Accrual,
    pending: Accrual,
    forfeited: Accrual,
}

impl Purse {
    /// What may be spent now; negative while overdrawn.
    pub(crate) fn balance(&self) -> Accrual {
        self.accrued - self.paid - self.pending - self.forfeited
    }

    /// Whether a payment may be made: one may overdraw the purse, the next has to wait until
    /// that is made up for.
    pub(crate) fn may_pay(&self) -> bool {
        self.balance() >= Accrual::ZERO
    }

    /// Adds what has accrued; what exceeds the cap is forfeited.
    pub(crate) fn accrue(&mut self, accrual: Accrual, cap: Accrual) {
        self.revision += 1;
        self.accrued += accrual;
        let excess = self.balance() - cap;
        if excess > Accrual::ZERO {
            self.forfeited += excess;
        }
    }

    /// Sets aside what a payment needs.
    pub(crate) fn reserve(&mut self, units: u64) {
        self.revision += 1;
        self.pending += Accrual::from_units(units);
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
        assert!(!purse.may_pay());
        purse.settle(3);
        purse.accrue(seconds(2), seconds(60));
        assert!(!purse.may_pay());
        purse.accrue(seconds(1), seconds(60));
        assert!(purse.may_pay());
        assert_eq!(purse.balance(), Accrual::ZERO);
    }

    #[test]
    fn the_excess_over_the_cap_is_forfeited() {
        let mut purse = Purse::default();
        purse.accrue(seconds(100), seconds(60));
        assert_eq!((purse.balance(), purse.forfeited), (seconds(60), seconds(40)));
        purse.reserve(10);
        purse.release(10);
        assert_eq!(purse.balance(), seconds(60));
        purse.reserve(10);
        purse.settle(10);
        purse.forfeit_paid(10);
        assert_eq!(purse.balance(), seconds(50));
    }
}
