use money::{Accrual, Rate};
use open_payments::{Secret, Timestamp};

use crate::budget::Budget;
use crate::ledger::Intent;
use crate::purse::Purse;
use crate::snapshot::Snapshot;

/// Where the user's money stands: the budget and the permission to spend. Kept together because
/// they change together.
#[derive(json::Read, json::Write)]
pub(crate) struct Spending {
    pub(crate) budget: Budget,
    pub(crate) purse: Purse,
    signed_quotes: SignedQuotes,
    /// Whether this wallet gives a payment the last segment of its quote's URL, as far as it has said
    /// itself: only then does not finding a payment there mean that it was not made.
    pub(crate) ids_follow_quotes: Option<bool>,
}

impl Snapshot for Spending {}

/// How much a proxy could pay in place of what was asked for. A signed request for a quote can be
/// sent again and again while the token in it lives, and the quote lives on for a while.
#[derive(Default, json::Read, json::Write)]
struct SignedQuotes {
    /// The largest debit amount signed with the token of today.
    today: u64,
    /// The largest signed with those that were exchanged since the wallet itself was last seen to
    /// honour another one. That they are dead is so far only the proxy's word.
    #[serde(default)]
    exchanged: u64,
    /// The largest signed with those before them, and until when it can be paid from.
    before: Option<Former>,
    /// The token that the wallet itself was last seen to honour.
    honoured: Option<Secret>,
}

/// The largest debit amount signed with tokens of old, and until when it can be paid from. It
/// outlives the connection: whether a wallet hears that a grant is given back is up to the proxy.
#[derive(Clone, Copy, json::Read, json::Write)]
pub(crate) struct Former(u64, Timestamp);

impl Snapshot for Former {}

/// A quote can be paid from for this long, whatever anybody says about it.
pub(crate) const QUOTE_LIFE: i64 = 6 * 60 * 1000;
/// The purse may be overdrawn by what accrues in a minute, or by the smallest amount there is.
const SLACK_MILLISECONDS: u64 = 60 * 1000;

/// By how much the purse may be overdrawn at this rate.
pub(crate) fn slack(rate: Rate) -> Accrual {
    rate.accrue(SLACK_MILLISECONDS).max(Accrual::from_units(1))
}

impl Spending {
    /// The budget of a grant that was just given. The purse goes on if there was one of the same wallet.
    pub(crate) fn new(budget: Budget, last: Option<Self>, former: Option<Former>) -> Self {
        let (purse, ids_follow_quotes) = last.map(|last| (last.purse, last.ids_follow_quotes)).unwrap_or_default();
        let signed_quotes = SignedQuotes { before: former, ..SignedQuotes::default() };
        Self { budget, purse, signed_quotes, ids_follow_quotes }
    }

    /// What can be paid from when this connection is over, if its token dies then.
    pub(crate) fn former(&self, dies: Timestamp) -> Former {
        let SignedQuotes { today, exchanged, before, .. } = &self.signed_quotes;
        Former::until(dies, *today.max(exchanged)).and(*before)
    }

    /// Takes over a purse that was kept elsewhere, if it is newer.
    pub(crate) fn keep_newer(&mut self, purse: Purse) {
        if purse.revision > self.purse.revision {
            self.purse = purse;
        }
    }

    /// Remembers that a quote is signed; says whether that has to be persisted.
    pub(crate) fn sign_quote(&mut self, units: u64) -> bool {
        let is_larger = units > self.signed_quotes.today;
        self.signed_quotes.today = self.signed_quotes.today.max(units);
        is_larger
    }

    /// The token is exchanged, or so it is said.
    pub(crate) fn token_exchanged(&mut self) {
        let SignedQuotes { today, exchanged, .. } = &mut self.signed_quotes;
        *exchanged = std::mem::take(today).max(*exchanged);
    }

    /// The wallet itself has honoured this token. If that is another than before, those in between
    /// are dead: a proxy that makes one up, or hands an old one back, gets no such answer.
    pub(crate) fn token_honoured(&mut self, token: &Secret, now: Timestamp) {
        let before = self.signed_quotes.honoured.replace(token.clone());
        if before.is_some_and(|before| before != *token) {
            self.signed_quotes.exchanged_died(now);
        }
    }

    /// Whether a quote larger than this one can be paid from.
    pub(crate) fn has_signed_more_than(&self, units: u64, now: Timestamp) -> bool {
        let SignedQuotes { today, exchanged, before, .. } = &self.signed_quotes;
        *today.max(exchanged) > units || before.is_some_and(|Former(signed, until)| signed > units && now < until)
    }

