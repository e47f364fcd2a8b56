//! What follows from the state, after each input: the one place where seconds pass, links are
//! resolved, money is spent and the next wake-up is set.

use money::{Accrual, Rate};

use crate::effect::{Area, Effect};
use crate::engine::Engine;
use crate::receivers::Receiver;
use crate::snapshot::{save, session};
use crate::spending::{Spending, slack};
use crate::targets::Target;

impl Engine {
    pub(crate) fn drive(&mut self) {
        self.end_listening();
        self.look_for_key();
        self.continue_grant();
        self.resolve_links();
        let targets = self.targets();
        self.pass_time(&targets);
        self.end_sessions();
        self.drive_key_watch(&targets);
        self.drive_readings(&targets);
        self.drive_settling(&targets);
        self.end_once_if_due();
        self.spend(&targets);
        self.set_wake(&targets);
        self.publish(&targets);
    }

    /// Whether there is somebody to pay, and the means to.
    pub(crate) fn can_pay(&self, targets: &[Target]) -> bool {
        !targets.is_empty() && self.rate() > Rate::ZERO && self.has_means()
    }

    /// Whether there is a wallet that pays.
    pub(crate) fn has_means(&self) -> bool {
        self.has_wallet() && self.spending.as_ref().is_some_and(|spending| spending.budget.remaining() > 0)
    }

    /// Whether there is somebody to pay as soon as the budget starts anew.
    fn awaits_budget(&self, targets: &[Target]) -> bool {
        let awaits = |spending: &Spending| spending.budget.remaining() == 0 && spending.budget.interval.is_some();
        let is_used_up = self.spending.as_ref().is_some_and(awaits);
        is_used_up && !targets.is_empty() && self.rate() > Rate::ZERO && self.has_wallet()
    }

    /// Whether there is a wallet that would pay if it has money.
    fn has_wallet(&self) -> bool {
        let Some(account) = &self.account else { return false };
        self.key.is_some() && !account.key.missing && !account.token_lost
    }

    /// Whether what leads to a payment may be asked for now.
    pub(crate) fn may_spend(&self) -> bool {
        let now = self.now.monotonic;
        let rests = self.account.as_ref().is_some_and(|account| now < account.rests_until);
        self.has_means() && !rests && !self.proxy.is_quiet(now) && !self.is_continuing_grant()
    }

    /// The rate of pay of the page that is looked at; none without a wallet.
    pub(crate) fn rate(&self) -> Rate {
        let site = self.looked_at().and_then(|tab| self.site_in(tab));
        let (Some(account), Some(site)) = (&self.account, site) else { return Rate::ZERO };
        self.settings.rate_for(&site, &account.wallet.asset)
    }

    /// Credits the seconds that passed while a payable page was looked at.
    fn pass_time(&mut self, targets: &[Target]) {
        if let Some(spending) = &mut self.spending {
            spending.budget.roll(self.now.wall);
        }
        let rate = if self.can_pay(targets) { self.rate() } else { Rate::ZERO };
        if rate != self.pace.rate() {
            // The unfinished second accrues at the rate that it was begun with.
            self.stop_pace();
        }
        if rate == Rate::ZERO {
            return;
        }
        let is_other_rate = self.pace.start(rate, self.now.monotonic);
        let credit = self.pace.tick(self.now.monotonic);
        let is_high = self.spending.as_ref().is_some_and(|spending| spending.purse.balance() > slack(rate));
        if !is_other_rate && !is_high && credit.is_none() {
            return;
        }
        let cap = self.cap(targets, rate);
        let maximum = self.maximum_rate();
        // What was saved up for a receiver of another page is not for those of this one. If they
        // all rest or have got enough, one of them may be whom it was saved up for.
        let is_foreign = is_high && targets.iter().any(|target| self.can_receive(target));
        let Some(spending) = &mut self.spending else { return };
        if is_other_rate || is_foreign && spending.purse.balance() > cap {
            spending.purse.limit(cap);
            self.desk.outdate_quotes();
        }
        if let Some(credit) = credit {
            spending.purse.accrue(rate.accrue(credit), cap);
            spending.purse.received.work_off(credit, maximum);
            // Also what keeps the worker alive: an extension API call each second.
            let purse = save(&spending.purse);
            self.persist(Area::Session, vec![(session::PURSE.to_owned(), Some(purse))]);
        }
    }

