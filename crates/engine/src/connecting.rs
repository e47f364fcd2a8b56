//! Connecting a wallet, in the steps of the design: document, key, grant, consent, continuation.

use money::Amount;
use open_payments::{
    Decision, HostKind, Interval, KeySet, Timestamp, Url, WalletAddress, WalletDocument, verify_interaction_hash,
};
use open_payments_client::{
    CancelGrant, ContinueGrant, Mismatch, RequestGrant, check_granted_access, check_pending_grant,
};
use protocol::{
    CancelGrantRequest, ContinueGrantReply, ContinueGrantRequest, Endpoint, ErrorCode, GrantReply, GrantRequest,
};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Continuation, Rotation, Token};
use crate::budget::Budget;
use crate::calls::{Purpose, to_wire};
use crate::effect::{Area, Effect, Page};
use crate::engine::{Connection, Engine};
use crate::input::{Answer, TabId, Unreachable};
use crate::problem::{Problem, ProblemCode};
use crate::snapshot::{save, session};
use crate::spending::Spending;

/// An attempt to connect, kept while the browser runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) address: WalletAddress,
    amount: String,
    pub(crate) monthly: bool,
    pub(crate) terms: Option<Terms>,
    pub(crate) stage: Stage,
}

/// What the wallet will be asked for, once its currency is known.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) wallet: WalletDocument,
    pub(crate) budget: Amount,
}

/// How far an attempt has come.
#[derive(Serialize, Deserialize)]
pub(crate) enum Stage {
    CheckingWallet,
    /// The key is looked for again at this monotonic time, or an answer is on its way.
    AwaitingKey {
        since: Timestamp,
        #[serde(skip)]
        next: Option<u64>,
    },
    RequestingGrant {
        nonce: String,
        interval: Option<Interval>,
    },
    AwaitingConsent(Box<Consent>),
    /// The user has accepted; the wallet wants the continuation not before a time.
    Finishing {
        consent: Box<Consent>,
        reference: String,
        #[serde(skip)]
        asked: bool,
    },
}

/// A grant that the user decides about.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Consent {
    nonce: String,
    interval: Option<Interval>,
    wallet_nonce: String,
    finish: Url,
    continuation: Continuation,
    not_before: Timestamp,
    tab: Option<TabId>,
}

/// Between two looks at the wallet's keys.
const KEY_POLL: u64 = 2_000;
/// How long the key is waited for.
const KEY_PATIENCE: i64 = 15 * 60 * 1000;

impl Engine {
    pub(crate) fn connect(&mut self, address: &str, amount: String, monthly: bool) {
        if !matches!(self.connection, Connection::Disconnected(_)) {
            return;
        }
        let problem = match WalletAddress::from_typed(address) {
            Ok(address) if address.url().host_kind() != HostKind::Private => {
                let url = address.url().clone();
                let attempt = Attempt { address, amount, monthly, terms: None, stage: Stage::CheckingWallet };
                self.connection = Connection::Connecting(Box::new(attempt));
                self.persist_attempt();
                return self.fetch(&url, Purpose::ConnectDocument);
            }
            Ok(_) => ProblemCode::WalletForbidden.into(),
            Err(error) => ProblemCode::WalletAddressInvalid.about(error.to_string()),
        };
        self.connection = Connection::Disconnected(Some(problem));
    }

    pub(crate) fn connect_document_read(&mut self, answer: Result<Answer, Unreachable>) {
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        match read_document(answer).and_then(|wallet| {
            let budget = Self::parse_budget(&attempt.amount, &wallet.asset)?;
            Ok(Terms { wallet, budget })
        }) {
            Ok(terms) => {
                attempt.terms = Some(terms);
                self.await_key();
            }
            Err(problem) => self.give_up(problem),
        }
    }

    fn await_key(&mut self) {
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        attempt.stage =
            Stage::AwaitingKey { since: self.now.wall, next: Some(self.now.monotonic.max(self.quiet_until)) };
        self.persist_attempt();
    }

