//! Looking for our key among those that the wallet lists: before a grant is asked for, and when
//! the wallet does not know the key any more. A grant belongs to the wallet address, so any key
//! that is listed there serves, and payments go on by themselves.

use open_payments::KeySet;

use crate::calls::Purpose;
use crate::connecting::Stage;
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::problem::ProblemCode;
use crate::targets::Target;

/// Where our key stands at the connected wallet.
#[derive(Default)]
pub(crate) struct KeyWatch {
    /// The wallet did not know it, and it was not seen in the list since: nothing is signed with it.
    pub(crate) missing: bool,
    /// When the list is looked at, in monotonic time; nothing while it is on its way.
    next: Option<u64>,
    /// Looks since a signature was last accepted.
    looks: u32,
}

/// Between two looks while the user is connecting, and how long that may take.
const POLL: u64 = 2_000;
const PATIENCE: i64 = 15 * 60 * 1000;
/// Between two looks for a key that was known once: twice as long after each eight, up to a minute.
const FIRST_PAUSE: u64 = 3_000;
const LONGEST_PAUSE: u64 = 60 * 1000;

impl KeyWatch {
    /// The wallet has accepted a signature.
    pub(crate) fn accepted(&mut self) {
        self.looks = 0;
    }

    /// No pause before the first look: it is as likely that the word of the proxy is wrong.
    fn pause(&self) -> u64 {
        if self.looks == 0 { 0 } else { (FIRST_PAUSE << (self.looks / 8).min(10)).min(LONGEST_PAUSE) }
    }
}

impl Engine {
    /// Looks for the key of an attempt to connect, if it is time to.
    pub(crate) fn look_for_key(&mut self) {
        let Some(attempt) = &mut self.attempt else { return };
        let (Stage::AwaitingKey { next, .. }, Some(terms)) = (&mut attempt.stage, &attempt.terms) else { return };
        if self.key.is_some() && next.take_if(|at| *at <= self.now.monotonic).is_some() {
            let url = terms.wallet.id.jwks_url();
            self.fetch(&url, Purpose::ConnectKeys);
        }
    }

    pub(crate) fn connect_keys_read(&mut self, answer: Result<Answer, Unreachable>) {
        let is_listed = self.is_key_listed(answer);
        let Some(attempt) = &mut self.attempt else { return };
        let Stage::AwaitingKey { since, next } = &mut attempt.stage else { return };
        if is_listed {
            self.request_grant();
        } else if self.now.wall.millis() - since.millis() > PATIENCE {
            self.give_up(ProblemCode::KeyMissing.into());
        } else {
            *next = Some(self.now.monotonic + POLL);
            // Keeps the worker awake while the user is at the wallet's page.
            self.persist_attempt();
        }
    }

    /// The connected wallet is said not to know the key.
    pub(crate) fn miss_key(&mut self) {
        let now = self.now.monotonic;
        if let Some(account) = self.account.as_mut().filter(|account| !account.key.missing) {
            account.key.missing = true;
            account.key.next = Some(now + account.key.pause());
            account.problem = Some(ProblemCode::KeyMissing.into());
        }
    }

    /// Looks whether the key is back, if it is time to.
    pub(crate) fn drive_key_watch(&mut self, targets: &[Target]) {
        let due = self.key_wake(targets).is_some_and(|at| at <= self.now.monotonic);
        let Some(account) = self.account.as_mut().filter(|_| due) else { return };
        account.key.next = None;
        let url = account.wallet.id.jwks_url();
        self.fetch(&url, Purpose::Keys);
    }

    /// While somebody looks at a page that could be paid, or at what is wrong.
    pub(crate) fn key_wake(&self, targets: &[Target]) -> Option<u64> {
        let account = self.account.as_ref().filter(|account| account.key.missing)?;
        let matters = !targets.is_empty() || self.published.is_watched();
        account.key.next.filter(|_| matters && self.key.is_some())
    }

    pub(crate) fn keys_read(&mut self, answer: Result<Answer, Unreachable>) {
        let is_listed = self.is_key_listed(answer);
        let Some(account) = &mut self.account else { return };
        account.key.looks += 1;
        account.key.missing = !is_listed;
        if is_listed {
            // An attempt to top up may have ended with the same words.
            for told in [&mut account.problem, &mut self.notice] {
                told.take_if(|problem| problem.code == ProblemCode::KeyMissing);
            }
        } else {
            account.key.next = Some(self.now.monotonic + account.key.pause());
        }
    }

    fn is_key_listed(&self, answer: Result<Answer, Unreachable>) -> bool {
        let answer = answer.ok().filter(|answer| answer.status == 200);
        let listed = answer.and_then(|answer| KeySet::parse(&answer.body).ok());
        matches!((listed, &self.key), (Some(keys), Some(key)) if keys.contains(&key.kid, &key.keyid))
    }
}
