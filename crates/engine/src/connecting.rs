//! Connecting a wallet, up to the grant request: document, key, grant. The rest is in `consent`.

use money::{Amount, Asset};
use open_payments::{HostKind, Interval, Timestamp, Url, WalletAddress, WalletDocument};
use open_payments_client::{Mismatch, RequestGrant, check_pending_grant};
use protocol::{Endpoint, ErrorCode, GrantReply, GrantRequest};

use crate::account::Continuation;
use crate::calls::{Purpose, to_wire};
use crate::consent::Consent;
use crate::effect::{Area, Effect, Page};
use crate::engine::Engine;
use crate::input::{Answer, TabId, Unreachable};
use crate::problem::{Problem, ProblemCode};
use crate::snapshot::{Snapshot, local, save, session};

/// An attempt to connect a wallet, or to get a new grant from the one that is connected.
#[derive(json::Read, json::Write)]
pub(crate) struct Attempt {
    address: WalletAddress,
    amount: String,
    pub(crate) monthly: bool,
    pub(crate) terms: Option<Terms>,
    pub(crate) stage: Stage,
}

impl Snapshot for Box<Attempt> {}

/// What the wallet will be asked for, once its currency is known.
#[derive(Clone, json::Read, json::Write)]
pub(crate) struct Terms {
    pub(crate) wallet: WalletDocument,
    pub(crate) budget: Amount,
}

/// How far an attempt has come.
#[derive(json::Read, json::Write)]
pub(crate) enum Stage {
    CheckingWallet,
    /// The key is looked for again at this monotonic time, or an answer is on its way.
    AwaitingKey {
        since: Timestamp,
        #[serde(skip)]
        next: Option<u64>,
    },
    RequestingGrant(GrantAsked),
    AwaitingConsent(Box<Consent>),
    /// The user has accepted; now the grant is continued.
    Finishing {
        consent: Box<Consent>,
        reference: String,
        #[serde(skip)]
        asked: bool,
    },
}

impl Stage {
    /// The grant that the user decides about, or has accepted.
    pub(crate) fn consent(&self) -> Option<&Consent> {
        match self {
            Self::AwaitingConsent(consent) | Self::Finishing { consent, .. } => Some(consent),
            _ => None,
        }
    }
}

/// What the grant request said; the rest of the way is held against it.
#[derive(Clone, json::Read, json::Write)]
pub(crate) struct GrantAsked {
    pub(crate) nonce: String,
    pub(crate) interval: Option<Interval>,
    pub(crate) finish: Url,
}

/// A monthly budget begins a little in the past: a wallet whose clock is behind would find
/// itself before the first month and refuse.
const INTERVAL_LEAD: i64 = 5 * 60 * 1000;
/// The longest that a wallet may ask to be left alone.
const LONGEST_WAIT: u64 = 10 * 60;

impl Engine {
    pub(crate) fn connect(&mut self, address: &str, amount: String, monthly: bool) {
        if self.account.is_some() {
            return;
        }
        let problem = match WalletAddress::from_typed(address) {
            Ok(address) if address.url().host_kind() != HostKind::Private => {
                return self.begin_attempt(address, amount, monthly);
            }
            Ok(address) if address.url().host().contains(['.', '[']) => ProblemCode::WalletForbidden.into(),
            // A mere word.
            Ok(_) => ProblemCode::WalletAddressInvalid.into(),
            Err(error) => ProblemCode::WalletAddressInvalid.about(error.to_string()),
        };
        self.notice = Some(problem);
    }

    /// The same wallet is asked for another grant, and the one there is goes on paying meanwhile.
    pub(crate) fn top_up(&mut self, amount: String, monthly: bool) {
        if let Some(account) = &self.account {
            self.begin_attempt(account.wallet.id.clone(), amount, monthly);
        }
    }

    fn begin_attempt(&mut self, address: WalletAddress, amount: String, monthly: bool) {
        if self.attempt.is_none() {
            let url = address.url().clone();
            let attempt = Attempt { address, amount, monthly, terms: None, stage: Stage::CheckingWallet };
            self.attempt = Some(Box::new(attempt));
            self.persist_attempt();
            self.fetch(&url, Purpose::ConnectDocument);
        }
    }

