//! The quotes and the payment in hand.
//!
//! One payment is made at a time, and the links of a page take turns with them. A quote that has to
//! be saved up for would keep the others waiting for minutes, and they, due each second, would never
//! let the purse fill. So it is set aside and keeps its turn, and meanwhile the purse serves whoever
//! is due, but only with their shares: of what accrues, one part is put by for each link, and that
//! of the link that waits is not touched. Of several that have to be saved up for one is set aside.

use money::Amount;
use open_payments::{Timestamp, Url, WalletAddress};
use open_payments_client::CreateQuote;
use protocol::IncomingPaymentReply;

use crate::ledger::Intent;
use crate::targets::Target;

/// The quote that was asked for, the quotes that can be paid from, the payment that is on its way.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) asked: Option<Asked>,
    /// The last quote that was given, as long as there may be one for less.
    pub(crate) smallest: Option<Held>,
    /// A quote that the wallet itself is asked about.
    pub(crate) checking: Option<Held>,
    pub(crate) held: Option<Held>,
    /// Whom is saved up for while others are paid, and whom it was last.
    saves_for: Option<WalletAddress>,
    saved_for: Option<WalletAddress>,
    /// The quote for that. When it expires, another takes its place.
    set_aside: Option<Held>,
    pub(crate) paying: Option<InFlight>,
    /// Whose turn it was last, and whether it still is.
    turn: Option<WalletAddress>,
    stays: bool,
    /// How many links there are beside one that has to be saved up for, if there is such a one.
    others: Option<u64>,
    /// Minor units that they have got since something was last saved up for and paid.
    lent: u64,
    /// An incoming payment that came before its receiver's document.
    pub(crate) ahead: Option<(WalletAddress, IncomingPaymentReply)>,
    /// No payment is made before this monotonic time.
    pub(crate) rests_until: u64,
    /// Payments made in this life of the worker.
    pub(crate) payments: u64,
}

/// A quote that was asked for.
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) operation: CreateQuote,
    /// It is for a one-time payment.
    pub(crate) once: bool,
    /// The rate has changed since; the answer is still awaited, but it will not be used.
    outdated: bool,
}

/// A quote that can be paid from.
pub(crate) struct Held {
    pub(crate) id: Url,
    pub(crate) debit: Amount,
    pub(crate) receive: Amount,
    /// On the servers' clocks.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) asked: Asked,
}

/// A payment on its way.
pub(crate) struct InFlight {
    pub(crate) intent: Intent,
    pub(crate) target: Target,
}

/// A quote is not used in its last five seconds.
const MARGIN: i64 = 5 * 1000;

impl Desk {
    /// Whether another quote may be asked for.
    pub(crate) fn wants_quote(&self) -> bool {
        self.asked.is_none() && self.smallest.is_none() && self.checking.is_none() && self.held.is_none()
    }

