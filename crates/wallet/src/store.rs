use std::path::Path;

use rusqlite::{Connection, params};

use crate::error::WalletError;
use crate::records::Record;

/// Where the records of a sandbox are kept: one file of SQLite.
#[derive(Debug)]
pub struct Store(Connection);

impl Store {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// If it cannot be opened or is not a database.
    pub fn open(file: &Path) -> Result<Self, WalletError> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS records (
                kind TEXT NOT NULL,
                key TEXT NOT NULL,
                json TEXT NOT NULL,
                PRIMARY KEY (kind, key)
            ) WITHOUT ROWID",
        )?;
        Ok(Self(connection))
    }

    /// Everything that is kept.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn load(&self) -> Result<Vec<Record>, WalletError> {
        let mut select = self.0.prepare("SELECT kind, key, json FROM records")?;
        let rows = select.query_map([], |row| Ok(Record { kind: row.get(0)?, key: row.get(1)?, json: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps changes, all of them or none.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&mut self, changes: &[Record]) -> Result<(), WalletError> {
        let transaction = self.0.transaction()?;
        for Record { kind, key, json } in changes {
            match json {
                Some(json) => transaction
                    .prepare_cached("INSERT OR REPLACE INTO records (kind, key, json) VALUES (?, ?, ?)")?
                    .execute(params![kind, key, json])?,
                None => transaction
                    .prepare_cached("DELETE FROM records WHERE kind = ? AND key = ?")?
                    .execute(params![kind, key])?,
            };
        }
        Ok(transaction.commit()?)
    }
}
