//! How things stand with the proxy, and reading what it answers.

use open_payments::{Secret, Timestamp};
use protocol::{Endpoint, ErrorBody, ErrorCode, ErrorReply};

use crate::account::Rotation;
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::problem::{Problem, ProblemCode};

/// What is known of the proxy in this life of the worker.
pub(crate) struct Proxy {
    /// Quotes and payments; it allows 150 of them in a minute.
    pub(crate) payments: Allowance,
    /// All other requests; it allows 100 of them in a minute.
    pub(crate) requests: Allowance,
    /// Milliseconds that its clock is ahead of ours.
    pub(crate) clock_offset: i64,
    /// It wants no requests, or has no answers, before this monotonic time.
    pub(crate) quiet_until: u64,
    /// Requests in a row that it did not answer.
    unanswered: u32,
}

/// How many requests of a kind may still be sent. Each uses up an equal share of time, and only so
/// much may be used up ahead of time; so in no minute there are more than a minute's shares and those.
pub(crate) struct Allowance {
    share: u64,
    used_up_to: u64,
}

/// The shares that may be used up ahead of time.
const SHARES_AHEAD: u64 = 20;
/// What is less urgent than what a payment waits for is sent only while so many are allowed.
pub(crate) const FOR_READING: u64 = 5;
pub(crate) const FOR_PREPARING: u64 = 15;

impl Allowance {
    const fn new(share: u64) -> Self {
        Self { share, used_up_to: 0 }
    }

    /// When so many may be sent at once, in monotonic time.
    pub(crate) fn allows_at(&self, requests: u64) -> u64 {
        (self.used_up_to + requests * self.share).saturating_sub((SHARES_AHEAD + 1) * self.share)
    }

    /// Whether so many may be sent now.
    pub(crate) fn allows(&self, requests: u64, now: u64) -> bool {
        self.allows_at(requests) <= now
    }

    fn use_up(&mut self, now: u64) {
        self.used_up_to = self.used_up_to.max(now) + self.share;
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            // One payment and one quote a second, and a little more.
            payments: Allowance::new(480),
            requests: Allowance::new(800),
            clock_offset: 0,
            quiet_until: 0,
            unanswered: 0,
        }
    }
}

/// After so many milliseconds a proxy that did not answer is asked again, and after twice as many
/// each further time; but never longer than this, for a page waits to be paid.
const FIRST_PAUSE: u64 = 500;
const LONGEST_PAUSE: u64 = 4_000;
/// The proxy's clock has been learned. Two clocks that never agree are no reason to hurry.
const CLOCK_PAUSE: u64 = 1_000;

impl Proxy {
    /// A request is sent.
    pub(crate) fn count(&mut self, endpoint: Endpoint, now: u64) {
        match endpoint {
            Endpoint::CreateQuote | Endpoint::CreatePayment => self.payments.use_up(now),
            _ => self.requests.use_up(now),
        }
    }

    pub(crate) fn is_quiet(&self, now: u64) -> bool {
        now < self.quiet_until
    }

    /// What to tell the user, once it is more than a hiccup.
    pub(crate) fn problem(&self) -> Option<Problem> {
        (self.unanswered >= 3).then(|| ProblemCode::ProxyUnreachable.into())
    }

    fn answered(&mut self) {
        self.unanswered = 0;
    }

    fn did_not_answer(&mut self, now: u64) {
        self.rest((FIRST_PAUSE << self.unanswered.min(10)).min(LONGEST_PAUSE), now);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    fn rest(&mut self, milliseconds: u64, now: u64) {
        self.quiet_until = self.quiet_until.max(now + milliseconds);
    }
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The proxy, and through it the wallet, says no: nothing was done, if that is true.
    Refused(Box<ErrorBody>),
    /// Nothing came back, or nothing that makes sense: it may or may not have been done.
    Unknown(ProblemCode),
}

impl Engine {
    /// Reads a reply and takes to heart what each reply can carry: a renewed session, the
    /// proxy's clock, a request to slow down, a token or session that is not accepted; unless it
    /// is late, and from a proxy that is not used any more.
    pub(crate) fn read_reply<T: json::Read>(&mut self, answer: Result<Answer, Unreachable>) -> Result<T, Failure> {
        let body = self.read_answer(answer)?;
        json::from_str(&body).map_err(|_| Failure::Unknown(ProblemCode::ProxyUnreadable))
    }

