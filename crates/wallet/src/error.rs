use open_payments::Url;
use thiserror::Error;

/// Why a sandbox cannot be set up or go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalletError {
    /// Not JSON, or not of the form of a seed.
    #[error("the seed cannot be read: {0}")]
    Shape(String),
    /// There is no wallet in it.
    #[error("the seed has no wallet")]
    Empty,
    /// A wallet's name has other characters than it may, or is another wallet's too.
    #[error("`{0}` cannot be the name of a wallet: names are different and made of letters, digits, - and _")]
    Name(String),
    /// A wallet's public URL is none.
    #[error("`{0}` is not the URL of a wallet: https:// (or http:// on this machine), a host, and no path")]
    PublicUrl(String),
    /// Two wallets have the same public URL.
    #[error("two wallets have the URL {0}")]
    SameUrl(Url),
    /// An account's path is none, reserved, or another account's too.
    #[error("`{0}` cannot be the path of an account")]
    Path(String),
    /// Settings that make no sense.
    #[error("the settings are wrong: {0}")]
    Settings(String),
    /// Kept data that belongs to another seed or is damaged, or a file that cannot be used.
    #[error("the kept data cannot be used: {0}")]
    Kept(String),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Entropy(String),
    /// A client's keys cannot be fetched.
    #[error("the client's keys cannot be fetched: {0}")]
    Keys(String),
}

impl From<rusqlite::Error> for WalletError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Kept(error.to_string())
    }
}

impl From<getrandom::Error> for WalletError {
    fn from(error: getrandom::Error) -> Self {
        Self::Entropy(error.to_string())
    }
}

impl From<reqwest::Error> for WalletError {
    fn from(error: reqwest::Error) -> Self {
        Self::Keys(error.to_string())
    }
}
