//! Budget, rate, and books.

use money::Accrual;
use serde_json::Value;

use crate::breach::Rule;
use crate::watch::{Chosen, Signed, slack};
use crate::world::World;

/// Payments that a ledger holds one by one.
const LEDGER: usize = 1_900;
/// What a second may be credited ahead of its end, in milliseconds.
const EARLY: u64 = 10;
const SECOND: u64 = 1_000;

impl World {
    /// Time passes, while a page is looked at or not.
    pub(crate) fn count_attention(&mut self, milliseconds: u64) {
        let Some(tab) = self.browser.looked_at() else { return };
        if self.watch.chosen.pays(tab.site()) && !tab.links.is_empty() {
            self.figures.attention += milliseconds;
            self.watch.allowed += self.watch.chosen.rate(tab.site()).accrue(milliseconds);
        }
    }

    /// Looks at what was paid since the last time: only what is paid can break the rules of money.
    pub(crate) fn check_money(&mut self) {
        while let Some(payment) = self.wallets.truth.payments.get(self.watch.counted).cloned() {
            self.watch.counted += 1;
            self.figures.payments += 1;
            if !self.watch.executed.insert(payment.quote.clone()) {
                return self.break_rule(Rule::Once, format!("{} was paid from twice", payment.quote));
            }
            self.check_made(&payment);
            if !self.is_known(&payment.quote) {
                return self.break_rule(Rule::Once, format!("{} was paid, and is stored nowhere", payment.quote));
            }
            self.watch.lowest = self.watch.lowest.min(self.watch.paid - self.watch.allowed);
            self.watch.paid += Accrual::from_units(payment.debit);
            self.watch.largest = self.watch.largest.max(payment.debit);
            let above = self.watch.paid - self.watch.allowed - self.watch.lowest;
            if above > self.most_above() {
                let (above, most) = (above.units_to_cover(), self.most_above().whole_units());
                let detail = format!("{above} more than the time looked at allows, where {most} may be");
                return self.break_rule(Rule::Rate, detail);
            }
        }
    }

    /// By how much payments may be ahead of the time looked at, over any stretch of it: a purse
    /// that is full, and overdrawn. Of a payment of unknown outcome nobody knows whether it took
    /// anything out of it, so as much may come back later as may be pending. Time is credited by
    /// whole seconds, and a payment is made some time after it was asked for.
    fn most_above(&self) -> Accrual {
        let slack = slack(self.watch.fastest);
        // A purse is also filled for a smallest amount that was never paid.
        let largest = self.watch.largest.max(self.wallets.truth.largest_asked);
        let full = slack.max(Accrual::from_units(largest));
        let doubt = if self.watch.doubted { full } else { Accrual::ZERO };
        let shift = self.watch.fastest.accrue(SECOND + EARLY + self.watch.slowest);
        full + slack + doubt + Accrual::from_units(1) + shift
    }

    /// Whether a payment is in the books: its id is that of its quote.
    fn is_known(&self, quote: &str) -> bool {
        let id = quote.rsplit('/').next().unwrap_or_default();
        self.storage.local.values().any(|text| text.contains(id))
    }

    /// Looks at what is stored, after something was.
    pub(crate) fn check_accounts(&mut self, settings: bool, spending: bool) {
        if settings {
            self.read_choice();
        }
        if !spending {
            return;
        }
        let stored = self.storage.local("spending");
        let purse = &stored["purse"];
        if purse.is_null() {
            return;
        }
        let part = |name: &str| ticks(&purse[name]);
        let (accrued, paid, pending, forfeited) = (part("accrued"), part("paid"), part("pending"), part("forfeited"));
        let owed: u64 = self.unsettled().iter().map(|(debit, _)| debit).sum();
        let doubted: u64 = self.unsettled().iter().filter(|(_, refused)| *refused).map(|(debit, _)| debit).sum();
        // A timer may go off a few milliseconds early.
        let early = self.watch.fastest.accrue(EARLY);
        let allowed = self.watch.allowed - self.watch.allowed_at_connect + early;
        self.watch.doubted |= self.storage.local.contains_key("unsettled");
        if pending != Accrual::from_units(owed) {
            self.break_rule(Rule::Accounts, format!("{} pending, {owed} unsettled", pending.units_to_cover()));
        } else if part("doubtful") != Accrual::from_units(doubted) {
            self.break_rule(Rule::Accounts, format!("{purse} is doubtful, {doubted} refused"));
        } else if accrued > allowed {
            let (accrued, allowed) = (String::from(accrued), String::from(allowed));
            self.break_rule(Rule::Accounts, format!("{accrued} accrued, where the time allows {allowed}"));
        } else if [accrued, paid, pending, forfeited].iter().any(|part| *part < Accrual::ZERO) {
            self.break_rule(Rule::Accounts, format!("less than nothing: {purse}"));
        }
    }

