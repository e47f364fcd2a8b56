use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response as HttpResponse};
use http_body::Frame;
use open_payments::{HostKind, Url};

use crate::error::WalletError;
use crate::fetch::KeyFetcher;
use crate::message::{Outcome, Request, Response};
use crate::vault::Vault;

/// No request of Open Payments comes near this.
const LARGEST_BODY: usize = 64 * 1024;

/// One of the sandbox's wallets, as its HTTP service sees it.
#[derive(Clone)]
pub struct Service {
    /// The sandbox, which all its wallets share.
    pub vault: Arc<Mutex<Vault>>,
    /// Which wallet: its place in the seed.
    pub wallet: usize,
    /// The URL it is reached by.
    pub base: Url,
    /// Gets the keys of clients that are strangers.
    pub keys: KeyFetcher,
}

/// The HTTP service of one wallet, apart from its listener.
pub fn app(service: Service) -> Router {
    Router::new().fallback(answer).with_state(service)
}

async fn answer(State(service): State<Service>, request: HttpRequest) -> HttpResponse {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(target) = Url::parse(&format!("{}{path}", service.base.origin())) else {
        return (StatusCode::BAD_REQUEST, "this is not an address of a wallet").into_response();
    };
    if target.path().starts_with("/admin") && !is_local(&parts, &service.base) {
        return (StatusCode::FORBIDDEN, "the admin API is for this machine only").into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut request = Request {
        wallet: service.wallet,
        method: parts.method.as_str().to_owned(),
        target,
        headers: headers.collect(),
        body: body.into(),
        client_keys: None,
    };
    loop {
        match service.handle(&request) {
            Ok(Outcome::Answered(response)) => {
                tracing::info!(wallet = %service.base, method = request.method, path = request.target.path(), status = response.status);
                return deliver(response).await;
            }
            Ok(Outcome::NeedsKeys(url)) => request.client_keys = Some(service.keys.fetch(&url).await),
            Err(error) => {
                tracing::error!(%error, "a request cannot be handled");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        }
    }
}

impl Service {
    fn handle(&self, request: &Request) -> Result<Outcome, WalletError> {
        self.vault.lock().unwrap_or_else(PoisonError::into_inner).handle(request)
    }
}

/// Whether a request comes from this machine, and not through a page whose name was made to
/// point to it.
fn is_local(parts: &Parts, base: &Url) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok());
    let named = host.is_none_or(|host| {
        host == base.authority()
            || Url::parse(&format!("http://{host}")).is_ok_and(|url| url.host_kind() == HostKind::Loopback)
    });
    named && peer.is_none_or(|ConnectInfo(address)| address.ip().to_canonical().is_loopback())
}

async fn deliver(response: Response) -> HttpResponse {
    if response.delay_millis > 0 {
        tokio::time::sleep(Duration::from_millis(response.delay_millis)).await;
    }
    if response.lost {
        return Body::new(Lost).into_response();
    }
    let mut http = HttpResponse::builder().status(response.status);
    for (name, value) in &response.headers {
        http = http.header(*name, value);
    }
    http.body(Body::from(response.body)).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer that is not HTTP");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// A body that fails before its first byte: the connection is closed without an answer.
struct Lost;

impl http_body::Body for Lost {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
