//! How much one address may ask for, whoever is behind it.

use std::time::Duration;

use open_payments::WalletAddress;
use protocol::{ContinueGrantReply, Endpoint, ErrorCode, ErrorReply, IncomingPaymentRequest};
use proxy::core::Incoming;

use crate::program::{Answer, Program};
use crate::setup::Setup;

/// As a balancer passes it on for this address.
async fn send(program: &Program, client: &str, incoming: &Incoming) -> Answer {
    let mut incoming = incoming.clone();
    incoming.headers.push(("x-forwarded-for".to_owned(), client.to_owned()));
    program.connect().await.unwrap().send(&incoming).await.unwrap()
}

fn error(answer: &Answer) -> ErrorCode {
    serde_json::from_str::<ErrorReply>(&answer.body).unwrap().error.code
}

/// How often each limit has refused somebody.
async fn refused(program: &Program) -> Vec<String> {
    let (_, metrics) = program.get(program.metrics, "/metrics").await;
    let lines = metrics.lines().filter_map(|line| line.strip_prefix("rivulet_proxy_rate_limited_total"));
    lines.map(str::to_owned).collect()
}

fn unsigned() -> Incoming {
    let headers = vec![("content-length".to_owned(), "2".to_owned())];
    Incoming { endpoint: Endpoint::CreatePayment, client: None, headers, body: b"{}".to_vec() }
}

const BEHIND_A_BALANCER: [&str; 2] = ["--trusted-proxies", "127.0.0.0/8"];

#[tokio::test]
async fn an_address_that_asks_too_often_is_turned_away_before_its_message_is_read() {
    let options = [&BEHIND_A_BALANCER[..], &["--requests-per-address", "20"]].concat();
    let program = Program::start("turned-away.key", &options).await;
    for _ in 0..20 {
        assert_eq!(error(&send(&program, "192.0.2.1", &unsigned()).await), ErrorCode::InvalidRequest);
    }
    let answer = send(&program, "192.0.2.1", &unsigned()).await;
    assert_eq!((answer.status, error(&answer)), (429, ErrorCode::RateLimited));
    assert!(answer.headers.contains("\r\nretry-after: 3\r\n"), "{}", answer.headers);
    // Whoever sends no body at all is not waited for.
    let mut unfinished = unsigned();
    unfinished.body.clear();
    let start = std::time::Instant::now();
    assert_eq!(send(&program, "192.0.2.1", &unfinished).await.status, 429);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(error(&send(&program, "192.0.2.2", &unsigned()).await), ErrorCode::InvalidRequest);
    assert_eq!(refused(&program).await, [r#"{limit="requests-per-address"} 2"#]);
}

#[tokio::test]
async fn a_browser_that_asks_too_often_is_counted_by_what_it_asks() {
    let program = Program::start("counted.key", &["--requests-per-minute", "1", "--payments-per-minute", "2"]).await;
    let mut setup = Setup::with_wallet().await;
    let connected = send(&program, "192.0.2.1", &setup.continuation()).await;
    let session = serde_json::from_str::<ContinueGrantReply>(&connected.body).unwrap().session;
    for _ in 0..2 {
        assert_eq!(send(&program, "192.0.2.1", &setup.rotation()).await.status, 429);
    }
    // The wallet refuses them.
    for status in [422, 422, 429] {
        assert_eq!(send(&program, "192.0.2.1", &setup.quote(&session)).await.status, status);
    }
    let mut refused = refused(&program).await;
    refused.sort_unstable();
    assert_eq!(refused, [r#"{limit="payments-per-minute"} 1"#, r#"{limit="requests-per-minute"} 2"#]);
}

#[tokio::test]
async fn an_address_makes_the_proxy_look_up_only_so_many_wallets() {
    let options = [&BEHIND_A_BALANCER[..], &["--wallets-per-address", "3"]].concat();
    let program = Program::start("looked-up.key", &options).await;
    let mut setup = Setup::with_wallet().await;
    let connected = send(&program, "192.0.2.9", &setup.continuation()).await;
    let session = serde_json::from_str::<ContinueGrantReply>(&connected.body).unwrap().session;
    let mut ask = async |client: &str, name: &str| {
        let wallet_address: WalletAddress = setup.url(name).as_str().to_owned().try_into().unwrap();
        let message = IncomingPaymentRequest { wallet_address };
        let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
        let answer = send(&program, client, &incoming).await;
        (answer.status, setup.double.asked().iter().filter(|asked| asked.what == format!("GET {name}")).count())
    };
    for name in ["/a", "/b", "/c"] {
        assert_eq!(ask("192.0.2.1", name).await, (404, 1), "{name}");
    }
    assert_eq!(ask("192.0.2.1", "/d").await, (429, 0));
    assert_eq!(ask("192.0.2.1", "/alice").await.0, 200, "this one is at hand");
    assert_eq!(ask("192.0.2.2", "/d").await, (404, 1));
    assert_eq!(refused(&program).await, [r#"{limit="wallets-per-address"} 1"#]);
}
