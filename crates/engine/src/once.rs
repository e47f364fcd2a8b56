//! One-time payments: an amount that the user gives the page in front, spread over its links.
//!
//! It has nothing to do with what accrues: the purse is neither asked nor touched, and the seconds
//! wait until it is over. The budget holds. Its parts are paid one after the other, each from a
//! quote that is read straight from the user's wallet first, and each is tried once. If the worker
//! dies in between, the parts that are left are given up.

use std::collections::VecDeque;

use money::Amount;
use open_payments::Timestamp;

use crate::connecting::parse_amount;
use crate::desk::{Asked, Held};
use crate::engine::Engine;
use crate::input::TabId;
use crate::problem::{Problem, ProblemCode};
use crate::proxy::Failure;
use crate::receivers::Receiver;
use crate::snapshot::{Snapshot, save};
use crate::targets::Target;

/// The last one. What is stored of it is true if the worker dies now.
#[derive(json::Read, json::Write)]
pub(crate) struct Once {
    /// When it was asked for, by which its payments are known.
    pub(crate) at: Timestamp,
    pub(crate) tab: TabId,
    pub(crate) site: String,
    pub(crate) asked: Amount,
    /// Minor units of the payments that were made.
    pub(crate) sent: u64,
    /// Why it is not all of it.
    pub(crate) problem: ProblemCode,
    #[serde(skip)]
    running: Option<Running>,
    #[serde(skip)]
    changed: bool,
}

impl Snapshot for Once {}

struct Running {
    /// Minor units that no payment was sent for.
    left: u64,
    /// Those that have not had their turn.
    targets: VecDeque<Target>,
    /// Requests made for the part of the first of them.
    tries: u32,
    /// The quote for it.
    held: Option<Held>,
    problem: Option<ProblemCode>,
    /// When it is given up, in monotonic time.
    until: u64,
}

/// Requests for an incoming payment and a quote until the next receiver has its turn.
const TRIES: u32 = 5;
/// By then it is over. It takes a second or two.
const PATIENCE: u64 = 60 * 1000;
/// When nothing else does, this makes it go on.
const PAUSE: u64 = 500;

impl Once {
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The entry to persist, if there is something new.
    pub(crate) fn take_change(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| save(self))
    }

    /// Another grant takes the place of the one that a part is quoted by: it is quoted again.
    pub(crate) fn outdate_quote(&mut self) {
        if let Some(running) = &mut self.running {
            running.held = None;
        }
    }

    /// The next receiver has its turn.
    fn skip(&mut self, problem: Option<ProblemCode>) -> Option<Target> {
        let running = self.running.as_mut()?;
        (running.tries, running.held) = (0, None);
        running.problem = problem.or(running.problem);
        running.targets.pop_front()
    }
}

impl Engine {
    /// Begins one for a site as it was shown, of an amount as typed.
    ///
    /// # Errors
    /// What is wrong with it. Nothing is paid then.
    pub(crate) fn pay_once(&mut self, site: &str, text: &str) -> Result<(), Problem> {
        let (Some(account), Some(spending)) = (&self.account, &self.spending) else {
            return Err(ProblemCode::NothingToPay.into());
        };
        let asked = parse_amount(text, &account.wallet.asset)?;
        if self.looked_at().and_then(|tab| self.site_in(tab)).is_some_and(|front| *front != *site) {
            return Err(ProblemCode::OtherPage.into());
        }
        let targets = VecDeque::from(self.targets_in(&|_| true));
        let Some(first) = targets.front() else { return Err(ProblemCode::NothingToPay.into()) };
        if self.is_paying_once() {
            return Err(ProblemCode::OnceRunning.into());
        }
        if asked.value > spending.budget.remaining() {
            return Err(ProblemCode::BudgetTooSmall.into());
        }
        if !self.has_means() {
            return Err(account.problem.clone().unwrap_or(ProblemCode::TokenLost.into()));
        }
        let until = self.now.monotonic + PATIENCE;
        self.once = Some(Once {
            at: self.now.wall,
            tab: first.tab,
            site: first.site.as_ref().to_owned(),
            sent: 0,
            problem: ProblemCode::Interrupted,
            running: Some(Running { left: asked.value, targets, tries: 0, held: None, problem: None, until }),
            changed: true,
            asked,
        });
        self.persist_spending();
        Ok(())
    }

    pub(crate) fn is_paying_once(&self) -> bool {
        self.once.as_ref().is_some_and(Once::is_running)
    }

    /// Whether the last one is not over: there are parts left, or nobody knows yet what became of one.
    pub(crate) fn is_once_open(&self) -> bool {
        let Some(once) = &self.once else { return false };
        let is_part_on_its_way = self.desk.paying.as_ref().is_some_and(|paying| paying.intent.once == Some(once.at));
        once.is_running() || is_part_on_its_way || self.settling.units_of(once.at) > 0
    }

    /// When it goes on, in monotonic time.
    pub(crate) fn once_wake(&self) -> Option<u64> {
        self.is_paying_once().then(|| self.now.monotonic + PAUSE)
    }

