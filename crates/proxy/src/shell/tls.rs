use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::ProxyError;

/// The certificate that the proxy shows. It can be read anew while connections are open; those
/// keep the one that they began with.
pub(crate) struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
}

impl Certificate {
    /// Reads both files.
    pub(crate) fn load(chain_file: PathBuf, key_file: PathBuf) -> Result<Self, ProxyError> {
        let acceptor = RwLock::new(acceptor(&chain_file, &key_file)?);
        Ok(Self { chain_file, key_file, acceptor })
    }

    /// Reads both files again. If they cannot be used, the old certificate stays.
    pub(crate) fn reload(&self) -> Result<(), ProxyError> {
        let acceptor = acceptor(&self.chain_file, &self.key_file)?;
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }

    /// What makes TLS of a connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn acceptor(chain_file: &PathBuf, key_file: &PathBuf) -> Result<TlsAcceptor, ProxyError> {
    let failed = |path: &PathBuf, reason: String| ProxyError::Certificate { path: path.clone(), reason };
    let chain: Vec<_> = CertificateDer::pem_file_iter(chain_file)
        .and_then(Iterator::collect)
        .map_err(|error| failed(chain_file, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| failed(key_file, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| failed(chain_file, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
