//! The store in a server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use open_payments::Secret;
use protocol::{ErrorCode, ErrorReply, RotateTokenReply};
use proxy::core::Incoming;
use proxy::store::{Answer, Key, Operation, RedisStore, Steady, Store};
use tokio::time::sleep;
use tower::ServiceExt;

use super::server::RedisServer;
use super::suite::{self, at};
use crate::program::Program;
use crate::setup::{Setup, http, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_what_every_store_must_also_for_two_processes() {
    let server = RedisServer::start("redis-suite");
    let connect = || Arc::new(RedisStore::new(&server.url()).unwrap());
    suite::run([connect(), connect()]).await;
}

#[tokio::test]
async fn nothing_stays_in_a_server_for_longer_than_it_lives() {
    let server = RedisServer::start("redis-lives");
    let store = RedisStore::new(&server.url()).unwrap();
    let key = Key::of("test", &[]);
    store.execute(Operation::Take { key, per_minute: 600.try_into().unwrap() }, at(0)).await.unwrap();
    let other = Key::of("other", &[]);
    store.execute(Operation::Claim { key: other, value: Vec::new(), life: 100 }, at(0)).await.unwrap();
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let mut count = || -> usize { redis::cmd("DBSIZE").query(&mut connection).unwrap() };
    assert_eq!(count(), 2);
    let end = Instant::now() + Duration::from_secs(5);
    while count() > 0 {
        assert!(Instant::now() < end);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_is_noticed_at_once_and_found_again() {
    let mut server = RedisServer::start("redis-stops");
    let store = Steady::new(Box::new(RedisStore::new(&server.url()).unwrap()));
    let key = Key::of("test", &[]);
    let put = |value: &[u8]| Operation::Put { key, value: value.to_vec(), life: 600_000 };
    let get = || Operation::Get { key };
    assert_eq!(store.execute(put(b"before"), at(0)).await, Ok(Answer::Done));

    server.stop();
    let start = Instant::now();
    for _ in 0..20 {
        assert!(store.execute(get(), at(0)).await.is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());

    server.start_again();
    assert_eq!(answered(&store, get()).await, Answer::Found(b"before".to_vec()));

    server.freeze();
    let start = Instant::now();
    for _ in 0..20 {
        assert!(store.execute(get(), at(0)).await.is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(1), "only the first one is waited for: {:?}", start.elapsed());
    server.go_on();
    assert_eq!(answered(&store, get()).await, Answer::Found(b"before".to_vec()));
}

/// The answer, once there is one.
async fn answered(store: &Steady, operation: Operation) -> Answer {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Ok(answer) = store.execute(operation.clone(), at(0)).await {
            return answer;
        }
        assert!(Instant::now() < end);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Two machines behind one balancer, with one server between them.
struct Machines {
    setup: Setup,
    session: Secret,
    server: RedisServer,
    other: Router,
}

impl Machines {
    async fn start(name: &str) -> Self {
        let server = RedisServer::start(name);
        let mut setup = Setup::with_wallet().await;
        let connect = || Box::new(RedisStore::new(&server.url()).unwrap());
        setup.router = setup.replica(connect());
        let other = setup.replica(connect());
        let session = setup.connect().await;
        Self { setup, session, server, other }
    }

    async fn send_to_other(&self, incoming: &Incoming) -> Response<Body> {
        self.other.clone().oneshot(http(incoming)).await.unwrap()
    }

    fn quote(&mut self) -> Incoming {
        self.setup.quote(&self.session)
    }
}

async fn error(response: Response<Body>) -> ErrorCode {
    json::<ErrorReply>(response).await.error.code
}

#[tokio::test]
async fn any_machine_has_the_reply_that_another_one_gave() {
    let mut machines = Machines::start("redis-machines").await;
    let first = machines.setup.rotation();
    let reply: RotateTokenReply = json(machines.setup.send(&first).await).await;
    let again = machines.setup.rotation();
    for incoming in [first, again] {
        let told: RotateTokenReply = json(machines.send_to_other(&incoming).await).await;
        assert_eq!(told.session, reply.session);
    }
    assert_eq!(machines.setup.double.count("POST /auth/token/1"), 1);
}

#[tokio::test]
async fn all_machines_count_together_and_each_alone_while_the_server_is_down() {
    let mut machines = Machines::start("redis-counts").await;
    for n in 0..150 {
        let quote = machines.quote();
        let response =
            if n % 2 == 0 { machines.setup.send(&quote).await } else { machines.send_to_other(&quote).await };
        assert_eq!(error(response).await, ErrorCode::TokenInactive, "{n}");
    }
    // A second of the rate may have passed, or a few; not seventy of them.
    let mut refused = 0;
    for _ in 0..20 {
        let quote = machines.quote();
        refused += usize::from(error(machines.send_to_other(&quote).await).await == ErrorCode::RateLimited);
    }
    assert!(refused > 0);

    machines.server.stop();
    for _ in 0..150 {
        let quote = machines.quote();
        assert_eq!(error(machines.setup.send(&quote).await).await, ErrorCode::TokenInactive);
    }
    let mut refused = 0;
    for _ in 0..20 {
        let quote = machines.quote();
        refused += usize::from(error(machines.setup.send(&quote).await).await == ErrorCode::RateLimited);
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn while_the_server_is_down_payments_go_on_and_rotations_wait() {
    let mut machines = Machines::start("redis-down").await;
    machines.server.stop();
    let quote = machines.quote();
    assert_eq!(error(machines.setup.send(&quote).await).await, ErrorCode::TokenInactive, "the wallet was asked");
    let rotation = machines.setup.rotation();
    let response = machines.setup.send(&rotation).await;
    assert_eq!(
        (response.status(), &response.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap())
    );
    assert_eq!(error(response).await, ErrorCode::ProxyUnavailable);
    assert_eq!(machines.setup.double.count("POST /auth/token/1"), 0, "the token lives");

    machines.server.start_again();
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let rotation = machines.setup.rotation();
        let response = machines.setup.send(&rotation).await;
        if response.status() == StatusCode::OK {
            break;
        }
        assert!(Instant::now() < end);
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(machines.setup.double.count("POST /auth/token/1"), 1);
}

#[tokio::test]
async fn a_server_is_spoken_to_over_tls_if_its_certificate_is_trusted() {
    let (server, certificate) = RedisServer::start_with_tls("redis-tls");
    let options = ["--store", &server.tls_url()];
    let trusting = Program::start_with(&[("SSL_CERT_FILE", &certificate)], "trusting.key", &options).await;
    let distrusting = Program::start("distrusting.key", &options).await;
    let mut setup = Setup::with_wallet().await;
    for (program, status) in [(trusting, 200), (distrusting, 503)] {
        // A rotation is not made without a store.
        let rotation = setup.rotation();
        assert_eq!(program.connect().await.unwrap().send(&rotation).await.unwrap().status, status);
    }
}
