//! What the views and the toolbar button show, drawn from the state.

use std::rc::Rc;

use money::{Amount, Asset, Rate};
use open_payments::{WalletAddress, WalletDocument};

use crate::connecting::Stage;
use crate::effect::{Badge, Effect};
use crate::engine::Engine;
use crate::frames::LinkState;
use crate::input::TabId;
use crate::problem::{Problem, ProblemCode};
use crate::receivers::Receiver;
use crate::sites::{SitePattern, SiteRule};
use crate::table::Table;
use crate::targets::Target;
use crate::view::{
    ConnectionState, ConnectionView, DiagnosticsView, MoneyView, OnceView, PageState, PageView, ProblemView,
    SettingsView, SiteRuleView, View, WalletView,
};

/// What was last made known outside.
#[derive(Default)]
pub(crate) struct Published {
    viewers: u32,
    view: Option<Box<View>>,
    badge: Option<Badge>,
    pub(crate) wake: Option<Option<u64>>,
    pub(crate) alarm: Option<bool>,
    /// What the site in each tab has got in this visit, in minor units.
    visits: Table<TabId, (String, u64)>,
}

impl Published {
    pub(crate) fn viewer_came(&mut self) {
        self.viewers += 1;
        self.view = None;
    }

    /// Who asks for something gets a view, even if there is nothing new in it.
    pub(crate) fn answer(&mut self) {
        self.view = None;
    }

    pub(crate) fn viewer_left(&mut self) {
        self.viewers = self.viewers.saturating_sub(1);
    }

    /// Whether somebody looks at a view.
    pub(crate) fn is_watched(&self) -> bool {
        self.viewers > 0
    }

    pub(crate) fn count_payment(&mut self, tab: TabId, site: &str, units: u64) {
        let visit = self.visits.get_or_insert(tab, Default::default());
        if visit.0 != site {
            *visit = (site.to_owned(), 0);
        }
        visit.1 = visit.1.saturating_add(units);
    }

    /// Another wallet will pay, perhaps in another currency.
    pub(crate) fn forget_visits(&mut self) {
        self.visits = Table::default();
    }

    pub(crate) fn tab_closed(&mut self, tab: TabId) {
        self.visits.remove(&tab);
    }

    /// The timer has gone off: whatever was asked of it has to be asked anew.
    pub(crate) fn timer_went_off(&mut self) {
        self.wake = None;
    }
}

impl Engine {
    pub(crate) fn publish(&mut self, targets: &[Target]) {
        let site = self.site_in_front();
        let state = site.as_ref().map(|(tab, site)| self.page_state(*tab, site, targets));
        let badge = badge(state);
        if self.published.badge != Some(badge) {
            self.published.badge = Some(badge);
            self.effects.push_back(Effect::Badge(badge));
        }
        if self.published.viewers == 0 {
            return;
        }
        let page = site.zip(state).map(|((tab, site), state)| self.page_view(tab, &site, state, targets));
        let view = Box::new(self.view(page));
        if self.published.view.as_ref() != Some(&view) {
            self.published.view = Some(view.clone());
            self.effects.push_back(Effect::Publish(view));
        }
    }

    fn view(&self, page: Option<PageView>) -> View {
        let asset = self.account.as_ref().map(|account| &account.wallet.asset);
        let rate = asset.map(|asset| rate(self.settings.rate_in(asset), asset));
        View {
            public_key: self.key.as_ref().map(|key| key.view.clone()),
            proxy_url: self.proxy_url().to_string(),
            enabled: self.settings.enabled,
            connection: self.connection_view(),
            notice: self.notice.as_ref().map(shown),
            rate,
            settings: self.settings_view(),
            page,
            memory_problem: self.memory_problem().as_ref().map(shown),
            diagnostics: DiagnosticsView {
                ticks: self.pace.ticks(),
                payments: self.desk.payments,
                deviations_ms: self.pace.deviations().collect(),
            },
        }
    }

