use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use protocol::Endpoint;
use protocol::signature::SESSION_HEADER;
use tokio::time::timeout;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

use super::connection::ClientAddress;
use super::driver::Driver;
use crate::core::{Incoming, Reply};

/// No request of an extension is longer.
const LONGEST_BODY: usize = 16 * 1024;

/// A request's body has to be here by then.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The wire, described; a test holds it against the types.
const OPENAPI: &str = include_str!("../../../../docs/openapi.json");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that the proxy answers, apart from any listener.
pub fn app(driver: Arc<Driver>) -> Router {
    let endpoints = Endpoint::ALL.into_iter().fold(Router::new(), |router, endpoint| {
        router.route(endpoint.path(), post(move |state, request| answer(endpoint, state, request)))
    });
    endpoints
        .layer(cors())
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], OPENAPI)))
        .route("/connected", get(connected))
        .route("/.well-known/pay", get(async |State(driver): State<Arc<Driver>>| Json(driver.core().client_document())))
        .route(
            "/.well-known/pay/jwks.json",
            get(async |State(driver): State<Arc<Driver>>| Json(driver.core().client_keys())),
        )
        .with_state(driver)
}

/// Figures for the operator, for a listener that nobody else reaches.
pub fn metrics_app(driver: Arc<Driver>) -> Router {
    let headers = [(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Router::new().route("/metrics", get(async move || (headers, driver.figures())))
}

/// A request has a number of its own, so that a line of the log can be found for a complaint.
async fn answer(endpoint: Endpoint, State(driver): State<Arc<Driver>>, request: Request) -> Response {
    let id = getrandom::u64().map_or_else(|_| String::new(), |id| format!("{id:016x}"));
    let span = tracing::info_span!("request", id);
    let mut response = carry_out(endpoint, &driver, request).instrument(span).await;
    response.headers_mut().extend(HeaderValue::from_str(&id).map(|id| (REQUEST_ID, id)));
    response
}

async fn carry_out(endpoint: Endpoint, driver: &Arc<Driver>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let client = parts.extensions.get().map(|ClientAddress(address)| *address);
    if let Err(reply) = driver.admit(endpoint, client) {
        return respond(reply);
    }
    let body = match timeout(BODY_TIME, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => body.into(),
        Ok(Err(_)) => return respond(driver.refuse(endpoint, "The message is too long or broke off.")),
        Err(_) => return respond(driver.refuse(endpoint, "The message took too long to arrive.")),
    };
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned);
    let headers = parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value).ok()?)));
    match driver.answer(Incoming { endpoint, client, headers: headers.collect(), body }).await {
        Ok(reply) => respond(reply),
        Err(_) => {
            tracing::error!(endpoint = endpoint.path(), "a request ended in a panic");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Body::from(reply.body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let session = reply.session.and_then(|session| HeaderValue::from_str(session.expose()).ok());
    if let Some(mut session) = session {
        session.set_sensitive(true);
        headers.insert(HeaderName::from_static(SESSION_HEADER), session);
    }
    response
}

/// Pages of the web have no business here; extensions do.
fn cors() -> CorsLayer {
    let is_extension = |origin: &HeaderValue| {
        let schemes: [&[u8]; 2] = [b"chrome-extension://", b"moz-extension://"];
        let id = schemes.iter().find_map(|scheme| origin.as_bytes().strip_prefix(*scheme));
        id.is_some_and(|id| id.iter().all(|next| next.is_ascii_alphanumeric() || *next == b'-'))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| is_extension(origin)))
        .allow_methods([Method::POST])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("content-digest"),
            HeaderName::from_static("signature"),
            HeaderName::from_static("signature-input"),
        ])
        .expose_headers([HeaderName::from_static(SESSION_HEADER)])
        .max_age(Duration::from_secs(3600))
}

/// Whether requests should come. A store that is down is no reason to turn them away: payments go
/// on without it, and those who share it would all turn them away at once.
async fn ready(State(driver): State<Arc<Driver>>) -> (StatusCode, &'static str) {
    if driver.draining().is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else {
        (StatusCode::OK, "ready")
    }
}

/// Where the wallet sends the browser after the decision. The extension reads the URL and closes
/// the tab; this is what there is to see if it does not. The URL's query is nobody else's business.
async fn connected() -> impl IntoResponse {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(include_str!("connected.html")))
}
