//! A proxy without a server, a wallet that says what it is told to say, and a clock that stands.

use std::collections::HashMap;
use std::num::NonZeroU32;

use http_signature::{SecretKey, Signer};
use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, Secret, Timestamp, Url, WalletAddress, WalletDocument};
use open_payments_client::{Composer, HttpRequest, Method, Operation, RequestGrant};
use protocol::{Endpoint, ErrorBody, ErrorReply, GrantRequest, SignedRequest};
use proxy::core::{Core, Event, Flow, Incoming, KeyRing, Now, Reply, Settings, Step, Unreachable, WalletReply};
use proxy::store::{MemoryStore, StoreDown};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const WALLET: &str = "https://w.example/alice";
pub(crate) const SITE: &str = "https://r.example/site";
pub(crate) const RECEIVER: &str = "https://r.example/t/incoming-payments/1";

pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) store: MemoryStore,
    pub(crate) install: SecretKey,
    pub(crate) now: Timestamp,
    /// What wallets answer, by method and URL; the last one stays.
    pub(crate) answers: HashMap<String, Vec<Result<WalletReply, Unreachable>>>,
    /// What wallets were asked, by method and URL.
    pub(crate) asked: Vec<String>,
    /// The requests themselves.
    pub(crate) sent: Vec<HttpRequest>,
    /// Whether the store answers nothing.
    pub(crate) store_down: bool,
    ticks: u64,
}

/// What came of a request.
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    pub(crate) afterwards: Option<HttpRequest>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            core: Core::new(settings(), KeyRing::from_seed([1; 32])),
            store: MemoryStore::default(),
            install: SecretKey::from_seed([7; 32]),
            now: Timestamp::from_millis(1_800_000_000_000),
            answers: HashMap::new(),
            asked: Vec::new(),
            sent: Vec::new(),
            store_down: false,
            ticks: 0,
        };
        world.answer("GET", WALLET, 200, &document("https://w.example", "alice"));
        world.answer("GET", SITE, 200, &document("https://r.example", "site"));
        world
    }

    /// From here on, a wallet answers this to that.
    pub(crate) fn answer(&mut self, method: &str, url: &str, status: u16, body: &str) {
        let reply = WalletReply { status, body: body.to_owned() };
        self.answers.insert(format!("{method} {url}"), vec![Ok(reply)]);
    }

    /// The answers to one request after another.
    pub(crate) fn answer_in_turn(&mut self, method: &str, url: &str, replies: &[(u16, &str)]) {
        let reply = |(status, body): &(u16, &str)| Ok(WalletReply { status: *status, body: (*body).to_owned() });
        self.answers.insert(format!("{method} {url}"), replies.iter().map(reply).collect());
    }

    pub(crate) fn fail(&mut self, method: &str, url: &str) {
        self.answers.insert(format!("{method} {url}"), vec![Err(Unreachable::Deadline)]);
    }

    pub(crate) fn later(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// What the extension signs for its wallet.
    pub(crate) fn signed(&self, operation: &impl Operation) -> SignedRequest {
        self.signed_by(&self.install, operation, &wallet())
    }

    pub(crate) fn signed_by(
        &self,
        signer: &SecretKey,
        operation: &impl Operation,
        wallet: &WalletDocument,
    ) -> SignedRequest {
        let request = Composer { signer, keyid: "install", created: self.seconds(), nonce: None }
            .sign(operation, wallet)
            .unwrap();
        SignedRequest {
            method: request.method.as_str().to_owned(),
            url: request.url.as_str().to_owned(),
            headers: request.headers,
            body: request.body,
        }
    }

    /// A request to the proxy with a nonce of its own.
    pub(crate) fn incoming(
        &mut self,
        endpoint: Endpoint,
        message: &impl Serialize,
        session: Option<&Secret>,
    ) -> Incoming {
        self.ticks += 1;
        let nonce = format!("nonce-{:016}", self.ticks);
        self.incoming_with(&nonce, endpoint, &serde_json::to_string(message).unwrap(), session)
    }

    pub(crate) fn incoming_with(
        &self,
        nonce: &str,
        endpoint: Endpoint,
        body: &str,
        session: Option<&Secret>,
    ) -> Incoming {
        let keyid = self.install.public_key().to_base64url();
        let url = Url::parse(&format!("https://pay.example{}", endpoint.path())).unwrap();
        let bearer = session.map(|session| format!("Bearer {}", session.expose()));
        let request = Composer { signer: &self.install, keyid: &keyid, created: self.seconds(), nonce: Some(nonce) }
            .compose(Method::Post, &url, bearer.as_deref(), Some(body.to_owned()))
            .unwrap();
        Incoming { endpoint, client: None, headers: request.headers, body: body.as_bytes().to_vec() }
    }

    /// Signs, sends, and drives the flow to its end.
    pub(crate) fn ask(&mut self, endpoint: Endpoint, message: &impl Serialize, session: Option<&Secret>) -> Outcome {
        let incoming = self.incoming(endpoint, message, session);
        self.run(&incoming)
    }

    pub(crate) fn run(&mut self, incoming: &Incoming) -> Outcome {
        let now = self.tick();
        let mut flow = self.core.begin(incoming, &now);
        let mut event = Event::Begun;
        loop {
            match self.step(&mut flow, event) {
                Step::Call(call) => event = Event::Called(self.call(&call.request)),
                Step::Done { reply, afterwards } => return Outcome { reply, afterwards },
                Step::Store(_) => unreachable!("the store is asked on the way"),
            }
        }
    }

    /// One step further, the store's answers included.
    pub(crate) fn step(&mut self, flow: &mut Flow, event: Event) -> Step {
        let mut event = event;
        loop {
            let now = self.tick();
            match flow.step(&self.core, event, &now) {
                Step::Store(_) if self.store_down => event = Event::Stored(Err(StoreDown)),
                Step::Store(operation) => event = Event::Stored(self.store.apply(operation, self.now)),
                other => return other,
            }
        }
    }

    fn call(&mut self, request: &HttpRequest) -> Result<WalletReply, Unreachable> {
        let name = format!("{} {}", request.method.as_str(), request.url);
        let answers = self.answers.get_mut(&name).unwrap_or_else(|| panic!("nobody expected {name}"));
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        self.asked.push(name);
        self.sent.push(request.clone());
        answer
    }

    pub(crate) fn tick(&mut self) -> Now {
        self.ticks += 1;
        let mut entropy = [0; 24];
        entropy[..8].copy_from_slice(&self.ticks.to_be_bytes());
        Now { wall: self.now, entropy }
    }

    /// A session as the user gets it: by continuing a grant.
    pub(crate) fn connect(&mut self) -> Secret {
        let continued = crate::connect::continue_grant(self);
        continued.json::<protocol::ContinueGrantReply>().session
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.now.millis() / 1000).unwrap()
    }
}

