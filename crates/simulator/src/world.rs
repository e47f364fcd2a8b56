//! One world: a browser with the real engine, a proxy and wallets with their real cores, and a
//! network between them; moved on from one happening to the next.

use std::collections::BTreeMap;

use engine::{Answer, Unreachable};
use open_payments::Timestamp;
use open_payments_client::HttpRequest;
use proxy::core::WalletReply;
use serde_json::Value;

use crate::breach::{Breach, Rule};
use crate::browser::Browser;
use crate::faults::Faults;
use crate::network::Flight;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::random::Random;
use crate::report::Figures;
use crate::storage::Storage;
use crate::timers::Timers;
use crate::wallets::Wallets;
use crate::watch::Watch;
use crate::worker::Worker;

/// 2026-11-22T06:00:00Z.
const START: i64 = 1_795_327_200_000;
/// More happenings than this in the same millisecond are a loop.
const AT_ONCE: u32 = 5_000;

/// A world on its way.
pub struct World {
    /// Milliseconds since it began.
    pub(crate) elapsed: u64,
    pub(crate) plan: Plan,
    agenda: BTreeMap<(u64, u64), Happening>,
    scheduled: u64,
    pub(crate) random: Random,
    /// By how many milliseconds the machine's clock is ahead of the truth.
    pub(crate) clock_error: i64,
    /// The machine sleeps until then.
    pub(crate) asleep_until: u64,
    pub(crate) worker: Option<Worker>,
    pub(crate) lives: u64,
    pub(crate) timers: Timers,
    pub(crate) storage: Storage,
    pub(crate) browser: Browser,
    /// What was last shown to the person.
    pub(crate) view: Option<Value>,
    pub(crate) wallets: Wallets,
    pub(crate) proxy: Proxy,
    pub(crate) faults: Faults,
    pub(crate) flights: BTreeMap<u64, Flight>,
    pub(crate) last_flight: u64,
    pub(crate) watch: Watch,
    /// What has counted so far.
    pub figures: Figures,
    pub(crate) breach: Option<Breach>,
    trace: Option<Vec<String>>,
}

/// Something that is going to happen.
pub(crate) enum Happening {
    /// An event of the plan, by its place.
    Planned(usize),
    /// The machine wakes up.
    Awake,
    /// The worker's timer, if it is still this one.
    Timer(u64),
    /// The alarm, if it is still this one.
    Alarm(u64),
    /// The browser looks whether the worker of this life has anything to do.
    IdleCheck(u64),
    /// The content scripts of a tab open their ports again.
    Reconnect(i32),
    /// The browser tells of a tab that the extension has opened.
    Opened(i32),
    /// The browser closes a tab, as the extension asked.
    Closes(i32),
    /// A view is closed that was opened in this life of the worker.
    ViewCloses(u64),
    /// A request of the extension arrives.
    Arrives(u64),
    /// The extension has waited long enough for an answer.
    Deadline(u64),
    /// The extension gets an answer.
    Returns(u64, Result<Answer, Unreachable>),
    /// A request of the proxy arrives at a wallet.
    Asked { visit: u64, call: u64, request: HttpRequest },
    /// The proxy gets an answer, or will not get one.
    Told { visit: u64, call: u64, outcome: Result<WalletReply, proxy::core::Unreachable> },
    /// A request arrives at a wallet whose answer nobody waits for.
    Sent(HttpRequest),
}

impl World {
    /// The world of a plan, at its beginning.
    pub fn new(plan: Plan, trace: bool) -> Self {
        let random = Random::new(plan.seed);
        let proxy = Proxy::new(&plan.setting, random.fork(2));
        let mut wallets = Wallets::new(&plan.setting, random.fork(3));
        wallets.proxy_keys = proxy.client_keys();
        let mut world = Self {
            elapsed: 0,
            agenda: BTreeMap::new(),
            scheduled: 0,
            random: random.fork(4),
            clock_error: 0,
            asleep_until: 0,
            worker: None,
            lives: 0,
            timers: Timers::default(),
            storage: Storage::default(),
            browser: Browser::default(),
            view: None,
            wallets,
            proxy,
            faults: Faults::default(),
            flights: BTreeMap::new(),
            last_flight: 0,
            watch: Watch::default(),
            figures: Figures::default(),
            breach: None,
            trace: trace.then(Vec::new),
            plan,
        };
        for at in 0..world.plan.events.len() {
            world.schedule_at(world.plan.events[at].0, Happening::Planned(at));
        }
        world
    }

