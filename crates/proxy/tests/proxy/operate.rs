//! The program under an operator: what it writes down, and how it stops.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_signature::Signer;
use open_payments::{IncomingPaymentUrl, Secret};
use open_payments_client::{CreateOutgoingPayment, CreateQuote};
use protocol::{
    ContinueGrantReply, Endpoint, IncomingPaymentReply, IncomingPaymentRequest, PaymentReply, PaymentRequest,
    QuoteReply, QuoteRequest, RotateTokenReply,
};
use proxy::core::Incoming;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use crate::program::{Answer, Connection, Program};
use crate::setup::{Setup, until};
use crate::world::usd;

const SOON: Duration = Duration::from_secs(10);

async fn send(program: &Program, incoming: &Incoming) -> Answer {
    program.connect().await.unwrap().send(incoming).await.unwrap()
}

async fn reply<T: DeserializeOwned>(program: &Program, incoming: &Incoming) -> T {
    let Answer { status, body, .. } = send(program, incoming).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// All that a user does: connect, quote, pay, rotate.
async fn pay(program: &Program, setup: &mut Setup) -> Secret {
    let granted: ContinueGrantReply = reply(program, &setup.continuation()).await;
    let session = granted.session;
    let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
    let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
    let receiver: IncomingPaymentUrl = reply::<IncomingPaymentReply>(program, &incoming).await.id;

    let token = granted.access_token.value;
    let quote = CreateQuote { token: token.clone(), receiver: receiver.clone(), debit_amount: usd(100) };
    let request = setup.world.signed_by(&setup.world.install, &quote, &setup.wallet);
    let message = QuoteRequest { incoming_payment: receiver.clone(), request };
    let quote: QuoteReply =
        reply(program, &setup.world.incoming(Endpoint::CreateQuote, &message, Some(&session))).await;
    let payment = CreateOutgoingPayment { token, quote: quote.id };
    let request = setup.world.signed_by(&setup.world.install, &payment, &setup.wallet);
    let message = PaymentRequest { incoming_payment: receiver, request };
    let incoming = setup.world.incoming(Endpoint::CreatePayment, &message, Some(&session));
    assert!(!reply::<PaymentReply>(program, &incoming).await.failed);
    let rotated: RotateTokenReply = reply(program, &setup.rotation()).await;
    let _: RotateTokenReply = reply(program, &setup.rotation()).await;
    rotated.session
}

#[tokio::test]
async fn neither_log_nor_metrics_say_who_pays_whom_or_with_what() {
    let mut program = Program::start("traced.key", &["--log-level", "trace"]).await;
    let mut setup = Setup::with_wallet_that_pays().await;
    let session = pay(&program, &mut setup).await;
    let mut stranger = setup.world.incoming(Endpoint::CreateQuote, &"?", Some(&session));
    stranger.headers.push(("x-forwarded-for".to_owned(), "203.0.113.9".to_owned()));
    assert_eq!(send(&program, &stranger).await.status, 400);
    let (status, metrics) = program.get(program.metrics, "/metrics").await;
    assert_eq!(status, 200);
    let keys = std::fs::read_to_string(&program.key_file).unwrap();
    let log = program.stop().await;
    for line in [
        r#""endpoint":"/v1/grants/continue","outcome":"ok","status":200,"#,
        r#""endpoint":"/v1/payments","outcome":"ok","#,
        r#""endpoint":"/v1/quotes","outcome":"invalid_request","status":400,"#,
    ] {
        assert!(log.contains(line), "{line} in {log}");
    }
    for line in [
        r#"rivulet_proxy_requests_total{endpoint="/v1/payments",outcome="ok"} 1"#,
        r#"rivulet_proxy_requests_total{endpoint="/v1/quotes",outcome="invalid_request"} 1"#,
        r#"rivulet_proxy_rotations_total{outcome="made"} 1"#,
        r#"rivulet_proxy_rotations_total{outcome="repeated"} 1"#,
        r#"rivulet_proxy_seconds_count{endpoint="/v1/payments",stage="wallet"} 1"#,
        r#"rivulet_proxy_seconds_count{endpoint="/v1/payments",stage="total"} 1"#,
        r#"rivulet_proxy_seconds_count{endpoint="/v1/payments",stage="verify"} 1"#,
        r#"rivulet_proxy_seconds_count{endpoint="/v1/payments",stage="store"} 3"#,
        "rivulet_proxy_circuits_open 0",
        r#"rivulet_proxy_build_info{version=""#,
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
    for secret in [
        "FRESH-TOKEN",
        "OLD-TOKEN",
        "CONTINUE",
        "v4.public",
        "alice",
        "incoming-payments/",
        "quotes/1",
        setup.double.origin.trim_start_matches("http://"),
        &setup.world.install.public_key().to_base64url(),
        keys["keys"][0]["seed"].as_str().unwrap(),
        "nonce-0",
        "signature",
        "203.0.113.9",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
        assert!(!metrics.contains(secret), "{secret} in {metrics}");
    }
}

#[tokio::test]
async fn a_line_of_the_log_is_found_by_the_number_in_the_answer() {
    let mut program = Program::start("numbered.key", &[]).await;
    let mut setup = Setup::with_wallet().await;
    let continuation = setup.continuation();
    let answer = send(&program, &continuation).await;
    let id = answer.headers.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    assert_eq!(id.len(), 16);
    let again = send(&program, &continuation).await;
    assert!(!again.headers.contains(&id));
    let log = program.stop().await;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
    assert!(matches!(lines[..], [line] if line.contains("/v1/grants/continue")), "{lines:?}");
}

#[tokio::test]
async fn the_internet_reads_no_metrics() {
    let program = Program::start("hidden.key", &[]).await;
    assert_eq!(program.get(program.address, "/metrics").await.0, 404);
    assert_eq!(program.get(program.metrics, "/v1/grants").await.0, 404);
}

#[tokio::test]
async fn behind_a_balancer_each_visitor_has_a_limit_of_their_own() {
    let options = ["--trusted-proxies", "127.0.0.0/8", "--requests-per-address", "1"];
    let program = Program::start("balanced.key", &options).await;
    let status = async |visitor: &str| {
        let headers = vec![
            ("x-forwarded-for".to_owned(), format!("198.51.100.7, {visitor}")),
            ("content-length".to_owned(), "1".to_owned()),
        ];
        let incoming = Incoming { endpoint: Endpoint::CreateQuote, client: None, headers, body: b"?".to_vec() };
        send(&program, &incoming).await.status
    };
    assert_eq!(status("203.0.113.1").await, 400);
    assert_eq!(status("203.0.113.1").await, 429);
    assert_eq!(status("203.0.113.2").await, 400);
}

/// Clients that keep a connection for as long as the server does, and like a balancer make no new
/// ones a while after they have seen that the server is draining.
struct Load<'a> {
    program: &'a Program,
    setup: Mutex<Setup>,
    session: Secret,
    signalled: Mutex<Option<Instant>>,
    answered: AtomicUsize,
    answered_while_draining: AtomicUsize,
}

impl Load<'_> {
    async fn client(&self) {
        while self.signalled.lock().unwrap().is_none_or(|signalled| signalled.elapsed() < Duration::from_secs(1)) {
            let mut connection = self.program.connect().await.unwrap();
            while self.request(&mut connection).await {}
        }
    }

    /// Whether the connection is good for another one.
    async fn request(&self, connection: &mut Connection) -> bool {
        let incoming = {
            let mut setup = self.setup.lock().unwrap();
            let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
            setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&self.session))
        };
        let answer = connection.send(&incoming).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.answered.fetch_add(1, Ordering::Relaxed);
        if self.signalled.lock().unwrap().is_some() {
            self.answered_while_draining.fetch_add(1, Ordering::Relaxed);
        }
        !answer.is_last()
    }

    async fn stop(&self) {
        sleep(Duration::from_secs(1)).await;
        let get = async |path: &str| self.program.connect().await.unwrap().get(path).await.unwrap();
        assert_eq!(get("/readyz").await.status, 200);
        self.program.signal("TERM");
        let signalled = Instant::now();
        *self.signalled.lock().unwrap() = Some(signalled);
        while get("/readyz").await.status != 503 {
            assert!(signalled.elapsed() < Duration::from_millis(500));
        }
        let alive = get("/healthz").await;
        assert!(alive.status == 200 && alive.is_last(), "{alive:?}");
    }
}