    /// Sets aside what a payment needs.
    pub(crate) fn reserve(&mut self, intent: &Intent) {
        self.budget.spend(intent.debit.value);
        if intent.once.is_none() {
            self.purse.reserve(intent.debit.value);
        }
    }

    /// A payment was made.
    pub(crate) fn settle(&mut self, intent: &Intent) {
        if intent.once.is_none() {
            self.purse.settle(intent.debit.value);
        }
    }

    /// A payment is said to have been refused, or that has come to an end.
    pub(crate) fn doubt(&mut self, intent: &Intent, is_over: bool) {
        match intent.once {
            Some(_) => {}
            None if is_over => self.purse.end_doubt(intent.debit.value),
            None => self.purse.doubt(intent.debit.value),
        }
    }

    /// A payment was not made. The purse is filled again as far as it may be at this rate.
    pub(crate) fn release(&mut self, intent: &Intent, rate: Rate) {
        self.budget.give_back(intent.debit.value, intent.at);
        if intent.once.is_none() {
            let cap = slack(rate).max(Accrual::from_units(intent.debit.value));
            self.purse.release(intent.debit.value, cap);
        }
    }

    /// The wallet gave up a payment that had counted as made.
    pub(crate) fn undo(&mut self, units: u64, at: Timestamp, once: bool) {
        self.budget.give_back(units, at);
        if !once {
            self.purse.forfeit_paid(units);
        }
    }
}

impl SignedQuotes {
    /// Nothing that was signed with the tokens that were exchanged gets another quote.
    fn exchanged_died(&mut self, now: Timestamp) {
        let before = self.before.filter(|Former(_, until)| now < *until);
        self.before = Some(Former::until(now, std::mem::take(&mut self.exchanged)).and(before));
    }
}

impl Former {
    /// So much was signed with a token that is dead by then.
    pub(crate) fn until(dies: Timestamp, units: u64) -> Self {
        Self(units, dies.plus_millis(QUOTE_LIFE))
    }

    fn and(self, other: Option<Self>) -> Self {
        let Self(units, until) = other.unwrap_or(self);
        Self(units.max(self.0), until.max(self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Secret {
        Secret::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn an_exchange_that_the_wallet_has_not_confirmed_kills_nothing() {
        let now = Timestamp::from_millis(0);
        let limit = money::Amount::new(1, money::Asset::new("USD", 2).unwrap());
        // Whether or not the wallet was seen to honour the token before it was handed back.
        for is_seen in [false, true] {
            let mut spending = Spending::new(Budget::new(limit.clone(), None), None, None);
            spending.sign_quote(9);
            if is_seen {
                spending.token_honoured(&token("a"), now);
            }
            spending.token_exchanged();
            spending.sign_quote(1);
            spending.token_exchanged();
            spending.token_honoured(&token("a"), now);
            assert!(spending.has_signed_more_than(8, now.plus_millis(2 * QUOTE_LIFE)));
            spending.token_exchanged();
            spending.token_honoured(&token("b"), now);
            assert!(spending.has_signed_more_than(8, now.plus_millis(QUOTE_LIFE - 1)));
            assert!(!spending.has_signed_more_than(8, now.plus_millis(QUOTE_LIFE)));
        }
    }

    #[test]
    fn a_larger_quote_is_to_be_feared_while_its_token_or_it_lives() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let limit = money::Amount::new(1, money::Asset::new("USD", 2).unwrap());
        let budget = Budget::new(limit, None);
        let mut spending = Spending::new(budget.clone(), None, None);
        assert!(spending.sign_quote(5) && spending.sign_quote(9) && !spending.sign_quote(3));
        assert!(spending.has_signed_more_than(3, at(500)) && !spending.has_signed_more_than(9, at(0)));
        spending.token_honoured(&token("a"), at(499));
        spending.token_exchanged();
        spending.token_honoured(&token("b"), at(500));
        assert!(spending.has_signed_more_than(3, at(505)) && !spending.has_signed_more_than(3, at(506)));
        spending.sign_quote(4);
        spending.token_exchanged();
        spending.token_honoured(&token("c"), at(505));
        assert!(spending.has_signed_more_than(8, at(510)) && !spending.has_signed_more_than(3, at(511)));
        spending.sign_quote(7);
        let former = spending.former(at(511));
        spending = Spending::new(budget.clone(), Some(spending), Some(former));
        assert!(spending.has_signed_more_than(6, at(516)) && !spending.has_signed_more_than(6, at(517)));
        spending.sign_quote(2);
        let former = spending.former(at(512));
        spending = Spending::new(budget.clone(), Some(spending), Some(former));
        assert!(spending.has_signed_more_than(6, at(517)) && !spending.has_signed_more_than(6, at(518)));
    }
}