    pub(crate) fn connect_document_read(&mut self, answer: Result<Answer, Unreachable>) {
        let Some(attempt) = &mut self.attempt else { return };
        let terms = read_document(&attempt.address, answer).and_then(|wallet| {
            let connected = self.account.as_ref().map(|account| &account.wallet);
            if connected.is_some_and(|known| (&known.id, &known.asset) != (&wallet.id, &wallet.asset)) {
                return Err(ProblemCode::WalletChanged.into());
            }
            let budget = parse_amount(&attempt.amount, &wallet.asset)?;
            Ok(Terms { wallet, budget })
        });
        match terms {
            Ok(terms) => {
                attempt.terms = Some(terms);
                self.await_key();
            }
            Err(problem) => self.give_up(problem),
        }
    }

    pub(crate) fn request_grant(&mut self) {
        let nonce = self.entropy.nonce();
        let finish = self.proxy_url().join("connected");
        let begins = self.server_time().plus_millis(-INTERVAL_LEAD);
        let Some(attempt) = &mut self.attempt else { return };
        let Some(terms) = attempt.terms.clone() else { return };
        let interval = attempt.monthly.then(|| Interval::monthly(begins));
        let asked = GrantAsked { nonce, interval, finish };
        attempt.stage = Stage::RequestingGrant(asked.clone());
        self.persist_attempt();
        let GrantAsked { nonce, interval, finish } = asked;
        let operation = RequestGrant { debit_amount: terms.budget.clone(), interval: interval.clone(), finish, nonce };
        let Some(request) = self.sign_for(&terms.wallet, &operation) else { return };
        let message =
            GrantRequest { wallet_address: terms.wallet.id, amount: terms.budget, interval, request: to_wire(request) };
        self.ask_proxy(Endpoint::RequestGrant, &message, Purpose::ConnectGrant);
    }

    pub(crate) fn grant_requested(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = match self.read_reply::<GrantReply>(answer) {
            Ok(reply) => reply,
            // The proxy is quiet for a while; nothing has been asked of the wallet.
            Err(failure) if matches!(failure.code(), Some(ErrorCode::RateLimited | ErrorCode::ClockSkew)) => {
                return self.await_key();
            }
            Err(failure) => return self.give_up(failure.problem()),
        };
        let requested = self.now.wall;
        let Some(attempt) = &mut self.attempt else { return };
        let (Stage::RequestingGrant(asked), Some(terms)) = (&attempt.stage, &attempt.terms) else { return };
        let GrantReply { interact, continuation } = reply;
        if let Err(mismatch) = check_pending_grant(&terms.wallet, &interact.redirect, &continuation.uri) {
            return self.give_up(foreign_host(mismatch));
        }
        attempt.stage = Stage::AwaitingConsent(Box::new(Consent {
            asked: asked.clone(),
            wallet_nonce: interact.finish,
            continuation: Continuation { uri: continuation.uri, token: continuation.token },
            requested,
            wait: continuation.wait.unwrap_or(0).min(LONGEST_WAIT) * 1000,
            tab: None,
        }));
        self.persist_attempt();
        self.effects.push_back(Effect::OpenTab(Page::Consent(interact.redirect)));
    }

    /// Ends an attempt: what was stored of it goes, and the wallet is told.
    pub(crate) fn give_up(&mut self, problem: Problem) {
        self.end_attempt(Some(problem));
    }

    pub(crate) fn end_attempt(&mut self, problem: Option<Problem>) {
        let Some(attempt) = self.attempt.take() else { return };
        self.notice = problem;
        self.calls.forget(Purpose::is_of_attempt);
        self.persist(Area::Local, vec![(local::ATTEMPT.to_owned(), None)]);
        self.persist(Area::Session, vec![(session::CONSENT_TAB.to_owned(), None)]);
        if let (Some(terms), Some(consent)) = (attempt.terms, attempt.stage.consent()) {
            self.give_back(&terms.wallet, &consent.continuation);
            self.effects.extend(consent.tab.map(Effect::CloseTab));
        }
    }