    /// Debit of each payment of unknown outcome, and whether it is said to have been refused.
    pub(crate) fn unsettled(&self) -> Vec<(u64, bool)> {
        let stored = self.storage.local("unsettled");
        let unsettled = stored.as_array().cloned().unwrap_or_default();
        let intent = self.storage.local("intent");
        let mut debits: Vec<(u64, bool)> =
            unsettled.iter().map(|payment| (debit(&payment["intent"]), payment["refused"] == true)).collect();
        debits.extend((!intent.is_null()).then(|| (debit(&intent), false)));
        debits
    }

    fn read_choice(&mut self) {
        let chosen = Chosen::read(&self.storage, &self.plan.setting.assets[0]);
        if chosen.connected && !self.watch.chosen.connected {
            self.watch.connections += 1;
            self.watch.allowed_at_connect = self.watch.allowed;
            self.watch.lowest = self.watch.paid - self.watch.allowed;
            (self.watch.fastest, self.watch.largest, self.watch.doubted) = (chosen.fastest(), 0, false);
            self.wallets.truth.largest_asked = 0;
        }
        let grant = self.storage.local("account")["continuation"]["uri"].as_str().unwrap_or_default().to_owned();
        if chosen.connected && grant != self.watch.grant {
            self.watch.grants += 1;
            self.watch.grant = grant;
        }
        self.watch.fastest = self.watch.fastest.max(chosen.fastest());
        self.browser.idle_counts = chosen.idle_counts;
        self.watch.chosen = chosen;
    }

    /// Whether what the wallet has seen and what the extension has written down agree; slow.
    pub(crate) fn check_books(&mut self) {
        let now = self.server_time();
        let failed = self.wallets.failed(now);
        let (connection, grant) = (self.watch.connections, self.watch.grants);
        let of_connection = self.made(|signed| signed.connection == connection, &failed);
        let of_grant = self.made(|signed| signed.grant == grant, &failed);
        let mut payments = self.wallets.truth.payments.iter().skip(self.watch.forgotten);
        let unknown = payments.find(|payment| !self.is_known(&payment.quote)).cloned();
        // The books of a ledger reach so far back; and a proxy that lies about a payment's name may
        // have it booked under another, though it is counted.
        let payments = self.wallets.truth.payments.len();
        if let Some(payment) = unknown.filter(|_| payments < LEDGER && !self.watch.lied) {
            self.break_rule(Rule::Once, format!("{} was paid, and is stored nowhere", payment.quote));
        }
        let spending = self.storage.local("spending");
        if spending.is_null() || !self.watch.chosen.connected {
            return;
        }
        let booked = ticks(&spending["purse"]["paid"]) + ticks(&spending["purse"]["pending"]);
        if Accrual::from_units(of_connection) > booked {
            let booked = booked.whole_units();
            self.break_rule(Rule::Once, format!("{of_connection} were paid, and {booked} are in the purse's books"));
        }
        let counted = spending["budget"]["counts"][0]["units"].as_u64().unwrap_or_default();
        let limit = number(&spending["budget"]["limit"]["value"]);
        if of_grant > counted {
            self.break_rule(Rule::Budget, format!("{of_grant} were paid, and {counted} counted"));
        } else if of_grant > limit {
            self.break_rule(Rule::Budget, format!("{of_grant} were paid of {limit}"));
        }
    }

    /// What was paid by these requests, and has not failed.
    pub(crate) fn made(&self, by: impl Fn(&Signed) -> bool, failed: &[String]) -> u64 {
        let payments = self.wallets.truth.payments.iter();
        let by_these = payments.filter(|payment| self.watch.signed.get(&payment.quote).is_some_and(&by));
        by_these.filter(|payment| !failed.contains(&payment.quote)).map(|payment| payment.debit).sum()
    }
}

fn debit(intent: &Value) -> u64 {
    number(&intent["debit"]["value"])
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64()).unwrap_or_default()
}

fn ticks(value: &Value) -> Accrual {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