    /// Whether nothing that needs the token is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.asked.is_none() && self.checking.is_none() && self.paying.is_none()
    }

    /// Whether a quote is in hand already.
    pub(crate) fn knows(&self, quote: &Url) -> bool {
        let held = [&self.smallest, &self.held, &self.set_aside].into_iter().flatten();
        let paying = self.paying.as_ref().is_some_and(|paying| paying.intent.quote == *quote);
        paying || held.map(|held| &held.id).any(|id| id == quote)
    }

    /// Whether a receiver is saved up for, and has no quote yet.
    pub(crate) fn lacks(&self, receiver: &WalletAddress) -> bool {
        self.saves_for.as_ref() == Some(receiver) && self.set_aside.is_none()
    }

    /// The targets, beginning with the one after the last, or with the last if its turn is not over.
    pub(crate) fn in_turn<'a>(&self, targets: &'a [Target]) -> impl Iterator<Item = &'a Target> + use<'a> {
        let last = targets.iter().position(|target| Some(&target.receiver) == self.turn.as_ref());
        let (before, after) = targets.split_at(last.map_or(0, |at| if self.stays { at } else { at + 1 }));
        after.iter().chain(before)
    }

    pub(crate) fn ask(&mut self, target: Target, operation: CreateQuote, once: bool) {
        if !once {
            (self.turn, self.stays) = (Some(target.receiver.clone()), false);
        }
        self.asked = Some(Asked { target, operation, once, outdated: false });
    }

    /// The quote that was asked for has come, or will not come.
    pub(crate) fn take_asked(&mut self) -> Option<Asked> {
        self.asked.take()
    }

    /// What was asked for was too small, so the one that asked asks again.
    pub(crate) fn turn_stays(&mut self) {
        self.stays = true;
    }

    /// What was quoted before is not wanted any more.
    pub(crate) fn outdate_quotes(&mut self) {
        (self.smallest, self.held, self.set_aside) = (None, None, None);
        let checking = self.checking.as_mut().map(|held| &mut held.asked);
        for asked in self.asked.iter_mut().chain(checking) {
            asked.outdated = true;
        }
    }

    /// Keeps a quote that was given, if it is still wanted, until it is known to be the smallest.
    pub(crate) fn keep(&mut self, held: Held) {
        self.smallest = Some(held).filter(|held| !held.asked.outdated);
    }

    /// Holds a quote to be paid from, if it is still wanted.
    pub(crate) fn hold(&mut self, held: Held) {
        self.held = Some(held).filter(|held| !held.asked.outdated);
    }

    /// Sets the quote that is held aside if it is the one that is saved up for.
    pub(crate) fn set_aside(&mut self) {
        let receiver = self.held.as_ref().map(|held| &held.asked.target.receiver);
        if receiver.is_some_and(|receiver| self.lacks(receiver)) {
            self.set_aside = self.held.take();
        }
    }

    /// What those that need not be saved up for may get out of a balance, in minor units: all of it,
    /// or their shares.
    pub(crate) fn spare(&self, balance: u64) -> u64 {
        let Some(others) = self.others else { return balance };
        balance.saturating_mul(others).saturating_sub(self.lent) / (others + 1)
    }

    /// Whether somebody is saved up for while the others get their shares.
    pub(crate) fn shares(&self) -> bool {
        self.others.is_some()
    }

    /// The quote to be paid from now. What is set aside comes first, then what is not above the limit.
    pub(crate) fn take_due(&mut self, limit: u64, is_due: &dyn Fn(&Held) -> bool) -> Option<Held> {
        if let Some(held) = self.set_aside.take_if(|held| is_due(held)) {
            (self.saved_for, self.lent) = (self.saves_for.take(), 0);
            return Some(held);
        }
        let held = self.held.take_if(|held| is_due(held) && held.debit.value <= limit)?;
        self.lent = self.others.map_or(0, |_| self.lent.saturating_add(held.debit.value));
        Some(held)
    }

    /// Drops quotes whose links are out of view or that are about to expire. `large` are the
    /// receivers that have to be saved up for.
    pub(crate) fn keep_only(&mut self, targets: &[Target], large: &[&WalletAddress], now: Timestamp) {
        self.drop_quotes(|held| {
            let wanted = targets.iter().any(|target| target.receiver == held.asked.target.receiver);
            !wanted || held.is_expired(now)
        });
        self.others = (!large.is_empty()).then(|| u64::try_from(targets.len() - 1).unwrap_or(0));
        if self.saves_for.as_ref().is_none_or(|saves_for| !large.contains(&saves_for)) {
            let last = large.iter().position(|receiver| Some(*receiver) == self.saved_for.as_ref());
            let next = last.and_then(|last| large.get(last + 1)).or(large.first());
            self.saves_for = next.copied().cloned();
        }
    }

    /// Drops the quotes for a receiver that rests, for they would keep the others waiting.
    pub(crate) fn drop_quotes_of(&mut self, receiver: &WalletAddress) {
        self.drop_quotes(|held| held.asked.target.receiver == *receiver);
    }

    fn drop_quotes(&mut self, unwanted: impl Fn(&Held) -> bool) {
        for quote in [&mut self.smallest, &mut self.held, &mut self.set_aside] {
            quote.take_if(|held| unwanted(held));
        }
    }
}

impl Held {
    /// Whether it is, or is about to be.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now.plus_millis(MARGIN))
    }
}
