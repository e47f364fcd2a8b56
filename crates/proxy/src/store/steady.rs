use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use open_payments::Timestamp;
use tokio::time::{Instant, timeout};

use super::{Answering, MemoryStore, Operation, Store, StoreDown};

/// An operation that is not done by then is given up.
const PATIENCE: Duration = Duration::from_millis(250);

/// After that the store is left alone for so long, and nobody waits for it.
const REST: Duration = Duration::from_secs(1);

/// A store that nobody has to wait for: when the one behind it is down or slow, requests are
/// counted here, for this process alone, and everything else is answered by [`StoreDown`] soon.
pub struct Steady {
    store: Box<dyn Store>,
    local: MemoryStore,
    condition: Mutex<Condition>,
}

#[derive(Default)]
struct Condition {
    down: bool,
    rests_until: Option<Instant>,
}

impl Steady {
    /// Puts patience before a store.
    pub fn new(store: Box<dyn Store>) -> Self {
        Self { store, local: MemoryStore::default(), condition: Mutex::default() }
    }

    fn rests(&self) -> bool {
        let condition = self.condition.lock().unwrap_or_else(PoisonError::into_inner);
        condition.rests_until.is_some_and(|until| Instant::now() < until)
    }

    /// Keeps in mind how it went. Only a change is worth a line in the log.
    fn note(&self, down: bool, slow: bool) {
        let mut condition = self.condition.lock().unwrap_or_else(PoisonError::into_inner);
        condition.rests_until = slow.then(|| Instant::now() + REST);
        match (condition.down, down) {
            (false, true) => tracing::warn!("the store does not answer: each process counts by itself"),
            (true, false) => tracing::info!("the store answers again"),
            _ => {}
        }
        condition.down = down;
    }
}

impl Store for Steady {
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_> {
        Box::pin(async move {
            let counts = matches!(operation, Operation::Take { .. }).then(|| operation.clone());
            let outcome = if self.rests() {
                Err(StoreDown)
            } else {
                let outcome = timeout(PATIENCE, self.store.execute(operation, now)).await;
                self.note(!matches!(outcome, Ok(Ok(_))), outcome.is_err());
                outcome.unwrap_or(Err(StoreDown))
            };
            match (outcome, counts) {
                (Err(StoreDown), Some(take)) => self.local.apply(take, now),
                (outcome, _) => outcome,
            }
        })
    }
}
