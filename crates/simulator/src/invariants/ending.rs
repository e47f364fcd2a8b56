//! The end of a world: nothing fails any more, and payments have to come back, by themselves or by
//! what the view tells the person to do. And whatever happens, disconnecting works.

use engine::{Command, Idle, Input};
use money::Rate;
use serde_json::Value;

use crate::breach::Rule;
use crate::faults::{Fault, Route};
use crate::invariants::liveness::REST;
use crate::person::problems;
use crate::world::World;

/// What a person tries before they give up.
const ATTEMPTS: u32 = 14;
/// The rate that is set in the end, in minor units an hour, if the world's is slower.
const RATE: u64 = 36_000;

impl World {
    /// Lets the world come to its end, as far as no rule is broken.
    pub fn run(&mut self) {
        self.run_until(self.plan.end);
        while self.elapsed <= self.asleep_until && self.breach.is_none() {
            self.run_until(self.asleep_until + 1);
        }
        if self.breach.is_none() {
            self.check_books();
            self.calm_down();
            self.expect_payments();
        }
        if self.breach.is_none() {
            self.check_books();
            self.expect_farewell();
        }
        self.figures.worlds = 1;
        self.figures.time = self.elapsed;
    }

    /// Nothing fails any more, and the person looks at a page that can be paid.
    fn calm_down(&mut self) {
        self.note(|| "** everything works from here on".to_owned());
        self.faults.clear();
        self.proxy.repent();
        (self.proxy.down_until, self.proxy.store_down, self.wallets.overstated) = (0, (0, false), 0);
        (self.timers.fuse, self.timers.failing_write, self.timers.late) = (None, None, (0, 0));
        self.watch.generous = true;
        self.set_balance(u64::MAX / 4);
        self.browser.idle = Idle::Active;
        self.give(Input::IdleChanged(Idle::Active));
        self.browser.cover(1, false);
        self.visit(0, 1);
    }

    fn expect_payments(&mut self) {
        let mut stuck = 0;
        for _ in 0..ATTEMPTS {
            self.set_good_rate();
            if self.pays_within(REST) {
                return self.expect_another();
            }
            if self.breach.is_some() {
                return;
            }
            stuck = if self.tend().is_some() { 0 } else { stuck + 1 };
            // What is unsettled holds up the next payments until its quotes are dead.
            if stuck > 4 {
                break;
            }
            self.run_until(self.elapsed + 10_000);
            self.look_at_the_page();
        }
        let view = self.look().unwrap_or_default();
        let (state, problems) = (view["connection"]["state"].clone(), problems(&view));
        let unsettled = self.owed();
        self.break_rule(Rule::Liveness, format!("nothing is paid: {state}, {problems}; unsettled {unsettled:?}"));
    }

    /// Connecting may have left another tab in front.
    fn look_at_the_page(&mut self) {
        if self.browser.looked_at().is_none_or(|tab| !tab.has_links() && !tab.url.contains("/interact/")) {
            self.visit(0, 1);
        }
    }

    fn set_good_rate(&mut self) {
        let rate = self.plan.setting.rate.max(RATE);
        let is_set = self.watch.chosen.maximum.is_none()
            && Rate::from_units_per_hour(rate).is_ok_and(|rate| self.watch.chosen.rate("site.example") == rate);
        if self.watch.chosen.connected && !is_set {
            self.set_rate(rate);
            self.command(Command::SetMaximumRate(None));
            for site in ["site.example", "*.example"] {
                self.command(Command::SetSiteRate { site: site.to_owned(), rate: None });
            }
        }
    }

    fn pays_within(&mut self, milliseconds: u64) -> bool {
        let (before, end) = (self.wallets.truth.payments.len(), self.elapsed + milliseconds);
        while self.elapsed < end && self.breach.is_none() {
            self.run_until(self.elapsed + 1_000);
            if self.wallets.truth.payments.len() > before {
                return true;
            }
        }
        false
    }

    /// Payments go on: an overdrawn purse is made up for in a minute, a large payment saved up for.
    fn expect_another(&mut self) {
        self.set_good_rate();
        let rate = self.plan.setting.rate.max(RATE);
        let saving = self.watch.largest.saturating_mul(3_600_000) / rate;
        let budget = self.storage.local("spending")["budget"].clone();
        let spent = budget["counts"][0]["units"].as_u64().unwrap_or_default();
        let limit = budget["limit"]["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or(0);
        let is_poor = limit < spent + 4 * self.watch.largest.max(rate / 60);
        if !self.pays_within(75_000 + 2 * saving) && self.breach.is_none() && !is_poor {
            let view = self.look().unwrap_or_default();
            self.break_rule(Rule::Liveness, format!("only one payment is made: {}", problems(&view)));
        }
    }

    /// Disconnecting works at once though nobody answers.
    fn expect_farewell(&mut self) {
        for route in [Route::ToProxy, Route::ToWallet] {
            self.faults.add(route, Fault::LoseRequest, u32::MAX);
        }
        self.command(Command::CancelConnect);
        self.command(Command::Disconnect);
        let view = self.look().unwrap_or_default();
        let left: Vec<&String> = self
            .storage
            .local
            .keys()
            .filter(|name| {
                ["account", "spending", "intent", "unsettled", "minimums", "attempt"].contains(&name.as_str())
            })
            .collect();
        if view["connection"]["state"] != "disconnected" || !left.is_empty() {
            let state: &Value = &view["connection"]["state"];
            self.break_rule(Rule::Disconnect, format!("{state}; left over: {left:?}"));
        }
        self.check_books();
    }
}
