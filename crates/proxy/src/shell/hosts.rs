//! How the wallets' hosts are doing, each by itself: one that is slow, down or none of ours keeps
//! nobody waiting who wants another.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use open_payments::Timestamp;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::core::{Unreachable, WalletReply};
use crate::store::rate;

/// For each request that a host is working on, so many may wait.
const QUEUE: usize = 4;

/// After so many failures in a row a host is left alone for so long, and then tried with one
/// request, and one more each time.
const FAILURES: u32 = 5;
pub(crate) const REST: Duration = Duration::from_secs(3);

/// A deadline that leaves less than this says nothing about the host: the time went elsewhere.
const FAIR_TIME: Duration = Duration::from_secs(3);

/// Answers a minute that are none of a wallet, beyond as many that are. A host that is no wallet
/// gets no more than this from us, whoever wants to make us flood it.
const STRANGE_ANSWERS: NonZeroU32 = NonZeroU32::new(300).expect("it is not zero");

/// Hosts that are kept in mind.
const MOST: usize = 10_000;

/// What is known of a host's circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Circuit {
    /// It answers.
    Closed,
    /// It has failed lately, as far as we know not often enough.
    Doubtful,
    /// It is left alone.
    Open,
}

pub(crate) struct Hosts {
    known: Mutex<HashMap<String, Arc<Host>>>,
    at_once: usize,
    start: Instant,
}

struct Host {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    condition: Mutex<Condition>,
}

#[derive(Default)]
struct Condition {
    failures: u32,
    rests_until: Option<Instant>,
    /// The moment up to which strange answers have used up their rate ([`rate::take`]).
    used_up_to: i64,
}

/// A place at a host, for one request.
pub(crate) struct Visit {
    host: Arc<Host>,
    _place: OwnedSemaphorePermit,
    began: Instant,
    start: Instant,
}

impl Hosts {
    pub(crate) fn new(at_once: NonZeroU32) -> Self {
        let at_once = usize::try_from(at_once.get()).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { known: Mutex::default(), at_once, start: Instant::now() }
    }

    /// Waits for a place at a host.
    ///
    /// # Errors
    /// At once if the host rests, has answered too strangely, or too many wait already; and at the
    /// deadline.
    pub(crate) async fn visit(&self, authority: &str, deadline: Instant) -> Result<Visit, Unreachable> {
        let host = self.host(authority).ok_or(Unreachable::Busy)?;
        host.condition().admit(Instant::now(), self.start)?;
        let waiting = Waiting::begin(&host.waiting, self.at_once.saturating_mul(QUEUE)).ok_or(Unreachable::Busy)?;
        let place = timeout_at(deadline, Arc::clone(&host.places).acquire_owned()).await;
        drop(waiting);
        let (place, began) = (place.ok().and_then(Result::ok), Instant::now());
        match place {
            Some(place) if began < deadline => Ok(Visit { host, _place: place, began, start: self.start }),
            _ => Err(Unreachable::Busy),
        }
    }

    pub(crate) fn circuit(&self, authority: &str) -> Circuit {
        let Some(host) = self.known().get(authority).cloned() else { return Circuit::Closed };
        let condition = host.condition();
        match condition.rests_until {
            Some(_) => Circuit::Open,
            None if condition.failures > 0 => Circuit::Doubtful,
            None => Circuit::Closed,
        }
    }

    /// How many hosts are left alone.
    pub(crate) fn open_circuits(&self) -> usize {
        let now = Instant::now();
        let rests = |host: &&Arc<Host>| host.condition().rests_until.is_some_and(|until| now < until);
        self.known().values().filter(rests).count()
    }

    /// Leaves a host alone: another process has found it down.
    pub(crate) fn open(&self, authority: &str) {
        if let Some(host) = self.host(authority) {
            host.condition().rests_until = Some(Instant::now() + REST);
        }
    }

