//! What each event of a plan does to the world.

use engine::{Command, Input, TabId, WindowId};
use money::format_decimal;
use serde_json::{Value, json};

use crate::browser::OpenFrame;
use crate::event::Event;
use crate::pages::LINKS;
use crate::worker::FailingWrite;
use crate::world::World;

impl Event {
    /// Whether it takes a machine that is awake.
    pub(crate) fn needs_machine(&self) -> bool {
        !matches!(
            self,
            Self::Trouble { .. }
                | Self::ProxyDown { .. }
                | Self::ProxyKeys
                | Self::StoreDown { .. }
                | Self::Overstate { .. }
                | Self::Lie { .. }
                | Self::WalletRestart
                | Self::ExpireTokens
                | Self::ExpireIncoming
                | Self::Balance(_)
                | Self::Terms { .. }
        )
    }
}

impl World {
    pub(crate) fn carry_out_plan(&mut self, event: Event) {
        if !matches!(event, Event::View { .. }) {
            self.disturb();
        }
        if event.needs_machine() {
            self.happen_to_machine(event);
        } else {
            self.happen_outside(event);
        }
    }

    fn happen_to_machine(&mut self, event: Event) {
        match event {
            Event::Open { site, window } => self.visit(site, window),
            Event::Navigate { tab, site } => self.with_tab(tab, |world, tab| world.navigate(tab, site)),
            Event::Reload { tab } => self.with_tab(tab, Self::reload),
            Event::Activate { tab } => self.with_tab(tab, Self::activate),
            Event::Close { tab } => self.with_tab(tab, Self::close),
            Event::Focus { window } => self.focus(window),
            Event::Cover { window, covered } => {
                self.browser.cover(window, covered);
                self.report_all();
            }
            Event::Idle(idle) => {
                self.browser.idle = idle;
                self.give(Input::IdleChanged(idle));
            }
            Event::Sound(audible) => self.sound(audible),
            Event::AddLink { link } => {
                let id = self.browser.next_link();
                self.change_links(|links| links.push((id, LINKS[link].to_owned())));
            }
            Event::ChangeLink { at, link } => {
                let id = self.browser.next_link();
                self.change_links(|links| {
                    if let Some(known) = links.get_mut(at) {
                        *known = (id, LINKS[link].to_owned());
                    }
                });
            }
            Event::RemoveLink { at } => self.change_links(|links| {
                if at < links.len() {
                    links.remove(at);
                }
            }),
            Event::View { milliseconds } => self.open_view(milliseconds),
            Event::Command(command) => {
                if command == Command::ForgetLedger {
                    self.watch.forgotten = self.elapsed;
                }
                self.command(command);
            }
            Event::Give { units } => {
                if let Some(site) = self.browser.front().map(|tab| tab.site().to_owned()) {
                    let amount = format_decimal(units, self.plan.setting.assets[0].scale);
                    self.command(Command::PayOnce { site, amount });
                }
            }
            Event::Tend => drop(self.tend()),
            Event::Decide { accept } => self.decide(accept),
            Event::AddKey => self.add_key(),
            Event::RemoveKeys => self.remove_keys(),
            Event::Kill { calls_are_lost } => self.kill(calls_are_lost),
            Event::KillAfter(effects) => self.timers.fuse = Some(effects),
            Event::RestartBrowser => self.restart_browser(),
            Event::FailWrite { after, times, written } => {
                self.timers.failing_write = Some(FailingWrite { after, times, written });
            }
            Event::Spoil { name, newer } => self.spoil(name, newer),
            Event::SpoilKey => {
                self.kill(false);
                self.storage.key = None;
            }
            Event::Sleep { milliseconds, clock_stops } => self.sleep(milliseconds, clock_stops),
            Event::SetClock(error) => self.clock_error = error,
            Event::LateTimers { times, milliseconds } => self.timers.late = (times, milliseconds),
            Event::DoubleTimer => self.timers.double = true,
            #[cfg(test)]
            Event::Panic => panic!("as planned"),
            _ => {}
        }
    }

