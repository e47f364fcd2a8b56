use money::Amount;
use open_payments::{Timestamp, Url, WalletAddress};
use open_payments_client::CreateQuote;

use crate::ledger::Intent;
use crate::targets::Target;

/// The quote that was asked for, the quote that is held, the payment that is on its way: at most
/// one of each.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) asked: Option<Asked>,
    /// A quote that the wallet itself is asked about.
    pub(crate) checking: Option<Held>,
    pub(crate) held: Option<Held>,
    pub(crate) paying: Option<InFlight>,
    /// Whose quote was asked for last.
    turn: Option<WalletAddress>,
    /// No payment is made before this monotonic time.
    pub(crate) rests_until: u64,
    /// When the next incoming payment should be asked for, in monotonic time; some may be early.
    pub(crate) next_incoming: u64,
    /// Payments made in this life of the worker.
    pub(crate) payments: u64,
}

/// A quote that was asked for.
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) operation: CreateQuote,
    /// The rate has changed since; the answer is still awaited, but it will not be used.
    outdated: bool,
}

/// A quote that can be paid from.
pub(crate) struct Held {
    pub(crate) id: Url,
    pub(crate) debit: Amount,
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
        self.asked.is_none() && self.checking.is_none() && self.held.is_none()
    }

    /// Whether nothing that needs the token is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.asked.is_none() && self.checking.is_none() && self.paying.is_none()
    }

    /// The targets, beginning with the one after the last.
    pub(crate) fn in_turn<'a>(&self, targets: &'a [Target]) -> impl Iterator<Item = &'a Target> + use<'a> {
        let last = targets.iter().position(|target| Some(&target.receiver) == self.turn.as_ref());
        let (before, after) = targets.split_at(last.map_or(0, |at| at + 1));
        after.iter().chain(before)
    }

    pub(crate) fn ask(&mut self, target: Target, operation: CreateQuote) {
        self.turn = Some(target.receiver.clone());
        self.asked = Some(Asked { target, operation, outdated: false });
    }

    /// The quote that was asked for has come, or will not come.
    pub(crate) fn take_asked(&mut self) -> Option<Asked> {
        self.asked.take()
    }

    /// What was quoted before is not wanted any more.
    pub(crate) fn outdate_quotes(&mut self) {
        self.held = None;
        let checking = self.checking.as_mut().map(|held| &mut held.asked);
        for asked in self.asked.iter_mut().chain(checking) {
            asked.outdated = true;
        }
    }

    /// Holds a quote, if it is still wanted.
    pub(crate) fn hold(&mut self, held: Held) {
        self.held = Some(held).filter(|held| !held.asked.outdated);
    }

    /// Drops a quote whose link is out of view or that is about to expire.
    pub(crate) fn keep_only(&mut self, targets: &[Target], now: Timestamp) {
        self.held = self.held.take().filter(|held| {
            let wanted = targets.iter().any(|target| target.receiver == held.asked.target.receiver);
            wanted && !held.is_expired(now)
        });
    }
}

impl Held {
    /// Whether it is, or is about to be.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now.plus_millis(MARGIN))
    }
}
