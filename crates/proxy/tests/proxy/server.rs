//! The server: routes, headers, limits, and what happens when somebody goes away.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CACHE_CONTROL;
use axum::http::{Request, StatusCode};
use money::{Amount, Asset};
use open_payments::{Secret, Timestamp, Url, WalletDocument};
use open_payments_client::{CreateQuote, HttpRequest, Method};
use protocol::{
    Endpoint, ErrorCode, ErrorReply, IncomingPaymentReply, IncomingPaymentRequest, QuoteRequest, RotateTokenReply,
};
use proxy::core::{Core, KeyRing, Settings};
use proxy::shell::{Driver, Wallets, app};
use proxy::store::{Answering, MemoryStore, Operation, Store, StoreDown};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::io::ReaderStream;
use tower::ServiceExt;

use crate::double::at_once;
use crate::setup::{MANAGE, Setup, Waiting, http, json, sandbox, text, until};
use crate::world::{receiver, settings};

#[tokio::test]
async fn a_user_connects_and_a_site_is_asked_for_an_incoming_payment() {
    let mut setup = Setup::with_wallet().await;
    let session = setup.connect().await;
    let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
    let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
    let reply: IncomingPaymentReply = json(setup.send(&incoming).await).await;
    assert_eq!(reply.id.url(), &setup.url("/t/incoming-payments/1"));
    until(|| setup.double.count("DELETE /auth/token/2") == 1).await;
    assert_eq!(setup.double.count("GET /alice"), 1, "the document was kept for a moment");
}

#[tokio::test]
async fn the_wallet_gets_exactly_what_was_signed() {
    let mut setup = Setup::with_wallet().await;
    let session = setup.connect().await;
    let operation = CreateQuote {
        token: Secret::new("TOKEN".to_owned()),
        receiver: receiver(),
        debit_amount: Amount::new(100, Asset::new("USD", 2).unwrap()),
    };
    let request = setup.world.signed_by(&setup.world.install, &operation, &setup.wallet);
    let message = QuoteRequest { incoming_payment: receiver(), request: request.clone() };
    let incoming = setup.world.incoming(Endpoint::CreateQuote, &message, Some(&session));
    let response = setup.send(&incoming).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(json::<ErrorReply>(response).await.error.code, ErrorCode::TokenInactive);

    let asked = setup.double.asked().pop().unwrap();
    assert_eq!((asked.what.as_str(), Some(&asked.body)), ("POST /t/quotes", request.body.as_ref()));
    for (name, value) in &request.headers {
        assert_eq!(asked.headers[name].to_str().unwrap(), value, "{name}");
    }
    assert_eq!(asked.headers.len(), request.headers.len() + 2, "and host and user-agent");
}

#[tokio::test]
async fn a_renewed_session_rides_along_in_a_header() {
    let mut setup = Setup::with_wallet().await;
    let session = setup.connect().await;
    let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
    let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
    assert!(!setup.send(&incoming).await.headers().contains_key("rivulet-session"));

    let short = Settings { session_life: 600, loopback_allowed: true, ..settings() };
    let core = Core::new(short, KeyRing::from_seed([1; 32]));
    let wallets = Wallets::new(&sandbox()).unwrap();
    setup.router = app(Arc::new(Driver::new(core, Box::new(MemoryStore::default()), wallets)));
    let session = setup.connect().await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
    let response = setup.send(&incoming).await;
    let renewed = response.headers()["rivulet-session"].to_str().unwrap();
    assert!(renewed.starts_with("v4.public.") && renewed != session.expose());
}