    /// Ends one that takes too long, or that must not be paid any more.
    pub(crate) fn end_once_if_due(&mut self) {
        let now = self.now.monotonic;
        let Some(Once { running: Some(running), site, .. }) = &self.once else { return };
        let goes_on = running.until > now && self.settings.pays_site(site) && self.has_means();
        if !goes_on && self.desk.paying.is_none() {
            self.end_once();
        }
    }

    pub(crate) fn end_once(&mut self) {
        let Some(once) = &mut self.once else { return };
        if let Some(running) = once.running.take() {
            once.problem = running.problem.unwrap_or(if running.targets.is_empty() {
                ProblemCode::AmountTooSmall
            } else {
                ProblemCode::Interrupted
            });
            once.changed = true;
            self.persist_spending();
            self.persist_minimums();
        }
    }

    /// Takes the next step, once nothing is on its way.
    pub(crate) fn drive_once(&mut self) {
        while self.is_paying_once() && self.desk.is_quiet() && !self.calls.creating_incoming() {
            if !self.take_step() {
                return;
            }
        }
    }

    /// Says whether another step may be taken at once.
    fn take_step(&mut self) -> bool {
        let now = self.server_time();
        let Some(once) = &mut self.once else { return false };
        let Some(running) = &mut once.running else { return false };
        if let Some(held) = running.held.take().filter(|held| !held.is_expired(now)) {
            self.pay_part(held);
            return true;
        }
        let Some(target) = running.targets.front().cloned() else {
            self.end_once();
            return false;
        };
        // Each that is left gets as much as the others, in multiples of what it can be sent.
        let share = running.left / u64::try_from(running.targets.len()).unwrap_or(u64::MAX);
        let part = self.minimums.part(&target.receiver, share);
        let receiver = self.receivers.at(&target.receiver);
        if part == 0 || running.tries == TRIES {
            let problem = receiver.and_then(Receiver::problem).map(|problem| problem.code);
            once.skip(problem.filter(|_| part > 0));
            return true;
        }
        let incoming = receiver.and_then(|receiver| receiver.incoming(now)).cloned();
        let asked = match incoming {
            Some(incoming) => self.send_quote(target, incoming, part, true),
            None => self.request_incoming_payment(target.receiver, 1),
        };
        if let (true, Some(Once { running: Some(running), .. })) = (asked, &mut self.once) {
            running.tries += 1;
        }
        false
    }

    fn pay_part(&mut self, held: Held) {
        let (Some(once), Some(spending)) = (&mut self.once, &self.spending) else { return };
        // The wallet may have said in the meantime that more is spent.
        let fits = held.debit.value <= spending.budget.remaining();
        let Some(target) = once.skip((!fits).then_some(ProblemCode::BudgetTooSmall)) else { return };
        if let (true, Some(running)) = (fits, &mut once.running) {
            running.left = running.left.saturating_sub(held.debit.value);
            self.pay(held, target);
        }
    }

    /// A part has a quote that the wallet itself has confirmed.
    pub(crate) fn part_quoted(&mut self, held: Held) {
        if let Some(Once { running: Some(running), .. }) = &mut self.once {
            running.held = Some(held);
        }
    }

    /// A part has none. It is asked for again if it was too large or too small, or if that was about
    /// neither the receiver nor the amount.
    pub(crate) fn part_not_quoted(&mut self, asked: &Asked, failure: &Failure) {
        let receiver = &asked.target.receiver;
        if let Some(error) = failure.too_small() {
            if !self.learn_minimum(asked, error) {
                self.part_failed(ProblemCode::WalletRefused);
            }
            return;
        }
        self.call_failed(receiver, failure);
        let (problem, tick) = (failure.problem().code, self.pace.ticks());
        if self.receivers.at(receiver).is_some_and(|receiver| receiver.is_resting(tick)) {
            self.part_failed(problem);
        } else {
            self.note_part(problem);
        }
    }

    /// A part will not be paid.
    pub(crate) fn part_failed(&mut self, problem: ProblemCode) {
        if let Some(once) = &mut self.once {
            once.skip(Some(problem));
        }
    }

    /// Something went wrong with a part: with its quote, which may be asked for again; or with its
    /// payment, which is not made again, whether or not it was made.
    pub(crate) fn note_part(&mut self, problem: ProblemCode) {
        if let Some(Once { running: Some(running), .. }) = &mut self.once {
            running.problem = Some(problem);
        }
    }

    /// Counts a payment that was made; or was not after all, for that reason.
    pub(crate) fn count_part(&mut self, at: Option<Timestamp>, units: u64, given_up: Option<ProblemCode>) {
        let Some(once) = self.once.as_mut().filter(|once| Some(once.at) == at) else { return };
        match given_up {
            None => once.sent = once.sent.saturating_add(units),
            Some(problem) => (once.sent, once.problem) = (once.sent.saturating_sub(units), problem),
        }
        once.changed = true;
    }
}
