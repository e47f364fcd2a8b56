//! Each wallet by itself: one that hangs, is down or is none at all keeps nobody from the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use open_payments::{Secret, Url};
use open_payments_client::{CreateOutgoingPayment, HttpRequest, Method};
use protocol::{Endpoint, IncomingPaymentRequest, PaymentReply, PaymentRequest, QuoteReply};
use proxy::core::Unreachable;
use proxy::shell::{Wallets, WayOut};
use proxy::store::SqliteStore;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, pause, resume};
use tower::ServiceExt;

use crate::double::{Double, at_once};
use crate::setup::{Setup, Waiting, http, json, sandbox, until};
use crate::store::Folder;
use crate::world::receiver;

const OBJECT: &str = "{}";

fn get(url: &str) -> HttpRequest {
    HttpRequest { method: Method::Get, url: Url::parse(url).unwrap(), headers: Vec::new(), body: None }
}

fn wallets(requests_at_once: u32) -> Arc<Wallets> {
    let requests_at_once = requests_at_once.try_into().unwrap();
    Arc::new(Wallets::new(&WayOut { requests_at_once, ..sandbox() }).unwrap())
}

async fn send(wallets: &Wallets, url: &str, patience: Duration) -> Result<u16, Unreachable> {
    wallets.send(get(url), Instant::now() + patience).await.map(|reply| reply.status)
}

const PATIENCE: Duration = Duration::from_secs(9);

async fn hanging() -> Double {
    Double::start(|_| Box::pin(std::future::pending())).await
}

/// A host that breaks each connection off, and counts them; or answers, once it is told to.
struct Broken {
    url: String,
    connected: Arc<AtomicUsize>,
    healed: Arc<AtomicUsize>,
}

impl Broken {
    async fn start() -> Self {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (connected, healed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, heal) = (Arc::clone(&connected), Arc::clone(&healed));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                if heal.load(Ordering::Relaxed) > 0 {
                    let _ = stream.read(&mut [0; 1024]).await;
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                    let _ = stream.write_all(answer).await;
                }
            }
        });
        Self { url, connected, healed }
    }

    fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }
}

