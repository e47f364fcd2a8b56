//! The program under an operator: what it writes down, and how it stops.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
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
use tokio::time::{Instant, sleep};

use crate::program::{Answer, Connection, Program, ended};
use crate::setup::Setup;
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
    let program = Program::start("traced.key", &["--log-level", "trace"]).await;
    let mut setup = Setup::with_wallet_that_pays().await;
    let session = pay(&program, &mut setup).await;
    let mut stranger = setup.world.incoming(Endpoint::CreateQuote, &"?", Some(&session));
    stranger.headers.push(("x-forwarded-for".to_owned(), "203.0.113.9".to_owned()));
    assert_eq!(send(&program, &stranger).await.status, 400);
    let (status, metrics) = program.get(program.metrics, "/metrics").await;
    assert_eq!(status, 200);

    let log = program.log();
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
        r#"rivulet_proxy_build_info{version=""#,
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let keys = std::fs::read_to_string(&program.key_file).unwrap();
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
    let program = Program::start("numbered.key", &[]).await;
    let mut setup = Setup::with_wallet().await;
    let continuation = setup.continuation();
    let answer = send(&program, &continuation).await;
    let id = answer.headers.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    assert_eq!(id.len(), 16);
    // The answer may be here before the line.
    crate::setup::until(|| program.log().contains(&id)).await;
    let line = program.log().lines().find(|line| line.contains(&id)).unwrap().to_owned();
    assert!(line.contains("/v1/grants/continue"), "{line}");
    let again = send(&program, &continuation).await;
    assert!(!again.headers.contains(&id));
}

#[tokio::test]
async fn the_internet_reads_no_metrics() {
    let program = Program::start("hidden.key", &[]).await;
    assert_eq!(program.get(program.address, "/metrics").await.0, 404);
    assert_eq!(program.get(program.metrics, "/v1/grants").await.0, 404);
}

/// What has come of requests in a row on connections that are kept as long as the server keeps them.
#[derive(Default)]
struct Load {
    answered: usize,
    answered_while_draining: usize,
    broken: Vec<String>,
}

async fn load(program: &Program, setup: &Mutex<Setup>, session: &Secret, load: &Mutex<Load>, draining: &Mutex<bool>) {
    loop {
        let mut connection = match program.connect().await {
            Ok(connection) => connection,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && *draining.lock().unwrap() => return,
            Err(error) => panic!("{error}"),
        };
        use_up(&mut connection, setup, session, load, draining).await;
    }
}

async fn use_up(
    connection: &mut Connection,
    setup: &Mutex<Setup>,
    session: &Secret,
    load: &Mutex<Load>,
    draining: &Mutex<bool>,
) {
    loop {
        let incoming = {
            let mut setup = setup.lock().unwrap();
            let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
            setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(session))
        };
        let outcome = connection.send(&incoming).await;
        let mut load = load.lock().unwrap();
        match outcome {
            Ok(answer) if answer.status == 200 => {
                load.answered += 1;
                load.answered_while_draining += usize::from(*draining.lock().unwrap());
                if answer.is_last() {
                    return;
                }
            }
            other => {
                load.broken.push(format!("{other:?}"));
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_cut_off_when_the_program_is_told_to_stop_under_load() {
    let options = ["--drain-delay", "1", "--drain-deadline", "20", "--requests-per-minute", "1000000"];
    let mut program = Program::start("drained.key", &options).await;
    let mut setup = Setup::with_waiting_wallet(|_| Box::pin(sleep(Duration::from_millis(40)))).await;
    let session = reply::<ContinueGrantReply>(&program, &setup.continuation()).await.session;
    let setup = Arc::new(Mutex::new(setup));
    let (done, draining) = (Arc::new(Mutex::new(Load::default())), Arc::new(Mutex::new(false)));
    let shared = &program;
    let stop = async {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(shared.get(shared.address, "/readyz").await.0, 200);
        *draining.lock().unwrap() = true;
        shared.signal("TERM");
        let signalled = Instant::now();
        while shared.get(shared.address, "/readyz").await.0 != 503 {
            assert!(signalled.elapsed() < Duration::from_millis(500));
        }
        let alive = shared.connect().await.unwrap().get("/healthz").await.unwrap();
        assert!(alive.status == 200 && alive.is_last(), "{alive:?}");
    };
    let clients: Vec<_> = (0..16).map(|_| load(shared, &setup, &session, &done, &draining)).collect();
    let clients = async {
        let mut clients: Vec<_> = clients.into_iter().map(Box::pin).collect();
        std::future::poll_fn(|context| {
            clients.retain_mut(|client| client.as_mut().poll(context).is_pending());
            if clients.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    };
    tokio::time::timeout(SOON, async { tokio::join!(stop, clients) }).await.unwrap();
    assert!(ended(&mut program, SOON).await.success(), "{}", program.log());
    let done = done.lock().unwrap();
    assert_eq!(done.broken, [""; 0]);
    assert!(
        done.answered > 50 && done.answered_while_draining > 20,
        "{} {}",
        done.answered,
        done.answered_while_draining
    );
    assert!(program.log().contains("stopped") && !program.log().contains("WARN"), "{}", program.log());
}

#[tokio::test]
async fn a_wallet_that_hangs_does_not_keep_the_program_from_stopping() {
    let mut program = Program::start("deadline.key", &["--drain-deadline", "1"]).await;
    let mut setup = Setup::with_waiting_wallet(|_| Box::pin(std::future::pending())).await;
    let continuation = setup.continuation();
    let mut connection = program.connect().await.unwrap();
    let waiting = tokio::spawn(async move { connection.send(&continuation).await });
    crate::setup::until(|| setup.double.count("GET /alice") == 1).await;
    program.signal("INT");
    assert!(ended(&mut program, Duration::from_secs(4)).await.success());
    assert!(waiting.await.unwrap().is_err());
    assert!(program.log().contains("still under way"), "{}", program.log());
}
