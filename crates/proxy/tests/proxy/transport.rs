//! The way out: which wallets are reached, and what of their answers is read.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, LOCATION};
use axum::response::IntoResponse;
use open_payments::Url;
use open_payments_client::{HttpRequest, Method};
use proxy::core::Unreachable;
use proxy::shell::{Wallets, WayOut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::double::{Answering, Double, at_once};
use crate::setup::sandbox;

fn get(url: &str) -> HttpRequest {
    HttpRequest { method: Method::Get, url: Url::parse(url).unwrap(), headers: Vec::new(), body: None }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn wallets() -> Wallets {
    Wallets::new(&sandbox()).unwrap()
}

/// What comes of a GET to a wallet that answers like this.
async fn outcome(answer: impl Fn() -> Answering + Clone + Send + Sync + 'static) -> Result<u16, Unreachable> {
    let double = Double::start(move |_| answer()).await;
    wallets().send(get(&double.origin), soon()).await.map(|reply| reply.status)
}

/// A body without end.
fn endless() -> Body {
    let (mut write, read) = tokio::io::duplex(4096);
    tokio::spawn(async move { while write.write_all(&[b'x'; 4096]).await.is_ok() {} });
    Body::from_stream(tokio_util::io::ReaderStream::new(read))
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let sized = |length| outcome(move || at_once("x".repeat(length)));
    assert_eq!(sized(64 * 1024).await, Ok(200));
    assert_eq!(sized(64 * 1024 + 1).await, Err(Unreachable::TooLarge));
    assert_eq!(outcome(|| at_once(endless().into_response())).await, Err(Unreachable::TooLarge));
}

#[tokio::test]
async fn an_answer_is_not_unpacked() {
    let packed = [0x1f, 0x8b, 0x08, 0x00, 0xff, 0xff];
    let answer = move || at_once(([(CONTENT_ENCODING, "gzip")], Bytes::copy_from_slice(&packed)));
    assert_eq!(outcome(answer).await, Err(Unreachable::NotText));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Double::start(|_| at_once("secret")).await;
    let url = target.origin.clone();
    let status = outcome(move || at_once((StatusCode::FOUND, [(LOCATION, url.clone())]))).await;
    assert_eq!((status, target.asked().len()), (Ok(302), 0));
}

#[tokio::test]
async fn a_wallet_that_hangs_is_given_up_at_the_deadline() {
    let double = Double::start(|_| Box::pin(std::future::pending())).await;
    let wallets = wallets();
    let start = Instant::now();
    let outcome = wallets.send(get(&double.origin), start + Duration::from_millis(100)).await;
    assert_eq!(outcome.unwrap_err(), Unreachable::Deadline);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_wallet_that_breaks_off_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
        }
    });
    assert_eq!(wallets().send(get(&url), soon()).await.unwrap_err(), Unreachable::Connection);
}

#[tokio::test]
async fn private_addresses_are_not_connected_to() {
    let double = Double::start(|_| at_once("secret")).await;
    let port = double.origin.rsplit(':').next().unwrap();
    let wallets = Wallets::new(&WayOut::default()).unwrap();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::1]:{port}/"),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/".to_owned(),
        "https://[64:ff9b::a9fe:a9fe]/".to_owned(),
    ] {
        assert_eq!(wallets.send(get(&url), soon()).await.unwrap_err(), Unreachable::Private, "{url}");
    }
    let sandbox = self::wallets().send(get("https://10.0.0.1/"), soon()).await;
    assert_eq!(sandbox.unwrap_err(), Unreachable::Private, "loopback is all that the switch allows");
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn the_wallet_gets_the_given_headers_and_what_http_demands() {
    let double = Double::start(|_| at_once("")).await;
    let headers = [("authorization", "GNAP T"), ("content-length", "2"), ("content-type", "application/json")];
    let request = HttpRequest {
        method: Method::Post,
        url: Url::parse(&format!("{}/a?b='c'", double.origin)).unwrap(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Some("{}".to_owned()),
    };
    wallets().send(request, soon()).await.unwrap();
    let asked = &double.asked()[0];
    assert_eq!((asked.what.as_str(), asked.body.as_str()), ("POST /a?b='c'", "{}"));
    let mut names: Vec<_> = asked.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["authorization", "content-length", "content-type", "host", "user-agent"]);
    assert_eq!(asked.headers["user-agent"], "rivulet-proxy");
}

#[tokio::test]
async fn a_certificate_is_trusted_only_if_its_authority_is_named() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = std::env::temp_dir().join(format!("rivulet-proxy-{}.pem", std::process::id()));
    std::fs::write(&file, own.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        }
    });
    let trusting = Wallets::new(&WayOut { extra_authority: Some(file.clone()), ..sandbox() });
    std::fs::remove_file(&file).unwrap();
    assert_eq!(trusting.unwrap().send(get(&url), soon()).await.unwrap().body, "ok");
    assert_eq!(wallets().send(get(&url), soon()).await.unwrap_err(), Unreachable::Connection);
}

#[test]
fn a_file_without_a_certificate_is_named() {
    for file in [PathBuf::from("/nowhere.pem"), PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")] {
        let error =
            Wallets::new(&WayOut { extra_authority: Some(file.clone()), ..sandbox() }).err().unwrap().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
    }
}