    pub(crate) fn connect_keys_read(&mut self, answer: Result<Answer, Unreachable>) {
        let (Connection::Connecting(attempt), Some(key)) = (&mut self.connection, &self.key) else { return };
        let Stage::AwaitingKey { since, next } = &mut attempt.stage else { return };
        let listed =
            answer.ok().filter(|answer| answer.status == 200).and_then(|answer| KeySet::parse(&answer.body).ok());
        if listed.is_some_and(|keys| keys.contains(&key.kid, &key.keyid)) {
            self.request_grant();
        } else if self.now.wall.millis() - since.millis() > KEY_PATIENCE {
            self.give_up(ProblemCode::KeyMissing.into());
        } else {
            *next = Some(self.now.monotonic + KEY_POLL);
            // Keeps the worker awake while the user is at the wallet's page.
            self.persist_attempt();
        }
    }

    fn request_grant(&mut self) {
        let nonce = self.entropy.nonce();
        let finish = self.finish_url();
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        let Some(terms) = attempt.terms.clone() else { return };
        let interval = attempt.monthly.then(|| Interval::monthly(self.now.wall));
        attempt.stage = Stage::RequestingGrant { nonce: nonce.clone(), interval: interval.clone() };
        self.persist_attempt();
        let operation = RequestGrant { debit_amount: terms.budget.clone(), interval: interval.clone(), finish, nonce };
        let Some(request) = self.sign_for(&terms.wallet, &operation) else { return };
        let message =
            GrantRequest { wallet_address: terms.wallet.id, amount: terms.budget, interval, request: to_wire(request) };
        self.ask_proxy(Endpoint::RequestGrant, &message, Purpose::ConnectGrant);
    }

    pub(crate) fn grant_requested(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = match self.read_reply::<GrantReply>(answer) {
            Ok(reply) => reply,
            Err(failure) if matches!(failure.code(), Some(ErrorCode::RateLimited | ErrorCode::ClockSkew)) => {
                return self.await_key();
            }
            Err(failure) => return self.give_up(failure.problem()),
        };
        let finish = self.finish_url();
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        let (Stage::RequestingGrant { nonce, interval }, Some(terms)) = (&attempt.stage, &attempt.terms) else {
            return;
        };
        let GrantReply { interact, continuation } = reply;
        if let Err(mismatch) = check_pending_grant(&terms.wallet, &interact.redirect, &continuation.uri) {
            return self.give_up(foreign_host(mismatch));
        }
        let wait = i64::try_from(continuation.wait.unwrap_or(0).min(600)).unwrap_or(0) * 1000;
        attempt.stage = Stage::AwaitingConsent(Box::new(Consent {
            nonce: nonce.clone(),
            interval: interval.clone(),
            wallet_nonce: interact.finish,
            finish,
            continuation: Continuation { uri: continuation.uri, token: continuation.token },
            not_before: self.now.wall.plus_millis(wait),
            tab: None,
        }));
        self.persist_attempt();
        self.effects.push_back(Effect::OpenTab(Page::Consent(interact.redirect)));
    }

    pub(crate) fn consent_tab_opened(&mut self, tab: TabId) {
        if let Some(consent) = self.consent_mut() {
            consent.tab = Some(tab);
            self.persist_attempt();
            self.consent_tab_moved(tab);
        }
    }

    /// Only the tab that was opened counts, and only the finish URL that was sent.
    pub(crate) fn consent_tab_moved(&mut self, tab: TabId) {
        let url = self.presence.tab(tab).and_then(|tab| tab.url.clone());
        let Some(consent) = self.consent_mut().filter(|consent| consent.tab == Some(tab)).cloned() else { return };
        let Some(query) = url.as_deref().and_then(|url| url.strip_prefix(consent.finish.as_str())?.strip_prefix('?'))
        else {
            return;
        };
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        let Some(terms) = &attempt.terms else { return };
        match Decision::parse(query.split('#').next().unwrap_or_default()) {
            Decision::Accepted { hash, reference } => {
                let grant = &terms.wallet.auth_server;
                if verify_interaction_hash(&hash, &consent.nonce, &consent.wallet_nonce, &reference, grant) {
                    attempt.stage = Stage::Finishing { consent: Box::new(consent), reference, asked: false };
                    self.persist_attempt();
                } else {
                    self.give_up(ProblemCode::HashWrong.into());
                }
            }
            Decision::Declined => self.give_up(ProblemCode::Declined.into()),
            Decision::Invalid => self.give_up(ProblemCode::GrantInvalid.into()),
        }
    }

