//! The maximum rate: what a wallet got is worked off at that rate before it gets more.

use std::collections::BTreeMap;

use money::{Accrual, Rate};

use crate::breach::Rule;
use crate::world::World;

/// What is worked off a little ahead of its time: a second whose end a timer was early for, and
/// what a machine that wakes up is credited.
const AHEAD: u64 = 3_000;

/// What wallets got and have not worked off.
#[derive(Default)]
pub(crate) struct Worked {
    left: BTreeMap<String, Accrual>,
    /// Up to when it is, in milliseconds since the world began.
    until: u64,
}

impl Worked {
    /// From now on.
    pub(crate) fn begin(&mut self, now: u64) {
        self.until = now;
    }
}

impl World {
    /// A payment to a wallet is signed that is not a part of a one-time payment.
    pub(crate) fn check_maximum(&mut self, wallet: &str, debit: u64) {
        let Some(maximum) = self.watch.chosen.maximum else { return };
        self.work_off(maximum);
        let ahead = self.watch.fastest_maximum.accrue(AHEAD);
        let left = self.watch.worked.left.entry(wallet.to_owned()).or_default();
        if *left > ahead {
            let left = left.units_to_cover();
            return self.break_rule(Rule::Rate, format!("{debit} more to {wallet}, which has {left} to work off"));
        }
        *left += Accrual::from_units(debit);
    }

    /// The person chooses another one, or none.
    pub(crate) fn change_maximum(&mut self, next: Option<Rate>) {
        match (self.watch.chosen.maximum, next) {
            (Some(before), Some(next)) if before != next => self.work_off(before),
            (Some(_), Some(_)) => return,
            _ => self.watch.worked = Worked::default(),
        }
        self.watch.fastest_maximum = self.watch.fastest_maximum.max(next.unwrap_or_default());
        self.watch.worked.begin(self.elapsed);
    }

    fn work_off(&mut self, maximum: Rate) {
        let worked = &mut self.watch.worked;
        let done = maximum.accrue(self.elapsed.saturating_sub(worked.until));
        worked.until = self.elapsed;
        worked.left.values_mut().for_each(|left| *left = (*left - done).max(Accrual::ZERO));
    }
}
