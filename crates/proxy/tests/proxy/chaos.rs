//! Wallets that break off, fall silent or talk nonsense in the middle of a payment, all at once and
//! through one proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use http_signature::SecretKey;
use open_payments::{Secret, WalletDocument};
use open_payments_client::CreateOutgoingPayment;
use protocol::{ContinueGrantReply, Endpoint, ErrorCode, ErrorReply, PaymentRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::setup::{Setup, json};
use crate::world::receiver;

/// What a wallet does with a payment that it has read.
#[derive(Clone, Copy, Debug)]
enum Mischief {
    Hangs,
    Resets,
    ClosesInTheBody,
    SaysWhatIsNotHttp,
    SaysWhatIsNotText,
    SaysWhatIsNoPayment,
    SendsTenMegabytes,
    SendsChunksWithoutEnd,
    TricklesHeaders,
    TricklesABody,
    Redirects,
}

use Mischief::*;

const ALL: [(Mischief, ErrorCode); 11] = [
    (Hangs, ErrorCode::WalletUnreachable),
    (Resets, ErrorCode::WalletUnreachable),
    (ClosesInTheBody, ErrorCode::WalletUnreachable),
    (SaysWhatIsNotHttp, ErrorCode::WalletUnreachable),
    (SaysWhatIsNotText, ErrorCode::WalletUnreachable),
    (SaysWhatIsNoPayment, ErrorCode::WalletUnreachable),
    (SendsTenMegabytes, ErrorCode::WalletUnreachable),
    (SendsChunksWithoutEnd, ErrorCode::WalletUnreachable),
    (TricklesHeaders, ErrorCode::WalletUnreachable),
    (TricklesABody, ErrorCode::WalletUnreachable),
    (Redirects, ErrorCode::WalletRefused),
];

impl Mischief {
    async fn play(self, stream: &mut TcpStream) -> std::io::Result<()> {
        match self {
            Hangs => std::future::pending().await,
            // What was not read makes the system reset the connection.
            Resets => Ok(()),
            ClosesInTheBody => stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{").await,
            SaysWhatIsNotHttp => stream.write_all(&[0x16; 4096]).await,
            SaysWhatIsNotText => stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n\xff\xfe").await,
            SaysWhatIsNoPayment => stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n[]").await,
            SendsTenMegabytes => {
                stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 10000000\r\n\r\n").await?;
                stream.write_all(&vec![b' '; 10_000_000]).await
            }
            SendsChunksWithoutEnd => {
                stream.write_all(b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                loop {
                    stream.write_all(b"4\r\n    \r\n").await?;
                }
            }
            TricklesHeaders => trickle(stream, b"HTTP/1.1 201 Created\r\n", b"x-more: 1\r\n").await,
            TricklesABody => trickle(stream, b"HTTP/1.1 201 Created\r\ncontent-length: 9999\r\n\r\n", b" ").await,
            Redirects => {
                stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await
            }
        }
    }
}

async fn trickle(stream: &mut TcpStream, first: &[u8], again: &[u8]) -> std::io::Result<()> {
    stream.write_all(first).await?;
    loop {
        sleep(Duration::from_millis(200)).await;
        stream.write_all(again).await?;
    }
}

/// Where payments are made, and how many were asked for.
async fn start(mischief: Mischief) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                // One byte of the request is left where the connection is to be reset.
                let mut start = [0; 16];
                stream.read_exact(&mut start).await.unwrap();
                assert!(start.starts_with(b"POST /t/outgoing"), "{mischief:?}: a request of its own");
                count.fetch_add(1, Ordering::Relaxed);
                if !matches!(mischief, Resets) {
                    while stream.read(&mut [0; 4096]).await.unwrap() == 4096 {}
                }
                // The proxy may have had enough of it before the end.
                let _ = mischief.play(&mut stream).await;
            });
        }
    });
    (origin, asked)
}

/// A user whose wallet has its document and its grants at a place that behaves, and its payments
/// at one that does not.
async fn connect(seed: u8, payments: &str, router: &Router) -> (Setup, Secret) {
    let at = payments.to_owned();
    let document = move |origin: &str| {
        format!(
            r#"{{"id":"{origin}/alice","assetCode":"USD","assetScale":2,"authServer":"{origin}/auth","resourceServer":"{at}/t"}}"#
        )
    };
    let origin = Arc::new(std::sync::OnceLock::<String>::new());
    let (known, documents) = (Arc::clone(&origin), document.clone());
    let mut setup = Setup::new(move |what| {
        let origin = known.get().unwrap();
        let body = match what {
            "GET /alice" => documents(origin),
            _ => format!(
                r#"{{"access_token":{{"value":"TOKEN","manage":"{origin}/auth/token/2","expires_in":600}},"continue":{{"access_token":{{"value":"C"}},"uri":"{origin}/auth/continue/1"}}}}"#
            ),
        };
        Box::pin(std::future::ready((StatusCode::OK, body).into_response()))
    })
    .await;
    origin.set(setup.double.origin.clone()).unwrap();
    setup.wallet = WalletDocument::parse(&document(&setup.double.origin)).unwrap();
    setup.world.install = SecretKey::from_seed([seed; 32]);
    setup.router = router.clone();
    let continuation = setup.continuation();
    let session = json::<ContinueGrantReply>(setup.send(&continuation).await).await.session;
    (setup, session)
}

/// Pays, and says what came of it.
async fn pay(seed: u8, mischief: Mischief, expected: ErrorCode, router: Router) {
    let (payments, asked) = start(mischief).await;
    let (mut setup, session) = connect(seed, &payments, &router).await;
    let quote = setup.wallet.resource_server.join("quotes").join("1");
    let operation = CreateOutgoingPayment { token: Secret::new("TOKEN".to_owned()), quote };
    let request = setup.world.signed_by(&setup.world.install, &operation, &setup.wallet);
    let message = PaymentRequest { incoming_payment: receiver(), request };
    let payment = setup.world.incoming(Endpoint::CreatePayment, &message, Some(&session));

    let deadline = Duration::from_millis(Endpoint::CreatePayment.deadline_millis().into());
    let reply = timeout(deadline, setup.send(&payment)).await.unwrap_or_else(|_| panic!("{mischief:?}: no answer"));
    let status = reply.status();
    let error = json::<ErrorReply>(reply).await.error;
    assert_eq!((error.code, status.as_u16()), (expected, expected.status()), "{mischief:?}: {error:?}");
    let again = json::<ErrorReply>(setup.send(&payment).await).await.error;
    assert_eq!(again.code, expected, "{mischief:?}: a repeat gets the same answer");
    assert_eq!(asked.load(Ordering::Relaxed), 1, "{mischief:?}: what spends is asked for once");
}

#[tokio::test]
async fn whatever_a_wallet_does_in_a_payment_its_user_is_told_in_time_and_others_pay() {
    let mut good = Setup::with_wallet_that_pays().await;
    let session = good.connect().await;
    let mut users = tokio::task::JoinSet::new();
    for (seed, (mischief, expected)) in (10..).zip(ALL) {
        users.spawn(pay(seed, mischief, expected, good.router.clone()));
    }
    while let Some(outcome) = {
        let asked = Instant::now();
        let quote = good.quote(&session);
        assert_eq!(good.send(&quote).await.status(), StatusCode::OK);
        assert!(asked.elapsed() < Duration::from_secs(2), "others do not wait");
        timeout(Duration::from_millis(250), users.join_next()).await.unwrap_or(Some(Ok(())))
    } {
        outcome.unwrap();
    }
}
