//! The person: what they see, and what they do about it.

use engine::{Command, FrameId, Input, TabId, WindowId};
use money::format_decimal;
use serde_json::{Value, json};

use crate::browser::{OpenFrame, origin_of};
use crate::pages::ALICE;
use crate::proxy::PROXY;
use crate::wallets::BASES;
use crate::world::World;

impl World {
    /// What the extension shows, if it can.
    pub(crate) fn look(&mut self) -> Option<Value> {
        self.view = None;
        self.open_view(0);
        self.close_view(self.life_of_worker());
        self.view.take()
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.disturb();
        self.give(Input::Command(command));
    }

    /// Does the next thing that the view suggests; says what, if there was something to do.
    pub(crate) fn tend(&mut self) -> Option<String> {
        let view = self.look()?;
        let state = view["connection"]["state"].as_str().unwrap_or_default().to_owned();
        let done = self.remedy(&view, &state);
        if done.is_some() {
            self.disturb();
        }
        self.note(|| format!("** sees {state}, {}; does {done:?}", problems(&view)));
        done
    }

    fn remedy(&mut self, view: &Value, state: &str) -> Option<String> {
        let page = &view["page"];
        let codes = [&view["notice"]["code"], &view["connection"]["problem"]["code"], &page["problem"]["code"]];
        let says = |wanted: &[&str]| codes.iter().any(|known| wanted.iter().any(|code| *known == code));
        // While the wallet is asked for a new grant, that comes first.
        let state = view["connection"]["topUp"].as_str().unwrap_or(state);
        let done = match state {
            "disconnected" => {
                self.connect();
                "connects"
            }
            "awaitingKey" => {
                self.add_key();
                "adds the key"
            }
            "awaitingConsent" if self.consent_tab().is_some() => {
                self.decide(true);
                "accepts"
            }
            // The page is not there any more.
            "awaitingConsent" => {
                self.command(Command::CancelConnect);
                "gives up connecting"
            }
            "unreadable" => {
                self.command(Command::Disconnect);
                "disconnects"
            }
            // What was typed wrong is typed again, and so is out of the way.
            _ if says(&["proxy_url_invalid"]) => {
                self.command(Command::SetProxyUrl(PROXY.to_owned()));
                "types the proxy's address again"
            }
            _ if says(&["rate_invalid"]) => {
                self.set_rate(self.plan.setting.rate);
                "types the rate again"
            }
            _ if says(&["amount_invalid"]) => {
                self.top_up();
                "types the amount again"
            }
            "connected" if says(&["key_missing"]) => {
                self.add_key();
                "adds the key"
            }
            "connected" if says(&["account_empty"]) => {
                self.set_balance(u64::MAX / 4);
                "fills the account"
            }
            "connected"
                if says(&["token_lost", "budget_unreadable", "out_of_funds", "rest_too_small"])
                    || page["state"] == "outOfFunds" =>
            {
                self.top_up();
                "asks for a new grant"
            }
            "connected" if view["enabled"] == false => {
                self.command(Command::SetEnabled(true));
                "turns payments on"
            }
            "connected" if page["siteEnabled"] == false => {
                let site = page["site"].as_str().unwrap_or_default().to_owned();
                self.command(Command::SetSiteEnabled { site, enabled: true });
                "turns the site on"
            }
            _ => return None,
        };
        Some(done.to_owned())
    }

    /// Sets the rate, in minor units per hour.
    pub(crate) fn set_rate(&mut self, rate: u64) {
        let per_hour = format_decimal(rate, self.plan.setting.assets[0].scale);
        self.command(Command::SetRate(per_hour));
    }

    fn top_up(&mut self) {
        let (amount, monthly) = self.budget();
        self.command(Command::TopUp { amount, monthly });
    }

    /// What the person wants to be spent.
    fn budget(&self) -> (String, bool) {
        let setting = &self.plan.setting;
        let budget = if self.watch.generous { setting.rate.max(36_000) * 24 } else { setting.budget };
        (format_decimal(budget, setting.assets[0].scale), setting.monthly)
    }

    /// Types the wallet's address and a budget.
    pub(crate) fn connect(&mut self) {
        let (amount, monthly) = self.budget();
        self.command(Command::Connect { wallet_address: ALICE.to_owned(), amount, monthly });
    }

