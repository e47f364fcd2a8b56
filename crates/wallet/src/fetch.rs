use std::time::Duration;

use http_signature::Jwk;
use open_payments::Url;
use serde::Deserialize;

use crate::error::WalletError;

/// The largest key set that is read.
const LARGEST_KEY_SET: usize = 64 * 1024;

/// Gets the keys that clients from elsewhere publish.
#[derive(Clone, Debug)]
pub struct KeyFetcher(reqwest::Client);

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl KeyFetcher {
    /// One that waits a few seconds at most, and follows no redirect and no proxy: most clients
    /// are on this machine.
    ///
    /// # Errors
    /// If this machine has no TLS configuration.
    pub fn new() -> Result<Self, WalletError> {
        // Refused if one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self(client))
    }

    /// The Ed25519 keys that are published there; none if they cannot be had.
    pub(crate) async fn fetch(&self, url: &Url) -> Vec<Jwk> {
        self.try_fetch(url).await.unwrap_or_else(|error| {
            tracing::warn!(%url, %error, "cannot fetch a client's keys");
            Vec::new()
        })
    }

    async fn try_fetch(&self, url: &Url) -> Result<Vec<Jwk>, WalletError> {
        let mut response = self.0.get(url.as_str()).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_KEY_SET {
                return Err(WalletError::Keys("they are too long".to_owned()));
            }
        }
        let set: KeySet = serde_json::from_slice(&body).map_err(|error| WalletError::Keys(error.to_string()))?;
        Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }
}
