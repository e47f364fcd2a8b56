//! Connecting a wallet, from the consent page on: the user decides, the grant is continued. And
//! the way back: a grant that is not wanted any more is cancelled.

use open_payments::{Decision, Timestamp, WalletDocument, verify_interaction_hash};
use open_payments_client::{CancelGrant, ContinueGrant, check_granted_access};
use protocol::{CancelGrantRequest, ContinueGrantReply, ContinueGrantRequest, Endpoint, ErrorCode};

use crate::account::{Account, Continuation, Rotation, Token};
use crate::budget::Budget;
use crate::calls::{Purpose, to_wire};
use crate::connecting::{GrantAsked, Stage, foreign_host};
use crate::effect::{Area, Effect};
use crate::engine::Engine;
use crate::input::{Answer, TabId, Unreachable};
use crate::problem::ProblemCode;
use crate::snapshot::{local, save, session};
use crate::spending::Spending;

/// A grant that the user decides about.
#[derive(Clone, json::Read, json::Write)]
pub(crate) struct Consent {
    pub(crate) asked: GrantAsked,
    pub(crate) wallet_nonce: String,
    pub(crate) continuation: Continuation,
    pub(crate) requested: Timestamp,
    /// For so many milliseconds the wallet wants to be left alone.
    pub(crate) wait: u64,
    /// Kept apart: after a restart of the browser its number is that of another tab.
    #[serde(skip)]
    pub(crate) tab: Option<TabId>,
}

impl Consent {
    /// Milliseconds of the wait that are left; none by a clock that was set back, since a wallet
    /// that is asked too early says so.
    pub(crate) fn wait_left(&self, now: Timestamp) -> u64 {
        match u64::try_from(now.millis() - self.requested.millis()) {
            Ok(age) => self.wait.saturating_sub(age),
            Err(_) => 0,
        }
    }

    /// The query of the finish URL that was sent, if this is it.
    fn finished<'a>(&self, url: &'a str) -> Option<&'a str> {
        let rest = url.strip_prefix(self.asked.finish.as_str())?.split('#').next()?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('?') }
    }
}

impl Engine {
    pub(crate) fn consent_tab_opened(&mut self, tab: TabId) {
        if let Some(consent) = self.consent_mut() {
            consent.tab = Some(tab);
            self.persist(Area::Session, vec![(session::CONSENT_TAB.to_owned(), Some(save(&tab)))]);
            self.consent_tab_moved(tab);
        }
    }

    /// Only the tab that was opened counts, and only the finish URL that was sent.
    pub(crate) fn consent_tab_moved(&mut self, tab: TabId) {
        let url = self.presence.tab(tab).and_then(|tab| tab.url.clone()).unwrap_or_default();
        let Some(attempt) = &mut self.attempt else { return };
        let (Stage::AwaitingConsent(consent), Some(terms)) = (&attempt.stage, &attempt.terms) else { return };
        let Some(query) = consent.finished(&url).filter(|_| consent.tab == Some(tab)) else { return };
        match Decision::parse(query) {
            Decision::Accepted { hash, reference } => {
                let (ours, theirs) = (&consent.asked.nonce, &consent.wallet_nonce);
                if !verify_interaction_hash(&hash, ours, theirs, &reference, &terms.wallet.auth_server) {
                    return self.give_up(ProblemCode::HashWrong.into());
                }
                attempt.stage = Stage::Finishing { consent: consent.clone(), reference, asked: false };
                self.persist_attempt();
            }
            Decision::Declined => self.give_up(ProblemCode::Declined.into()),
            Decision::Invalid => self.give_up(ProblemCode::GrantInvalid.into()),
        }
    }

    /// The page could not be opened.
    pub(crate) fn consent_tab_failed(&mut self) {
        if self.consent_mut().is_some_and(|consent| consent.tab.is_none()) {
            self.give_up(ProblemCode::TabClosed.into());
        }
    }

    /// Without its page the user cannot decide; once the user has accepted it is not needed.
    pub(crate) fn consent_tab_closed(&mut self, tab: TabId) {
        let Some(consent) = self.consent_mut().filter(|consent| consent.tab == Some(tab)) else { return };
        consent.tab = None;
        if self.attempt.as_ref().is_some_and(|attempt| matches!(attempt.stage, Stage::AwaitingConsent(_))) {
            self.give_up(ProblemCode::TabClosed.into());
        }
    }

    /// Whether a grant is being continued, or may be now. The one that it takes the place of rests
    /// meanwhile, so that nothing of it is on its way any more.
    pub(crate) fn is_continuing_grant(&self) -> bool {
        let Some(Stage::Finishing { consent, asked, .. }) = self.attempt.as_ref().map(|attempt| &attempt.stage) else {
            return false;
        };
        *asked || consent.wait_left(self.now.wall) == 0
    }

