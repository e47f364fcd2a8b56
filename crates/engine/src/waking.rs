//! Taking up where the last life ended, as far as what is stored of it can be read.

use crate::effect::{Area, Effect};
use crate::engine::Engine;
use crate::input::Stored;
use crate::key::Key;
use crate::ledger::{Intent, Ledger};
use crate::presence::Presence;
use crate::problem::ProblemCode;
use crate::purse::Purse;
use crate::settings::Settings;
use crate::settling::Settling;
use crate::snapshot::{Entries, Entry, local, session};

impl Engine {
    pub(crate) fn wake(&mut self, stored: Stored) {
        self.key = stored.signer.map(Key::new);
        *self.presence = Presence::new(stored.tabs, stored.focused_window);
        let (mut kept, mut fleeting) = (Entries::new(stored.local), Entries::new(stored.session));
        *self.settings = match kept.load(local::SETTINGS) {
            Entry::Readable(settings) => settings,
            Entry::Absent => Settings::default(),
            // In what cannot be read the user may have stopped payments, to all or to some.
            Entry::Unreadable => Settings { enabled: false, ..Settings::default() },
        };
        self.effects.push_back(Effect::WatchIdle(self.settings.idle_seconds()));
        self.ledger = Ledger::restore(&mut kept);
        self.receivers = fleeting.load(session::RECEIVERS).readable().unwrap_or_default();
        self.account = kept.load(local::ACCOUNT).readable();
        self.spending = kept.load(local::SPENDING).readable().filter(|_| self.account.is_some());
        // A payment counts in the budget and the purse from the moment of its intent, for they are
        // written with it. If the intent cannot be read, it stays counted; so do the unsettled.
        let intent = kept.load::<Intent>(local::INTENT).readable();
        self.settling = Settling::restore(kept.load(local::UNSETTLED).readable(), self.now);
        let minimums = kept.load(local::MINIMUMS).readable();
        self.minimums = minimums.filter(|_| self.account.is_some()).unwrap_or_default();
        self.attempt = kept.find(local::ATTEMPT);
        self.former = kept.find(local::FORMER);
        let is_leaving = kept.find(local::LEAVING) == Some(true);
        let once = kept.load(local::ONCE).readable();
        self.keep_copies(kept);
        // Without the purse of this session there is that of the last payment, which is no fuller.
        let purse = fleeting.load::<Purse>(session::PURSE).readable();
        if let (Some(spending), Some(purse)) = (&mut self.spending, purse) {
            spending.keep_newer(purse);
        }
        if let Some(account) = &mut self.account {
            account.problem = match &self.spending {
                None => Some(ProblemCode::BudgetUnreadable.into()),
                Some(_) => account.token_lost.then(|| ProblemCode::TokenLost.into()),
            };
            self.readings.want_spent_amounts();
            self.once = once;
        }
        if let Some(intent) = intent {
            self.outcome_unknown(intent);
        }
        if is_leaving {
            self.leave();
        } else if self.key.is_none() {
            self.effects.push_back(Effect::MakeKey);
            self.miss_key();
        }
        self.resume_attempt(fleeting.find(session::CONSENT_TAB));
    }

    /// Copies what could not be read aside, before anything takes its place.
    fn keep_copies(&mut self, kept: Entries) {
        let copies = kept.copies();
        if !copies.is_empty() {
            self.persist(Area::Local, copies);
        }
        self.unreadable = kept.into_unreadable();
    }

    /// Whether there is a wallet, but nothing that can be read of it.
    pub(crate) fn account_is_unreadable(&self) -> bool {
        self.account.is_none() && self.unreadable.contains(&local::ACCOUNT)
    }
}
