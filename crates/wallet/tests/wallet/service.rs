//! The HTTP service around the sandbox, in-process.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use http_signature::{Parameters, content_digest, sign};
use open_payments::Url;
use serde_json::{Value, json};
use tower::ServiceExt;
use wallet::{KeyFetcher, Mode, Sandbox, Seed, Service, Vault, app};

use crate::support::{ALICE, Client, PAYER};

fn router() -> Router {
    let vault = Vault::in_memory(Sandbox::new(&Seed::default(), Mode::Strict).unwrap());
    let vault = Arc::new(Mutex::new(vault));
    app(Service { vault, wallet: 0, base: Url::parse(PAYER).unwrap(), keys: KeyFetcher::new().unwrap() })
}

async fn send(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 100_000).await.unwrap()).unwrap()
}

#[tokio::test]
async fn documents_are_for_every_page_and_preflights_name_what_was_asked_for() {
    let router = router();
    let response = send(&router, get_request("/alice")).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(json_of(response).await["id"], ALICE);
    let preflight = Request::options("/op/outgoing-payments/1")
        .header("access-control-request-headers", "authorization,signature,signature-input");
    let response = send(&router, preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()["access-control-allow-headers"], "authorization,signature,signature-input");
    let pages = send(&router, get_request("/admin/accounts")).await;
    assert!(!pages.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn the_admin_api_is_for_this_machine_only() {
    let router = router();
    assert_eq!(send(&router, get_request("/admin/accounts")).await.status(), StatusCode::OK);
    let rebound = Request::get("/admin/accounts").header("host", "evil.example:4201").body(Body::empty()).unwrap();
    assert_eq!(send(&router, rebound).await.status(), StatusCode::FORBIDDEN);
    for (peer, status) in [("192.0.2.1:9", StatusCode::FORBIDDEN), ("127.0.0.1:9", StatusCode::OK)] {
        let mut request = get_request("/admin/accounts");
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(send(&router, request).await.status(), status, "{peer}");
    }
}

#[tokio::test]
async fn a_lost_reply_breaks_off() {
    let router = router();
    let fault = Request::post("/admin/faults").body(Body::from(r#"{"fault":"loseReply"}"#)).unwrap();
    assert_eq!(send(&router, fault).await.status(), StatusCode::OK);
    let response = send(&router, get_request("/alice")).await;
    assert!(to_bytes(response.into_body(), 1000).await.is_err());
}

#[tokio::test]
async fn bodies_that_are_too_large_and_odd_addresses_are_refused() {
    let router = router();
    let large = Request::post("/auth").body(Body::from(vec![b' '; 65 * 1024])).unwrap();
    assert_eq!(send(&router, large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(&router, get_request("/a/../b")).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_keys_of_a_client_from_elsewhere_are_fetched() {
    let stranger = Client::new(5, "stranger-key");
    let keys = json!({ "keys": [{ "kty": "RSA", "n": "1" }, stranger.jwk()] }).to_string();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = format!("http://{}/somebody", listener.local_addr().unwrap());
    let server = Router::new().route("/somebody/jwks.json", get(move || async move { keys }));
    let server = tokio::spawn(async move { axum::serve(listener, server).await });

    let router = router();
    assert_eq!(ask_for_grant(&router, &stranger, &client).await.status(), StatusCode::OK);
    server.abort();
    let nobody = ask_for_grant(&router, &stranger, "http://127.0.0.1:1/nobody").await;
    assert_eq!(nobody.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(nobody).await["error"]["description"], "could not determine client");
}

/// A signed grant request, with the time of this machine.
async fn ask_for_grant(router: &Router, stranger: &Client, client: &str) -> Response<Body> {
    let body = json!({
        "access_token": { "access": [{ "type": "incoming-payment", "actions": ["create"] }] },
        "client": client,
    })
    .to_string();
    let digest = content_digest(body.as_bytes());
    let length = body.len().to_string();
    let headers =
        [("content-digest", digest.as_str()), ("content-length", &length), ("content-type", "application/json")];
    let target_uri = format!("{PAYER}/auth");
    let signed = http_signature::Request { method: "POST", target_uri: &target_uri, headers: &headers };
    let created = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let parameters = Parameters { created: Some(created), keyid: Some(stranger.kid.clone()), ..Parameters::default() };
    let components = ["@method", "@target-uri", "content-digest", "content-length", "content-type"];
    let signature = sign(&signed, &components, &parameters, &stranger.key).unwrap();
    let mut request = Request::post("/auth")
        .header("signature-input", signature.signature_input)
        .header("signature", signature.signature);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    send(router, request.body(Body::from(body)).unwrap()).await
}
