//! Budget, rate, and books.

use money::{Accrual, Rate};
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
        if self.watch.chosen.accrues_for(tab) {
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
            let is_given = self.watch.signed.get(&payment.quote).is_some_and(|by| by.once);
            if !self.is_known(&payment.quote) {
                return self.break_rule(Rule::Once, format!("{} was paid, and is stored nowhere", payment.quote));
            }
            if is_given {
                continue;
            }
            // What is set aside for payments that are not made comes back, and is spent then.
            let set_aside = Accrual::from_units(self.set_aside());
            self.watch.lowest = self.watch.lowest.min(self.watch.paid + set_aside - self.watch.allowed);
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
    pub(crate) fn check_accounts(&mut self, written: &[&str]) {
        if written.iter().any(|name| ["settings", "account"].contains(name)) {
            self.read_choice();
        }
        if written.contains(&"once") {
            self.check_once();
        }
        if !written.contains(&"spending") {
            return;
        }
        let stored = self.storage.local("spending");
        let purse = &stored["purse"];
        if purse.is_null() {
            return;
        }
        let part = |name: &str| ticks(&purse[name]);
        let (accrued, paid, pending, forfeited) = (part("accrued"), part("paid"), part("pending"), part("forfeited"));
        let (owed, doubted) = self.owed();
        let (owed, doubted) = (owed + self.watch.lost.0, doubted + self.watch.lost.1);
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

    /// What the payments of unknown outcome come to that are not parts of a one-time payment, and
    /// those of them that are said to have been refused.
    pub(crate) fn owed(&self) -> (u64, u64) {
        let unsettled = self.unsettled();
        let refused = unsettled.iter().filter(|(_, refused)| *refused);
        (unsettled.iter().map(|(intent, _)| debit(intent)).sum(), refused.map(|(intent, _)| debit(intent)).sum())
    }

    /// What of that is for payments that were not made, or not yet.
    fn set_aside(&self) -> u64 {
        let is_made = |intent: &Value| self.watch.executed.contains(intent["quote"].as_str().unwrap_or_default());
        let intents = self.unsettled().into_iter().filter(|(intent, _)| !is_made(intent));
        intents.map(|(intent, _)| debit(&intent)).sum()
    }

    /// The intents of payments of unknown outcome that are not parts of a one-time payment, and
    /// whether they are said to have been refused.
    fn unsettled(&self) -> Vec<(Value, bool)> {
        let stored = self.storage.local("unsettled");
        let unsettled = stored.as_array().cloned().unwrap_or_default();
        let refused = |payment: &Value| payment["refused"] == true;
        let unsettled = unsettled.into_iter().map(|mut payment| (payment["intent"].take(), refused(&payment)));
        let intent = Some((self.storage.local("intent"), false)).filter(|(intent, _)| !intent.is_null());
        unsettled.chain(intent).filter(|(intent, _)| intent["once"].is_null()).collect()
    }

    pub(crate) fn read_choice(&mut self) {
        let chosen = Chosen::read(&self.storage, &self.plan.setting.assets[0]);
        self.change_maximum(chosen.maximum);
        if chosen.connected && !self.watch.chosen.connected {
            self.begin_purse(chosen.fastest());
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

    /// The extension begins with an empty purse: with a wallet, or because it cannot read the last one.
    pub(crate) fn begin_purse(&mut self, fastest: Rate) {
        self.watch.connections += 1;
        self.watch.allowed_at_connect = self.watch.allowed;
        self.watch.lowest = self.watch.paid - self.watch.allowed;
        (self.watch.fastest, self.watch.largest, self.watch.doubted) = (fastest, 0, false);
        (self.watch.worked, self.watch.lost) = Default::default();
        self.watch.worked.begin(self.elapsed);
        self.wallets.truth.largest_asked = 0;
    }

    /// Whether what the wallet has seen and what the extension has written down agree; slow.
    pub(crate) fn check_books(&mut self) {
        let now = self.server_time();
        let failed = self.wallets.failed(now);
        let (connection, grant) = (self.watch.connections, self.watch.grants);
        let of_connection = self.made(|signed| signed.connection == connection && !signed.once, &failed);
        let of_grant = self.made(|signed| signed.grant == grant, &failed);
        let is_forgotten =
            |quote: &str| self.watch.signed.get(quote).is_some_and(|signed| signed.at <= self.watch.forgotten);
        let mut payments = self.wallets.truth.payments.iter().filter(|payment| !is_forgotten(&payment.quote));
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
