//! What follows from the state, after each input: the one place where seconds pass, links are
//! resolved, money is spent and the next wake-up is set.

use money::Accrual;

use crate::effect::{Area, Effect};
use crate::engine::{Connection, Engine};
use crate::snapshot::{save, session};
use crate::targets::Target;

/// The purse never holds more than what accrues in a minute, or one payment if that is more.
const PURSE_MILLISECONDS: u64 = 60 * 1000;

impl Engine {
    pub(crate) fn drive(&mut self) {
        self.drive_attempt();
        self.resolve_links();
        let targets = self.targets();
        self.pass_time(&targets);
        self.end_sessions(&targets);
        self.drive_readings();
        self.drive_rotation();
        self.spend(&targets);
        self.set_wake(&targets);
        self.publish(&targets);
    }

    /// Whether there is somebody to pay, and the means to.
    pub(crate) fn can_pay(&self, targets: &[Target]) -> bool {
        let Connection::Connected(account) = &self.connection else { return false };
        let Some(spending) = &self.spending else { return false };
        let rate = self.settings.rate_in(&account.wallet.asset);
        !targets.is_empty() && !account.token_lost && rate > money::Rate::ZERO && spending.budget.remaining() > 0
    }

    /// Credits the seconds that passed while a payable page was looked at.
    fn pass_time(&mut self, targets: &[Target]) {
        let now = self.now.monotonic;
        if let Some(spending) = &mut self.spending {
            spending.budget.roll(self.now.wall);
        }
        if !self.can_pay(targets) {
            let rest = self.pace.stop(now);
            return self.accrue(rest);
        }
        self.pace.start(now);
        if let Some(credit) = self.pace.tick(now) {
            self.accrue(credit);
            // Also what keeps the worker alive: an extension API call each second.
            if let Some(spending) = &self.spending {
                let purse = save(&spending.purse);
                self.persist(Area::Session, vec![(session::PURSE.to_owned(), Some(purse))]);
            }
        }
    }

    fn accrue(&mut self, milliseconds: u64) {
        let (Connection::Connected(account), Some(spending)) = (&self.connection, &mut self.spending) else { return };
        let rate = self.settings.rate_in(&account.wallet.asset);
        let cap = rate.accrue(PURSE_MILLISECONDS).max(Accrual::from_units(self.desk.quoted_units()));
        if milliseconds > 0 {
            spending.purse.accrue(rate.accrue(milliseconds), cap);
        }
    }

    /// Everything that costs money goes through here, once per input.
    fn spend(&mut self, targets: &[Target]) {
        self.desk.keep_only(targets, self.now.wall);
        if !self.can_pay(targets) || self.now.monotonic < self.quiet_until || self.rotation_is_due() {
            return;
        }
        self.pay_if_due(targets);
        self.quote_if_due(targets);
    }

    fn set_wake(&mut self, targets: &[Target]) {
        let paying = self.can_pay(targets);
        let connecting = matches!(self.connection, Connection::Connecting(_));
        let wakes =
            [self.pace.next(), self.attempt_wake(), self.readings_wake(), self.rotation_wake(), self.quiet_wake()];
        let next = wakes.into_iter().flatten().min();
        if self.published.wake != Some(next) {
            self.published.wake = Some(next);
            self.effects.push_back(Effect::Wake(next));
        }
        let alarm = paying || connecting || next.is_some();
        if self.published.alarm != Some(alarm) {
            self.published.alarm = Some(alarm);
            self.effects.push_back(Effect::Alarm(alarm));
        }
    }

    fn quiet_wake(&self) -> Option<u64> {
        (self.quiet_until > self.now.monotonic).then_some(self.quiet_until)
    }
}