    /// Whether nothing of the grant there is, if there is one, is on its way.
    pub(crate) fn is_grant_at_rest(&self) -> bool {
        let is_rotating = |account: &Account| matches!(account.rotation, Rotation::InFlight { .. });
        self.desk.is_quiet() && !self.account.as_deref().is_some_and(is_rotating)
    }

    /// Continues a grant that the user has accepted, once its wait is over.
    pub(crate) fn continue_grant(&mut self) {
        let ready = self.is_continuing_grant() && self.is_grant_at_rest();
        if !ready || self.key.is_none() || self.proxy.is_quiet(self.now.monotonic) {
            return;
        }
        let Some(attempt) = &mut self.attempt else { return };
        let (Stage::Finishing { consent, reference, asked: asked @ false }, Some(terms)) =
            (&mut attempt.stage, &attempt.terms)
        else {
            return;
        };
        *asked = true;
        let Continuation { uri, token } = consent.continuation.clone();
        let operation = ContinueGrant { uri, token, reference: reference.clone() };
        let wallet = terms.wallet.clone();
        let Some(request) = self.sign_for(&wallet, &operation) else { return };
        let message = ContinueGrantRequest { wallet_address: wallet.id, request: to_wire(request) };
        self.ask_proxy(Endpoint::ContinueGrant, &message, Purpose::ConnectContinue);
    }

    pub(crate) fn grant_continued(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<ContinueGrantReply>(answer);
        let Some(attempt) = &mut self.attempt else { return };
        let (Stage::Finishing { consent, asked, .. }, Some(terms)) = (&mut attempt.stage, &attempt.terms) else {
            return;
        };
        let reply = match reply {
            Ok(reply) => reply,
            // Too early after all: continuing a grant spends nothing, so it may be asked again.
            Err(failure) if matches!(failure.code(), Some(ErrorCode::RateLimited | ErrorCode::ClockSkew)) => {
                *asked = false;
                return;
            }
            Err(failure) => return self.give_up(failure.problem()),
        };
        let (manage, uri) = (&reply.access_token.manage, &reply.continuation.uri);
        if let Err(mismatch) = check_granted_access(&terms.wallet, manage, Some(uri)) {
            return self.give_up(foreign_host(mismatch));
        }
        let tab = consent.tab;
        let budget = Budget::new(terms.budget.clone(), consent.asked.interval.clone());
        let continuation = Continuation { uri: reply.continuation.uri, token: reply.continuation.token };
        let token = Token::new(reply.access_token, self.now.wall);
        let account = Account::new(terms.wallet.clone(), token, continuation, reply.session);
        // The old grant's payments of unknown outcome are this wallet's too, and are still settled.
        if self.spending.is_none() {
            self.leave_unsettled();
        }
        self.attempt = None;
        self.former = self.former_quotes();
        let former = self.former.take();
        let old = self.account.replace(Box::new(account));
        let budget = budget.starting(self.now.wall);
        self.spending = Some(Spending::new(budget, self.spending.take(), former));
        self.desk.outdate_quotes();
        if let Some(once) = &mut self.once {
            once.outdate_quote();
        }
        self.persist_connection();
        self.effects.extend(tab.map(Effect::CloseTab));
        if let Some(old) = old {
            self.give_back(&old.wallet, &old.continuation);
        }
    }

    /// Writes a connection that has just been made, all of it or nothing: an account without its
    /// budget could never pay, and an attempt that has succeeded must not be taken up again.
    fn persist_connection(&mut self) {
        let Some(account) = &self.account else { return };
        let minimums = (local::MINIMUMS, Some(save(&self.minimums)));
        let entries = [(local::ACCOUNT, Some(save(account))), (local::ATTEMPT, None), (local::FORMER, None), minimums];
        let past = self.once.is_none().then_some((local::ONCE, None));
        let entries = entries.into_iter().chain(past).map(|(name, text)| (name.to_owned(), text)).collect();
        // Of another wallet, one whose account could not be read, nothing may be left over.
        let gone = [session::PURSE, session::CONSENT_TAB].map(|name| (name.to_owned(), None));
        self.persist(Area::Session, gone.into());
        self.settling.persist_anew();
        self.unreadable.retain(|name| !local::WALLET.contains(name));
        self.persist_spending_with(entries);
    }

    /// Gives back a grant, decided or not. Nobody waits for the answer.
    pub(crate) fn give_back(&mut self, wallet: &WalletDocument, continuation: &Continuation) {
        let Continuation { uri, token } = continuation.clone();
        let operation = CancelGrant { uri, token };
        let Some(request) = self.sign_for(wallet, &operation) else { return };
        let message = CancelGrantRequest { wallet_address: wallet.id.clone(), request: to_wire(request) };
        self.ask_proxy(Endpoint::CancelGrant, &message, Purpose::Farewell);
    }

    pub(crate) fn consent_mut(&mut self) -> Option<&mut Consent> {
        match &mut self.attempt.as_mut()?.stage {
            Stage::AwaitingConsent(consent) | Stage::Finishing { consent, .. } => Some(consent),
            _ => None,
        }
    }
}