    /// What was noted, line by line.
    pub fn notes(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let (seconds, milliseconds) = (self.elapsed / 1000, self.elapsed % 1000);
            trace.push(format!("{seconds:>7}.{milliseconds:03}  {}", line()));
        }
    }

    /// A rule is broken; the first one counts.
    pub(crate) fn break_rule(&mut self, rule: Rule, detail: String) {
        self.note(|| format!("!! {rule}: {detail}"));
        let at = self.elapsed;
        self.breach.get_or_insert(Breach { rule, detail, at });
    }

    pub(crate) fn time(&self, ahead: i64) -> Timestamp {
        let elapsed = i64::try_from(self.elapsed).unwrap_or(i64::MAX);
        Timestamp::from_millis(START).plus_millis(elapsed).plus_millis(ahead)
    }

    /// The time by the servers' clocks.
    pub(crate) fn server_time(&self) -> Timestamp {
        self.time(self.plan.setting.servers_ahead)
    }

    pub(crate) fn schedule(&mut self, after: u64, happening: Happening) {
        self.schedule_at(self.elapsed + after, happening);
    }

    pub(crate) fn schedule_at(&mut self, at: u64, happening: Happening) {
        self.scheduled += 1;
        self.agenda.insert((at, self.scheduled), happening);
    }

    /// Lets the world go on until this time, or until a rule is broken.
    pub fn run_until(&mut self, end: u64) {
        let mut at_once = 0;
        while self.breach.is_none()
            && let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= end
        {
            let ((at, _), happening) = entry.remove_entry();
            at_once = if at > self.elapsed { 0 } else { at_once + 1 };
            if at_once > AT_ONCE {
                return self.break_rule(Rule::Calm, "the world goes round in circles".to_owned());
            }
            self.pass_to(at);
            if self.browser.asleep {
                self.awake();
            }
            // What comes while the machine sleeps waits, people too.
            if self.is_local(&happening) && at < self.asleep_until {
                self.schedule_at(self.asleep_until, happening);
            } else {
                self.happen(happening);
            }
            self.check_money();
            self.check_liveness();
        }
        if self.breach.is_none() {
            self.pass_to(end);
        }
    }

    fn pass_to(&mut self, at: u64) {
        if at > self.elapsed {
            self.count_attention(at - self.elapsed);
            self.elapsed = at;
            self.remember_front();
        }
    }

    /// What is looked at at this moment, before anything changes.
    pub(crate) fn remember_front(&mut self) {
        let (until, tabs) = &mut self.watch.fronts;
        if *until < self.elapsed {
            *until = self.elapsed;
            tabs.clear();
        }
        tabs.extend(self.browser.looked_at().cloned());
    }

    /// Whether something needs the machine to be awake.
    fn is_local(&self, happening: &Happening) -> bool {
        use Happening::{Arrives, Asked, Awake, Planned, Sent, Told};
        match happening {
            Planned(at) => self.plan.events[*at].1.needs_machine(),
            Awake | Arrives(_) | Asked { .. } | Told { .. } | Sent(_) => false,
            _ => true,
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Planned(at) => {
                let event = self.plan.events[at].1.clone();
                self.remember_front();
                self.note(|| format!("** {event:?}"));
                self.carry_out_plan(event);
            }
            Happening::Awake => self.awake(),
            Happening::Timer(number) => self.timer_goes_off(number),
            Happening::Alarm(number) => self.alarm_rings(number),
            Happening::IdleCheck(life) => self.end_if_idle(life),
            Happening::Reconnect(tab) => self.report(tab),
            Happening::Opened(tab) => {
                self.disturb();
                self.activate(tab);
            }
            Happening::Closes(tab) => {
                self.disturb();
                self.close(tab);
            }
            Happening::ViewCloses(life) => self.close_view(life),
            Happening::Arrives(flight) => self.request_arrives(flight),
            Happening::Deadline(flight) => self.answer(flight, Err(Unreachable::TimedOut)),
            Happening::Returns(flight, answer) => self.answer(flight, answer),
            Happening::Asked { visit, call, request } => self.wallet_is_asked(visit, call, request),
            Happening::Told { visit, call, outcome } => {
                let doings = self.proxy.called((visit, call), outcome, self.elapsed, self.server_time());
                self.do_for_proxy(doings);
            }
            Happening::Sent(request) => drop(self.serve_wallet(&request)),
        }
    }
}
