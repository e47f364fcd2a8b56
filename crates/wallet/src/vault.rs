use std::time::{SystemTime, UNIX_EPOCH};

use open_payments::Timestamp;

use crate::error::WalletError;
use crate::message::{Outcome, Request};
use crate::sandbox::Sandbox;
use crate::store::Store;

/// A sandbox, and the file it is kept in if there is one.
pub struct Vault {
    sandbox: Sandbox,
    store: Option<Store>,
}

impl Vault {
    /// A sandbox that is forgotten when the program ends.
    pub fn in_memory(sandbox: Sandbox) -> Self {
        Self { sandbox, store: None }
    }

    /// A sandbox whose records are kept, and were read from, this file.
    pub fn kept(sandbox: Sandbox, store: Store) -> Self {
        Self { sandbox, store: Some(store) }
    }

    /// Has the sandbox handle a request, and keeps what has changed before anybody is answered.
    pub(crate) fn handle(&mut self, request: &Request) -> Result<Outcome, WalletError> {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy)?;
        let outcome = self.sandbox.handle(request, now(), entropy);
        let changes = self.sandbox.take_changes()?;
        if let Some(store) = self.store.as_mut().filter(|_| !changes.is_empty()) {
            store.save(&changes)?;
        }
        Ok(outcome)
    }
}

/// The time of this machine.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
