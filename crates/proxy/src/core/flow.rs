use std::mem;

use open_payments::Secret;
use open_payments_client::HttpRequest;
use protocol::Endpoint;
use protocol::signature::FRESHNESS_SECONDS;

use super::caller::Caller;
use super::message::{Call, Event, Incoming, Now, Reply, Step};
use super::refusal::Refusal;
use super::{Core, seal};
use crate::store::{Answer, Key, Operation};

/// A signature is fresh for as long before its time as after it; no repeat comes later than that.
const REPLY_LIFE: i64 = 2 * FRESHNESS_SECONDS as i64 * 1000 + 1000;

/// One request of an extension on its way through the proxy: counted, looked up among the
/// requests that have been answered already, carried out, and its answer kept for a repeat.
pub struct Flow(State);

enum State {
    Refused(Refusal),
    Admitted(Visit),
    Counted(Visit),
    Claimed(Visit),
    Working(Visit),
    Keeping(Reply, Option<HttpRequest>),
    Over,
}

/// Who wants what.
struct Visit {
    caller: Caller,
    counter: Operation,
    task: Box<dyn Task>,
}

/// What one endpoint does, a step at a time.
pub(crate) trait Task: Send {
    fn step(&mut self, scene: &Scene<'_>, event: Event) -> Result<Progress, Refusal>;
}

/// What every task may look at.
pub(crate) struct Scene<'a> {
    pub(crate) core: &'a Core,
    pub(crate) caller: &'a Caller,
    pub(crate) now: &'a Now,
}

/// What a task wants next.
pub(crate) enum Progress {
    Store(Operation),
    Call(Call),
    Done { outcome: Result<String, Refusal>, afterwards: Option<HttpRequest> },
}

impl Progress {
    pub(crate) fn done(body: String) -> Self {
        Self::Done { outcome: Ok(body), afterwards: None }
    }
}

impl Flow {
    pub(crate) fn new(core: &Core, incoming: &Incoming, now: &Now) -> Self {
        let admit = || {
            let caller = Caller::authenticate(core, incoming, now)?;
            let task = super::task(incoming, &caller)?;
            Ok(Visit { counter: counter(core, incoming.endpoint, &caller), caller, task })
        };
        Self(admit().map_or_else(State::Refused, State::Admitted))
    }

    /// Goes on until something is needed from outside. The first event is [`Event::Begun`]; each
    /// further one is the answer to the step before.
    ///
    /// # Panics
    /// If an event does not answer the step before, or the flow was over.
    pub fn step(&mut self, core: &Core, event: Event, now: &Now) -> Step {
        match mem::replace(&mut self.0, State::Over) {
            State::Refused(refusal) => done(refusal.into()),
            State::Admitted(visit) => {
                let counter = visit.counter.clone();
                self.0 = State::Counted(visit);
                Step::Store(counter)
            }
            State::Counted(visit) => match event.stored() {
                Ok(Answer::TooSoon { wait }) => {
                    done(Refusal::rate_limited("This browser sends too many requests.", wait).into())
                }
                _ => {
                    let claim = keep(&visit.caller, Vec::new(), Operation::claim);
                    self.0 = State::Claimed(visit);
                    Step::Store(claim)
                }
            },
            State::Claimed(visit) => match event.stored() {
                Ok(Answer::Found(record)) => done(repeat(core, &visit.caller, &record)),
                // Without a store too: what must not be done twice has a claim of its own.
                _ => self.work(core, visit, Event::Begun, now),
            },
            State::Working(visit) => self.work(core, visit, event, now),
            State::Keeping(reply, afterwards) => Step::Done { reply, afterwards },
            State::Over => unreachable!("a flow that is over is not stepped"),
        }
    }

    fn work(&mut self, core: &Core, mut visit: Visit, event: Event, now: &Now) -> Step {
        let scene = Scene { core, caller: &visit.caller, now };
        let (outcome, afterwards) = match visit.task.step(&scene, event) {
            Ok(Progress::Store(operation)) => {
                self.0 = State::Working(visit);
                return Step::Store(operation);
            }
            Ok(Progress::Call(call)) => {
                self.0 = State::Working(visit);
                return Step::Call(call);
            }
            Ok(Progress::Done { outcome, afterwards }) => (outcome, afterwards),
            Err(refusal) => (Err(refusal), None),
        };
        let mut reply = outcome.map_or_else(Reply::from, Reply::success);
        reply.session = renewed(core, &visit.caller, now);
        let json = serde_json::to_vec(&reply).expect("a struct of texts and integers always has a JSON form");
        let sealed = seal::seal(&core.keys, &visit.caller.repeat, &now.entropy, &json);
        self.0 = State::Keeping(reply, afterwards);
        Step::Store(keep(&visit.caller, sealed, Operation::put))
    }
}

fn done(reply: Reply) -> Step {
    Step::Done { reply, afterwards: None }
}

/// Quotes and payments are counted together, apart from everything else.
pub(crate) fn counts_as_payment(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::CreateQuote | Endpoint::CreatePayment)
}

fn counter(core: &Core, endpoint: Endpoint, caller: &Caller) -> Operation {
    let (class, per_minute) = if counts_as_payment(endpoint) {
        ("payments", core.settings.payments_per_minute)
    } else {
        ("requests", core.settings.requests_per_minute)
    };
    Operation::Take { key: Key::of(class, &[caller.install.as_bytes()]), per_minute }
}

/// The record of a request: its digest, and behind that its sealed reply, once there is one.
fn keep(caller: &Caller, sealed: Vec<u8>, operation: fn(Key, Vec<u8>, i64) -> Operation) -> Operation {
    operation(caller.repeat, [caller.digest.as_slice(), &sealed].concat(), REPLY_LIFE)
}

/// The answer to a nonce that was used before.
fn repeat(core: &Core, caller: &Caller, record: &[u8]) -> Reply {
    let Some((digest, sealed)) = record.split_first_chunk::<32>() else {
        return Refusal::invalid("The nonce was used before.").into();
    };
    if *digest != caller.digest {
        return Refusal::invalid("The nonce was used before, for another request.").into();
    }
    if sealed.is_empty() {
        return Refusal::rate_limited("The same request is still being worked on.", 1000).into();
    }
    seal::open(&core.keys, &caller.repeat, sealed)
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_else(|| Refusal::invalid("The nonce was used before.").into())
}

/// A fresh session for a caller whose own is past half its life.
fn renewed(core: &Core, caller: &Caller, now: &Now) -> Option<Secret> {
    let session = caller.session.as_ref().filter(|session| session.is_stale(now.wall))?;
    Some(core.session_for(session.wallet.clone(), caller.install, now))
}
