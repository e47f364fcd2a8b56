use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::{interval_at, timeout};

use crate::client::Connection;
use crate::users::{Half, User, Wire};

/// Connections that pay at a time.
const CONNECTIONS: usize = 64;

/// No answer is waited for longer: what the extension would wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Users who pay for some time, each in turn: a quote, and then a payment.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) wire: Wire,
    pub(crate) users: Arc<Vec<User>>,
    pub(crate) time: Duration,
    /// Payments a second; without it, as many as are answered.
    pub(crate) rate: Option<u64>,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) payments: u64,
    pub(crate) failures: u64,
    /// Microseconds of each request.
    pub(crate) latencies: Vec<u64>,
}

impl Outcome {
    /// The microseconds within which so many of a hundred requests were answered.
    pub(crate) fn percentile(&mut self, percent: usize) -> u64 {
        self.latencies.sort_unstable();
        let place = self.latencies.len() * percent / 100;
        self.latencies.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.payments += other.payments;
        self.failures += other.failures;
        self.latencies.extend(other.latencies);
    }
}

impl Load {
    pub(crate) async fn run(&self) -> Result<Outcome> {
        let mut workers = JoinSet::new();
        for worker in 0..CONNECTIONS {
            workers.spawn(self.clone().work(worker));
        }
        let mut total = Outcome::default();
        while let Some(outcome) = workers.join_next().await {
            total.add(outcome??);
        }
        Ok(total)
    }

    async fn work(self, worker: usize) -> Result<Outcome> {
        let mut connection = Connection::to(self.address).await?;
        let pause =
            self.rate.map(|rate| Duration::from_secs(CONNECTIONS as u64) / u32::try_from(rate).unwrap_or(u32::MAX));
        let start = Instant::now();
        // Spread over the pause, so that the payments come evenly.
        let first = pause.unwrap_or_default() * u32::try_from(worker)? / u32::try_from(CONNECTIONS)?;
        let mut turns = pause.map(|pause| interval_at((start + first).into(), pause));
        let mut outcome = Outcome::default();
        for user in self.users.iter().skip(worker).step_by(CONNECTIONS).cycle() {
            if let Some(turns) = &mut turns {
                turns.tick().await;
            }
            if start.elapsed() >= self.time {
                break;
            }
            let mut paid = true;
            for half in [Half::Quote, Half::Payment] {
                let request = user.request(half, self.wire);
                let sent = Instant::now();
                let (status, body) = timeout(PATIENCE, connection.send(request)).await??;
                outcome.latencies.push(u64::try_from(sent.elapsed().as_micros())?);
                if !status.is_success() {
                    if outcome.failures == 0 {
                        eprintln!("{status} {}", String::from_utf8_lossy(&body));
                    }
                    outcome.failures += 1;
                    paid = false;
                    break;
                }
            }
            outcome.payments += u64::from(paid);
        }
        Ok(outcome)
    }
}
