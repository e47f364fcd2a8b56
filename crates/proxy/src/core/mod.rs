//! What the proxy decides, without network, clock, randomness or storage: each request of an
//! extension becomes a [`Flow`], which is told what happened and says what it needs next.

mod caller;
mod flow;
mod forward;
mod grants;
mod keys;
mod known;
mod message;
mod payments;
mod receive;
mod refusal;
mod rotation;
mod seal;
mod session;
mod sessions;

use std::num::NonZeroU32;

use http_signature::PublicKey;
use open_payments::{HostKind, Secret, Url, WalletAddress, WalletDocument};
use protocol::Endpoint;
use serde::Serialize;
use serde::de::DeserializeOwned;

use caller::Caller;
use flow::Task;
use forward::Forward;
use known::Known;
use receive::Receive;
use refusal::Refusal;
use rotation::Rotation;
use session::Session;
use sessions::Sessions;

pub use flow::Flow;
pub(crate) use flow::counts_as_payment;
pub use keys::KeyRing;
pub use message::{Call, Event, Incoming, Now, Reply, Step, Unreachable, WalletReply};

/// What an operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where extensions and wallets reach the proxy.
    pub public_url: Url,
    /// Whether wallets on loopback addresses are allowed, for a sandbox.
    pub loopback_allowed: bool,
    /// How many milliseconds a session lives.
    pub session_life: i64,
    /// How many milliseconds an incoming payment takes money.
    pub incoming_payment_life: i64,
    /// How many requests one install may make in a minute, quotes and payments aside.
    pub requests_per_minute: NonZeroU32,
    /// How many quotes and payments together.
    pub payments_per_minute: NonZeroU32,
}

/// Everything that stays the same from request to request.
#[derive(Debug)]
pub struct Core {
    settings: Settings,
    keys: KeyRing,
    sessions: Sessions,
    /// The keys of installs, by their names: telling whether one is a point of the curve takes a
    /// tenth of what its signature takes.
    installs: Known<String, PublicKey>,
}

impl Core {
    /// A proxy with these settings and keys.
    pub fn new(settings: Settings, keys: KeyRing) -> Self {
        Self { settings, keys, sessions: Sessions::default(), installs: Known::default() }
    }

    /// What an operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes a request in. Everything that can be said without looking anything up is decided
    /// here, first of all whether its signature is good.
    pub fn begin(&self, incoming: &Incoming, now: &Now) -> Flow {
        Flow::new(self, incoming, now)
    }

    /// Where wallets send the user's browser after the decision.
    pub fn finish_url(&self) -> Url {
        self.settings.public_url.join("connected")
    }

    /// The wallet address that the proxy is a client by, where wallets refuse a bare key.
    pub fn client_address(&self) -> WalletAddress {
        let url = self.settings.public_url.join(".well-known").join("pay");
        WalletAddress::parse(url.as_str()).expect("a URL without a query that has a path is a wallet address")
    }

    /// The document at [`client_address`](Self::client_address). Nobody pays there, so its asset
    /// is arbitrary.
    pub fn client_document(&self) -> serde_json::Value {
        serde_json::json!({
            "id": self.client_address(),
            "publicName": "Rivulet",
            "assetCode": "USD",
            "assetScale": 2,
            "authServer": self.settings.public_url,
            "resourceServer": self.settings.public_url,
        })
    }

    /// The keys that the proxy signs with as a client, under `jwks.json`.
    pub fn client_keys(&self) -> serde_json::Value {
        let keys: Vec<_> = self.keys.all().map(keys::KeySet::client_jwk).collect();
        serde_json::json!({ "keys": keys })
    }

    /// Whether the proxy may connect to a host, as far as its name tells.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        allows(url.host_kind(), self.settings.loopback_allowed)
    }

    /// A signed token for this wallet and install that starts now.
    pub(crate) fn session_for(&self, wallet: WalletDocument, install: PublicKey, now: &Now) -> Secret {
        Session::new(wallet, install, now.wall, self.settings.session_life)
            .to_token(&self.keys, &self.settings.public_url)
    }
}

/// Whether the proxy may connect to a host or an address of this kind.
pub(crate) fn allows(kind: HostKind, loopback_allowed: bool) -> bool {
    match kind {
        HostKind::Public => true,
        HostKind::Loopback => loopback_allowed,
        HostKind::Private => false,
    }
}

/// What is to be done for a request.
fn task(incoming: &Incoming, caller: &Caller) -> Result<Box<dyn Task>, Refusal> {
    let body = incoming.body.as_slice();
    Ok(match incoming.endpoint {
        Endpoint::RequestGrant => Box::new(Forward::new(message::<protocol::GrantRequest>(body)?)?),
        Endpoint::ContinueGrant => Box::new(Forward::new(message::<protocol::ContinueGrantRequest>(body)?)?),
        Endpoint::CancelGrant => Box::new(Forward::new(message::<protocol::CancelGrantRequest>(body)?)?),
        Endpoint::CreateQuote => Box::new(Forward::new(message::<protocol::QuoteRequest>(body)?)?),
        Endpoint::CreatePayment => Box::new(Forward::new(message::<protocol::PaymentRequest>(body)?)?),
        Endpoint::ReadPayment => Box::new(Forward::new(message::<protocol::ReadPaymentRequest>(body)?)?),
        Endpoint::RotateToken => Box::new(Rotation::new(message(body)?, caller)?),
        Endpoint::CreateIncomingPayment => Box::new(Receive::new(message(body)?)),
    })
}

fn message<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::invalid(format!("The message cannot be read: {error}.")))
}

fn reply_json(reply: &impl Serialize) -> String {
    serde_json::to_string(reply).expect("a struct of texts and integers always has a JSON form")
}
