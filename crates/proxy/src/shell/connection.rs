//! One connection: TLS if there is a certificate, HTTP/1 or HTTP/2, and limits to what a stranger
//! can hold on to.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::client::Balancers;
use super::driver::Driver;
use super::tls::Certificate;

/// TLS has to be agreed on, and a request's headers to be here, by then.
const GREETING_TIME: Duration = Duration::from_secs(10);

/// A connection on which no request comes for so long is closed.
const IDLE_TIME: Duration = Duration::from_secs(60);

/// The first request of a connection may be on its way when the server stops: it has so long.
const FIRST_TIME: Duration = Duration::from_secs(2);

/// A connection that is being closed has so long to finish its requests: no flow takes longer.
const LAST_TIME: Duration = Duration::from_secs(75);

const LONGEST_HEADERS: u32 = 16 * 1024;

/// Requests at a time on one connection, and such as the client has taken back while they were
/// still being taken in (the rapid reset attack, CVE-2023-44487).
const STREAMS: u32 = 64;
const RESET_STREAMS: usize = 32;

/// The address that a request comes from, among its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// What is the same for all connections.
pub(crate) struct Reception {
    pub(crate) driver: Arc<Driver>,
    pub(crate) router: Router,
    pub(crate) certificate: Option<Arc<Certificate>>,
    pub(crate) balancers: Balancers,
    /// Cancelled when connections should close as soon as nothing is under way on them.
    pub(crate) closing: CancellationToken,
}

impl Reception {
    /// Serves a connection to its end.
    pub(crate) async fn receive(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let _open = self.driver.metrics().connection_opened();
        // Without it answers could be held back; whoever cannot set it serves all the same.
        let _ = stream.set_nodelay(true);
        match &self.certificate {
            None => self.converse(stream, peer.ip()).await,
            Some(certificate) => match timeout(GREETING_TIME, certificate.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => self.converse(stream, peer.ip()).await,
                _ => tracing::debug!("a connection has not come to TLS"),
            },
        }
    }

    async fn converse(self: &Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: IpAddr) {
        let (reception, heard) = (Arc::clone(self), Arc::new(Notify::new()));
        let hearing = Arc::clone(&heard);
        let service = service_fn(move |request| {
            hearing.notify_one();
            Arc::clone(&reception).answer(request, peer)
        });
        let builder = http();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        loop {
            tokio::select! {
                // Whatever broke, there is nobody left to tell.
                _ = connection.as_mut() => return,
                () = self.closing.cancelled() => {
                    tokio::select! {
                        _ = connection.as_mut() => return,
                        _ = timeout(FIRST_TIME, heard.notified()) => break,
                    }
                }
                () = sleep(IDLE_TIME) => if timeout(Duration::ZERO, heard.notified()).await.is_err() { break },
            }
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(LAST_TIME, connection).await;
    }

    async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response<Body>, Infallible> {
        let client = self.balancers.client(peer, request.headers());
        request.extensions_mut().insert(ClientAddress(client));
        let version = request.version();
        let mut response = self.router.clone().oneshot(request).await?;
        if self.driver.draining().is_cancelled() && version <= Version::HTTP_11 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}

fn http() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(GREETING_TIME).max_buf_size(LONGEST_HEADERS as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(LONGEST_HEADERS)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_local_error_reset_streams(RESET_STREAMS);
    builder
}
