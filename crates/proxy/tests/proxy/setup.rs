//! The server in this process, and what it takes to talk to it.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use open_payments::{Secret, Timestamp, Url, WalletDocument};
use open_payments_client::{ContinueGrant, CreateQuote, RotateToken};
use protocol::{ContinueGrantReply, ContinueGrantRequest, Endpoint, QuoteRequest, RotateTokenRequest};
use proxy::core::{Core, Incoming, KeyRing, Settings};
use proxy::shell::{Configuration, Driver, Server, Wallets, WayOut, app};
use proxy::store::{MemoryStore, Store};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::double::{Answering, Double};
use crate::world::{World, document, receiver, settings, usd};

pub(crate) const MANAGE: &str = "/auth/token/1";

pub(crate) type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The server in this process, a wallet double, and an extension that signs.
pub(crate) struct Setup {
    pub(crate) router: Router,
    pub(crate) driver: Arc<Driver>,
    pub(crate) double: Double,
    pub(crate) world: World,
    pub(crate) wallet: WalletDocument,
}

impl Setup {
    pub(crate) async fn new(answer: impl Fn(&str) -> Answering + Clone + Send + Sync + 'static) -> Self {
        let double = Double::start(answer).await;
        let driver = driver(Box::new(MemoryStore::default()));
        let mut world = World::new();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        world.now = Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap());
        let wallet = WalletDocument::parse(&document(&double.origin, "alice")).unwrap();
        Self { router: app(Arc::clone(&driver)), driver, double, world, wallet }
    }

    /// One more machine with the same keys.
    pub(crate) fn replica(&self, store: Box<dyn Store>) -> Router {
        app(driver(store))
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.double.origin)).unwrap()
    }

    /// A wallet that answers what is asked of it in these tests.
    pub(crate) async fn with_wallet() -> Self {
        Self::with_waiting_wallet(|_| Box::pin(std::future::ready(()))).await
    }

    /// The same, but it waits before each answer.
    pub(crate) async fn with_waiting_wallet(wait: impl Fn(&str) -> Waiting + Clone + Send + Sync + 'static) -> Self {
        Self::with_wallet_that_answers(wallet_answer, wait).await
    }

    /// The same, but it knows quotes and payments.
    pub(crate) async fn with_wallet_that_pays() -> Self {
        Self::with_wallet_that_pays_after(|_| Box::pin(std::future::ready(()))).await
    }

    pub(crate) async fn with_wallet_that_pays_after(
        wait: impl Fn(&str) -> Waiting + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::with_wallet_that_answers(payment_answer, wait).await
    }

    async fn with_wallet_that_answers(
        answer: fn(&str, &str) -> (StatusCode, String),
        wait: impl Fn(&str) -> Waiting + Clone + Send + Sync + 'static,
    ) -> Self {
        // The double's own address goes into its answers, and is known only once it listens.
        let origin = Arc::new(Mutex::new(String::new()));
        let known = Arc::clone(&origin);
        let setup = Self::new(move |what| {
            let (what, wait, known) = (what.to_owned(), wait(what), Arc::clone(&known));
            Box::pin(async move {
                wait.await;
                answer(&what, &known.lock().unwrap()).into_response()
            })
        })
        .await;
        origin.lock().unwrap().clone_from(&setup.double.origin);
        setup
    }

    /// The server with these options, for a listener.
    pub(crate) fn server(&self, options: &[&str]) -> Server {
        let needed = ["rivulet-proxy", "--public-url", "https://pay.example"];
        let arguments = needed.iter().chain(options).map(Into::into);
        Server::new(Arc::clone(&self.driver), &Configuration::read(arguments).unwrap().options).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    pub(crate) async fn send(&self, incoming: &Incoming) -> Response<Body> {
        self.router.clone().oneshot(http(incoming)).await.unwrap()
    }

    pub(crate) fn rotation(&mut self) -> Incoming {
        let operation = RotateToken { manage: self.url(MANAGE), token: Secret::new("OLD-TOKEN".to_owned()) };
        let request = self.world.signed_by(&self.world.install, &operation, &self.wallet);
        let message = RotateTokenRequest { wallet_address: self.wallet.id.clone(), request };
        self.world.incoming(Endpoint::RotateToken, &message, None)
    }

    pub(crate) fn quote(&mut self, session: &Secret) -> Incoming {
        let token = Secret::new("TOKEN".to_owned());
        let operation = CreateQuote { token, receiver: receiver(), debit_amount: usd(100) };
        let request = self.world.signed_by(&self.world.install, &operation, &self.wallet);
        let message = QuoteRequest { incoming_payment: receiver(), request };
        self.world.incoming(Endpoint::CreateQuote, &message, Some(session))
    }

    /// What the extension sends once the user has agreed.
    pub(crate) fn continuation(&mut self) -> Incoming {
        let operation = ContinueGrant {
            uri: self.url("/auth/continue/1"),
            token: Secret::new("CONTINUE".to_owned()),
            reference: "reference".to_owned(),
        };
        let request = self.world.signed_by(&self.world.install, &operation, &self.wallet);
        let message = ContinueGrantRequest { wallet_address: self.wallet.id.clone(), request };
        self.world.incoming(Endpoint::ContinueGrant, &message, None)
    }

    pub(crate) async fn connect(&mut self) -> Secret {
        let continuation = self.continuation();
        json::<ContinueGrantReply>(self.send(&continuation).await).await.session
    }
}

