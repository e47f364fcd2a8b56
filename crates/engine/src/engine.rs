use std::collections::VecDeque;

use open_payments::{Timestamp, Url};

use crate::account::Account;
use crate::calls::Calls;
use crate::connecting::Attempt;
use crate::desk::Desk;
use crate::effect::{Area, Effect, Page};
use crate::entropy::Entropy;
use crate::frames::Frames;
use crate::input::{Input, Now};
use crate::key::Key;
use crate::ledger::Ledger;
use crate::minimum::Minimums;
use crate::once::Once;
use crate::pace::Pace;
use crate::presence::Presence;
use crate::problem::Problem;
use crate::proxy::Proxy;
use crate::publish::Published;
use crate::readback::Readings;
use crate::receivers::Receivers;
use crate::settings::Settings;
use crate::settling::Settling;
use crate::snapshot::{local, save};
use crate::spending::{Former, Spending};
use crate::targets::Targets;
use crate::watched::Watched;

/// The machine. See the crate's documentation for how it is driven.
pub struct Engine {
    pub(crate) now: Moment,
    pub(crate) entropy: Entropy,
    built_in_proxy: Url,
    pub(crate) key: Option<Key>,
    pub(crate) settings: Watched<Settings>,
    /// The user's wallet, once it is connected.
    pub(crate) account: Option<Box<Account>>,
    /// An attempt to connect one.
    pub(crate) attempt: Option<Box<Attempt>>,
    pub(crate) spending: Option<Spending>,
    /// What can still be paid from of a wallet that was disconnected.
    pub(crate) former: Option<Former>,
    pub(crate) presence: Watched<Presence>,
    pub(crate) frames: Watched<Frames>,
    pub(crate) targets: Targets,
    pub(crate) receivers: Receivers,
    pub(crate) minimums: Minimums,
    pub(crate) pace: Pace,
    pub(crate) desk: Desk,
    /// The last one-time payment.
    pub(crate) once: Option<Once>,
    pub(crate) readings: Readings,
    pub(crate) settling: Settling,
    pub(crate) ledger: Ledger,
    pub(crate) calls: Calls,
    pub(crate) proxy: Proxy,
    /// The names of what was stored and cannot be read.
    pub(crate) unreadable: Vec<&'static str>,
    /// What was wrong with the user's last command, or why the attempt that it began has ended.
    pub(crate) notice: Option<Problem>,
    pub(crate) published: Published,
    pub(crate) effects: VecDeque<Effect>,
}

/// The time of the input at hand.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) wall: Timestamp,
    pub(crate) monotonic: u64,
}

impl Engine {
    /// An engine that knows nothing yet; its first input is [`Input::Woke`].
    pub fn new(built_in_proxy: Url) -> Self {
        Self {
            now: Moment { wall: Timestamp::from_millis(0), monotonic: 0 },
            entropy: Entropy::new([0; 32]),
            built_in_proxy,
            key: None,
            settings: Watched::default(),
            account: None,
            attempt: None,
            spending: None,
            former: None,
            presence: Watched::default(),
            frames: Watched::default(),
            targets: Targets::default(),
            receivers: Receivers::default(),
            minimums: Minimums::default(),
            pace: Pace::default(),
            desk: Desk::default(),
            once: None,
            readings: Readings::default(),
            settling: Settling::default(),
            ledger: Ledger::default(),
            calls: Calls::default(),
            proxy: Proxy::default(),
            unreadable: Vec::new(),
            notice: None,
            published: Published::default(),
            effects: VecDeque::new(),
        }
    }

    /// Takes in what happened and does everything that follows from it.
    pub fn handle(&mut self, input: Input, now: Now) {
        self.now = Moment { wall: now.wall, monotonic: now.monotonic };
        self.entropy = Entropy::new(now.entropy);
        match input {
            Input::Woke(stored) => self.wake(stored),
            Input::Installed => self.effects.push_back(Effect::OpenTab(Page::Welcome)),
            Input::KeyMade(signer) => self.key_made(signer),
            Input::TabChanged(tab) => {
                let id = tab.id;
                self.presence.change(tab);
                self.consent_tab_moved(id);
            }
            Input::TabActivated(tab, window) => self.presence.activate(tab, window),
            Input::TabRemoved(tab) => {
                self.presence.remove(tab);
                self.published.tab_closed(tab);
                self.consent_tab_closed(tab);
            }
            Input::ConsentTabOpened(tab) => self.consent_tab_opened(tab),
            Input::ConsentTabFailed => self.consent_tab_failed(),
            Input::WindowFocused(window) => self.presence.focus(window),
            Input::IdleChanged(idle) => self.idle_changed(idle),
            Input::FrameReported(report) => self.frames.report(report),
            Input::FrameLeft(frame) => {
                self.frames.remove(frame);
            }
            Input::ViewOpened => self.published.viewer_came(),
            Input::ViewClosed => self.published.viewer_left(),
            Input::Answered(call, answer) => self.answered(call, answer),
            Input::Elapsed => self.published.timer_went_off(),
            Input::Command(command) => self.obey(command),
        }
        self.drive();
    }

    /// The next thing to be done, until there is none.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The proxy in use.
    pub(crate) fn proxy_url(&self) -> &Url {
        self.settings.proxy.as_ref().unwrap_or(&self.built_in_proxy)
    }

    pub(crate) fn persist(&mut self, area: Area, entries: Vec<(String, Option<String>)>) {
        self.effects.push_back(Effect::Persist { area, entries });
    }

    pub(crate) fn persist_settings(&mut self) {
        let settings = save(&*self.settings);
        self.persist(Area::Local, vec![(local::SETTINGS.to_owned(), Some(settings))]);
    }

    pub(crate) fn persist_account(&mut self) {
        if let Some(account) = &self.account {
            let account = save(account);
            self.persist(Area::Local, vec![(local::ACCOUNT.to_owned(), Some(account))]);
        }
    }
}
