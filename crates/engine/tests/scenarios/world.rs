//! The world around the engine: time, storage, the browser and the network, moved on by hand.
//! Whatever a scenario does, the world watches over what must hold after every effect.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Area, Badge, Command, Effect, Engine, FrameId, FrameMessage, Input, Now, Page, PublicKey, SecretKey, Signature,
    Signer, Stored, TabId, Url, ViewId,
};
use open_payments::Timestamp;
use serde_json::Value;

use crate::browser::{Browser, WINDOW};
use crate::faults::Faults;
use crate::network::Flight;
use crate::servers::{PROXY, Servers};
use crate::wallets::SITE;

/// 2026-11-22T06:00:00Z.
pub(crate) const START: i64 = 1_795_327_200_000;
/// A content script whose port was closed comes back after so long, an alarm rings after so long.
const RECONNECT: u64 = 1_000;
const ALARM: u64 = 30_000;
/// More inputs than this in the same millisecond are a loop.
const INPUTS_AT_ONCE: u32 = 200;

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
    pub(crate) flights: Vec<Flight>,
    /// Time and URL of each call.
    pub(crate) calls: Vec<(u64, String)>,
    /// Quotes that the engine has asked to be paid from.
    pub(crate) quotes_used: BTreeSet<String>,
    /// What the engine asked for.
    pub(crate) timer: Option<u64>,
    pub(crate) alarm: bool,
    /// When it rings next.
    rings: Option<u64>,
    /// When something wakes the worker that was ended.
    revival: Option<u64>,
    pub(crate) told: Vec<(u64, FrameId, FrameMessage)>,
    pub(crate) badge: Option<Badge>,
    pub(crate) view: Option<Value>,
    /// To whom files were handed, and their names, media types and texts.
    pub(crate) exports: Vec<(ViewId, String, &'static str, String)>,
    /// Effects that are still carried out before the worker dies.
    pub(crate) fuse: Option<u32>,
    pub(crate) deaths: u32,
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
            rings: None,
            revival: None,
            told: Vec::new(),
            badge: None,
            view: None,
            exports: Vec::new(),
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

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.advance(seconds * 1000);
    }

    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let end = self.elapsed + milliseconds;
        let next =
            |world: &Self| [world.next_arrival(), world.timer, world.revival, world.rings].into_iter().flatten().min();
        while let Some(next) = next(self).filter(|next| *next <= end) {
            self.elapsed = self.elapsed.max(next);
            if self.something_arrives() {
                continue;
            }
            if self.revival.take_if(|at| *at <= next).is_some() {
                self.report_all();
            } else {
                self.timer.take_if(|at| *at <= next);
            }
            if self.rings.take_if(|at| *at <= next).is_some() {
                self.rings = Some(self.elapsed + ALARM);
            }
            self.give(Input::Elapsed);
        }
        self.elapsed = end;
    }

    /// The machine sleeps: time passes and nothing runs.
    pub(crate) fn sleep(&mut self, milliseconds: u64) {
        self.elapsed += milliseconds;
    }

    /// Ends the worker. What it sent is on its way all the same, unless it is lost with it.
    pub(crate) fn kill(&mut self, calls_are_lost: bool) {
        self.deaths += 1;
        (self.engine, self.fuse) = (None, None);
        self.hang_up(calls_are_lost);
        let has_links = self.browser.front().is_some_and(|tab| !tab.links.is_empty());
        let after = if has_links { Some(RECONNECT) } else { self.alarm.then_some(ALARM) };
        (self.timer, self.rings, self.revival) = (None, None, after.map(|after| self.elapsed + after));
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
                local: self.local.clone().into_iter().collect(),
                session: self.session.clone().into_iter().collect(),
                signer: key.map(|key| Box::new(CheapKey(key)) as Box<dyn Signer>),
                tabs: self.browser.known_tabs(),
                focused_window: Some(WINDOW),
            };
            self.handle(Input::Woke(stored));
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
            Effect::Alarm(on) => (self.alarm, self.rings) = (on, on.then_some(self.elapsed + ALARM)),
            Effect::WatchIdle(seconds) => {
                self.browser.idle_seconds = seconds;
                return Some(Input::IdleChanged(self.browser.idle));
            }
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
            Effect::Publish(view) => self.view = Some(serde_json::from_str(&json::to_string(&*view)).unwrap()),
            Effect::Export { view, name, media_type, text } => self.exports.push((view, name, media_type, text)),
        }
        None
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
}