    /// The body of a reply that is none of an error. Apart from the above it is compiled once.
    fn read_answer(&mut self, answer: Result<Answer, Unreachable>) -> Result<String, Failure> {
        let (session, result) = match answer {
            Ok(Answer { status, session, body }) => (session, result_of(status, body)),
            Err(_) => (None, Err(Failure::Unknown(ProblemCode::ProxyUnreachable))),
        };
        if !self.calls.hears_former_proxy() {
            self.take_to_heart(session, result.as_ref().err());
        }
        result
    }

    fn take_to_heart(&mut self, session: Option<String>, failure: Option<&Failure>) {
        if let (Some(Ok(session)), Some(account)) = (session.map(Secret::try_from), &mut self.account) {
            account.session = session;
            self.persist_account();
        }
        let now = self.now.monotonic;
        if let Some(Failure::Unknown(ProblemCode::ProxyUnreachable)) = failure {
            return self.proxy.did_not_answer(now);
        }
        self.proxy.answered();
        let Some(Failure::Refused(error)) = failure else { return };
        match error.code {
            ErrorCode::ClockSkew => self.learn_clock(error.server_time),
            ErrorCode::RateLimited => self.proxy.rest(error.retry_after.unwrap_or(1).clamp(1, 300) * 1000, now),
            ErrorCode::TokenInactive | ErrorCode::SessionInvalid => self.want_rotation(),
            ErrorCode::KeyRevoked => self.miss_key(),
            _ => {}
        }
    }

    fn learn_clock(&mut self, server: Option<Timestamp>) {
        if let Some(server) = server {
            self.proxy.clock_offset = server.millis().saturating_sub(self.now.wall.millis());
        }
        self.proxy.rest(CLOCK_PAUSE, self.now.monotonic);
    }

    fn want_rotation(&mut self) {
        if let Some(account) = &mut self.account
            && let Rotation::Idle { earliest } = account.rotation
        {
            account.rotation = Rotation::Wanted { at: earliest.max(self.now.monotonic), failures: 0 };
        }
    }
}

/// The body of a reply, or why it is none.
fn result_of(status: u16, body: String) -> Result<String, Failure> {
    if status == 200 {
        return Ok(body);
    }
    Err(match json::from_str(&body) {
        // The wallet may have acted on a request whose answer did not reach the proxy.
        Ok(ErrorReply { error }) if error.code == ErrorCode::WalletUnreachable => {
            Failure::Unknown(ProblemCode::WalletUnreachable)
        }
        Ok(ErrorReply { error }) if error.code != ErrorCode::ProxyUnavailable => Failure::Refused(Box::new(error)),
        // It is in trouble, or something in front of it speaks for it.
        _ => Failure::Unknown(ProblemCode::ProxyUnreachable),
    })
}

impl Failure {
    /// What to tell the user.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Unknown(code) => (*code).into(),
            Self::Refused(error) => {
                Problem { code: problem_code(error.code), detail: error.wallet_description.clone() }
            }
        }
    }

    /// What is said of an amount that is too small to be sent.
    pub(crate) fn too_small(&self) -> Option<&ErrorBody> {
        match self {
            Self::Refused(error) if error.code == ErrorCode::AmountTooSmall => Some(error),
            _ => None,
        }
    }

    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => Some(error.code),
            Self::Unknown(_) => None,
        }
    }
}

fn problem_code(code: ErrorCode) -> ProblemCode {
    match code {
        ErrorCode::TokenInactive | ErrorCode::InsufficientGrant => ProblemCode::TokenLost,
        ErrorCode::LimitExceeded => ProblemCode::OutOfFunds,
        ErrorCode::InvalidReceiver => ProblemCode::ReceiverRefused,
        ErrorCode::KeyRevoked => ProblemCode::KeyMissing,
        ErrorCode::WalletNotFound => ProblemCode::WalletNotFound,
        ErrorCode::WalletUnreachable => ProblemCode::WalletUnreachable,
        ErrorCode::RateLimited => ProblemCode::RateLimited,
        ErrorCode::ProxyUnavailable => ProblemCode::ProxyUnreachable,
        ErrorCode::AmountTooSmall | ErrorCode::QuoteUsed | ErrorCode::WalletRefused => ProblemCode::WalletRefused,
        ErrorCode::SessionInvalid | ErrorCode::ClockSkew | ErrorCode::InvalidRequest => ProblemCode::ProxyRefused,
    }
}
