use std::net::IpAddr;

use open_payments::{Fault, Secret, Timestamp};
use open_payments_client::HttpRequest;
use protocol::{Endpoint, ErrorCode, ErrorReply};
use serde::{Deserialize, Serialize};
use serde_json::to_string;

use super::refusal::Refusal;
use super::seal::NONCE_LENGTH;
use crate::store::{Answer, Operation, StoreDown};

/// When something happens, and randomness for what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The time of day.
    pub wall: Timestamp,
    /// Random bytes, never used twice.
    pub entropy: [u8; NONCE_LENGTH],
}

/// A request from an extension.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What it asks for, by its path.
    pub endpoint: Endpoint,
    /// The address that it comes from, if it comes over a network.
    pub client: Option<IpAddr>,
    /// Its headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// What a flow is told.
#[derive(Debug)]
pub enum Event {
    /// Start.
    Begun,
    /// The store has answered, or will not.
    Stored(Result<Answer, StoreDown>),
    /// The wallet has answered, or will not.
    Called(Result<WalletReply, Unreachable>),
}

/// What a flow wants next.
#[derive(Debug)]
pub enum Step {
    /// Ask the store, and come back with [`Event::Stored`].
    Store(Operation),
    /// Ask a wallet, and come back with [`Event::Called`].
    Call(Call),
    /// Answer the extension. The flow is over.
    Done {
        /// The answer.
        reply: Reply,
        /// A request that is to be sent after the answer, whatever comes of it.
        afterwards: Option<HttpRequest>,
    },
}

/// A request to a wallet.
#[derive(Debug)]
pub struct Call {
    /// To be sent as it is.
    pub request: HttpRequest,
    /// Whether a short while ago's answer is good enough.
    pub cacheable: bool,
}

/// What a wallet has answered.
#[derive(Clone, Debug)]
pub struct WalletReply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Why a wallet has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Its host is, or leads to, an address that is not public.
    Private,
    /// There is no such host, no connection to it, or it broke.
    Connection,
    /// It took too long.
    Deadline,
    /// Its answer was too long.
    TooLarge,
    /// Its answer was not text.
    NotText,
    /// Too many requests wait for it already.
    Busy,
    /// It failed several times in a row, and is left alone for some seconds.
    Resting,
    /// It has answered too often as no wallet does.
    Strange,
    /// Too many wallets were named from where this request comes.
    TooMany,
}

/// The answer to an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What went wrong, if anything.
    pub error: Option<ErrorCode>,
    /// The HTTP status.
    pub status: u16,
    /// The JSON.
    pub body: String,
    /// Seconds after which asking again makes sense, for the header `Retry-After`.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// A renewed session, for the header [`protocol::signature::SESSION_HEADER`].
    pub session: Option<Secret>,
}

impl Event {
    /// What the wallet has answered.
    pub(crate) fn called(self) -> Result<WalletReply, Unreachable> {
        match self {
            Self::Called(outcome) => outcome,
            // What else there is may hold tokens: it is not printed.
            _ => unreachable!("a call was asked for"),
        }
    }

    /// What the store has answered.
    pub(crate) fn stored(self) -> Result<Answer, StoreDown> {
        match self {
            Self::Stored(outcome) => outcome,
            _ => unreachable!("the store was asked"),
        }
    }
}

impl WalletReply {
    /// The body of a success, or what the error means.
    pub(crate) fn success(self) -> Result<String, Fault> {
        if (200..300).contains(&self.status) { Ok(self.body) } else { Err(Fault::classify(self.status, &self.body)) }
    }
}

impl Reply {
    /// The answer to a message that cannot be one, whoever it is from.
    pub(crate) fn invalid(message: &str) -> Self {
        Refusal::invalid(message).into()
    }

    /// The answer to somebody who asks for too much, and may ask again after so many milliseconds.
    pub(crate) fn too_many(wait: i64) -> Self {
        Refusal::rate_limited("Too many requests come from this address.", wait).into()
    }

    pub(crate) fn success(body: String) -> Self {
        Self { error: None, status: 200, body, retry_after: None, session: None }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let error = refusal.into_body();
        let (code, retry_after) = (error.code, error.retry_after);
        let body = to_string(&ErrorReply { error }).expect("a struct of texts and integers always has a JSON form");
        Self { error: Some(code), status: code.status(), body, retry_after, session: None }
    }
}
