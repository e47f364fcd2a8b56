use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use open_payments::Timestamp;
use open_payments_client::HttpRequest;
use protocol::{Endpoint, ErrorCode};
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::documents::Documents;
use super::door::{AddressLimits, Door};
use super::hosts::{Circuit, REST};
use super::metrics::{Limit, Metrics, Stage};
use super::wallets::Wallets;
use crate::core::{Call, Core, Event, Incoming, Now, Reply, Step, Unreachable, WalletReply};
use crate::store::{Answer, Key, Operation, Steady, Store, StoreDown};

/// A flow ends so long before the extension stops waiting for it: what it believes to have ended,
/// a payment above all, must not be under way any more.
const AHEAD: Duration = Duration::from_secs(1);

/// What nobody waits for has this long.
const AFTERWARDS_TIME: Duration = Duration::from_secs(10);

/// Drives flows: gives them the time, asks the store and the wallets for them.
pub struct Driver {
    core: Core,
    store: Steady,
    wallets: Wallets,
    documents: Documents,
    door: Door,
    metrics: Metrics,
    running: TaskTracker,
    draining: CancellationToken,
}

impl Driver {
    /// Puts the parts together.
    pub fn new(core: Core, store: Box<dyn Store>, wallets: Wallets) -> Self {
        Self {
            core,
            store: Steady::new(store),
            wallets,
            documents: Documents::default(),
            door: Door::new(AddressLimits::default()),
            metrics: Metrics::new(),
            running: TaskTracker::new(),
            draining: CancellationToken::new(),
        }
    }

    /// The same, but it lets so much in from each address.
    #[must_use]
    pub fn limiting(self, limits: AddressLimits) -> Self {
        Self { door: Door::new(limits), ..self }
    }

    /// What decides.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Cancelled when no new requests should come.
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Counts a request before anything is done for it.
    ///
    /// # Errors
    /// The answer, if too many come from this address.
    pub(crate) fn admit(&self, endpoint: Endpoint, client: Option<IpAddr>) -> Result<(), Reply> {
        let Some(client) = client else { return Ok(()) };
        let outcome = self.door.admit(client, wall_clock());
        self.metrics.kept(&outcome, Limit::RequestsPerAddress);
        let Ok(Answer::TooSoon { wait }) = outcome else { return Ok(()) };
        let reply = Reply::too_many(wait);
        self.record(endpoint, &reply, Duration::ZERO);
        Err(reply)
    }

    /// All figures, as Prometheus reads them.
    pub(crate) fn figures(&self) -> String {
        self.metrics.text(self.wallets.open_circuits())
    }

    /// The answer to a message that has not come as it should, whoever it is from.
    pub(crate) fn refuse(&self, endpoint: Endpoint, message: &str) -> Reply {
        let reply = Reply::invalid(message);
        self.record(endpoint, &reply, Duration::ZERO);
        reply
    }

    /// Carries a request out, to its end even if nobody waits for the answer any more: the answer
    /// is kept for a repeat.
    ///
    /// # Errors
    /// If the flow panicked.
    pub async fn answer(self: &Arc<Self>, incoming: Incoming) -> Result<Reply, JoinError> {
        let driver = Arc::clone(self);
        self.running.spawn(async move { driver.carry_out(incoming).await }.in_current_span()).await
    }