#[tokio::test]
async fn a_rotation_goes_on_when_its_caller_goes_away_and_loses_nothing() {
    let release = Arc::new(Notify::new());
    let held = Arc::clone(&release);
    let mut setup = Setup::with_waiting_wallet(move |what| {
        let held = what.ends_with(MANAGE).then(|| Arc::clone(&held));
        Box::pin(async move {
            if let Some(held) = held {
                held.notified().await;
            }
        })
    })
    .await;
    let first = setup.rotation();
    let caller = tokio::spawn(setup.router.clone().oneshot(http(&first)));
    until(|| setup.double.count("POST /auth/token/1") == 1).await;
    caller.abort();
    release.notify_one();
    timeout(Duration::from_secs(5), setup.driver.finish()).await.unwrap();
    let again = setup.rotation();
    let reply: RotateTokenReply = json(setup.send(&again).await).await;
    assert_eq!(reply.access_token.value.expose(), "FRESH-TOKEN");
    let same: RotateTokenReply = json(setup.send(&first).await).await;
    assert_eq!(same.session, reply.session);
    assert_eq!(setup.double.count("POST /auth/token/1"), 1);
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_what_is_under_way() {
    let release = Arc::new(Notify::new());
    let held = Arc::clone(&release);
    let mut setup = Setup::with_waiting_wallet(move |_| {
        let held = Arc::clone(&held);
        Box::pin(async move { held.notified().await })
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(setup.server(&[]).serve(listener));
    let wallets = Wallets::new(&sandbox()).unwrap();
    let incoming = setup.rotation();
    let request = HttpRequest {
        method: Method::Post,
        url: Url::parse(&format!("http://{address}{}", incoming.endpoint.path())).unwrap(),
        headers: incoming.headers,
        body: Some(String::from_utf8(incoming.body).unwrap()),
    };
    let caller = tokio::spawn(async move { wallets.send(request, Instant::now() + Duration::from_secs(5)).await });
    until(|| setup.double.count("GET /alice") == 1).await;
    assert_eq!(setup.get("/readyz").await.status(), StatusCode::OK);
    setup.driver.draining().cancel();
    assert_eq!(setup.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    until(|| std::net::TcpStream::connect(address).is_err()).await;
    assert!(!server.is_finished());
    release.notify_one();
    until(|| setup.double.count("POST /auth/token/1") == 1).await;
    release.notify_one();
    let reply = caller.await.unwrap().unwrap();
    assert!(serde_json::from_str::<RotateTokenReply>(&reply.body).is_ok(), "{}", reply.body);
    timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
}

/// A store that is down.
struct Down;

impl Store for Down {
    fn execute(&self, _: Operation, _: Timestamp) -> Answering<'_> {
        Box::pin(std::future::ready(Err(StoreDown)))
    }
}

#[tokio::test]
async fn a_server_whose_store_is_down_is_ready_as_it_pays_without_it() {
    let mut setup = Setup::with_wallet_that_pays().await;
    let session = setup.connect().await;
    setup.router = setup.replica(Box::new(Down));
    let quote = setup.quote(&session);
    assert_eq!(setup.send(&quote).await.status(), StatusCode::OK);
    for probe in ["/readyz", "/healthz"] {
        assert_eq!(setup.get(probe).await.status(), StatusCode::OK, "{probe}");
    }
}

#[tokio::test]
async fn a_wallets_document_is_kept_for_as_long_as_the_wallet_says() {
    for (control, expected) in [("max-age=100", 1), ("no-store", 2)] {
        let mut setup = Setup::new(move |_| at_once(([(CACHE_CONTROL, control)], "{}"))).await;
        for _ in 0..2 {
            let continuation = setup.continuation();
            assert_eq!(setup.send(&continuation).await.status(), StatusCode::NOT_FOUND);
        }
        assert_eq!(setup.double.count("GET /alice"), expected, "{control}");
    }
}

#[tokio::test]
async fn extensions_may_read_answers_and_web_pages_may_not() {
    let setup = Setup::with_wallet().await;
    let preflight = async |origin: &str| {
        let request = Request::options("/v1/payments")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-digest,signature,signature-input");
        setup.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    for origin in ["chrome-extension://abcdefgh", "moz-extension://0000-1111"] {
        assert_eq!(preflight(origin).await.headers()["access-control-allow-origin"], origin);
    }
    for origin in [
        "https://site.example",
        "null",
        "https://chrome-extension",
        "http://localhost:3000",
        "chrome-extension:/abcdefgh",
        "chrome-extension://abcdefgh, https://site.example",
    ] {
        assert!(!preflight(origin).await.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
    let request = Request::post("/v1/payments").header("origin", "chrome-extension://abcdefgh").body(Body::empty());
    let response = setup.router.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.headers()["access-control-expose-headers"], "rivulet-session");
}

#[tokio::test]
async fn a_message_that_is_too_long_is_not_read() {
    let setup = Setup::with_wallet().await;
    let long = Request::post("/v1/grants").body(Body::from(vec![b' '; 16 * 1024 + 1])).unwrap();
    let response = setup.router.clone().oneshot(long).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(json::<ErrorReply>(response).await.error.message.contains("too long"));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_come_is_not_waited_for() {
    let setup = Setup::with_wallet().await;
    let (_write, read) = tokio::io::duplex(64);
    let slow = Request::post("/v1/grants").body(Body::from_stream(ReaderStream::new(read))).unwrap();
    let response = setup.router.clone().oneshot(slow).await.unwrap();
    assert!(json::<ErrorReply>(response).await.error.message.contains("too long to arrive"));
}

#[tokio::test(start_paused = true)]
async fn all_of_a_flows_calls_together_have_a_deadline() {
    // Each call alone would be in time.
    let forty_seconds = |_: &str| -> Waiting { Box::pin(tokio::time::sleep(Duration::from_secs(40))) };
    let mut setup = Setup::with_waiting_wallet(forty_seconds).await;
    let start = Instant::now();
    let incoming = setup.rotation();
    let response = setup.send(&incoming).await;
    assert_eq!(json::<ErrorReply>(response).await.error.code, ErrorCode::WalletUnreachable);
    assert_eq!(setup.double.count("POST /auth/token/1"), 1);
    assert_eq!(start.elapsed().as_secs(), 59);
}

#[tokio::test]
async fn the_pages_are_there() {
    let setup = Setup::with_wallet().await;
    assert_eq!(text(setup.get("/healthz").await).await, "ok");
    let page = setup.get("/connected?hash=h&interact_ref=r").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    let page = text(page).await;
    assert!(page.contains("You can close this tab") && !page.contains("<script"));
    let document = WalletDocument::parse(&text(setup.get("/.well-known/pay").await).await).unwrap();
    assert_eq!(document.id.as_str(), "https://pay.example/.well-known/pay");
    let keys: serde_json::Value = json(setup.get("/.well-known/pay/jwks.json").await).await;
    assert_eq!(keys, setup.driver.core().client_keys());
    assert_eq!(setup.get("/v1/grants").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(setup.get("/v1/other").await.status(), StatusCode::NOT_FOUND);
}
