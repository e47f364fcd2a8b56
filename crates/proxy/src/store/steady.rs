use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use open_payments::Timestamp;
use tokio::time::{Instant, timeout};

use super::{Answer, Answering, MemoryStore, Operation, Store, StoreDown};

/// An operation that is not done by then is given up.
const PATIENCE: Duration = Duration::from_millis(250);

/// After a failure the store is left alone for so long, and nobody waits for it.
const REST: Duration = Duration::from_secs(1);

/// A store that nobody has to wait for: when the one behind it is down or slow, requests are
/// counted here, for this process alone, and everything else is answered by [`StoreDown`] soon.
pub struct Steady {
    store: Box<dyn Store>,
    local: MemoryStore,
    /// Since the last failure, unless the store has answered after it.
    rests_until: Mutex<Option<Instant>>,
}

impl Steady {
    /// Puts patience before a store.
    pub fn new(store: Box<dyn Store>) -> Self {
        Self { store, local: MemoryStore::default(), rests_until: Mutex::default() }
    }

    async fn ask(&self, operation: Operation, now: Timestamp) -> Result<Answer, StoreDown> {
        if self.rests_until().is_some_and(|until| Instant::now() < until) {
            return Err(StoreDown);
        }
        let outcome = timeout(PATIENCE, self.store.execute(operation, now)).await.unwrap_or(Err(StoreDown));
        let rests_until = outcome.is_err().then(|| Instant::now() + REST);
        let before = mem::replace(&mut *self.rests_until(), rests_until);
        match (before, rests_until) {
            (None, Some(_)) => tracing::warn!("the store does not answer: each process counts by itself"),
            (Some(_), None) => tracing::info!("the store answers again"),
            _ => {}
        }
        outcome
    }

    fn rests_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Steady {
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_> {
        Box::pin(async move {
            let counts = matches!(operation, Operation::Take { .. }).then(|| operation.clone());
            match (self.ask(operation, now).await, counts) {
                (Err(StoreDown), Some(take)) => self.local.apply(take, now),
                (outcome, _) => outcome,
            }
        })
    }
}
