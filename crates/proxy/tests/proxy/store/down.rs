//! What becomes of each request when the store is down, and how long anybody waits for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use open_payments_client::{CreateOutgoingPayment, CreateQuote, Read, RotateToken};
use protocol::{
    ContinueGrantReply, Endpoint, ErrorCode, IncomingPaymentRequest, PaymentRequest, QuoteRequest, ReadPaymentRequest,
    RotateTokenRequest,
};
use proxy::core::Incoming;
use proxy::store::{Answer, Answering, Key, MemoryStore, Operation, Steady, Store, StoreDown};
use tokio::time::{Instant, sleep};

use super::suite::at;
use crate::world::{SITE, World, grant, grant_request, receiver, token, usd, wallet_address};

fn url(text: &str) -> open_payments::Url {
    open_payments::Url::parse(text).unwrap()
}

#[test]
fn what_can_do_without_a_store_goes_on_and_the_rest_is_refused_before_the_wallet_hears_of_it() {
    let mut world = World::new();
    let session = world.connect();
    world.asked.clear();
    world.store_down = true;
    let payment = "https://w.example/t/outgoing-payments/1";
    for asked in [
        "POST https://w.example/t/quotes",
        "POST https://w.example/t/outgoing-payments",
        &format!("GET {payment}"),
        "POST https://w.example/auth",
        "POST https://r.example/auth",
    ] {
        let (method, url) = asked.split_once(' ').unwrap();
        world.answer(method, url, 500, "");
    }
    let quote = CreateQuote { token: token(), receiver: receiver(), debit_amount: usd(1) };
    let pay = CreateOutgoingPayment { token: token(), quote: url("https://w.example/t/quotes/1") };
    let read = Read { token: token(), url: url(payment) };
    let quote = QuoteRequest { incoming_payment: receiver(), request: world.signed(&quote) };
    let pay = PaymentRequest { incoming_payment: receiver(), request: world.signed(&pay) };
    let read = ReadPaymentRequest { request: world.signed(&read) };
    let receive = IncomingPaymentRequest { wallet_address: SITE.to_owned().try_into().unwrap() };
    let connect = grant_request(&world, 1000, &grant(1000));
    let going_on: [Incoming; 5] = [
        world.incoming(Endpoint::CreateQuote, &quote, Some(&session)),
        world.incoming(Endpoint::CreatePayment, &pay, Some(&session)),
        world.incoming(Endpoint::ReadPayment, &read, Some(&session)),
        world.incoming(Endpoint::CreateIncomingPayment, &receive, Some(&session)),
        world.incoming(Endpoint::RequestGrant, &connect, None),
    ];
    for incoming in going_on {
        let before = world.asked.len();
        assert_eq!(world.run(&incoming).error().code, ErrorCode::WalletUnreachable, "{:?}", incoming.endpoint);
        assert!(world.asked.len() > before, "the wallet was asked: {:?}", incoming.endpoint);
    }
    world.asked.clear();
    let rotate = RotateToken { manage: url("https://w.example/auth/token/1"), token: token() };
    let rotate = RotateTokenRequest { wallet_address: wallet_address(), request: world.signed(&rotate) };
    let rotate = world.incoming(Endpoint::RotateToken, &rotate, None);
    let outcome = world.run(&rotate);
    let error = outcome.error();
    assert_eq!((error.code, error.retry_after), (ErrorCode::ProxyUnavailable, Some(2)));
    assert_eq!((outcome.reply.status, outcome.reply.retry_after), (503, Some(2)));
    assert!(world.asked.is_empty());
    crate::connect::continue_grant(&mut world).json::<ContinueGrantReply>();
}

/// A store that does what it is told after a while, or never, and counts how often it was asked.
struct Slow {
    asked: Arc<AtomicUsize>,
    after: Option<Duration>,
}

impl Store for Slow {
    fn execute(&self, _: Operation, _: open_payments::Timestamp) -> Answering<'_> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            match self.after {
                Some(after) => sleep(after).await,
                None => std::future::pending().await,
            }
            Ok(Answer::Missing)
        })
    }
}

fn steady(after: Option<Duration>) -> (Steady, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    (Steady::new(Box::new(Slow { asked: Arc::clone(&asked), after })), asked)
}

const GET: fn() -> Operation = || Operation::Get { key: Key::of("test", &[]) };

#[tokio::test(start_paused = true)]
async fn a_slow_store_is_waited_for_once_a_second_for_a_quarter_of_one() {
    let (store, asked) = steady(None);
    let start = Instant::now();
    for _ in 0..1000 {
        assert_eq!(store.execute(GET(), at(0)).await, Err(StoreDown));
    }
    assert_eq!((start.elapsed().as_millis(), asked.load(Ordering::Relaxed)), (250, 1));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(store.execute(GET(), at(0)).await, Err(StoreDown));
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    let (store, _) = steady(Some(Duration::from_millis(240)));
    assert_eq!(store.execute(GET(), at(0)).await, Ok(Answer::Missing));
}

#[tokio::test(start_paused = true)]
async fn without_a_store_a_process_counts_by_itself() {
    let (store, _) = steady(None);
    let take = || Operation::Take { key: Key::of("test", &[]), per_minute: 10.try_into().unwrap() };
    for _ in 0..10 {
        assert_eq!(store.execute(take(), at(0)).await, Ok(Answer::Done));
    }
    assert_eq!(store.execute(take(), at(0)).await, Ok(Answer::TooSoon { wait: 6_000 }));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_is_left_alone_for_a_second_too() {
    let store = Steady::new(Box::new(MemoryStore::with_room_for(1, 1_000)));
    let put = |length: usize| Operation::Put { key: Key::of("test", &[]), value: vec![0; length], life: 1 };
    assert_eq!(store.execute(put(2_000), at(0)).await, Err(StoreDown));
    assert_eq!(store.execute(put(10), at(0)).await, Err(StoreDown));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(store.execute(put(10), at(0)).await, Ok(Answer::Done));
}