    /// Waits for whatever is under way.
    pub async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
    }

    async fn carry_out(self: Arc<Self>, incoming: Incoming) -> Reply {
        let start = Instant::now();
        let (endpoint, client) = (incoming.endpoint, incoming.client);
        let deadline = start + Duration::from_millis(endpoint.deadline_millis().into()) - AHEAD;
        let mut flow = self.core.begin(&incoming, &now());
        self.metrics.spent(endpoint, Stage::Verify, start.elapsed());
        let mut event = Event::Begun;
        let mut asked = false;
        loop {
            event = match flow.step(&self.core, event, &now()) {
                Step::Store(operation) => Event::Stored(self.keep(endpoint, operation).await),
                Step::Call(call) => {
                    asked |= !call.cacheable;
                    Event::Called(self.call(endpoint, client, call, deadline).await)
                }
                Step::Done { reply, afterwards } => {
                    if let Some(request) = afterwards {
                        self.running.spawn(Arc::clone(&self).send_afterwards(request).in_current_span());
                    }
                    if endpoint == Endpoint::RotateToken {
                        self.metrics.rotated(&reply, asked);
                    }
                    self.record(endpoint, &reply, start.elapsed());
                    return reply;
                }
            }
        }
    }

    async fn keep(&self, endpoint: Endpoint, operation: Operation) -> Result<Answer, StoreDown> {
        let start = Instant::now();
        let outcome = self.store.execute(operation, wall_clock()).await;
        self.metrics.spent(endpoint, Stage::Store, start.elapsed());
        self.metrics.kept(&outcome, Limit::of(endpoint));
        outcome
    }

    async fn call(
        &self,
        endpoint: Endpoint,
        client: Option<IpAddr>,
        Call { request, cacheable }: Call,
        deadline: Instant,
    ) -> Result<WalletReply, Unreachable> {
        let now = Instant::now();
        let url = request.url.clone();
        if let Some(reply) = cacheable.then(|| self.documents.recall(&url, now)).flatten() {
            return Ok(reply);
        }
        if let Some(client) = client.filter(|_| cacheable) {
            let outcome = self.door.admit_document(client, wall_clock());
            self.metrics.kept(&outcome, Limit::WalletsPerAddress);
            if matches!(outcome, Ok(Answer::TooSoon { .. })) {
                return Err(Unreachable::TooMany);
            }
        }
        let fetched = self.wallets.fetch(request, deadline).await;
        self.metrics.spent(endpoint, Stage::Wallet, now.elapsed());
        if let (Ok((reply, life)), true) = (&fetched, cacheable) {
            self.documents.keep(&url, reply, *life, now);
        }
        let outcome = fetched.map(|(reply, _)| reply);
        self.metrics.called(&outcome);
        if let Err(reason) = &outcome {
            tracing::debug!(?reason, "a wallet was not reached");
            if matches!(reason, Unreachable::Connection | Unreachable::Deadline) {
                self.share_circuit(url.authority()).await;
            }
        }
        outcome
    }

    /// Tells the other processes which host is down, and asks them as soon as one seems to be.
    async fn share_circuit(&self, authority: &str) {
        let key = Key::of("circuit", &[authority.as_bytes()]);
        match self.wallets.circuit(authority) {
            Circuit::Closed => {}
            Circuit::Open => {
                let life = i64::try_from(REST.as_millis()).unwrap_or(i64::MAX);
                // Without it the others find out for themselves.
                let _ = self.store.execute(Operation::put(key, Vec::new(), life), wall_clock()).await;
            }
            Circuit::Doubtful => {
                let told = self.store.execute(Operation::Get { key }, wall_clock()).await;
                if matches!(told, Ok(Answer::Found(_))) {
                    self.wallets.open_circuit(authority);
                }
            }
        }
    }

    async fn send_afterwards(self: Arc<Self>, request: HttpRequest) {
        let outcome = self.wallets.send(request, Instant::now() + AFTERWARDS_TIME).await;
        self.metrics.called(&outcome);
        if !outcome.is_ok_and(|reply| reply.status < 300) {
            tracing::debug!("a token of a receiving wallet was not given up");
        }
    }

    /// The endpoint and the outcome; nothing of who asks, who pays and who is paid.
    fn record(&self, endpoint: Endpoint, reply: &Reply, time: Duration) {
        self.metrics.answered(endpoint, reply, time);
        let outcome = reply.error.map_or("ok", ErrorCode::as_str);
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(endpoint = endpoint.path(), outcome, status = reply.status, milliseconds, "answered");
    }
}

fn now() -> Now {
    let mut entropy = [0; _];
    getrandom::fill(&mut entropy).expect("the system gives random numbers, as it did for the keys");
    Now { wall: wall_clock(), entropy }
}

fn wall_clock() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
