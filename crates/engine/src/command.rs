use money::{Asset, Rate};
use open_payments::Url;
use open_payments_client::Signer;

use crate::account::NEVER;
use crate::calls::Purpose;
use crate::desk::Desk;
use crate::effect::{Area, Effect};
use crate::engine::Engine;
use crate::input::Command;
use crate::key::Key;
use crate::ledger::{Outcome, Row};
use crate::minimum::Minimums;
use crate::problem::ProblemCode;
use crate::proxy::Proxy;
use crate::readback::Readings;
use crate::settling::payment_url;
use crate::sites::SitePattern;
use crate::snapshot::{aside, local, save, session};
use crate::spending::Former;

impl Engine {
    pub(crate) fn obey(&mut self, command: Command) {
        self.notice = None;
        self.published.answer();
        match command {
            Command::Connect { wallet_address, amount, monthly } => self.connect(&wallet_address, amount, monthly),
            Command::TopUp { amount, monthly } => self.top_up(amount, monthly),
            Command::CancelConnect => self.end_attempt(None),
            Command::Disconnect => self.disconnect(),
            Command::SetEnabled(enabled) => {
                self.settings.enabled = enabled;
                self.persist_settings();
            }
            Command::SetSiteEnabled { site, enabled } => {
                if let Some(sites) = self.parse_sites(&site) {
                    let has_room = self.settings.sites.set_enabled(sites, enabled);
                    self.site_rules_changed(has_room);
                }
            }
            Command::SetSiteRate { site, rate } => self.set_site_rate(&site, rate.as_deref()),
            Command::ForgetSite(site) => {
                if let Some(sites) = self.parse_sites(&site) {
                    self.settings.sites.forget(&sites);
                    self.persist_settings();
                }
            }
            Command::ImportSites(text) => self.import_sites(&text),
            Command::SetRate(text) => self.set_rate(&text),
            Command::SetMaximumRate(text) => self.set_maximum_rate(text.as_deref()),
            Command::SetIdle(minutes) => {
                self.settings.set_idle(minutes);
                self.persist_settings();
                self.effects.push_back(Effect::WatchIdle(self.settings.idle_seconds()));
            }
            Command::PayOnce { site, amount } => self.notice = self.pay_once(&site, &amount).err(),
            Command::SetProxyUrl(text) => match Url::parse(text.trim()) {
                Ok(url) => self.use_proxy(url),
                Err(_) => self.notice = Some(ProblemCode::ProxyUrlInvalid.into()),
            },
            Command::ExportLedger { format, view } => self.export_ledger(format, view),
            Command::ForgetLedger => self.forget_ledger(),
        }
    }

    /// Uses another proxy. What the last one has made or told of may not be true: only a payment
    /// that is on its way through it is still waited for.
    fn use_proxy(&mut self, url: Url) {
        self.settings.proxy = Some(url);
        self.persist_settings();
        self.proxy = Proxy::default();
        self.calls.change_proxy();
        self.end_once();
        self.desk.ahead = None;
        self.desk.outdate_quotes();
        self.receivers.forget_the_proxy();
        self.persist_receivers();
        self.forget_minimums();
    }

    fn set_rate(&mut self, text: &str) {
        if let Some(rate) = self.parse_rate(text) {
            self.settings.rate = Some(rate);
            self.persist_settings();
        }
    }

    fn set_site_rate(&mut self, site: &str, text: Option<&str>) {
        let Some(sites) = self.parse_sites(site) else { return };
        let rate = text.map(|text| self.parse_rate(text));
        if rate.as_ref().is_none_or(Option::is_some) {
            let has_room = self.settings.sites.set_rate(sites, rate.flatten());
            self.site_rules_changed(has_room);
        }
    }

    /// At most nothing is no rate: that is what the switch for all payments is for.
    fn set_maximum_rate(&mut self, text: Option<&str>) {
        let rate = text.map(|text| self.parse_rate(text));
        match rate {
            Some(None) => return,
            Some(Some((Rate::ZERO, _))) => return self.notice = Some(ProblemCode::RateInvalid.into()),
            _ => self.settings.maximum_rate = rate.flatten(),
        }
        self.persist_settings();
    }

