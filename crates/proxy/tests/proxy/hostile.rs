//! Strangers who send what no browser sends, more than is read, or more requests than they wait
//! for: over sockets, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, pause, resume, sleep, timeout};

use crate::setup::Setup;

struct Proxy {
    setup: Setup,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Proxy {
    async fn start(options: &[&str]) -> Self {
        let setup = Setup::with_wallet().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = setup.server(options);
        let server = tokio::spawn(async move { server.serve(listener).await });
        Self { setup, address, server }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What is answered to these bytes, to the end of the connection.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // It may be closed before everything is written.
        let _ = stream.write_all(bytes).await;
        rest(&mut stream).await
    }

    /// It still serves others, and soon.
    async fn is_well(&self) {
        let answer = timeout(Duration::from_secs(5), self.send(HEALTH)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: pay.example\r\nconnection: close\r\n\r\n";

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset ends it too.
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Time goes by at once, once what has been sent is there.
async fn later(time: Duration) {
    sleep(Duration::from_millis(100)).await;
    pause();
    advance(time).await;
    resume();
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let proxy = Proxy::start(&[]).await;
    let mut slow = proxy.connect().await;
    slow.write_all(b"POST /v1/payments HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    later(Duration::from_secs(11)).await;
    let answer = rest(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("took too long to arrive"), "{answer}");
}

#[tokio::test]
async fn headers_and_bodies_have_a_size() {
    let proxy = Proxy::start(&[]).await;
    let long = format!("POST /v1/payments HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n", "x".repeat(64 * 1024));
    let answer = proxy.send(long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = format!("POST /v1/payments HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(1000));
    let answer = proxy.send(many.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let head = "POST /v1/payments HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    let announced = format!("{head}content-length: 1000000000\r\n\r\n{}", "x".repeat(100_000));
    let answer = proxy.send(announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("too long"), "{answer}");
    let chunks =
        format!("{head}transfer-encoding: chunked\r\n\r\n{}", "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n");
    let endless = format!("{chunks}{}", ("1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n").repeat(20));
    let answer = proxy.send(endless.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("too long"), "{answer}");
    proxy.is_well().await;
}

#[tokio::test]
async fn a_message_is_not_unpacked() {
    // Ten megabytes of zeros in ten kilobytes would be a bomb; as they are they are no JSON.
    let proxy = Proxy::start(&[]).await;
    let mut incoming =
        proxy.setup.world.incoming_with("nonce-of-a-packed-one", protocol::Endpoint::RequestGrant, "{}", None);
    incoming.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    let headers: String = incoming.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let message = format!(
        "POST /v1/grants HTTP/1.1\r\nhost: a\r\nconnection: close\r\naccept-encoding: gzip\r\n{headers}\r\n{{}}"
    );
    let answer = proxy.send(message.as_bytes()).await;
    // It was read as the text that it is, and what is missing in it is told; as plain text too.
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("missing field"), "{answer}");
    assert!(!answer.to_lowercase().contains("content-encoding"), "{answer}");
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

/// `POST http://pay.example/` with the static table of HPACK.
const POST: &[u8] = b"\x83\x86\x84\x41\x0bpay.example";

/// The kinds of the frames that come, to the end of the connection or the deadline.
async fn frames(stream: &mut TcpStream, deadline: Instant) -> Vec<u8> {
    let mut kinds = Vec::new();
    let read = async {
        loop {
            let mut head = [0; 9];
            if stream.read_exact(&mut head).await.is_err() {
                return;
            }
            kinds.push(head[3]);
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            if stream.read_exact(&mut vec![0; length as usize]).await.is_err() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout_at(deadline, read).await;
    kinds
}

async fn http2(proxy: &Proxy) -> TcpStream {
    let mut stream = proxy.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

#[tokio::test]
async fn whoever_takes_requests_back_as_fast_as_they_come_is_sent_away() {
    let proxy = Proxy::start(&[]).await;
    let mut stream = http2(&proxy).await;
    let attack: Vec<u8> = (0..2_000_u32)
        .flat_map(|n| {
            let open = frame(HEADERS, END_HEADERS, 2 * n + 1, POST);
            [open, frame(RESET, 0, 2 * n + 1, &[0, 0, 0, 8])].concat()
        })
        .collect();
    let _ = stream.write_all(&attack).await;
    let kinds = frames(&mut stream, Instant::now() + Duration::from_secs(5)).await;
    assert!(kinds.contains(&GO_AWAY) || kinds.len() < 10, "{kinds:?}");
    let mut byte = [0];
    let closed = timeout(Duration::from_secs(5), stream.read(&mut byte)).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
    proxy.is_well().await;
}

#[tokio::test]
async fn one_connection_has_so_many_requests_at_a_time() {
    let proxy = Proxy::start(&[]).await;
    let mut stream = http2(&proxy).await;
    // The first flight does not wait for the server's settings; whatever is too much is refused.
    let many: Vec<u8> = (0..100_u32)
        .flat_map(|n| {
            let path = b"\x83\x86\x44\x0a/v1/grants\x41\x0bpay.example";
            frame(HEADERS, END_HEADERS, 2 * n + 1, path)
        })
        .collect();
    stream.write_all(&many).await.unwrap();
    let kinds = frames(&mut stream, Instant::now() + Duration::from_secs(1)).await;
    let refused = kinds.iter().filter(|kind| **kind == RESET).count();
    assert!(refused == 36 || kinds.contains(&GO_AWAY), "{refused} of {kinds:?}");
    assert!(!kinds.contains(&DATA), "those that were taken in wait for their bodies");
    let _ = stream.write_all(&frame(DATA, END_STREAM, 1, b"{}")).await;
    proxy.is_well().await;
}

#[tokio::test]
async fn what_is_no_http_is_not_answered_for_long() {
    let proxy = Proxy::start(&[]).await;
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"HELO example\r\n\r\n", &[0; 1000]] {
        let answer = proxy.send(bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    proxy.is_well().await;
}

#[tokio::test]
async fn what_two_servers_in_a_row_could_read_differently_is_refused() {
    let proxy = Proxy::start(&[]).await;
    for smuggled in [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: 2, 3",
        "content-length: +2",
        "content-length: 2\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: \u{b}chunked",
        "transfer-encoding : chunked",
        "x: a\r\n transfer-encoding: chunked",
        "x: a\0b",
    ] {
        let second = "0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
        let message =
            format!("POST /v1/payments HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{smuggled}\r\n\r\n{second}");
        let answer = proxy.send(message.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{smuggled}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), usize::from(!answer.is_empty()), "{smuggled}: {answer}");
    }
    proxy.is_well().await;
}
