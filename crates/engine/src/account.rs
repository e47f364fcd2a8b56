use open_payments::{Secret, Timestamp, Url, WalletDocument};

use crate::keys::KeyWatch;
use crate::problem::Problem;
use crate::snapshot::Snapshot;

/// A connected wallet: who pays, and the authority to do so.
#[derive(json::Read, json::Write)]
pub(crate) struct Account {
    pub(crate) wallet: WalletDocument,
    pub(crate) token: Token,
    pub(crate) continuation: Continuation,
    /// The proxy's signed token.
    pub(crate) session: Secret,
    /// The wallet refuses to rotate the token: only connecting anew helps.
    pub(crate) token_lost: bool,
    /// What keeps the wallet from paying, as far as is known in this life.
    #[serde(skip)]
    pub(crate) problem: Option<Problem>,
    /// The wallet has no money for us: nothing is spent before this monotonic time.
    #[serde(skip)]
    pub(crate) rests_until: u64,
    #[serde(skip)]
    pub(crate) rotation: Rotation,
    #[serde(skip)]
    pub(crate) key: KeyWatch,
    /// Exchanges since the token, or the session that came with it, was last accepted.
    #[serde(skip)]
    pub(crate) fruitless: u32,
}

impl Snapshot for Box<Account> {}

/// The access token.
#[derive(Clone, json::Read, json::Write)]
pub(crate) struct Token {
    pub(crate) value: Secret,
    pub(crate) manage: Url,
    received: Timestamp,
    /// Its life in milliseconds, if the wallet said.
    life: Option<i64>,
}

/// Unless it is said to live longer, a token that was not seen to die is feared for a day. That it
/// lives for less is the proxy's word.
const SHORTEST_LIFE: i64 = 24 * 60 * 60 * 1000;
/// Later than anything.
pub(crate) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// How the grant is given back.
#[derive(Clone, json::Read, json::Write)]
pub(crate) struct Continuation {
    pub(crate) uri: Url,
    pub(crate) token: Secret,
}

/// Where the exchange of the token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Nothing is known against the token. It is not exchanged again before this monotonic time,
    /// lest a wallet or proxy that is never content have it exchanged in a loop.
    Idle { earliest: u64 },
    /// The wallet or the proxy refused it; ask at this monotonic time, after so many failures.
    Wanted { at: u64, failures: u32 },
    /// On its way; after so many failures.
    InFlight { failures: u32 },
}

impl Default for Rotation {
    fn default() -> Self {
        Self::Idle { earliest: 0 }
    }
}

impl Account {
    pub(crate) fn new(wallet: WalletDocument, token: Token, continuation: Continuation, session: Secret) -> Self {
        Self {
            wallet,
            token,
            continuation,
            session,
            token_lost: false,
            problem: None,
            rests_until: 0,
            rotation: Rotation::default(),
            key: KeyWatch::default(),
            fruitless: 0,
        }
    }
}

impl Token {
    pub(crate) fn new(reply: protocol::AccessTokenReply, received: Timestamp) -> Self {
        let life = reply.expires_in.and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1000));
        Self { value: reply.value, manage: reply.manage, received, life }
    }

    /// Whether four fifths of its life are over, or it comes from the future.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        let age = now.millis() - self.received.millis();
        self.life.is_some_and(|life| age < 0 || age >= life / 5 * 4)
    }

    /// When it dies by itself.
    pub(crate) fn dies(&self, now: Timestamp) -> Timestamp {
        self.life.map_or(NEVER, |life| now.plus_millis(life.max(SHORTEST_LIFE)))
    }
}
