use std::path::PathBuf;
use std::str::FromStr;

use open_payments::Secret;

use super::{MemoryStore, RedisStore, SqliteStore, Store};
use crate::ProxyError;

/// Where an operator wants things kept: `memory`, `sqlite:PATH`, or the URL of a Redis server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// In this process.
    Memory,
    /// In a file on this machine.
    Sqlite(PathBuf),
    /// In a server, over TLS if the URL says `rediss`. It may hold a password.
    Redis(Secret),
}

impl StoreLocation {
    /// Opens the store. A server need not be there yet.
    ///
    /// # Errors
    /// [`ProxyError::Store`] if the file cannot be used, or the URL is none.
    pub fn open(&self) -> Result<Box<dyn Store>, ProxyError> {
        Ok(match self {
            Self::Memory => Box::new(MemoryStore::default()),
            Self::Sqlite(path) => {
                let failed = |error| ProxyError::Store(format!("{}: {error}", path.display()));
                Box::new(SqliteStore::open(path).map_err(failed)?)
            }
            Self::Redis(url) => {
                Box::new(RedisStore::new(url.expose()).map_err(|error| ProxyError::Store(error.to_string()))?)
            }
        })
    }
}

impl FromStr for StoreLocation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("redis" | "rediss", _)) if ::redis::Client::open(text).is_ok() => {
                Ok(Self::Redis(Secret::new(text.to_owned())))
            }
            _ => Err("it is memory, sqlite:PATH or redis://HOST:PORT"),
        }
    }
}
