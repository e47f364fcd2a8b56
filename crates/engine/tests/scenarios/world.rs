//! The world around the engine: time, storage, the browser and the network, moved on by hand.
//! Whatever a scenario does, the world watches over what must hold after every effect.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Answer, Area, Badge, CallId, Command, Effect, Engine, FrameId, FrameMessage, FrameReport, HttpRequest, Input, Link,
    LinkId, Now, Page, PublicKey, SecretKey, Signature, Signer, Stored, TabId, Unreachable, Url,
};
use open_payments::{Timestamp, interaction_hash};
use serde_json::Value;

use crate::browser::{Browser, WINDOW};
use crate::faults::{Fault, Faults};
use crate::servers::{PROXY, Servers};
use crate::wallets::{AUTH, SITE};

/// 2026-11-22T06:00:00Z.
pub(crate) const START: i64 = 1_795_327_200_000;
/// Each way.
const LATENCY: u64 = 20;
/// A content script whose port was closed comes back after so long, an alarm rings after so long.
const RECONNECT: u64 = 1_000;
const ALARM: u64 = 30_000;
/// More inputs than this in the same millisecond, or calls in the same second, are a loop.
const INPUTS_AT_ONCE: u32 = 200;
const CALLS_A_SECOND: usize = 40;

pub(crate) struct World {
    pub(crate) elapsed: u64,
    /// By how much the browser's clock is ahead of the truth.
    pub(crate) clock_error: i64,
    engine: Option<Engine>,
    born: u64,
    inputs: u64,
    inputs_at_once: (u64, u32),
    pub(crate) local: BTreeMap<String, String>,
    pub(crate) session: BTreeMap<String, String>,
    key: u8,
    pub(crate) key_is_readable: bool,
    pub(crate) browser: Browser,
    pub(crate) servers: Servers,
    pub(crate) faults: Faults,
    pub(crate) proxy_is_down: bool,
    flights: Vec<Flight>,
    /// Time and URL of each call.
    pub(crate) calls: Vec<(u64, String)>,
    /// Quotes that the engine has asked to be paid from.
    quotes_used: BTreeSet<String>,
    pub(crate) timer: Option<u64>,
    pub(crate) alarm: bool,
    pub(crate) told: Vec<(u64, FrameId, FrameMessage)>,
    pub(crate) badge: Option<Badge>,
    view: Option<Value>,
    /// Effects that are still carried out before the worker dies.
    pub(crate) fuse: Option<u32>,
    pub(crate) deaths: u32,
}

/// A call on its way.
struct Flight {
    call: CallId,
    request: HttpRequest,
    /// When it arrives; nothing once it has.
    arrives: Option<u64>,
    /// When the engine hears of it; nothing if it has, or is dead.
    returns: Option<u64>,
    /// What it hears, if that is known before the request arrives.
    answer: Option<Result<Answer, Unreachable>>,
}

/// A key whose signatures cost nothing, since nobody here verifies them.
struct CheapKey(u8);

impl Signer for CheapKey {
    fn public_key(&self) -> PublicKey {
        SecretKey::from_seed([self.0; 32]).public_key()
    }

    fn sign(&self, _: &[u8]) -> Signature {
        Signature([self.0; 64])
    }
}

