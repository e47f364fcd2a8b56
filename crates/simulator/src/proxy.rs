//! The proxy: its real core and store, driven as its shell does, and what a hostile one adds.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use engine::Answer;
use open_payments::{Timestamp, Url};
use open_payments_client::{HttpRequest, Method};
use protocol::{Endpoint, ErrorCode, SignedRequest};
use proxy::core::{Call, Core, Event, Flow, Incoming, KeyRing, Now, Settings, Step, Unreachable, WalletReply};
use proxy::store::{MemoryStore, StoreDown};
use serde_json::Value;

use crate::hostile::{Lie, Memory, refusal};
use crate::random::Random;
use crate::setting::Setting;

/// Where the proxy is.
pub(crate) const PROXY: &str = "https://proxy.example";
/// For how long a wallet's document may be used again, as in the shell.
const DOCUMENT_LIFE: u64 = 60_000;
/// A flow ends so long before the extension stops waiting, as in the shell.
const AHEAD: u64 = 1_000;

/// The proxy of a world.
pub(crate) struct Proxy {
    core: Core,
    store: MemoryStore,
    documents: BTreeMap<String, (u64, WalletReply)>,
    visits: BTreeMap<u64, Visit>,
    last_visit: u64,
    last_call: u64,
    keys: u8,
    random: Random,
    setting: Settings,
    /// Nobody reaches it before this time.
    pub(crate) down_until: u64,
    pub(crate) lies: Vec<(Lie, u32)>,
    /// So many of the next uses of its store fail; they may be made all the same.
    pub(crate) store_down: (u32, bool),
    memory: Memory,
}

/// A request on its way through the proxy.
struct Visit {
    flow: Flow,
    endpoint: Endpoint,
    deadline: u64,
    /// The call that it waits for.
    waiting: u64,
    /// What it is told in the end in place of the truth.
    lie: Option<Lie>,
}

/// What comes of a step.
pub(crate) enum Doing {
    /// Ask a wallet, by the deadline.
    Ask { visit: u64, call: u64, request: HttpRequest, deadline: u64 },
    /// Answer whoever asked; send these afterwards, whatever comes of them.
    Answer { visit: u64, answer: Answer, afterwards: Vec<HttpRequest> },
    /// Somebody sends these later.
    Later { milliseconds: u64, request: HttpRequest },
}

impl Proxy {
    pub(crate) fn new(setting: &Setting, random: Random) -> Self {
        let limit = |at: usize| NonZeroU32::new(setting.limits[at]).unwrap_or(NonZeroU32::MIN);
        let setting = Settings {
            public_url: Url::parse(PROXY).expect("a URL"),
            loopback_allowed: false,
            session_life: setting.session_life,
            incoming_payment_life: setting.incoming_life,
            requests_per_minute: limit(0),
            payments_per_minute: limit(1),
        };
        Self {
            core: Core::new(setting.clone(), KeyRing::from_seed([1; 32])),
            store: MemoryStore::default(),
            documents: BTreeMap::new(),
            visits: BTreeMap::new(),
            last_visit: 0,
            last_call: 0,
            keys: 1,
            random,
            setting,
            down_until: 0,
            lies: Vec::new(),
            store_down: (0, false),
            memory: Memory::default(),
        }
    }

    /// Its keys as a client.
    pub(crate) fn client_keys(&self) -> Vec<http_signature::Jwk> {
        serde_json::from_value(self.core.client_keys()["keys"].clone()).unwrap_or_default()
    }

    /// It gets new keys.
    pub(crate) fn change_keys(&mut self) {
        self.keys += 1;
        self.core = Core::new(self.setting.clone(), KeyRing::from_seed([self.keys; 32]));
    }

    /// It is killed: what it was doing and, if it keeps its state in memory, all that it knew is gone.
    pub(crate) fn kill(&mut self, forgets: bool) {
        self.visits.clear();
        if forgets {
            self.store = MemoryStore::default();
            self.documents.clear();
        }
    }

    /// Whether it is about to lie.
    pub(crate) fn lies(&self) -> bool {
        self.lies.iter().any(|(_, times)| *times > 0)
    }

    /// It tells the truth from now on.
    pub(crate) fn repent(&mut self) {
        self.lies.clear();
    }