#[tokio::test]
async fn no_request_is_cut_off_when_the_program_is_told_to_stop_under_load() {
    let options = ["--drain-delay", "2", "--drain-deadline", "20", "--requests-per-minute", "1000000"];
    let mut program = Program::start("drained.key", &options).await;
    // Two calls for each request: some are under way when no more connections are taken.
    let mut setup = Setup::with_waiting_wallet(|_| Box::pin(sleep(Duration::from_millis(600)))).await;
    let session = reply::<ContinueGrantReply>(&program, &setup.continuation()).await.session;
    let load = Load {
        program: &program,
        setup: Mutex::new(setup),
        session,
        signalled: Mutex::new(None),
        answered: AtomicUsize::new(0),
        answered_while_draining: AtomicUsize::new(0),
    };
    let clients = async {
        tokio::join!(load.client(), load.client(), load.client(), load.client());
    };
    let more = async {
        tokio::join!(load.client(), load.client(), load.client(), load.client());
    };
    timeout(SOON, async { tokio::join!(load.stop(), clients, more) }).await.unwrap();
    let answered = (load.answered.into_inner(), load.answered_while_draining.into_inner());
    assert!(answered.0 >= 16 && answered.1 >= 8, "{answered:?}");
    let log = program.ended(SOON).await;
    assert!(log.contains("stopped") && !log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn a_request_that_is_on_its_way_when_the_program_stops_is_answered() {
    let mut program = Program::start("late.key", &[]).await;
    let mut connection = program.connect().await.unwrap();
    program.signal("TERM");
    until(|| std::net::TcpStream::connect(program.address).is_err()).await;
    let answer = connection.get("/healthz").await.unwrap();
    assert!(answer.status == 200 && answer.is_last(), "{answer:?}");
    program.ended(SOON).await;
}

#[tokio::test]
async fn a_wallet_that_hangs_does_not_keep_the_program_from_stopping() {
    let mut program = Program::start("deadline.key", &["--drain-deadline", "1"]).await;
    let mut setup = Setup::with_waiting_wallet(|_| Box::pin(std::future::pending())).await;
    let continuation = setup.continuation();
    let mut connection = program.connect().await.unwrap();
    let waiting = tokio::spawn(async move { connection.send(&continuation).await });
    until(|| setup.double.count("GET /alice") == 1).await;
    program.signal("INT");
    let log = program.ended(SOON).await;
    assert!(log.contains("still under way"), "{log}");
    assert!(waiting.await.unwrap().is_err());
}