    /// Adds the key that the extension shows to the wallet.
    pub(crate) fn add_key(&mut self) {
        let Some(view) = self.look() else { return };
        let Ok(jwk) = serde_json::from_str::<Value>(view["publicKey"]["jwk"].as_str().unwrap_or_default()) else {
            return;
        };
        let body = json!({"walletAddress": format!("{}/alice", BASES[0]), "jwk": jwk});
        let now = self.server_time();
        self.wallets.manage(0, "PUT", "/admin/keys", &body, now);
    }

    /// Removes the key from the wallet.
    pub(crate) fn remove_keys(&mut self) {
        let now = self.server_time();
        let Some(seed) = self.storage.key else { return };
        let kid = engine::Signer::public_key(&engine::SecretKey::from_seed(seed)).thumbprint();
        let path = format!("/admin/keys?walletAddress={}/alice&kid={kid}", BASES[0]);
        self.wallets.manage(0, "DELETE", &path, &Value::Null, now);
    }

    pub(crate) fn set_balance(&mut self, value: u64) {
        let body = json!({"walletAddress": format!("{}/alice", BASES[0]), "balance": value.to_string()});
        let now = self.server_time();
        self.wallets.manage(0, "PUT", "/admin/accounts", &body, now);
    }

    /// Accepts or declines on the wallet's page, which sends the tab on.
    pub(crate) fn decide(&mut self, accept: bool) {
        let Some((tab, page)) = self.consent_tab() else { return };
        let now = self.server_time();
        let Some(location) = self.wallets.decide(&page, accept, now) else { return };
        let frames = vec![OpenFrame::new(&origin_of(&location), Vec::new())];
        let left = self.browser.show(tab, &location, frames);
        left.into_iter().for_each(|port| self.give(Input::FrameLeft(port)));
        if let Some(known) = self.browser.tab(tab).map(|tab| tab.known()) {
            self.give(Input::TabChanged(known));
        }
    }

    fn consent_tab(&self) -> Option<(i32, engine::Url)> {
        let auth = format!("{}/auth/interact/", BASES[0]);
        let tab = self.browser.tabs.iter().find(|tab| tab.url.starts_with(&auth))?;
        Some((tab.id, engine::Url::parse(&tab.url).ok()?))
    }

    /// Opens a page in a new tab in front.
    pub(crate) fn visit(&mut self, site: usize, window: i32) {
        const MOST: usize = 8;
        self.disturb();
        while self.browser.tabs.len() >= MOST {
            let oldest = self.browser.tabs[0].id;
            self.close(oldest);
        }
        let tab = self.browser.open("about:blank", window);
        self.give(Input::TabActivated(TabId(tab), WindowId(window)));
        self.give(Input::WindowFocused(Some(WindowId(window))));
        self.report_all();
        self.navigate(tab, site);
    }

    pub(crate) fn navigate(&mut self, tab: i32, site: usize) {
        let left = self.browser.load(tab, site);
        left.into_iter().for_each(|port| self.give(Input::FrameLeft(port)));
        if let Some(known) = self.browser.tab(tab).map(|tab| tab.known()) {
            self.give(Input::TabChanged(known));
        }
        self.report(tab);
    }

    pub(crate) fn close(&mut self, tab: i32) {
        let Some(closed) = self.browser.close(tab) else { return };
        self.give(Input::TabRemoved(TabId(tab)));
        let left: Vec<u32> = closed.frames.iter().filter_map(|frame| frame.port).collect();
        left.into_iter().for_each(|port| self.give(Input::FrameLeft(FrameId(port))));
        if let Some(next) = self.browser.tabs.iter().find(|tab| tab.active && tab.window == closed.window).cloned() {
            self.give(Input::TabActivated(TabId(next.id), WindowId(next.window)));
            self.report(next.id);
        }
    }

    /// The content scripts of a tab say what they see, through new ports if need be and if they are seen.
    pub(crate) fn report(&mut self, tab: i32) {
        let Some(open) = self.browser.tabs.iter().find(|known| known.id == tab) else { return };
        if self.browser.is_visible(open) {
            self.browser.connect_frames(tab);
        }
        for report in self.browser.reports(tab) {
            self.give(Input::FrameReported(report));
        }
    }

    pub(crate) fn report_all(&mut self) {
        let tabs: Vec<i32> = self.browser.tabs.iter().map(|tab| tab.id).collect();
        tabs.into_iter().for_each(|tab| self.report(tab));
    }
}

/// What the view says is wrong.
pub(crate) fn problems(view: &Value) -> String {
    format!(
        "notice {}, problem {}, page {} problem {}",
        view["notice"]["code"],
        view["connection"]["problem"]["code"],
        view["page"]["state"],
        view["page"]["problem"]["code"]
    )
}