/// Time goes by at once.
async fn later(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

async fn median(wallets: &Wallets, url: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..101 {
        let start = std::time::Instant::now();
        assert_eq!(send(wallets, url, PATIENCE).await, Ok(200));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test]
async fn a_wallet_that_hangs_does_not_slow_another() {
    let (wallets, slow, good) = (wallets(256), hanging().await, Double::start(|_| at_once(OBJECT)).await);
    let before = median(&wallets, &good.origin).await;
    let mut waiting = JoinSet::new();
    for _ in 0..600 {
        let (wallets, url) = (Arc::clone(&wallets), slow.origin.clone());
        waiting.spawn(async move { send(&wallets, &url, PATIENCE).await });
    }
    until(|| slow.asked().len() == 256).await;
    let meanwhile = median(&wallets, &good.origin).await;
    assert!(meanwhile < 5 * before, "{meanwhile:?} instead of {before:?}");
    assert_eq!(slow.asked().len(), 256, "no more than that at once");
    waiting.abort_all();
}

#[tokio::test]
async fn of_many_requests_some_wait_for_a_place_and_the_rest_is_refused_at_once() {
    let (wallets, slow) = (wallets(2), hanging().await);
    let mut waiting = JoinSet::new();
    let mut ask = |times, patience| {
        for _ in 0..times {
            let (wallets, url) = (Arc::clone(&wallets), slow.origin.clone());
            waiting.spawn(async move { send(&wallets, &url, Duration::from_millis(patience)).await });
        }
    };
    // Who has a place keeps it for longer than the others wait.
    ask(2, 3000);
    until(|| slow.asked().len() == 2).await;
    ask(8, 1500);
    tokio::task::yield_now().await;
    let start = Instant::now();
    assert_eq!(send(&wallets, &slow.origin, PATIENCE).await, Err(Unreachable::Busy));
    assert!(start.elapsed() < Duration::from_millis(500));
    let outcomes = waiting.join_all().await;
    let count = |reason| outcomes.iter().filter(|outcome| **outcome == Err(reason)).count();
    assert_eq!((count(Unreachable::Deadline), count(Unreachable::Busy)), (2, 8));
    assert_eq!(slow.asked().len(), 2, "whoever waited to the end was not sent");
    assert_eq!(send(&wallets, &slow.origin, Duration::from_millis(100)).await, Err(Unreachable::Deadline));
}

#[tokio::test]
async fn a_wallet_that_is_down_is_left_alone_and_tried_with_one_request_at_a_time() {
    let (wallets, broken) = (wallets(256), Broken::start().await);
    for _ in 0..5 {
        assert_eq!(send(&wallets, &broken.url, PATIENCE).await, Err(Unreachable::Connection));
    }
    let before = broken.connected();
    for _ in 0..100 {
        assert_eq!(send(&wallets, &broken.url, PATIENCE).await, Err(Unreachable::Resting));
    }
    assert_eq!(broken.connected(), before);

    later(Duration::from_secs(3)).await;
    assert_eq!(send(&wallets, &broken.url, PATIENCE).await, Err(Unreachable::Connection));
    assert_eq!(send(&wallets, &broken.url, PATIENCE).await, Err(Unreachable::Resting), "one was enough");

    later(Duration::from_secs(3)).await;
    broken.healed.store(1, Ordering::Relaxed);
    for _ in 0..20 {
        assert_eq!(send(&wallets, &broken.url, PATIENCE).await, Ok(200));
    }
}

#[tokio::test]
async fn while_one_request_tries_a_wallet_that_was_down_the_others_do_not_wait() {
    let (wallets, slow) = (wallets(256), hanging().await);
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        let (wallets, url) = (Arc::clone(&wallets), slow.origin.clone());
        waiting.spawn(async move { send(&wallets, &url, PATIENCE).await });
    }
    until(|| slow.asked().len() == 5).await;
    later(PATIENCE).await;
    assert!(waiting.join_all().await.iter().all(|outcome| *outcome == Err(Unreachable::Deadline)));
    assert_eq!(send(&wallets, &slow.origin, PATIENCE).await, Err(Unreachable::Resting));
    later(Duration::from_secs(3)).await;
    let (trying, url) = (Arc::clone(&wallets), slow.origin.clone());
    let trying = tokio::spawn(async move { send(&trying, &url, PATIENCE).await });
    until(|| slow.asked().len() == 6).await;
    for _ in 0..10 {
        assert_eq!(send(&wallets, &slow.origin, PATIENCE).await, Err(Unreachable::Resting));
    }
    trying.abort();
}

#[tokio::test]
async fn a_deadline_that_left_no_time_is_not_held_against_a_wallet() {
    let (wallets, slow) = (wallets(256), hanging().await);
    for _ in 0..20 {
        assert_eq!(send(&wallets, &slow.origin, Duration::from_millis(20)).await, Err(Unreachable::Deadline));
    }
}

#[tokio::test]
async fn a_host_that_is_no_wallet_is_not_flooded_and_a_wallet_that_refuses_is_not_limited() {
    let site = Double::start(|_| at_once((StatusCode::OK, "<html>Welcome</html>"))).await;
    let refusal = r#"{"error":{"code":"403","description":"Inactive Token"}}"#;
    let wallet = Double::start(move |_| at_once((StatusCode::FORBIDDEN, refusal))).await;
    let wallets = wallets(256);
    for _ in 0..400 {
        let _ = send(&wallets, &site.origin, PATIENCE).await;
        assert_eq!(send(&wallets, &wallet.origin, PATIENCE).await, Ok(403));
    }
    assert_eq!(send(&wallets, &site.origin, PATIENCE).await, Err(Unreachable::Strange));
    // A few more than a minute's worth, as some of the minute has gone by.
    assert!((300..330).contains(&site.asked().len()), "{}", site.asked().len());
    later(Duration::from_secs(1)).await;
    let mut admitted = 0;
    while send(&wallets, &site.origin, PATIENCE).await == Ok(200) {
        admitted += 1;
    }
    assert!((5..=7).contains(&admitted), "{admitted} in a second");
}

#[tokio::test]
async fn a_machine_that_begins_to_doubt_a_wallet_believes_the_others() {
    let folder = Folder::new("circuit");
    let store = || Box::new(SqliteStore::open(&folder.0.join("store")).unwrap());
    let broken = Broken::start().await;
    let mut setup = Setup::with_wallet().await;
    let session = setup.connect().await;
    let (one, other) = (setup.replica(store()), setup.replica(store()));
    let mut ask = async |machine: &axum::Router| {
        let message = IncomingPaymentRequest { wallet_address: format!("{}site", broken.url).try_into().unwrap() };
        let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
        let response = machine.clone().oneshot(http(&incoming)).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        broken.connected()
    };
    for n in 1..=5 {
        assert_eq!(ask(&one).await, n);
    }
    assert_eq!(ask(&one).await, 5);
    assert_eq!(ask(&other).await, 6, "it has no doubts yet");
    assert_eq!(ask(&other).await, 6);
}

#[tokio::test]
async fn a_payment_does_not_wait_for_the_quote_beside_it() {
    let release = Arc::new(Notify::new());
    let held = Arc::clone(&release);
    let mut setup = Setup::with_wallet_that_pays_after(move |what| -> Waiting {
        let held = (what == "POST /t/quotes").then(|| Arc::clone(&held));
        Box::pin(async move {
            if let Some(held) = held {
                held.notified().await;
            }
        })
    })
    .await;
    let session = setup.connect().await;
    let quote = setup.quote(&session);
    let quote = tokio::spawn(setup.router.clone().oneshot(http(&quote)));
    until(|| setup.double.count("POST /t/quotes") == 1).await;
    let token = Secret::new("TOKEN".to_owned());
    let operation = CreateOutgoingPayment { token, quote: setup.url("/t/quotes/0") };
    let request = setup.world.signed_by(&setup.world.install, &operation, &setup.wallet);
    let message = PaymentRequest { incoming_payment: receiver(), request };
    let payment = setup.world.incoming(Endpoint::CreatePayment, &message, Some(&session));
    let paid: PaymentReply = json(setup.send(&payment).await).await;
    assert_eq!(paid.id, setup.url("/t/outgoing-payments/1"));
    assert!(!quote.is_finished());
    release.notify_one();
    let quoted: QuoteReply = json(quote.await.unwrap().unwrap()).await;
    assert_eq!(quoted.id, setup.url("/t/quotes/1"));
}