    pub(crate) fn site_rules_changed(&mut self, has_room: bool) {
        if !has_room {
            self.notice = Some(ProblemCode::TooManySites.into());
        }
        self.persist_settings();
    }

    /// A rate as it was typed, in the wallet's asset; or it is said what is wrong with it.
    fn parse_rate(&mut self, text: &str) -> Option<(Rate, Asset)> {
        let asset = self.account.as_ref()?.wallet.asset.clone();
        match Rate::parse(text, asset.scale) {
            Ok(rate) => Some((rate, asset)),
            Err(error) => {
                self.notice = Some(ProblemCode::RateInvalid.about(error.to_string()));
                None
            }
        }
    }

    /// Sites as they were typed; or it is said that they are none.
    fn parse_sites(&mut self, text: &str) -> Option<SitePattern> {
        let sites = SitePattern::parse(text).ok();
        if sites.is_none() {
            self.notice = Some(ProblemCode::SiteInvalid.into());
        }
        sites
    }

    /// Forgets everything of the wallet but the ledger, and gives the grant back, whether or not
    /// anybody answers.
    fn disconnect(&mut self) {
        self.end_attempt(None);
        if self.account.is_none() && !self.account_is_unreadable() {
            return;
        }
        self.leave_unsettled();
        self.former = self.former_quotes();
        let account = self.account.take();
        self.spending = None;
        self.desk = Desk::default();
        self.once = None;
        self.readings = Readings::default();
        self.calls.forget(|purpose| !matches!(purpose, Purpose::LinkDocument(_)));
        self.minimums = Minimums::default();
        self.published.forget_visits();
        self.unreadable.retain(|name| !local::WALLET.contains(name));
        let gone = local::WALLET.into_iter().flat_map(|name| [(name.to_owned(), None), (aside(name), None)]);
        let leaving = (local::LEAVING.to_owned(), Some(save(&true)));
        let former = (local::FORMER.to_owned(), self.former.as_ref().map(save));
        let entries = gone.chain([leaving, former]).chain(self.ledger.take_changes()).collect();
        self.persist(Area::Local, entries);
        if let Some(account) = account {
            self.give_back(&account.wallet, &account.continuation);
        }
        self.leave();
    }

    /// What can still be paid from of the wallets that were connected, and of the one that is, when that
    /// is over.
    pub(crate) fn former_quotes(&self) -> Option<Former> {
        match (&self.account, &self.spending) {
            (Some(account), Some(spending)) => Some(spending.former(account.token.dies(self.now.wall))),
            // Anything may have been signed.
            (Some(account), None) => Some(Former::until(account.token.dies(self.now.wall), u64::MAX)),
            (None, _) if self.account_is_unreadable() => Some(Former::until(NEVER, u64::MAX)),
            (None, _) => self.former,
        }
    }

    /// The rest of disconnecting, which a new life takes up where the last one ended: the next
    /// wallet gets another key, and nothing of what is known of the last one.
    pub(crate) fn leave(&mut self) {
        self.receivers.forget_the_payer();
        self.persist_receivers();
        self.persist(Area::Session, vec![(session::PURSE.to_owned(), None)]);
        self.key = None;
        self.effects.push_back(Effect::MakeKey);
    }

    pub(crate) fn key_made(&mut self, signer: Box<dyn Signer>) {
        self.key = Some(Key::new(signer));
        self.persist(Area::Local, vec![(local::LEAVING.to_owned(), None)]);
    }

    /// What is not settled now never will be: it stays in the ledger as it is.
    pub(crate) fn leave_unsettled(&mut self) {
        let in_flight = self.desk.paying.take().map(|paying| paying.intent);
        for intent in self.settling.take_all().chain(in_flight) {
            let payment = match &self.account {
                Some(account) => payment_url(&account.wallet.resource_server, &intent.quote),
                // Of a wallet that cannot be read nobody knows where its payments are.
                None => intent.quote.clone(),
            };
            self.ledger.add(Row::new(&intent, payment, Outcome::Unknown));
        }
    }
}
