//! What of a sandbox is worth keeping, record by record, and how it is put back.

use std::sync::Arc;

use open_payments::WalletAddress;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::accounts::{Account, Wallet};
use crate::error::WalletError;
use crate::ledger::Holder;
use crate::outgoing::Progress;
use crate::sandbox::Sandbox;
use crate::seed::Seed;
use crate::signatures::Mode;
use crate::table::Table;

/// A record that is to be kept until the next one of its kind and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is one of.
    pub kind: String,
    /// Its name among those.
    pub key: String,
    /// What it holds; none if it is gone.
    pub json: Option<String>,
}

/// A table, whatever its records are.
trait Kept {
    fn take_changes(&mut self) -> Result<Vec<(String, Option<String>)>, serde_json::Error>;
    fn restore(&mut self, key: String, json: &str) -> Result<(), serde_json::Error>;
}

impl<T: Serialize + DeserializeOwned> Kept for Table<T> {
    fn take_changes(&mut self) -> Result<Vec<(String, Option<String>)>, serde_json::Error> {
        self.take_changes()
    }

    fn restore(&mut self, key: String, json: &str) -> Result<(), serde_json::Error> {
        self.restore(key, json)
    }
}

impl Sandbox {
    /// The sandbox that a seed describes.
    ///
    /// # Errors
    /// [`WalletError`] if wallets are at the same URL, or an account's path is none.
    pub fn new(seed: &Seed, mode: Mode) -> Result<Self, WalletError> {
        Self::restored(seed, mode, [])
    }

    /// The sandbox as it was when these records were kept. Wallets and settings are those of the
    /// seed; accounts that were not kept are opened.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`WalletError::Kept`] if the records do not belong to the seed.
    pub fn restored(seed: &Seed, mode: Mode, records: impl IntoIterator<Item = Record>) -> Result<Self, WalletError> {
        let mut sandbox = Self::empty(seed.settings.clone(), mode);
        for (index, wallet) in seed.wallets.iter().enumerate() {
            let base = wallet.base()?;
            if sandbox.wallets.iter().any(|other| other.base == base) {
                return Err(WalletError::SameUrl(base));
            }
            sandbox.wallets.push(Arc::new(Wallet {
                index,
                name: wallet.name.clone(),
                auth_server: base.join("auth"),
                resource_server: base.join("op"),
                base,
                asset: wallet.asset.clone(),
            }));
        }
        for record in records {
            sandbox.restore(record)?;
        }
        sandbox.check_accounts()?;
        sandbox.derive();
        sandbox.open_accounts(seed)?;
        Ok(sandbox)
    }

    /// What has changed since the last time. Whoever keeps nothing need not ask.
    ///
    /// # Errors
    /// If a record cannot be written as JSON.
    pub fn take_changes(&mut self) -> Result<Vec<Record>, WalletError> {
        let mut records = Vec::new();
        for (kind, table) in self.tables() {
            let changes = table.take_changes().map_err(|error| WalletError::Kept(format!("{kind}: {error}")))?;
            records.extend(changes.into_iter().map(|(key, json)| Record { kind: kind.to_owned(), key, json }));
        }
        Ok(records)
    }

    fn tables(&mut self) -> [(&'static str, &mut dyn Kept); 9] {
        [
            ("account", &mut self.accounts),
            ("balance", &mut self.ledger.balances),
            ("grant", &mut self.grants),
            ("token", &mut self.tokens),
            ("incoming payment", &mut self.incoming_payments),
            ("quote", &mut self.quotes),
            ("outgoing payment", &mut self.outgoing_payments),
            ("used signature", &mut self.used_signatures),
            ("clock", &mut self.clock),
        ]
    }

    fn restore(&mut self, record: Record) -> Result<(), WalletError> {
        let Record { kind, key, json } = record;
        let Some(json) = json else { return Ok(()) };
        let mut tables = self.tables().into_iter();
        let table = tables.find(|(name, _)| *name == kind).map(|(_, table)| table);
        let table = table.ok_or_else(|| WalletError::Kept(format!("`{kind}` is nothing that is kept")))?;
        table.restore(key, &json).map_err(|error| WalletError::Kept(format!("{kind}: {error}")))
    }

    fn check_accounts(&self) -> Result<(), WalletError> {
        for account in self.accounts.values() {
            let wallet = self.wallets.get(account.wallet);
            if wallet.is_none_or(|wallet| wallet.base.origin() != account.address.url().origin()) {
                return Err(WalletError::Kept(format!("{} belongs to no wallet of the seed", account.address)));
            }
        }
        Ok(())
    }

    /// What follows from the payments: what was spent of each grant, and what is on its way.
    fn derive(&mut self) {
        for payment in self.outgoing_payments.values() {
            if payment.progress == Progress::Underway {
                self.unsettled.insert((payment.due, payment.id.clone()));
            }
            if !matches!(payment.progress, Progress::Failed { .. }) {
                self.spending.entry(payment.grant.clone()).or_default().record(payment.spend());
            }
        }
    }

    fn open_accounts(&mut self, seed: &Seed) -> Result<(), WalletError> {
        for (index, wallet) in seed.wallets.iter().enumerate() {
            for account in &wallet.accounts {
                let text = format!("{}{}", self.wallets[index].base.origin(), account.path);
                let address = WalletAddress::parse(&text).map_err(|_| WalletError::Path(account.path.clone()))?;
                if self.accounts.get(address.as_str()).is_some() {
                    continue;
                }
                let public_name = account.public_name.clone();
                let opened = Account { wallet: index, address: address.clone(), public_name, keys: Vec::new() };
                self.ledger.transfer(&wallet.asset, &Holder::Settlement, &opened.holder(), account.balance);
                self.accounts.insert(address.as_str(), opened);
            }
        }
        Ok(())
    }
}
