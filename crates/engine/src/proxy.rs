//! Reading what the proxy answers.

use open_payments::{Secret, Timestamp};
use protocol::{ErrorBody, ErrorCode, ErrorReply};
use serde::de::DeserializeOwned;

use crate::account::Rotation;
use crate::engine::{Connection, Engine};
use crate::input::{Answer, Unreachable};
use crate::problem::{Problem, ProblemCode};

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The proxy, and through it the wallet, said no: nothing was done.
    Refused(Box<ErrorBody>),
    /// Nothing came back, or nothing that makes sense: it may or may not have been done.
    Unknown(ProblemCode),
}

impl Engine {
    /// Reads a reply and takes to heart what each reply can carry: a renewed session, the
    /// proxy's clock, a request to slow down, a token or session that is not accepted.
    pub(crate) fn read_reply<T: DeserializeOwned>(
        &mut self,
        answer: Result<Answer, Unreachable>,
    ) -> Result<T, Failure> {
        let answer = answer.map_err(|_| Failure::Unknown(ProblemCode::ProxyUnreachable))?;
        if let (Some(session), Connection::Connected(account)) = (answer.session, &mut self.connection)
            && session.bytes().all(|b| b.is_ascii_graphic())
        {
            account.session = Secret::new(session);
            self.persist_account();
        }
        if answer.status == 200 {
            return serde_json::from_str(&answer.body).map_err(|_| Failure::Unknown(ProblemCode::ProxyUnreadable));
        }
        let error = serde_json::from_str::<ErrorReply>(&answer.body)
            .map_err(|_| Failure::Unknown(ProblemCode::ProxyUnreadable))?
            .error;
        match error.code {
            ErrorCode::ClockSkew => self.learn_clock(error.server_time),
            ErrorCode::RateLimited => {
                let seconds = error.retry_after.unwrap_or(1).clamp(1, 300);
                self.quiet_until = self.now.monotonic + seconds * 1000;
            }
            ErrorCode::TokenInactive | ErrorCode::SessionInvalid => self.want_rotation(),
            _ => {}
        }
        // The wallet may have acted on a request whose answer did not reach the proxy.
        match error.code {
            ErrorCode::WalletUnreachable => Err(Failure::Unknown(ProblemCode::WalletUnreachable)),
            _ => Err(Failure::Refused(Box::new(error))),
        }
    }

    fn learn_clock(&mut self, server: Option<Timestamp>) {
        if let Some(server) = server {
            self.clock_offset = server.millis().saturating_sub(self.now.wall.millis());
        }
    }

    fn want_rotation(&mut self) {
        if let Connection::Connected(account) = &mut self.connection
            && account.rotation == Rotation::Idle
        {
            account.rotation = Rotation::Wanted { at: self.now.monotonic, failures: 0 };
        }
    }
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
        ErrorCode::AmountTooSmall | ErrorCode::QuoteUsed | ErrorCode::WalletRefused => ProblemCode::WalletRefused,
        ErrorCode::SessionInvalid | ErrorCode::ClockSkew | ErrorCode::InvalidRequest => ProblemCode::ProxyRefused,
    }
}
