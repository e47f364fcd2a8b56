//! The extension's worker: its lives, what it is told, and what it has done for it.

use std::collections::{BTreeMap, VecDeque};

use engine::{
    Effect, Engine, FrameId, FrameMessage, Input, Now, Page, SecretKey, Signer, Stored, TabId, Url, WindowId,
};

use crate::proxy::PROXY;
use crate::world::{Happening, World};

/// A content script whose port was closed comes back after so long, if it had been told something.
const RECONNECT: u64 = 100;
const RECONNECT_UNHEARD: u64 = 60_000;

/// One life of the worker.
pub(crate) struct Worker {
    engine: Engine,
    pub(crate) life: u64,
    /// When its monotonic clock began.
    pub(crate) born: u64,
    /// The last time that the browser did something for it, or told it something.
    pub(crate) alive: u64,
    /// Something could not be stored, so it does nothing any more.
    broken: bool,
    viewers: u32,
}

/// After so many more writes, so many fail; they may be made all the same.
#[derive(Clone, Copy)]
pub(crate) struct FailingWrite {
    pub(crate) after: u32,
    pub(crate) times: u32,
    pub(crate) written: bool,
}

impl World {
    /// Tells the worker something; starts it if it does not run.
    pub(crate) fn give(&mut self, input: Input) {
        if self.worker.is_none() {
            self.start_worker();
        }
        if let Some(worker) = &mut self.worker {
            // Answers and timers do not count as a sign of life; events of the browser do.
            if !matches!(input, Input::Answered(..) | Input::Elapsed) {
                worker.alive = self.elapsed;
            }
            self.handle(input);
        }
    }

    /// Tells the worker something that only this life waits for.
    pub(crate) fn give_to_life(&mut self, life: u64, input: Input) {
        if self.worker.as_ref().is_some_and(|worker| worker.life == life) {
            self.give(input);
        }
    }

    fn start_worker(&mut self) {
        self.lives += 1;
        self.figures.lives += 1;
        let (life, born) = (self.lives, self.elapsed);
        self.note(|| format!("== life {life} of the worker"));
        let engine = Engine::new(Url::parse(PROXY).expect("a URL"));
        self.worker = Some(Worker { engine, life, born, alive: born, broken: false, viewers: 0 });
        self.watch_idleness(life);
        let entries = |store: &BTreeMap<String, String>| store.clone().into_iter().collect();
        let stored = Stored {
            local: entries(&self.storage.local),
            session: entries(&self.storage.session),
            signer: self.storage.key.map(|seed| Box::new(SecretKey::from_seed(seed)) as Box<dyn Signer>),
            tabs: self.browser.known_tabs(),
            focused_window: Some(WindowId(self.browser.focused())),
        };
        self.handle(Input::Woke(stored));
    }

    /// One input, then all its effects, and then the answers to those.
    fn handle(&mut self, input: Input) {
        let mut waiting = VecDeque::from([input]);
        while let Some(input) = waiting.pop_front() {
            let entropy = self.random.bytes();
            let wall = self.time(self.clock_error);
            let monotonic = self.monotonic();
            let Some(worker) = self.worker.as_mut().filter(|worker| !worker.broken) else { return };
            worker.engine.handle(input, Now { wall, monotonic, entropy });
            while let Some(effect) = self.worker.as_mut().and_then(|worker| worker.engine.poll()) {
                if self.timers.fuse == Some(0) {
                    self.note(|| "== killed between two effects".to_owned());
                    return self.kill(false);
                }
                self.timers.fuse = self.timers.fuse.map(|left| left - 1);
                match self.carry_out(effect) {
                    Ok(answer) => answer.into_iter().for_each(|answer| waiting.push_front(answer)),
                    Err(WriteFailed) => return self.give_up(),
                }
            }
        }
    }

    /// Milliseconds on the worker's own clock.
    pub(crate) fn monotonic(&self) -> u64 {
        self.worker.as_ref().map_or(0, |worker| self.elapsed.saturating_sub(worker.born))
    }

    /// What could not be stored did not happen, so nothing that builds on it may: as the queue of
    /// the background code does it.
    fn give_up(&mut self) {
        self.note(|| "== a write has failed".to_owned());
        self.disturb();
        if let Some(worker) = &mut self.worker {
            worker.broken = true;
        }
        self.stop_timer();
        self.set_alarm(false);
    }