    /// Takes a request in; nothing if it is for no endpoint.
    pub(crate) fn begin(&mut self, request: &HttpRequest, elapsed: u64, now: Timestamp) -> (u64, Vec<Doing>) {
        self.last_visit += 1;
        let visit = self.last_visit;
        let path = request.url.path();
        let Some(endpoint) = Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path) else {
            return (visit, vec![answer(visit, 404, "not found")]);
        };
        let body = request.body.clone().unwrap_or_default();
        let signed = inner_request(&body);
        let lie = self.take_lie(endpoint);
        let mut doings = Vec::new();
        if let Some(signed) = signed {
            if matches!(lie, Some(Lie::Replay)) {
                let again = self.memory.signed.iter().cloned();
                doings.extend(again.map(|request| Doing::Later { milliseconds: 1, request }));
            }
            if let Some(Lie::Held(milliseconds)) = lie {
                let (status, body) = refusal(ErrorCode::WalletRefused);
                doings.push(Doing::Later { milliseconds, request: signed });
                doings.push(answer(visit, status, &body));
                return (visit, doings);
            }
            if let (Some(Lie::Pretended), Some(pretence)) = (lie, self.pretence(&signed)) {
                doings.push(answer(visit, 200, &pretence));
                return (visit, doings);
            }
            self.memory.sign(signed);
        }
        let incoming = Incoming { endpoint, headers: request.headers.clone(), body: body.into_bytes(), client: None };
        let moment = self.now(now);
        let flow = self.core.begin(&incoming, &moment);
        let deadline = elapsed + u64::from(endpoint.deadline_millis()) - AHEAD;
        self.visits.insert(visit, Visit { flow, endpoint, deadline, waiting: 0, lie });
        doings.extend(self.step(visit, Event::Begun, elapsed, now));
        (visit, doings)
    }

    /// A wallet has answered a call, or will not.
    pub(crate) fn called(
        &mut self,
        (visit, call): (u64, u64),
        outcome: Result<WalletReply, Unreachable>,
        elapsed: u64,
        now: Timestamp,
    ) -> Vec<Doing> {
        match self.visits.get_mut(&visit) {
            Some(known) if known.waiting == call => {
                known.waiting = 0;
                self.step(visit, Event::Called(outcome), elapsed, now)
            }
            _ => Vec::new(),
        }
    }

    /// Keeps what may be used again.
    pub(crate) fn keep_document(&mut self, request: &HttpRequest, reply: &WalletReply, elapsed: u64) {
        if reply.status == 200 && request.method == Method::Get && request.header("signature").is_none() {
            self.documents.insert(request.url.as_str().to_owned(), (elapsed + DOCUMENT_LIFE, reply.clone()));
        }
    }

    fn step(&mut self, visit: u64, mut event: Event, elapsed: u64, now: Timestamp) -> Vec<Doing> {
        loop {
            let moment = self.now(now);
            let Some(known) = self.visits.get_mut(&visit) else { return Vec::new() };
            event = match known.flow.step(&self.core, event, &moment) {
                Step::Store(operation) => {
                    let (left, written) = self.store_down;
                    self.store_down.0 = left.saturating_sub(1);
                    let applied = (left == 0 || written).then(|| self.store.apply(operation, now));
                    Event::Stored(applied.filter(|_| left == 0).unwrap_or(Err(StoreDown)))
                }
                Step::Call(Call { request, cacheable }) => {
                    let kept =
                        self.documents.get(request.url.as_str()).filter(|(until, _)| cacheable && elapsed < *until);
                    match kept {
                        Some((_, reply)) => Event::Called(Ok(reply.clone())),
                        None => {
                            self.last_call += 1;
                            known.waiting = self.last_call;
                            return vec![Doing::Ask { visit, call: self.last_call, request, deadline: known.deadline }];
                        }
                    }
                }
                Step::Done { reply, afterwards } => {
                    let (endpoint, lie) = (known.endpoint, known.lie);
                    self.visits.remove(&visit);
                    let (status, body) = match lie {
                        Some(lie) if reply.status == 200 => self.memory.twist(lie, &reply.body),
                        _ => (reply.status, reply.body.clone()),
                    };
                    self.memory.reply(endpoint, &reply.body);
                    let session = reply.session.map(|session| session.expose().to_owned());
                    let answer = Answer { status, session, body };
                    return vec![Doing::Answer { visit, answer, afterwards: afterwards.into_iter().collect() }];
                }
            };
        }
    }

    fn take_lie(&mut self, endpoint: Endpoint) -> Option<Lie> {
        self.lies.retain(|(_, times)| *times > 0);
        let (lie, times) = self.lies.iter_mut().find(|(lie, _)| lie.fits(endpoint))?;
        *times -= 1;
        Some(*lie)
    }

    /// What a payment would be answered with, if it were made.
    fn pretence(&self, signed: &HttpRequest) -> Option<String> {
        let asked: Value = serde_json::from_str(signed.body.as_deref()?).ok()?;
        let quote = self.memory.quotes.iter().rev().find(|quote| quote["id"] == asked["quoteId"])?;
        let mut reply = serde_json::json!({"id": asked["quoteId"].as_str()?.replace("/quotes/", "/outgoing-payments/"),
            "receiver": quote["receiver"], "debitAmount": quote["debitAmount"],
            "sentAmount": quote["debitAmount"], "failed": false});
        reply["sentAmount"]["value"] = Value::from("0");
        Some(reply.to_string())
    }

    fn now(&mut self, wall: Timestamp) -> Now {
        Now { wall, entropy: self.random.bytes() }
    }
}

fn answer(visit: u64, status: u16, body: &str) -> Doing {
    Doing::Answer { visit, answer: Answer { status, session: None, body: body.to_owned() }, afterwards: Vec::new() }
}

/// What the extension has signed for the wallet, inside a message to the proxy.
pub(crate) fn inner_request(body: &str) -> Option<HttpRequest> {
    let message: Value = serde_json::from_str(body).ok()?;
    let signed: SignedRequest = serde_json::from_value(message["request"].clone()).ok()?;
    Some(HttpRequest {
        method: Method::parse(&signed.method)?,
        url: Url::parse(&signed.url).ok()?,
        headers: signed.headers,
        body: signed.body,
    })
}