impl World {
    /// A browser in which the extension was just installed.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            elapsed: 0,
            clock_error: 0,
            engine: None,
            born: 0,
            inputs: 0,
            inputs_at_once: (0, 0),
            local: BTreeMap::new(),
            session: BTreeMap::new(),
            key: 0,
            key_is_readable: true,
            browser: Browser::default(),
            servers: Servers::new(),
            faults: Faults::default(),
            proxy_is_down: false,
            flights: Vec::new(),
            calls: Vec::new(),
            quotes_used: BTreeSet::new(),
            timer: None,
            alarm: false,
            told: Vec::new(),
            badge: None,
            view: None,
            fuse: None,
            deaths: 0,
        };
        world.give(Input::Installed);
        world
    }

    /// A browser whose user has connected a wallet with a budget, once or monthly.
    pub(crate) fn connected_with(amount: &str, monthly: bool) -> Self {
        let mut world = Self::new();
        world.upload_key();
        world.connect(amount, monthly);
        world.advance(200);
        world.decide(true);
        world.advance(200);
        assert_eq!(world.connection(), "connected");
        world
    }

    /// One with a budget of 1,000.00 that pays one cent a second.
    pub(crate) fn connected() -> Self {
        let mut world = Self::connected_with("1000", false);
        world.command(Command::SetRate("36".to_owned()));
        world
    }

    /// One whose user looks at a page with these links.
    pub(crate) fn looking_at(links: &[&str]) -> Self {
        let mut world = Self::connected();
        world.visit("https://site.example/", links);
        world
    }

    /// One that pays the usual site, and has just done so for some seconds.
    pub(crate) fn paying() -> Self {
        let mut world = Self::looking_at(&[SITE]);
        world.advance(3_500);
        assert!(world.servers.wallets.payments.len() >= 3);
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(START).plus_millis(i64::try_from(self.elapsed).unwrap())
    }

    /// The time by the servers' clocks.
    pub(crate) fn server_time(&self) -> Timestamp {
        self.now().plus_millis(self.servers.ahead)
    }

    // What the user does.

    pub(crate) fn command(&mut self, command: Command) {
        self.give(Input::Command(command));
    }

    pub(crate) fn connect(&mut self, amount: &str, monthly: bool) {
        let (wallet_address, amount) = ("$wallet.example/alice".to_owned(), amount.to_owned());
        self.command(Command::Connect { wallet_address, amount, monthly });
    }

    /// Adds the key that the extension shows to the wallet.
    pub(crate) fn upload_key(&mut self) {
        let jwk = self.view()["publicKey"]["jwk"].as_str().unwrap().to_owned();
        self.servers.wallets.keys.insert(jwk);
    }

    /// Accepts or declines on the wallet's page, which sends the tab on.
    pub(crate) fn decide(&mut self, accept: bool) {
        let query = if accept { self.acceptance() } else { "result=grant_rejected".to_owned() };
        let tab = self.consent_tab().expect("a consent page");
        self.finish(tab, &query);
    }

    /// The query that proves that the user accepted.
    pub(crate) fn acceptance(&mut self) -> String {
        let grant = self.servers.wallets.grant.as_mut().unwrap();
        grant.accepted = true;
        let hash = interaction_hash(&grant.nonce, "wallet-nonce", &grant.reference, AUTH);
        let encoded = hash.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("hash={encoded}&interact_ref={}", grant.reference)
    }

    /// A tab comes to the finish page.
    pub(crate) fn finish(&mut self, tab: i32, query: &str) {
        let finish = self.servers.wallets.grant.as_ref().unwrap().finish.clone();
        self.navigate(tab, &format!("{finish}?{query}"), &[]);
    }

    pub(crate) fn consent_tab(&self) -> Option<i32> {
        self.browser.tabs.iter().find(|tab| tab.url.starts_with(AUTH)).map(|tab| tab.id)
    }

    /// Opens a page in a new tab in front.
    pub(crate) fn visit(&mut self, url: &str, links: &[&str]) -> i32 {
        let tab = self.browser.open(url);
        self.give(Input::TabActivated(TabId(tab), WINDOW));
        self.report_all();
        self.navigate(tab, url, links);
        tab
    }

    pub(crate) fn navigate(&mut self, tab: i32, url: &str, links: &[&str]) {
        if let Some(frame) = self.browser.load(tab, url, links) {
            self.give(Input::FrameLeft(frame));
        }
        let known = self.browser.tab(tab).known();
        self.give(Input::TabChanged(known));
        self.give_frame(tab);
    }

    /// The links of a page change without a navigation; those that stay keep their ids.
    pub(crate) fn change_links(&mut self, tab: i32, change: impl FnOnce(&mut Vec<(u32, String)>)) {
        change(&mut self.browser.tab(tab).links);
        let report = self.browser.tab(tab).report();
        self.give(Input::FrameReported(report.expect("a frame")));
    }

    /// A frame from elsewhere in a page, with a link.
    pub(crate) fn embed(&mut self, tab: i32, origin: &str, href: &str) {
        let links = vec![Link { id: LinkId(1), href: href.to_owned() }];
        let (frame, tab) = (FrameId(u32::MAX), TabId(tab));
        self.give(Input::FrameReported(FrameReport { frame, tab, origin: origin.to_owned(), visible: true, links }));
    }

    pub(crate) fn activate(&mut self, tab: i32) {
        self.browser.activate(tab);
        self.give(Input::TabActivated(TabId(tab), WINDOW));
        self.report_all();
    }

    pub(crate) fn close(&mut self, tab: i32) {
        self.browser.tabs.retain(|known| known.id != tab);
        self.give(Input::TabRemoved(TabId(tab)));
    }

    pub(crate) fn lock(&mut self, locked: bool) {
        self.browser.locked = locked;
        self.give(Input::ScreenLocked(locked));
    }

    // What can be seen.

    /// What the popup shows, opened for a moment.
    pub(crate) fn view(&mut self) -> Value {
        self.give(Input::ViewOpened);
        let view = self.view.take().expect("a view");
        self.give(Input::ViewClosed);
        view
    }

    pub(crate) fn connection(&mut self) -> String {
        self.view()["connection"]["state"].as_str().unwrap().to_owned()
    }

    pub(crate) fn problem(&mut self) -> Option<String> {
        self.view()["connection"]["problem"]["code"].as_str().map(str::to_owned)
    }

    pub(crate) fn page(&mut self) -> String {
        self.view()["page"]["state"].as_str().unwrap().to_owned()
    }

    pub(crate) fn page_problem(&mut self) -> Option<String> {
        self.view()["page"]["problem"]["code"].as_str().map(str::to_owned)
    }

    /// What a stored entry says; nothing if there is none.
    pub(crate) fn stored(&self, name: &str) -> Value {
        let text = self.local.get(name).or(self.session.get(name));
        text.map_or(Value::Null, |text| serde_json::from_str::<Value>(text).unwrap()[1].take())
    }

    /// The ids of the payments in the engine's ledger.
    pub(crate) fn ledger(&self) -> Vec<String> {
        let pages = self.local.iter().filter(|(name, _)| name.starts_with("ledger."));
        let rows = pages.flat_map(|(name, _)| self.stored(name).as_array().unwrap().clone());
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The payments whose outcome the engine does not know, as the wallet would call them.
    pub(crate) fn unsettled(&self) -> Vec<String> {
        let listed = self.stored("unsettled").as_array().cloned().unwrap_or_default();
        let intents = listed.into_iter().map(|unsettled| unsettled["intent"].clone()).chain([self.stored("intent")]);
        let quotes = intents.filter_map(|intent| intent["quote"].as_str().map(str::to_owned));
        quotes.map(|quote| quote.replace("/quotes/", "/outgoing-payments/")).collect()
    }

    pub(crate) fn payments(&self) -> usize {
        self.servers.wallets.payments.len()
    }

    pub(crate) fn calls_to(&self, part: &str) -> usize {
        self.calls.iter().filter(|(_, url)| url.contains(part)).count()
    }

    pub(crate) fn events(&self, link: u32) -> usize {
        let hears = |message: &FrameMessage| matches!(message, FrameMessage::Monetization { link: heard, .. } if *heard == LinkId(link));
        self.told.iter().filter(|(_, _, message)| hears(message)).count()
    }

    // How time passes.

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.advance(seconds * 1000);
    }

    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let end = self.elapsed + milliseconds;
        while let Some(next) = self.next_event().filter(|next| *next <= end) {
            self.elapsed = self.elapsed.max(next);
            self.event();
        }
        self.elapsed = end;
    }

    /// The machine sleeps: time passes and nothing runs.
    pub(crate) fn sleep(&mut self, milliseconds: u64) {
        self.elapsed += milliseconds;
    }

    fn next_event(&self) -> Option<u64> {
        let flights = self.flights.iter().flat_map(|flight| [flight.arrives, flight.returns]).flatten();
        flights.chain(self.timer).min()
    }

    fn event(&mut self) {
        let now = self.elapsed;
        if let Some(at) = self.flights.iter().position(|flight| flight.arrives.is_some_and(|at| at <= now)) {
            let now = self.server_time();
            let flight = &mut self.flights[at];
            flight.arrives = None;
            let answer = self.servers.serve(&flight.request, now);
            flight.answer.get_or_insert(Ok(answer));
            return self.flights.retain(|flight| flight.arrives.is_some() || flight.returns.is_some());
        }
        if let Some(at) = self.flights.iter().position(|flight| flight.returns.is_some_and(|at| at <= now)) {
            let flight = &mut self.flights[at];
            flight.returns = None;
            let (call, answer) = (flight.call, flight.answer.take().unwrap_or(Err(Unreachable::Failed)));
            self.flights.retain(|flight| flight.arrives.is_some() || flight.returns.is_some());
            return self.give(Input::Answered(call, answer));
        }
        if self.timer.take_if(|at| *at <= now).is_some() {
            if self.engine.is_none() {
                self.report_all();
            }
            self.give(Input::Elapsed);
        }
    }

    // The worker.

    /// Ends the worker. What it sent is on its way all the same, unless it is lost with it.
    pub(crate) fn kill(&mut self, calls_are_lost: bool) {
        self.deaths += 1;
        (self.engine, self.fuse) = (None, None);
        for flight in &mut self.flights {
            (flight.returns, flight.arrives) = (None, flight.arrives.filter(|_| !calls_are_lost));
        }
        self.flights.retain(|flight| flight.arrives.is_some());
        let has_links = self.browser.front().is_some_and(|tab| !tab.links.is_empty());
        let after = if has_links { Some(RECONNECT) } else { self.alarm.then_some(ALARM) };
        self.timer = after.map(|after| self.elapsed + after);
        for tab in &mut self.browser.tabs {
            tab.frame = None;
        }
    }

    /// Starts the worker if it does not run, and tells it something.
    pub(crate) fn give(&mut self, input: Input) {
        if self.engine.is_none() {
            self.born = self.elapsed;
            self.engine = Some(Engine::new(Url::parse(PROXY).unwrap()));
            let key = (self.key > 0 && self.key_is_readable).then_some(self.key);
            let stored = Stored {
                local: self.local.clone(),
                session: self.session.clone(),
                signer: key.map(|key| Box::new(CheapKey(key)) as Box<dyn Signer>),
                tabs: self.browser.known_tabs(),
                focused_window: Some(WINDOW),
            };
            self.handle(Input::Woke(stored));
            self.handle(Input::ScreenLocked(self.browser.locked));
        }
        self.handle(input);
    }

    fn handle(&mut self, input: Input) {
        let Some(engine) = &mut self.engine else { return };
        self.inputs += 1;
        self.inputs_at_once = match self.inputs_at_once {
            (at, count) if at == self.elapsed => (at, count + 1),
            _ => (self.elapsed, 0),
        };
        assert!(self.inputs_at_once.1 < INPUTS_AT_ONCE, "the engine goes round in circles");
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.inputs.to_be_bytes());
        let wall = Timestamp::from_millis(START + i64::try_from(self.elapsed).unwrap() + self.clock_error);
        engine.handle(input, Now { wall, monotonic: self.elapsed - self.born, entropy });
        let mut answers = Vec::new();
        while let Some(effect) = self.engine.as_mut().and_then(Engine::poll) {
            if self.fuse == Some(0) {
                return self.kill(false);
            }
            self.fuse = self.fuse.map(|left| left - 1);
            answers.extend(self.carry_out(effect));
        }
        for answer in answers {
            self.handle(answer);
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::MakeKey => {
                self.key += 1;
                self.key_is_readable = true;
                return Some(Input::KeyMade(Box::new(CheapKey(self.key))));
            }
            Effect::Call { call, request, deadline, .. } => self.call(call, request, deadline.into()),
            Effect::Persist { area, entries } => {
                let store = if area == Area::Local { &mut self.local } else { &mut self.session };
                for (name, text) in entries {
                    match text {
                        Some(text) => store.insert(name, text),
                        None => store.remove(&name),
                    };
                }
            }
            Effect::Wake(time) => self.timer = time.map(|time| (self.born + time).max(self.elapsed)),
            Effect::Alarm(on) => self.alarm = on,
            Effect::Tell(frame, message) => self.tell(frame, message),
            Effect::OpenTab(Page::Welcome) => {}
            Effect::OpenTab(Page::Consent(url)) => {
                let tab = self.browser.open(url.as_str());
                return Some(Input::ConsentTabOpened(TabId(tab)));
            }
            Effect::CloseTab(TabId(tab)) => {
                self.browser.tabs.retain(|known| known.id != tab);
                return Some(Input::TabRemoved(TabId(tab)));
            }
            Effect::Badge(badge) => self.badge = Some(badge),
            Effect::Publish(view) => self.view = Some(serde_json::to_value(view).unwrap()),
        }
        None
    }

    fn call(&mut self, call: CallId, request: HttpRequest, deadline: u64) {
        self.watch_over(&request);
        let url = request.url.as_str().to_owned();
        self.calls.push((self.elapsed, url.clone()));
        let second = self.calls.iter().rev().take_while(|(at, _)| *at + 1000 > self.elapsed).count();
        assert!(second <= CALLS_A_SECOND, "{second} calls in one second, the last to {url}");
        let (sent, dead) = (self.elapsed, self.proxy_is_down && url.starts_with(PROXY));
        let mut flight =
            Flight { call, request, arrives: Some(sent + LATENCY), returns: Some(sent + 2 * LATENCY), answer: None };
        let now = self.server_time();
        if dead {
            flight.arrives = None;
        } else if let Some(fault) = self.faults.take(&url) {
            let servers = &mut self.servers;
            flight.befall(fault, deadline, |request| servers.serve(request, now));
        }
        self.flights.push(flight);
    }

    fn tell(&mut self, frame: FrameId, message: FrameMessage) {
        if let FrameMessage::Load(link) | FrameMessage::Error(link) = message {
            let before = self.told.iter().filter(|(_, to, _)| *to == frame).any(
                |(_, _, told)| matches!(told, FrameMessage::Load(other) | FrameMessage::Error(other) if *other == link),
            );
            assert!(!before, "{link:?} was settled twice");
        }
        self.told.push((self.elapsed, frame, message));
    }

    /// What must hold of every call.
    fn watch_over(&mut self, request: &HttpRequest) {
        let url = request.url.as_str();
        let busy = |part: &str| {
            self.flights
                .iter()
                .any(|flight| flight.returns.is_some() && flight.request.url.as_str() == format!("{PROXY}{part}"))
        };
        let (paying, quoting) = (busy("/v1/payments"), busy("/v1/quotes"));
        match url.strip_prefix(PROXY) {
            Some("/v1/tokens/rotate") => {
                assert!(!paying && !quoting && !busy("/v1/tokens/rotate"), "a rotation beside something else");
            }
            Some("/v1/quotes") => assert!(!quoting, "two quotes at once"),
            Some("/v1/payments") => {
                assert!(!paying, "two payments at once");
                let intent = self.stored("intent");
                let quote = intent["quote"].as_str().expect("an intent before the payment").to_owned();
                assert!(request.body.as_ref().unwrap().contains(&format!("\\\"{quote}\\\"")), "another intent");
                assert!(self.quotes_used.insert(quote), "a quote paid from twice");
            }
            _ => {}
        }
    }

    fn give_frame(&mut self, tab: i32) {
        // What came before may have had the tab closed.
        if !self.browser.tabs.iter().any(|known| known.id == tab) {
            return;
        }
        if let Some(report) = self.browser.connect_frame(tab) {
            self.give(Input::FrameReported(report));
        }
    }

    /// Every content script that has a link says what it sees, through a new port if need be.
    fn report_all(&mut self) {
        let tabs: Vec<i32> = self.browser.tabs.iter().map(|tab| tab.id).collect();
        for tab in tabs {
            match self.browser.tab(tab).report() {
                Some(report) => self.give(Input::FrameReported(report)),
                None => self.give_frame(tab),
            }
        }
    }
}