    fn carry_out(&mut self, effect: Effect) -> Result<Option<Input>, WriteFailed> {
        if !matches!(effect, Effect::Call { .. } | Effect::Wake(_))
            && let Some(worker) = &mut self.worker
        {
            worker.alive = self.elapsed;
        }
        match effect {
            Effect::MakeKey => {
                let seed = self.random.bytes();
                self.note(|| "-> a key is made".to_owned());
                self.storage.key = Some(seed);
                return Ok(Some(Input::KeyMade(Box::new(SecretKey::from_seed(seed)))));
            }
            Effect::Persist { area, entries } => {
                let failing = self.timers.failing_write.take();
                if !matches!(failing, Some(FailingWrite { after: 0, written: false, .. })) {
                    self.note(|| {
                        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
                        format!("-> {area:?} {}", names.join(" "))
                    });
                    let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
                    self.storage.write(area, entries);
                    self.check_accounts(&names.iter().map(String::as_str).collect::<Vec<_>>());
                }
                match failing {
                    Some(FailingWrite { after: 0, times, written }) => {
                        let next = FailingWrite { after: 0, times: times.saturating_sub(1), written };
                        self.timers.failing_write = Some(next).filter(|next| next.times > 0);
                        return Err(WriteFailed);
                    }
                    other => {
                        let next = other.map(|other| FailingWrite { after: other.after - 1, ..other });
                        self.timers.failing_write = next;
                    }
                }
            }
            Effect::Call { call, request, deadline, .. } => self.call(call, request, deadline.into()),
            Effect::Wake(time) => self.set_timer(time),
            Effect::Alarm(on) => self.set_alarm(on),
            Effect::WatchIdle(_) => return Ok(Some(Input::IdleChanged(self.browser.idle))),
            Effect::Tell(frame, message) => self.tell(frame, message),
            Effect::OpenTab(Page::Welcome) => {}
            Effect::OpenTab(Page::Consent(url)) => {
                self.note(|| format!("-> opens {url}"));
                // The extension is told a moment later that another tab is in front.
                self.remember_front();
                self.watch.fronts.0 = self.watch.fronts.0.max(self.elapsed + 1);
                let tab = self.browser.open(url.as_str(), self.browser.focused().max(1));
                self.schedule(1, Happening::Opened(tab));
                return Ok(Some(Input::ConsentTabOpened(TabId(tab))));
            }
            Effect::CloseTab(TabId(tab)) => self.schedule(1, Happening::Closes(tab)),
            Effect::Badge(_) | Effect::Export { .. } => {}
            Effect::Publish(view) => self.view = serde_json::from_str(&json::to_string(&*view)).ok(),
        }
        Ok(None)
    }

    /// Ends the worker. What it sent is on its way all the same, unless it is lost with it.
    pub(crate) fn kill(&mut self, calls_are_lost: bool) {
        if self.worker.take().is_none() {
            return;
        }
        self.figures.kills += 1;
        self.timers.fuse = None;
        self.stop_timer();
        if calls_are_lost {
            self.lose_calls();
        }
        let mut returns = Vec::new();
        for tab in &mut self.browser.tabs {
            for frame in &mut tab.frames {
                let after = if frame.heard { RECONNECT } else { RECONNECT_UNHEARD };
                returns.extend(frame.port.take().map(|_| (after, tab.id)));
            }
        }
        for (after, tab) in returns {
            self.schedule(after, Happening::Reconnect(tab));
        }
    }

    fn tell(&mut self, frame: FrameId, message: FrameMessage) {
        self.note(|| format!("-> tells frame {}: {}", frame.0, told(&message)));
        let mut frames = self.browser.tabs.iter_mut().flat_map(|tab| &mut tab.frames);
        if let Some(told) = frames.find(|known| known.port == Some(frame.0)) {
            told.heard = true;
        }
        if matches!(message, FrameMessage::Monetization { .. }) {
            self.figures.events += 1;
        }
    }

    /// A view is opened, for so long. It takes the focus, which the page in front notices.
    pub(crate) fn open_view(&mut self, milliseconds: u64) {
        if self.worker.is_none() {
            self.start_worker();
        }
        if let Some(worker) = self.worker.as_mut() {
            worker.viewers += 1;
            let life = worker.life;
            self.schedule(milliseconds, Happening::ViewCloses(life));
            self.give(Input::ViewOpened);
            self.browser.front().map(|tab| tab.id).into_iter().for_each(|tab| self.report(tab));
        }
    }

    pub(crate) fn close_view(&mut self, life: u64) {
        if let Some(worker) = self.worker.as_mut().filter(|worker| worker.life == life) {
            worker.viewers = worker.viewers.saturating_sub(1);
            self.give(Input::ViewClosed);
        }
    }

    /// Whether a view is open.
    pub(crate) fn is_watched(&self) -> bool {
        self.worker.as_ref().is_some_and(|worker| worker.viewers > 0)
    }

    pub(crate) fn life_of_worker(&self) -> u64 {
        self.worker.as_ref().map_or(0, |worker| worker.life)
    }
}

/// Something could not be stored.
struct WriteFailed;

fn told(message: &FrameMessage) -> String {
    match message {
        FrameMessage::Load(link) => format!("load {}", link.0),
        FrameMessage::Error(link) => format!("error {}", link.0),
        FrameMessage::Monetization { link, amount, .. } => format!("monetization {} {}", link.0, amount.value),
    }
}
