//! Figures for the operator. Every label is one of a few words known beforehand: none can name a
//! person, a wallet or a host.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use protocol::{Endpoint, ErrorCode};

use crate::core::{Reply, Unreachable, WalletReply, counts_as_payment};
use crate::store::{Answer, StoreDown};

/// Seconds. The last one is what a rotation may take.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// What a request spends its time on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// Signature and session.
    Verify,
    /// One operation of the store.
    Store,
    /// One call of a wallet.
    Wallet,
    /// All of it.
    Total,
}

/// What has stopped a request that comes too often, by the name of the option that sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    RequestsPerAddress,
    WalletsPerAddress,
    RequestsPerMinute,
    PaymentsPerMinute,
}

impl Limit {
    /// The one that an install has for this.
    pub(crate) fn of(endpoint: Endpoint) -> Self {
        if counts_as_payment(endpoint) { Self::PaymentsPerMinute } else { Self::RequestsPerMinute }
    }

    fn option(self) -> &'static str {
        match self {
            Self::RequestsPerAddress => "requests-per-address",
            Self::WalletsPerAddress => "wallets-per-address",
            Self::RequestsPerMinute => "requests-per-minute",
            Self::PaymentsPerMinute => "payments-per-minute",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    endpoint: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    endpoint: &'static str,
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    limit: &'static str,
}

/// All figures.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Step, Histogram, fn() -> Histogram>,
    wallet_calls: Family<Outcome, Counter>,
    rotations: Family<Outcome, Counter>,
    rate_limited: Family<Refused, Counter>,
    store_errors: Counter,
    connections: Gauge,
    circuits: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("rivulet_proxy"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            wallet_calls: Family::default(),
            rotations: Family::default(),
            rate_limited: Family::default(),
            store_errors: Counter::default(),
            connections: Gauge::default(),
            circuits: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register("seconds", "Time that requests spend", metrics.seconds.clone());
        registry.register("wallet_calls", "Requests to wallets", metrics.wallet_calls.clone());
        registry.register("rotations", "Rotations of access tokens", metrics.rotations.clone());
        registry.register("rate_limited", "Requests over the proxy's limits", metrics.rate_limited.clone());
        registry.register("store_errors", "Operations that the store has not done", metrics.store_errors.clone());
        registry.register("connections", "Connections that are open", metrics.connections.clone());
        registry.register(
            "circuits_open",
            "Hosts of wallets that are left alone for a while",
            metrics.circuits.clone(),
        );
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", build);
        metrics
    }

    /// As Prometheus reads it.
    pub(crate) fn text(&self, open_circuits: usize) -> String {
        self.circuits.set(i64::try_from(open_circuits).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes any text");
        text
    }

    pub(crate) fn answered(&self, endpoint: Endpoint, reply: &Reply, time: Duration) {
        let request = Request { endpoint: endpoint.path(), outcome: reply.error.map_or("ok", ErrorCode::as_str) };
        self.requests.get_or_create(&request).inc();
        self.spent(endpoint, Stage::Total, time);
    }

    pub(crate) fn spent(&self, endpoint: Endpoint, stage: Stage, time: Duration) {
        let stage = match stage {
            Stage::Verify => "verify",
            Stage::Store => "store",
            Stage::Wallet => "wallet",
            Stage::Total => "total",
        };
        self.seconds.get_or_create(&Step { endpoint: endpoint.path(), stage }).observe(time.as_secs_f64());
    }

    pub(crate) fn called(&self, outcome: &Result<WalletReply, Unreachable>) {
        let outcome = match outcome {
            Ok(WalletReply { status: ..400, .. }) => "ok",
            Ok(WalletReply { status: ..500, .. }) => "refused",
            Ok(_) => "failed",
            Err(Unreachable::Private) => "private",
            Err(Unreachable::Connection) => "connection",
            Err(Unreachable::Deadline) => "deadline",
            Err(Unreachable::TooLarge) => "too_large",
            Err(Unreachable::NotText) => "not_text",
            Err(Unreachable::Busy) => "busy",
            Err(Unreachable::Resting) => "resting",
            Err(Unreachable::Strange) => "strange",
            Err(Unreachable::TooMany) => "too_many",
        };
        self.wallet_calls.get_or_create(&Outcome { outcome }).inc();
    }

    /// A rotation is answered, and the wallet was asked for it or not.
    pub(crate) fn rotated(&self, reply: &Reply, asked: bool) {
        let outcome = match reply.error {
            None if asked => "made",
            None => "repeated",
            // The wallet may have made it all the same; then the token is lost.
            Some(ErrorCode::WalletUnreachable) if asked => "unanswered",
            Some(_) => "refused",
        };
        self.rotations.get_or_create(&Outcome { outcome }).inc();
    }

    /// A limit, or something else of a store, was asked; one that is over is counted.
    pub(crate) fn kept(&self, outcome: &Result<Answer, StoreDown>, limit: Limit) {
        match outcome {
            Ok(Answer::TooSoon { .. }) => self.rate_limited.get_or_create(&Refused { limit: limit.option() }).inc(),
            Ok(_) => return,
            Err(StoreDown) => self.store_errors.inc(),
        };
    }

    pub(crate) fn connection_opened(&self) -> Open {
        self.connections.inc();
        Open(self.connections.clone())
    }
}

/// Counts a connection for as long as it lives.
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