impl Outcome {
    /// The answer, which has to be a success.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!((self.reply.status, self.reply.error), (200, None), "{}", self.reply.body);
        serde_json::from_str(&self.reply.body).unwrap()
    }

    /// The error, which has to be one.
    pub(crate) fn error(&self) -> ErrorBody {
        let error = serde_json::from_str::<ErrorReply>(&self.reply.body).unwrap().error;
        assert_eq!((Some(error.code), self.reply.status), (self.reply.error, error.code.status()));
        error
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        public_url: Url::parse("https://pay.example").unwrap(),
        loopback_allowed: false,
        session_life: 1_000_000,
        incoming_payment_life: 600_000,
        requests_per_minute: NonZeroU32::new(100).unwrap(),
        payments_per_minute: NonZeroU32::new(150).unwrap(),
    }
}

pub(crate) fn document(origin: &str, name: &str) -> String {
    format!(
        r#"{{"id":"{origin}/{name}","assetCode":"USD","assetScale":2,"authServer":"{origin}/auth","resourceServer":"{origin}/t"}}"#
    )
}

pub(crate) fn wallet() -> WalletDocument {
    WalletDocument::parse(&document("https://w.example", "alice")).unwrap()
}

pub(crate) fn wallet_address() -> WalletAddress {
    WalletAddress::parse(WALLET).unwrap()
}

pub(crate) fn receiver() -> IncomingPaymentUrl {
    IncomingPaymentUrl::parse(RECEIVER).unwrap()
}

pub(crate) fn usd(value: u64) -> Amount {
    Amount::new(value, Asset::new("USD", 2).unwrap())
}

pub(crate) fn token() -> Secret {
    Secret::new("TOKEN".to_owned())
}

/// A grant request as the extension makes it.
pub(crate) fn grant(amount: u64) -> RequestGrant {
    RequestGrant {
        debit_amount: usd(amount),
        interval: None,
        finish: Url::parse("https://pay.example/connected").unwrap(),
        nonce: "client-nonce".to_owned(),
    }
}

pub(crate) fn grant_request(world: &World, amount: u64, grant: &RequestGrant) -> GrantRequest {
    GrantRequest { wallet_address: wallet_address(), amount: usd(amount), interval: None, request: world.signed(grant) }
}
