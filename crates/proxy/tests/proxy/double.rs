//! A stand-in for a wallet: an HTTP server on loopback that does what a test tells it to.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) what: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

pub(crate) struct Double {
    pub(crate) origin: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Double {
    /// Listens until the test is over.
    pub(crate) async fn start(answer: impl Fn(&str) -> Answering + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 100_000).await.unwrap();
            let what = format!("{} {}", parts.method, parts.uri);
            let body = String::from_utf8(body.to_vec()).unwrap();
            log.lock().unwrap().push(Asked { what: what.clone(), headers: parts.headers, body });
            answer(&what).await
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.asked().iter().filter(|asked| asked.what == what).count()
    }
}

pub(crate) fn at_once(response: impl IntoResponse) -> Answering {
    let response = response.into_response();
    Box::pin(std::future::ready(response))
}