    fn settings_view(&self) -> SettingsView {
        let shown =
            |per_hour: &Option<(Rate, Asset)>| per_hour.as_ref().map(|(per_hour, asset)| rate(*per_hour, asset));
        let rule = |(sites, rule): (&SitePattern, &SiteRule)| SiteRuleView {
            site: sites.as_str().to_owned(),
            enabled: rule.enabled,
            rate: shown(&rule.rate),
        };
        SettingsView {
            sites: self.settings.sites.iter().map(rule).collect(),
            maximum_rate: shown(&self.settings.maximum_rate),
            idle_minutes: self.settings.idle_minutes,
        }
    }

    fn connection_view(&self) -> ConnectionView {
        let mut view = ConnectionView {
            state: ConnectionState::Disconnected,
            wallet: None,
            budget: None,
            monthly: false,
            spent: None,
            left: None,
            top_up: None,
            problem: None,
        };
        if let Some(account) = &self.account {
            view.state = ConnectionState::Connected;
            view.top_up = self.attempt.as_ref().map(|attempt| state(&attempt.stage));
            view.wallet = Some(wallet(&account.wallet));
            view.problem = account.problem.clone().or(self.proxy.problem()).as_ref().map(shown);
            if let Some(spending) = &self.spending {
                view.budget = Some(money(&spending.budget.limit));
                view.spent = Some(money(&spending.budget.spent()));
                let asset = spending.budget.limit.asset.clone();
                view.left = Some(money(&Amount::new(spending.budget.remaining(), asset)));
                view.monthly = spending.budget.interval.is_some();
            }
        } else if let Some(attempt) = &self.attempt {
            view.state = state(&attempt.stage);
            view.wallet = attempt.terms.as_ref().map(|terms| wallet(&terms.wallet));
            view.budget = attempt.terms.as_ref().map(|terms| money(&terms.budget));
            view.monthly = attempt.monthly;
        } else if self.account_is_unreadable() {
            view.state = ConnectionState::Unreadable;
            view.problem = Some(shown(&ProblemCode::AccountUnreadable.into()));
        }
        view
    }

    fn memory_problem(&self) -> Option<Problem> {
        (!self.unreadable.is_empty()).then(|| ProblemCode::StateSetAside.about(self.unreadable.join(", ")))
    }

    /// The tab in front and its site, if its page is one that can have links.
    fn site_in_front(&self) -> Option<(TabId, Rc<str>)> {
        let tab = self.presence.front()?.id;
        let site = self.site_in(tab)?;
        Some((tab, site))
    }

    fn page_view(&self, tab: TabId, site: &str, state: PageState, targets: &[Target]) -> PageView {
        let paid = self.published.visits.get(&tab).filter(|visit| visit.0 == site);
        let mut receivers: Vec<String> = Vec::new();
        for address in self.receivers_in(tab).map(|receiver| receiver.wallet().id.as_str()) {
            if !receivers.iter().any(|known| known == address) {
                receivers.push(address.to_owned());
            }
        }
        let asset = self.account.as_ref().map(|account| &account.wallet.asset);
        PageView {
            site_enabled: self.settings.sites.enabled(site),
            rate: asset.map(|asset| rate(self.settings.rate_for(site, asset), asset)),
            has_own_rate: asset.is_some_and(|asset| self.settings.sites.rate_in(asset, site).is_some()),
            state,
            paid: paid.and_then(|(_, units)| {
                Some(money(&Amount::new(*units, self.spending.as_ref()?.budget.limit.asset.clone())))
            }),
            once: self.once_view(tab, site),
            receivers,
            problem: self.receivers_problem(targets).map(shown),
            site: site.to_owned(),
        }
    }

    fn once_view(&self, tab: TabId, site: &str) -> Option<OnceView> {
        let once = self.once.as_ref().filter(|once| once.tab == tab && once.site == site)?;
        let amount = |units| money(&Amount::new(units, once.asked.asset.clone()));
        let (running, unsettled) = (once.is_running(), self.settling.units_of(once.at));
        let falls_short = !running && once.sent < once.asked.value;
        Some(OnceView {
            running,
            asked: money(&once.asked),
            sent: amount(once.sent),
            unsettled: (unsettled > 0).then(|| amount(unsettled)),
            problem: falls_short.then(|| shown(&once.problem.into())),
        })
    }