fn driver(store: Box<dyn Store>) -> Arc<Driver> {
    let settings = Settings { loopback_allowed: true, ..settings() };
    let core = Core::new(settings, KeyRing::from_seed([1; 32]));
    Arc::new(Driver::new(core, store, Wallets::new(&sandbox()).unwrap()))
}

fn wallet_answer(what: &str, origin: &str) -> (StatusCode, String) {
    let token = format!(r#"{{"value":"FRESH-TOKEN","manage":"{origin}/auth/token/2","expires_in":600}}"#);
    let next = format!(r#"{{"access_token":{{"value":"C"}},"uri":"{origin}/auth/continue/1"}}"#);
    let amount = r#"{"value":"0","assetCode":"USD","assetScale":2}"#;
    let created = format!(
        r#"{{"id":"{origin}/t/incoming-payments/1","walletAddress":"{origin}/alice","completed":false,"receivedAmount":{amount}}}"#
    );
    match what {
        "GET /alice" => (StatusCode::OK, document(origin, "alice")),
        "POST /auth" | "POST /auth/continue/1" | "POST /auth/token/1" => {
            (StatusCode::OK, format!(r#"{{"access_token":{token},"continue":{next}}}"#))
        }
        "POST /t/incoming-payments" => (StatusCode::CREATED, created),
        "DELETE /auth/token/2" => (StatusCode::NO_CONTENT, String::new()),
        _ => (StatusCode::FORBIDDEN, r#"{"error":{"code":"403","description":"Inactive Token"}}"#.to_owned()),
    }
}

fn payment_answer(what: &str, origin: &str) -> (StatusCode, String) {
    let amounts = r#""debitAmount":{"value":"100","assetCode":"USD","assetScale":2},"receiveAmount":{"value":"99","assetCode":"USD","assetScale":2}"#;
    let both = format!(r#""walletAddress":"{origin}/alice","receiver":"{origin}/t/incoming-payments/1",{amounts}"#);
    let quote = format!(r#"{{"id":"{origin}/t/quotes/1","method":"ilp","createdAt":"2027-01-15T08:00:00Z",{both}}}"#);
    let sent = r#""sentAmount":{"value":"99","assetCode":"USD","assetScale":2},"failed":false"#;
    let payment = format!(r#"{{"id":"{origin}/t/outgoing-payments/1",{sent},{both}}}"#);
    match what {
        "POST /t/quotes" => (StatusCode::CREATED, quote),
        "POST /t/outgoing-payments" => (StatusCode::CREATED, payment),
        _ => wallet_answer(what, origin),
    }
}

pub(crate) fn http(incoming: &Incoming) -> Request<Body> {
    let request = Request::post(incoming.endpoint.path());
    let request = incoming.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(Body::from(incoming.body.clone())).unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 100_000).await.unwrap().to_vec()).unwrap()
}

pub(crate) async fn json<T: DeserializeOwned>(response: Response<Body>) -> T {
    let status = response.status();
    let body = text(response).await;
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{status} {body}: {error}"))
}

pub(crate) async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), wait).await.unwrap();
}

/// The way to wallets on this machine.
pub(crate) fn sandbox() -> WayOut {
    WayOut { loopback_allowed: true, ..WayOut::default() }
}
