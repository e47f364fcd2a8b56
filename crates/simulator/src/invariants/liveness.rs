//! In the middle of a world: once nothing has gone wrong for a while, a page that is looked at and
//! can be paid is paid, or the view tells the person what to do.

use engine::Idle;
use money::Rate;

use crate::breach::Rule;
use crate::browser::OpenTab;
use crate::pages::PAYABLE;
use crate::person::problems;
use crate::world::World;

/// So long a purse, a receiver or a wallet may rest after what went wrong, in milliseconds.
pub(crate) const REST: u64 = 150_000;

impl World {
    /// Something happens after which payments may rest.
    pub(crate) fn disturb(&mut self) {
        self.watch.quiet_since = self.elapsed;
    }

    /// Looks whether payments are missed.
    pub(crate) fn check_liveness(&mut self) {
        let paid = self.wallets.truth.payments.len();
        if paid > self.watch.seen_payments {
            self.watch.seen_payments = paid;
            self.disturb();
        }
        if self.elapsed < self.watch.quiet_since + REST {
            return;
        }
        if !self.works() {
            return self.disturb();
        }
        let rate = self.browser.looked_at().map_or(Rate::ZERO, |tab| self.payable_rate(tab));
        if rate > Rate::ZERO && self.elapsed > self.watch.quiet_since + REST + self.saving(rate) {
            self.disturb();
            let is_asking = self.storage.local.contains_key("attempt");
            if self.tend().is_none() && !is_asking {
                let view = self.look().unwrap_or_default();
                self.break_rule(Rule::Liveness, format!("nothing is paid, and nothing said: {}", problems(&view)));
            }
        }
    }

    /// Whether nothing fails, or is about to.
    fn works(&self) -> bool {
        let timers = &self.timers;
        let machine_works = timers.fuse.is_none() && timers.failing_write.is_none() && timers.late.0 == 0;
        let proxy_works = self.elapsed >= self.proxy.down_until && self.proxy.store_down.0 == 0;
        let others_work = self.faults.is_empty() && self.wallets.overstated == 0 && !self.proxy.lies();
        machine_works && proxy_works && others_work && self.browser.idle == Idle::Active
    }

    /// The slowest of the rates that hold for what can be paid in a page.
    fn payable_rate(&self, tab: &OpenTab) -> Rate {
        let chosen = &self.watch.chosen;
        let payable = |(_, href): &(_, &str)| PAYABLE.contains(href);
        let has_payable = chosen.links(tab).filter(payable).any(|(frame, _)| chosen.rate(frame.site()) > Rate::ZERO);
        let rate = chosen.rate(tab.site());
        if has_payable { chosen.maximum.map_or(rate, |maximum| maximum.min(rate)) } else { Rate::ZERO }
    }

    /// So long saving up for the next payment may take, or working off the last one, in milliseconds.
    fn saving(&self, rate: Rate) -> u64 {
        let largest = self.watch.largest.max(self.wallets.truth.largest_asked);
        let per_hour = rate.accrue(3_600_000).whole_units().max(1);
        4 * largest.saturating_mul(3_600_000) / per_hour
    }
}