    /// Ends the run of seconds, with what accrued in the unfinished one. The purse grows no further
    /// than it may be overdrawn.
    fn stop_pace(&mut self) {
        let rest = self.pace.stop(self.now.monotonic);
        let (rate, maximum) = (self.pace.rate(), self.maximum_rate());
        if let Some(spending) = self.spending.as_mut().filter(|_| rest > 0) {
            spending.purse.accrue(rate.accrue(rest), slack(rate));
            spending.purse.received.work_off(rest, maximum);
        }
    }

    /// What the purse may hold at most: as much as it may be overdrawn by, or what is saved up for.
    pub(crate) fn cap(&self, targets: &[Target], rate: Rate) -> Accrual {
        let largest = targets.iter().filter_map(|target| self.savings_for(target, rate)).max();
        slack(rate).max(Accrual::from_units(largest.unwrap_or(0)))
    }

    /// The least that can be sent to a target, if it is more than the purse may be overdrawn by, there is
    /// a budget for it, and the target does not rest for long.
    pub(crate) fn savings_for(&self, target: &Target, rate: Rate) -> Option<u64> {
        let least = self.minimums.least(&target.receiver);
        // That is all there is to say of nearly every target.
        if least <= slack(rate).whole_units() {
            return None;
        }
        let rest = self.spending.as_ref()?.budget.remaining();
        (self.can_receive(target) && least <= rest).then_some(least)
    }

    /// Whether a target neither rests for long nor has got enough.
    fn can_receive(&self, target: &Target) -> bool {
        let rests = |receiver: &Receiver| receiver.is_resting(self.pace.ticks() + 1) || self.has_enough(receiver);
        self.receivers.at(&target.receiver).is_some_and(|receiver| !rests(receiver))
    }

    /// Everything that costs money goes through here, once per input.
    fn spend(&mut self, targets: &[Target]) {
        let rate = self.pace.rate();
        let is_large = |target: &&Target| self.savings_for(target, rate).is_some();
        let large: Vec<_> = targets.iter().filter(is_large).map(|target| &target.receiver).collect();
        self.desk.keep_only(targets, &large, self.server_time());
        let pays_once = self.is_paying_once();
        if !self.may_spend() || !pays_once && (targets.is_empty() || rate == Rate::ZERO) {
            return;
        }
        if self.rotation_is_due() {
            return self.drive_rotation();
        }
        if pays_once {
            if self.may_quote() && self.make_room() {
                self.drive_once();
            }
            return;
        }
        self.end_search(rate);
        if self.proxy.payments.allows(1, self.now.monotonic) && self.make_room() {
            self.pay_if_due(targets, rate);
        }
        self.desk.set_aside();
        self.quote_if_due(targets, rate);
    }

    /// While something can be paid, each second is a wake-up, which serves for all that waits.
    fn set_wake(&mut self, targets: &[Target]) {
        let wakes = [
            self.pace.next(),
            self.attempt_wake(),
            self.key_wake(targets),
            self.readings_wake(),
            self.settling_wake(targets),
            self.once_wake(),
        ];
        let next = wakes.into_iter().flatten().min();
        if self.published.wake != Some(next) {
            self.published.wake = Some(next);
            self.effects.push_back(Effect::Wake(next));
        }
        // Its ringing is also when a budget is looked at that starts anew some day: a timer that is
        // set for then knows nothing of clocks that are put right.
        let alarm = next.is_some() || self.attempt_is_busy() || self.awaits_budget(targets);
        if self.published.alarm != Some(alarm) {
            self.published.alarm = Some(alarm);
            self.effects.push_back(Effect::Alarm(alarm));
        }
    }
}