impl Flight {
    fn befall(&mut self, fault: &Fault, deadline: u64, mut serve: impl FnMut(&HttpRequest) -> Answer) {
        use protocol::{ErrorBody, ErrorReply};
        let refusal = |error: ErrorBody| {
            let status = error.code.status();
            Answer { status, session: None, body: serde_json::to_string(&ErrorReply { error }).unwrap() }
        };
        let answer_with = |flight: &mut Self, answer| (flight.arrives, flight.answer) = (None, Some(Ok(answer)));
        match fault {
            Fault::Refuse(error) => answer_with(self, refusal(error.clone())),
            Fault::Status(status) => {
                answer_with(self, Answer { status: *status, session: None, body: "<html>".to_owned() });
            }
            Fault::LoseRequest => self.arrives = None,
            Fault::LoseReply => {
                serve(&self.request);
                self.arrives = None;
            }
            Fault::Lie(code) => {
                serve(&self.request);
                answer_with(self, refusal(ErrorBody::new(*code, "No.")));
            }
            Fault::Forge(forge) => {
                let mut answer = serve(&self.request);
                let mut body: Value = serde_json::from_str(&answer.body).unwrap();
                forge(&mut body);
                answer.body = body.to_string();
                answer_with(self, answer);
            }
            Fault::Delay(more) => {
                let sent = self.returns.unwrap_or_default() - 2 * LATENCY;
                self.arrives = Some(sent + LATENCY + more);
                self.returns = Some(sent + (2 * LATENCY + more).min(deadline));
                if 2 * LATENCY + more >= deadline {
                    self.answer = Some(Err(Unreachable::TimedOut));
                }
            }
        }
    }
}