    fn await_key(&mut self) {
        let Some(attempt) = &mut self.attempt else { return };
        let next = self.now.monotonic.max(self.proxy.quiet_until);
        attempt.stage = Stage::AwaitingKey { since: self.now.wall, next: Some(next) };
        self.persist_attempt();
    }

    /// After a restart: asks again for what got lost on its way. If the browser was restarted too,
    /// no tab is known any more.
    pub(crate) fn resume_attempt(&mut self, tab: Option<TabId>) {
        if let Some(consent) = self.consent_mut() {
            consent.tab = tab;
        }
        let Some(attempt) = &mut self.attempt else { return };
        match &attempt.stage {
            Stage::CheckingWallet => {
                let url = attempt.address.url().clone();
                self.fetch(&url, Purpose::ConnectDocument);
            }
            // Whether a grant was requested or not: it was not decided, and the key may be another now.
            Stage::AwaitingKey { .. } | Stage::RequestingGrant(_) => self.await_key(),
            Stage::AwaitingConsent(consent) => match consent.tab {
                Some(tab) if self.presence.tab(tab).is_some() => self.consent_tab_moved(tab),
                _ => self.give_up(ProblemCode::TabClosed.into()),
            },
            Stage::Finishing { .. } => {}
        }
    }

    /// When an attempt has something to do next, in monotonic time.
    pub(crate) fn attempt_wake(&self) -> Option<u64> {
        let Some(attempt) = &self.attempt else { return None };
        match &attempt.stage {
            _ if self.key.is_none() => None,
            Stage::AwaitingKey { next, .. } => *next,
            // While something of the old grant is on its way, its answer is waited for.
            Stage::Finishing { consent, asked: false, .. } if self.is_grant_at_rest() => {
                Some((self.now.monotonic + consent.wait_left(self.now.wall)).max(self.proxy.quiet_until))
            }
            _ => None,
        }
    }

    /// Whether an attempt goes on by itself. While the user decides it does not.
    pub(crate) fn attempt_is_busy(&self) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| !matches!(attempt.stage, Stage::AwaitingConsent(_)))
    }

    pub(crate) fn persist_attempt(&mut self) {
        if let Some(attempt) = &self.attempt {
            let attempt = save(attempt);
            self.persist(Area::Local, vec![(local::ATTEMPT.to_owned(), Some(attempt))]);
        }
    }
}

/// Reads the document of the wallet that the user wants to connect.
fn read_document(address: &WalletAddress, answer: Result<Answer, Unreachable>) -> Result<WalletDocument, Problem> {
    let answer = answer.map_err(|_| ProblemCode::WalletUnreachable)?;
    match answer.status {
        200 => {}
        404 => return Err(ProblemCode::WalletNotFound.into()),
        429 | 500.. => return Err(ProblemCode::WalletUnreachable.into()),
        _ => return Err(ProblemCode::WalletUnreadable.into()),
    }
    let wallet =
        WalletDocument::parse(&answer.body).map_err(|error| ProblemCode::WalletUnreadable.about(error.to_string()))?;
    // The user may keep a wallet on this machine, but one elsewhere must not lead here.
    match wallet.forbidden_host(address.url().host_kind() == HostKind::Loopback) {
        Some(url) => Err(ProblemCode::WalletForbidden.about(url.authority())),
        None => Ok(wallet),
    }
}

/// Reads an amount that the user typed, to be granted or paid.
pub(crate) fn parse_amount(text: &str, asset: &Asset) -> Result<Amount, Problem> {
    match money::parse_decimal(text, asset.scale.decimals()) {
        Ok(0) => Err(ProblemCode::AmountInvalid.about("it must be more than zero")),
        Ok(value) => Ok(Amount::new(value, asset.clone())),
        Err(error) => Err(ProblemCode::AmountInvalid.about(error.to_string())),
    }
}

/// Why a URL that the proxy handed over is not used.
pub(crate) fn foreign_host(mismatch: Mismatch) -> Problem {
    match mismatch {
        Mismatch::ForeignHost { host, .. } => ProblemCode::WrongHost.about(host),
        _ => ProblemCode::ProxyUnreadable.into(),
    }
}