    fn happen_outside(&mut self, event: Event) {
        let now = self.server_time();
        match event {
            Event::Trouble { route, fault, times } => self.faults.add(route, fault, times),
            Event::ProxyDown { milliseconds, forgets } => {
                self.proxy.down_until = self.elapsed + milliseconds;
                self.proxy.kill(forgets);
                self.hang_up_at_proxy();
            }
            Event::ProxyKeys => self.proxy.change_keys(),
            Event::StoreDown { times, written } => self.proxy.store_down = (times, written),
            Event::Overstate { times } => self.wallets.overstated = times,
            Event::Lie { lie, times } => {
                self.watch.lied = true;
                self.proxy.lies.push((lie, times));
            }
            Event::WalletRestart => self.wallets.restart(),
            Event::ExpireTokens => drop(self.wallets.manage(0, "POST", "/admin/tokens/expire", &Value::Null, now)),
            Event::ExpireIncoming => {
                for wallet in [1, 2] {
                    self.wallets.manage(wallet, "POST", "/admin/incoming-payments/expire", &Value::Null, now);
                }
            }
            Event::Balance(value) => self.set_balance(value),
            Event::Terms { minimum, fee, slippage, tells } => {
                let changes = json!({"minSendAmount": minimum.to_string(), "feePpm": fee, "slippagePpm": slippage,
                    "tellMinSendAmount": tells});
                self.wallets.manage(0, "PATCH", "/admin/settings", &changes, now);
            }
            _ => {}
        }
    }

    fn with_tab(&mut self, at: usize, act: impl FnOnce(&mut Self, i32)) {
        if let Some(tab) = self.browser.nth(at) {
            act(self, tab);
        }
    }

    pub(crate) fn activate(&mut self, tab: i32) {
        self.browser.activate(tab);
        let Some(window) = self.browser.tab(tab).map(|tab| tab.window) else { return };
        self.give(Input::TabActivated(TabId(tab), WindowId(window)));
        self.report_all();
    }

    pub(crate) fn focus(&mut self, window: Option<i32>) {
        match window {
            Some(window) if self.browser.has_window(window) => {
                self.browser.focus(window);
                self.give(Input::WindowFocused(Some(WindowId(window))));
            }
            Some(_) => {}
            None => self.give(Input::WindowFocused(None)),
        }
    }

    fn sound(&mut self, audible: bool) {
        let Some(front) = self.browser.front().map(|tab| tab.id) else { return };
        let Some(tab) = self.browser.tab(front) else { return };
        tab.audible = audible;
        let known = tab.known();
        self.give(Input::TabChanged(known));
    }

    /// The same page with the same links, which are new ones to its new content script.
    fn reload(&mut self, tab: i32) {
        let Some(open) = self.browser.tab(tab).cloned() else { return };
        let mut frames = Vec::new();
        for frame in open.frames {
            let links = frame.links.into_iter().map(|(_, href)| (self.browser.next_link(), href)).collect();
            frames.push(OpenFrame::new(&frame.origin, links));
        }
        let left = self.browser.show(tab, &open.url, frames);
        left.into_iter().for_each(|port| self.give(Input::FrameLeft(port)));
        if let Some(known) = self.browser.tab(tab).map(|tab| tab.known()) {
            self.give(Input::TabChanged(known));
        }
        self.report(tab);
    }

    /// The links of the page in front change without a navigation; those that stay keep their ids.
    fn change_links(&mut self, change: impl FnOnce(&mut Vec<(u32, String)>)) {
        let Some(front) = self.browser.looked_at().map(|tab| tab.id) else { return };
        if let Some(tab) = self.browser.tab(front).filter(|tab| tab.url.starts_with("https:")) {
            change(&mut tab.frames[0].links);
        }
        self.report(front);
    }

    /// What is stored can be read no more by the next life.
    fn spoil(&mut self, name: &'static str, newer: bool) {
        self.kill(false);
        let (owed, refused) = self.owed();
        if !self.storage.spoil(name, newer) {
            return;
        }
        // What is put aside goes when the wallet does.
        if ["intent", "unsettled", "ledger", "sums"].contains(&name) {
            self.watch.forgotten = self.elapsed;
        }
        let (owed_now, refused_now) = self.owed();
        if self.storage.local("spending").is_null() {
            let fastest = self.watch.chosen.fastest();
            self.begin_purse(fastest);
        } else {
            self.watch.lost.0 += owed - owed_now;
            self.watch.lost.1 += refused - refused_now;
        }
        self.read_choice();
    }

    /// Everything that is kept while the browser runs is gone, and every page is loaded anew.
    fn restart_browser(&mut self) {
        self.kill(true);
        self.storage.session.clear();
        let tabs: Vec<i32> = self.browser.tabs.iter().map(|tab| tab.id).collect();
        tabs.into_iter().for_each(|tab| self.reload(tab));
    }
}
