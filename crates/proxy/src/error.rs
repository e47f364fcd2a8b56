use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use open_payments::Url;
use thiserror::Error;

/// Why the proxy cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The key file is there but cannot be read, or is missing and cannot be made.
    #[error("the key file {} cannot be used: {reason}", path.display())]
    KeyFile {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The key file holds something else than keys.
    #[error("the key file does not hold keys: {0}")]
    Keys(String),
    /// The file of an additional certificate authority is missing or holds no certificate.
    #[error("no certificate can be read from {}: {reason}", path.display())]
    Authority {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate for TLS or its key is missing or makes no sense.
    #[error("TLS cannot be served with {}: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("--tls-cert and --tls-key go together")]
    HalfCertificate,
    /// The store's file cannot be used, or its server's URL is none.
    #[error("the store cannot be used: {0}")]
    Store(String),
    /// The name servers cannot be asked.
    #[error("the name servers cannot be asked: {0}")]
    NameServers(io::Error),
    /// The address to listen on is taken or not ours.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// A public URL with a query, or on a loopback host without the switch that allows it.
    #[error(
        "the public URL {0} cannot be used: it must have no query, and on this machine it needs --allow-private-hosts"
    )]
    PublicUrl(Url),
    /// The operating system does not let the process listen to signals.
    #[error("the process cannot listen to signals: {0}")]
    Signals(io::Error),
    /// The operating system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Entropy(getrandom::Error),
}
