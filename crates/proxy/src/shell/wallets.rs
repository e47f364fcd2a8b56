use std::error::Error;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue, USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use open_payments_client::HttpRequest;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};

use super::freshness::life;
use super::hosts::{Circuit, Hosts};
use super::resolver::{CheckedResolver, PrivateAddress};
use crate::ProxyError;
use crate::core::{Unreachable, WalletReply, allows};

/// No answer of a wallet is longer.
const LONGEST_REPLY: usize = 64 * 1024;

const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Whoever pays each second uses a connection again long before; what strangers had opened is soon
/// closed.
const IDLE_TIME: Duration = Duration::from_secs(20);

/// What an operator decides about the way out.
#[derive(Clone, Debug)]
pub struct WayOut {
    /// Whether loopback addresses may be connected to, for a sandbox.
    pub loopback_allowed: bool,
    /// A PEM file of certificate authorities to trust besides the system's.
    pub extra_authority: Option<PathBuf>,
    /// Whom to ask for addresses, if not the system's name servers.
    pub name_servers: Vec<SocketAddr>,
    /// How many requests may be under way at one host.
    pub requests_at_once: NonZeroU32,
}

impl Default for WayOut {
    fn default() -> Self {
        Self {
            loopback_allowed: false,
            extra_authority: None,
            name_servers: Vec::new(),
            requests_at_once: const { NonZeroU32::new(256).expect("it is not zero") },
        }
    }
}

/// The way out: sends requests to wallets as they are. It follows no redirect, unpacks nothing,
/// and connects to no private address.
pub struct Wallets {
    client: Client<HttpsConnector<HttpConnector<CheckedResolver>>, Full<Bytes>>,
    hosts: Hosts,
    loopback_allowed: bool,
}

impl Wallets {
    /// Trusts the system's certificate authorities, and those in the file besides.
    ///
    /// # Errors
    /// [`ProxyError::Authority`] if the file has no certificate, and [`ProxyError::NameServers`] if
    /// those cannot be asked.
    pub fn new(way: &WayOut) -> Result<Self, ProxyError> {
        let resolver =
            CheckedResolver::new(&way.name_servers, way.loopback_allowed).map_err(ProxyError::NameServers)?;
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIME));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls_config(way.extra_authority.as_deref())?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .build(connector);
        Ok(Self { client, hosts: Hosts::new(way.requests_at_once), loopback_allowed: way.loopback_allowed })
    }

    /// Sends a request and reads the answer, by the deadline.
    ///
    /// # Errors
    /// If no complete answer of an acceptable size comes in time.
    pub async fn send(&self, request: HttpRequest, deadline: Instant) -> Result<WalletReply, Unreachable> {
        self.fetch(request, deadline).await.map(|(reply, _)| reply)
    }

    /// The same, and for how long the answer may be given to others.
    pub(crate) async fn fetch(
        &self,
        request: HttpRequest,
        deadline: Instant,
    ) -> Result<(WalletReply, Duration), Unreachable> {
        // The resolver does not see an address that stands in the URL itself.
        if !allows(request.url.host_kind(), self.loopback_allowed) {
            return Err(Unreachable::Private);
        }
        let visit = self.hosts.visit(request.url.authority(), deadline).await?;
        let outcome = timeout_at(deadline, self.exchange(request)).await.unwrap_or(Err(Unreachable::Deadline));
        visit.end(outcome.as_ref().map(|(reply, _)| reply).map_err(|reason| *reason));
        outcome
    }

    /// How a host is doing.
    pub(crate) fn circuit(&self, authority: &str) -> Circuit {
        self.hosts.circuit(authority)
    }

    /// How many hosts are left alone.
    pub(crate) fn open_circuits(&self) -> usize {
        self.hosts.open_circuits()
    }

    /// Leaves a host alone that another process has found down.
    pub(crate) fn open_circuit(&self, authority: &str) {
        self.hosts.open(authority);
    }

    async fn exchange(&self, request: HttpRequest) -> Result<(WalletReply, Duration), Unreachable> {
        let response = self.client.request(prepared(request)?).await.map_err(|error| reason(&error))?;
        let (status, life) = (response.status().as_u16(), life(response.headers()));
        let body = Limited::new(response.into_body(), LONGEST_REPLY).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { Unreachable::TooLarge } else { Unreachable::Connection }
        })?;
        let body = String::from_utf8(body.to_bytes().into()).map_err(|_| Unreachable::NotText)?;
        Ok((WalletReply { status, body }, life))
    }
}

/// The request with exactly its own headers, besides what HTTP demands and our name.
fn prepared(request: HttpRequest) -> Result<Request<Full<Bytes>>, Unreachable> {
    let body = request.body.map_or_else(Bytes::new, Bytes::from);
    let mut prepared = Request::builder()
        .method(request.method.as_str())
        .uri(request.url.as_str())
        .body(Full::new(body))
        .map_err(|_| Unreachable::Connection)?;
    let headers = prepared.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static("rivulet-proxy"));
    for (name, value) in request.headers {
        let name = HeaderName::try_from(name).map_err(|_| Unreachable::Connection)?;
        let value = HeaderValue::try_from(value).map_err(|_| Unreachable::Connection)?;
        headers.append(name, value);
    }
    Ok(prepared)
}

fn reason(error: &(dyn Error + 'static)) -> Unreachable {
    let mut next = Some(error);
    while let Some(error) = next {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inside.is_some_and(|inside| inside.is::<PrivateAddress>()) {
            return Unreachable::Private;
        }
        next = error.source();
    }
    Unreachable::Connection
}

fn tls_config(extra_authority: Option<&Path>) -> Result<ClientConfig, ProxyError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (trusted, _) = roots.add_parsable_certificates(native.certs);
    if trusted == 0 {
        tracing::warn!("the system trusts no certificate authority: wallets on https cannot be reached");
    }
    if let Some(path) = extra_authority {
        let failed = |reason: String| ProxyError::Authority { path: path.to_owned(), reason };
        let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| failed(error.to_string()))?;
        if certificates.is_empty() {
            return Err(failed("it holds none".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| failed(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for TLS 1.2 and 1.3");
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
