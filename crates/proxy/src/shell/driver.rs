use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use open_payments::Timestamp;
use open_payments_client::HttpRequest;
use protocol::ErrorCode;
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::documents::Documents;
use super::wallets::Wallets;
use crate::core::{Call, Core, Event, Incoming, Now, Reply, Step, Unreachable, WalletReply};
use crate::store::Store;

/// A flow ends so long before the extension stops waiting for it: what it believes to have ended,
/// a payment above all, must not be under way any more.
const AHEAD: Duration = Duration::from_secs(1);

/// What nobody waits for has this long.
const AFTERWARDS_TIME: Duration = Duration::from_secs(10);

/// Drives flows: gives them the time, asks the store and the wallets for them.
pub struct Driver {
    core: Core,
    store: Box<dyn Store>,
    wallets: Wallets,
    documents: Documents,
    running: TaskTracker,
    draining: CancellationToken,
}

impl Driver {
    /// Puts the parts together.
    pub fn new(core: Core, store: Box<dyn Store>, wallets: Wallets) -> Self {
        Self {
            core,
            store,
            wallets,
            documents: Documents::default(),
            running: TaskTracker::new(),
            draining: CancellationToken::new(),
        }
    }

    /// What decides.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Cancelled when no new requests should come.
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Carries a request out, to its end even if nobody waits for the answer any more: the answer
    /// is kept for a repeat.
    ///
    /// # Errors
    /// If the flow panicked.
    pub async fn answer(self: &Arc<Self>, incoming: Incoming) -> Result<Reply, JoinError> {
        let driver = Arc::clone(self);
        self.running.spawn(async move { driver.carry_out(incoming).await }).await
    }

    /// Waits for whatever is under way.
    pub async fn finish(&self) {
        self.running.close();
        self.running.wait().await;
    }

    async fn carry_out(self: Arc<Self>, incoming: Incoming) -> Reply {
        let start = Instant::now();
        let deadline = start + Duration::from_millis(incoming.endpoint.deadline_millis().into()) - AHEAD;
        let mut flow = self.core.begin(&incoming, &now());
        let mut event = Event::Begun;
        loop {
            event = match flow.step(&self.core, event, &now()) {
                Step::Store(operation) => Event::Stored(self.store.execute(operation, now().wall).await),
                Step::Call(call) => Event::Called(self.call(&call, deadline).await),
                Step::Done { reply, afterwards } => {
                    if let Some(request) = afterwards {
                        self.running.spawn(Arc::clone(&self).send_afterwards(request));
                    }
                    log(&incoming, &reply, start.elapsed());
                    return reply;
                }
            }
        }
    }

    async fn call(&self, call: &Call, deadline: Instant) -> Result<WalletReply, Unreachable> {
        let now = Instant::now();
        let url = &call.request.url;
        if let Some(reply) = call.cacheable.then(|| self.documents.recall(url, now)).flatten() {
            return Ok(reply);
        }
        let outcome = self.wallets.send(&call.request, deadline).await;
        match &outcome {
            Ok(reply) if call.cacheable => self.documents.keep(url, reply, now),
            Ok(_) => {}
            Err(reason) => tracing::debug!(?reason, "a wallet was not reached"),
        }
        outcome
    }

    async fn send_afterwards(self: Arc<Self>, request: HttpRequest) {
        let outcome = self.wallets.send(&request, Instant::now() + AFTERWARDS_TIME).await;
        if !outcome.is_ok_and(|reply| reply.status < 300) {
            tracing::debug!("a token of a receiving wallet was not given up");
        }
    }
}

/// The endpoint and the outcome; nothing of who asks, who pays and who is paid.
fn log(incoming: &Incoming, reply: &Reply, time: Duration) {
    let outcome = reply.error.map_or("ok", ErrorCode::as_str);
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(endpoint = incoming.endpoint.path(), outcome, milliseconds, "answered");
}

fn now() -> Now {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut entropy = [0; _];
    getrandom::fill(&mut entropy).expect("the system gives random numbers, as it did for the keys");
    Now { wall: Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)), entropy }
}