    fn page_state(&self, tab: TabId, site: &str, targets: &[Target]) -> PageState {
        let Some(account) = &self.account else {
            return if self.account_is_unreadable() { PageState::Problem } else { PageState::NotConnected };
        };
        let problem = self.receivers_problem(targets);
        if !self.settings.enabled {
            PageState::Off
        } else if !self.settings.pays_site(site) {
            PageState::SiteOff
        } else if self.receivers_in(tab).next().is_none() {
            PageState::NotMonetized
        } else if self.is_out_of_funds(account.problem.as_ref().or(problem)) {
            PageState::OutOfFunds
        } else if account.problem.is_some() || account.token_lost || problem.is_some() || self.proxy.problem().is_some()
        {
            PageState::Problem
        } else if self.can_pay(targets) {
            PageState::Paying
        } else {
            PageState::Paused
        }
    }

    fn is_out_of_funds(&self, problem: Option<&Problem>) -> bool {
        let used_up = self.spending.as_ref().is_some_and(|spending| spending.budget.remaining() == 0);
        used_up || problem.is_some_and(|problem| problem.code == ProblemCode::OutOfFunds)
    }

    /// What is wrong with the first receiver of the page that something is wrong with.
    fn receivers_problem(&self, targets: &[Target]) -> Option<&Problem> {
        // Most have none, so they are what is looked up.
        let troubled = self.receivers.iter().filter_map(|(address, receiver)| Some((address, receiver.problem()?)));
        let turn = |address: &WalletAddress| targets.iter().position(|target| target.receiver == *address);
        let in_turn = troubled.filter_map(|(address, problem)| Some((turn(address)?, problem)));
        in_turn.min_by_key(|(turn, _)| *turn).map(|(_, problem)| problem)
    }

    /// Those behind the links of a tab, one for each link.
    fn receivers_in(&self, tab: TabId) -> impl Iterator<Item = &Receiver> {
        let links = self.frames.in_tab(tab).flat_map(|(_, frame)| &frame.links);
        links.filter_map(|link| match &link.state {
            LinkState::Ready(address) => self.receivers.at(address),
            _ => None,
        })
    }
}

fn badge(page: Option<PageState>) -> Badge {
    match page {
        Some(PageState::Paying) => Badge::Paying,
        Some(PageState::OutOfFunds | PageState::Problem) => Badge::Attention,
        Some(PageState::Paused | PageState::SiteOff | PageState::Off) => Badge::Paused,
        Some(PageState::NotMonetized | PageState::NotConnected) | None => Badge::Idle,
    }
}

fn state(stage: &Stage) -> ConnectionState {
    match stage {
        Stage::CheckingWallet => ConnectionState::CheckingWallet,
        Stage::AwaitingKey { .. } => ConnectionState::AwaitingKey,
        Stage::RequestingGrant(_) => ConnectionState::RequestingGrant,
        Stage::AwaitingConsent(_) => ConnectionState::AwaitingConsent,
        Stage::Finishing { .. } => ConnectionState::Finishing,
    }
}

fn shown(problem: &Problem) -> ProblemView {
    ProblemView { code: problem.code.as_str(), detail: problem.detail.clone() }
}

fn money(amount: &Amount) -> MoneyView {
    MoneyView {
        value: amount.to_short_decimal(),
        asset_code: amount.asset.code.to_string(),
        asset_scale: amount.asset.scale.decimals(),
    }
}

fn rate(rate: Rate, asset: &Asset) -> MoneyView {
    MoneyView {
        value: rate.to_decimal(asset.scale),
        asset_code: asset.code.to_string(),
        asset_scale: asset.scale.decimals(),
    }
}

fn wallet(document: &WalletDocument) -> WalletView {
    WalletView {
        address: document.id.to_string(),
        name: document.public_name.clone(),
        asset_code: document.asset.code.to_string(),
        asset_scale: document.asset.scale.decimals(),
    }
}