    pub(crate) fn consent_tab_closed(&mut self, tab: TabId) {
        if self.consent_mut().is_some_and(|consent| consent.tab == Some(tab)) {
            self.give_up(ProblemCode::TabClosed.into());
        }
    }

    /// Does what an attempt has been waiting for, if its time has come.
    pub(crate) fn drive_attempt(&mut self) {
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        let Some(terms) = &attempt.terms else { return };
        match &mut attempt.stage {
            Stage::AwaitingKey { next, .. }
                if self.key.is_some() && next.is_some_and(|at| at <= self.now.monotonic) =>
            {
                *next = None;
                let url = terms.wallet.id.jwks_url();
                self.fetch(&url, Purpose::ConnectKeys);
            }
            Stage::Finishing { consent, reference, asked: asked @ false } if consent.not_before <= self.now.wall => {
                *asked = true;
                let Continuation { uri, token } = consent.continuation.clone();
                let operation = ContinueGrant { uri, token, reference: reference.clone() };
                let wallet = terms.wallet.clone();
                let Some(request) = self.sign_for(&wallet, &operation) else { return };
                let message = ContinueGrantRequest { wallet_address: wallet.id, request: to_wire(request) };
                self.ask_proxy(Endpoint::ContinueGrant, &message, Purpose::ConnectContinue);
            }
            _ => {}
        }
    }

    pub(crate) fn grant_continued(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<ContinueGrantReply>(answer);
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        let (Stage::Finishing { consent, asked, .. }, Some(terms)) = (&mut attempt.stage, &attempt.terms) else {
            return;
        };
        let reply = match reply {
            Ok(reply) => reply,
            // Too early after all: continuing a grant spends nothing, so it may be asked again.
            Err(failure) if matches!(failure.code(), Some(ErrorCode::RateLimited | ErrorCode::ClockSkew)) => {
                *asked = false;
                consent.not_before = self.now.wall.plus_millis(1000);
                return;
            }
            Err(failure) => return self.give_up(failure.problem()),
        };
        let (manage, uri) = (&reply.access_token.manage, &reply.continuation.uri);
        if let Err(mismatch) = check_granted_access(&terms.wallet, manage, Some(uri)) {
            return self.give_up(foreign_host(mismatch));
        }
        let spending = Spending::new(Budget::new(terms.budget.clone(), consent.interval.clone()));
        let account = Account {
            wallet: terms.wallet.clone(),
            token: Token::new(reply.access_token, self.now.wall),
            continuation: Continuation { uri: reply.continuation.uri, token: reply.continuation.token },
            session: reply.session,
            token_lost: false,
            problem: None,
            rotation: Rotation::Idle,
        };
        let tab = consent.tab;
        self.forget_wallet(None);
        self.connection = Connection::Connected(Box::new(account));
        self.spending = Some(spending);
        self.persist_account();
        self.persist_spending();
        self.effects.extend(tab.map(Effect::CloseTab));
    }

    /// Ends an attempt: what was stored of it goes, and the wallet is told.
    pub(crate) fn give_up(&mut self, problem: Problem) {
        if !matches!(self.connection, Connection::Connecting(_)) {
            return;
        }
        let tab = self.consent_mut().and_then(|consent| consent.tab).filter(|_| problem.code != ProblemCode::TabClosed);
        self.say_farewell();
        self.effects.extend(tab.map(Effect::CloseTab));
        self.forget_wallet(Some(problem));
    }