    fn host(&self, authority: &str) -> Option<Arc<Host>> {
        let mut known = self.known();
        if let Some(host) = known.get(authority) {
            return Some(Arc::clone(host));
        }
        if known.len() >= MOST {
            let now = Instant::now();
            known.retain(|_, host| host.is_in_use() || host.condition().is_worth_keeping(now, self.start));
        }
        if known.len() >= MOST {
            known.retain(|_, host| host.is_in_use());
        }
        if known.len() >= MOST {
            return None;
        }
        let host = Arc::new(Host {
            places: Arc::new(Semaphore::new(self.at_once)),
            waiting: AtomicUsize::new(0),
            condition: Mutex::default(),
        });
        known.insert(authority.to_owned(), Arc::clone(&host));
        Some(host)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Host>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request has it, besides the table.
    fn is_in_use(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }
}

impl Condition {
    fn admit(&mut self, now: Instant, start: Instant) -> Result<(), Unreachable> {
        match self.rests_until {
            Some(until) if now < until => return Err(Unreachable::Resting),
            // This one tries it; the others go on resting meanwhile.
            Some(_) => self.rests_until = Some(now + REST),
            None => {}
        }
        rate::take(Some(self.used_up_to), STRANGE_ANSWERS, time(now, start)).map(drop).map_err(|_| Unreachable::Strange)
    }

    fn is_worth_keeping(&self, now: Instant, start: Instant) -> bool {
        self.failures > 0 || self.used_up_to > rate::micros(time(now, start))
    }
}

impl Visit {
    /// Keeps in mind how it went.
    pub(crate) fn end(self, outcome: Result<&WalletReply, Unreachable>) {
        let now = Instant::now();
        let mut condition = self.host.condition();
        match outcome {
            Err(Unreachable::Deadline) if now - self.began < FAIR_TIME => {}
            Err(Unreachable::Connection | Unreachable::Deadline) => {
                condition.failures = condition.failures.saturating_add(1);
                if condition.failures >= FAILURES {
                    condition.rests_until = Some(now + REST);
                }
            }
            _ => (condition.failures, condition.rests_until) = (0, None),
        }
        if outcome.is_ok_and(speaks_as_a_wallet) {
            condition.used_up_to -= rate::share(STRANGE_ANSWERS);
        } else if let Ok(next) = rate::take(Some(condition.used_up_to), STRANGE_ANSWERS, time(now, self.start)) {
            condition.used_up_to = next;
        }
    }
}

/// Counts one that waits for as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let waits = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(waits)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A clock that nobody sets.
fn time(now: Instant, start: Instant) -> Timestamp {
    Timestamp::from_millis(i64::try_from((now - start).as_millis()).unwrap_or(i64::MAX))
}

/// Whether an answer looks like one of Open Payments or GNAP: an object, nothing after something
/// was deleted, or an error with a code.
fn speaks_as_a_wallet(reply: &WalletReply) -> bool {
    let body = reply.body.as_str();
    match reply.status {
        204 => true,
        200..300 => body.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(body).is_ok(),
        _ => serde_json::from_str::<Value>(body).is_ok_and(|body| body["error"]["code"].is_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_flood_of_hosts_is_forgotten_but_not_those_that_are_in_use_or_in_trouble() {
        let hosts = Hosts::new(NonZeroU32::MIN);
        let used = hosts.visit("used.example", Instant::now() + SOON).await.unwrap();
        for _ in 0..FAILURES {
            let visit = hosts.visit("down.example", Instant::now() + SOON).await.unwrap();
            visit.end(Err(Unreachable::Connection));
        }
        let good = WalletReply { status: 204, body: String::new() };
        for n in 0..3 * MOST {
            hosts.visit(&format!("{n}.example"), Instant::now() + SOON).await.unwrap().end(Ok(&good));
            assert!(hosts.known().len() <= MOST);
        }
        assert!(hosts.known().contains_key("used.example"));
        assert_eq!((hosts.circuit("down.example"), hosts.open_circuits()), (Circuit::Open, 1));
        used.end(Ok(&good));
        // When all are in trouble, some are forgotten all the same.
        for n in 0..3 * MOST {
            hosts
                .visit(&format!("{n}.down.example"), Instant::now() + SOON)
                .await
                .unwrap()
                .end(Err(Unreachable::NotText));
            assert!(hosts.known().len() <= MOST);
        }
    }
}