    /// Gives back a grant, decided or not. Nobody waits for the answer.
    pub(crate) fn say_farewell(&mut self) {
        let (wallet, continuation) = match &mut self.connection {
            Connection::Connected(account) => (account.wallet.clone(), account.continuation.clone()),
            Connection::Connecting(attempt) => match (&attempt.terms, &attempt.stage) {
                (Some(terms), Stage::AwaitingConsent(consent) | Stage::Finishing { consent, .. }) => {
                    (terms.wallet.clone(), consent.continuation.clone())
                }
                _ => return,
            },
            Connection::Disconnected(_) => return,
        };
        let operation = CancelGrant { uri: continuation.uri, token: continuation.token };
        let Some(request) = self.sign_for(&wallet, &operation) else { return };
        let message = CancelGrantRequest { wallet_address: wallet.id, request: to_wire(request) };
        self.ask_proxy(Endpoint::CancelGrant, &message, Purpose::Farewell);
    }

    /// After a restart: asks again for what got lost on its way.
    pub(crate) fn resume_attempt(&mut self) {
        let Connection::Connecting(attempt) = &mut self.connection else { return };
        match &mut attempt.stage {
            Stage::CheckingWallet => {
                let url = attempt.address.url().clone();
                self.fetch(&url, Purpose::ConnectDocument);
            }
            Stage::AwaitingKey { next, .. } => *next = Some(self.now.monotonic),
            Stage::RequestingGrant { .. } => self.request_grant(),
            Stage::AwaitingConsent(consent) => match consent.tab {
                Some(tab) if self.presence.tab(tab).is_some() => self.consent_tab_moved(tab),
                _ => self.give_up(ProblemCode::TabClosed.into()),
            },
            Stage::Finishing { .. } => {}
        }
    }

    /// When an attempt has something to do next, in monotonic time.
    pub(crate) fn attempt_wake(&self) -> Option<u64> {
        let Connection::Connecting(attempt) = &self.connection else { return None };
        match &attempt.stage {
            Stage::AwaitingKey { next, .. } => *next,
            Stage::Finishing { consent, asked: false, .. } => {
                let left = consent.not_before.millis() - self.now.wall.millis();
                Some(self.now.monotonic + u64::try_from(left).unwrap_or(0))
            }
            _ => None,
        }
    }

    fn consent_mut(&mut self) -> Option<&mut Consent> {
        match &mut self.connection {
            Connection::Connecting(attempt) => match &mut attempt.stage {
                Stage::AwaitingConsent(consent) | Stage::Finishing { consent, .. } => Some(consent),
                _ => None,
            },
            _ => None,
        }
    }

    fn finish_url(&self) -> Url {
        self.proxy_url().join("connected")
    }

    fn persist_attempt(&mut self) {
        if let Connection::Connecting(attempt) = &self.connection {
            let attempt = save(attempt);
            self.persist(Area::Session, vec![(session::ATTEMPT.to_owned(), Some(attempt))]);
        }
    }
}

/// Reads the document of the wallet that the user wants to connect.
fn read_document(answer: Result<Answer, Unreachable>) -> Result<WalletDocument, Problem> {
    let answer = answer.map_err(|_| ProblemCode::WalletUnreachable)?;
    match answer.status {
        200 => {}
        404 => return Err(ProblemCode::WalletNotFound.into()),
        429 | 500.. => return Err(ProblemCode::WalletUnreachable.into()),
        _ => return Err(ProblemCode::WalletUnreadable.into()),
    }
    let wallet =
        WalletDocument::parse(&answer.body).map_err(|error| ProblemCode::WalletUnreadable.about(error.to_string()))?;
    match wallet.forbidden_host(true) {
        Some(url) => Err(ProblemCode::WalletForbidden.about(url.authority())),
        None => Ok(wallet),
    }
}

fn foreign_host(mismatch: Mismatch) -> Problem {
    match mismatch {
        Mismatch::ForeignHost { host, .. } => ProblemCode::WrongHost.about(host),
        _ => ProblemCode::ProxyUnreadable.into(),
    }
}
