use std::collections::{BTreeMap, BTreeSet};

use money::{Accrual, Asset, Rate};
use serde::Deserialize;
use serde_json::Value;

use crate::browser::{OpenFrame, OpenTab};
use crate::invariants::maximum::Worked;
use crate::invariants::once::Gift;
use crate::storage::Storage;

/// What is remembered of a world to judge it by.
#[derive(Default)]
pub(crate) struct Watch {
    /// What the person has chosen and is connected with, as stored.
    pub(crate) chosen: Chosen,
    /// What the rate has allowed so far, by the time that was looked at.
    pub(crate) allowed: Accrual,
    /// What was paid so far.
    pub(crate) paid: Accrual,
    /// The least of paid less allowed, since the wallet was connected.
    pub(crate) lowest: Accrual,
    /// Whether the outcome of any payment was unknown since then.
    pub(crate) doubted: bool,
    /// The fastest rate and the largest payment since then.
    pub(crate) fastest: Rate,
    pub(crate) largest: u64,
    /// The longest time from signing a payment until it was made, in milliseconds.
    pub(crate) slowest: u64,
    /// How many of the payments at the wallet have been looked at.
    pub(crate) counted: usize,
    /// The wallet connections and the grants so far.
    pub(crate) connections: u64,
    pub(crate) grants: u64,
    pub(crate) grant: String,
    /// Payments that were asked for before were forgotten: the person wanted that, or what was
    /// stored of them cannot be read.
    pub(crate) forgotten: u64,
    /// What had been allowed when the wallet was connected.
    pub(crate) allowed_at_connect: Accrual,
    /// The payments that the extension has asked for, by quote.
    pub(crate) signed: BTreeMap<String, Signed>,
    /// The quotes that were paid from.
    pub(crate) executed: BTreeSet<String>,
    /// The pages that were looked at last, and until when: what comes at the very moment of a change
    /// may come before the extension is told of it.
    pub(crate) fronts: (u64, Vec<OpenTab>),
    /// The last one-time payment.
    pub(crate) gift: Gift,
    /// What wallets got at a maximum rate, and the fastest one so far.
    pub(crate) worked: Worked,
    pub(crate) fastest_maximum: Rate,
    /// Minor units of payments whose entries have become unreadable: all of them, and those said
    /// to have been refused.
    pub(crate) lost: (u64, u64),
    /// Since when nothing has gone wrong and nothing was paid, in milliseconds since the world began.
    pub(crate) quiet_since: u64,
    /// How many payments there were then.
    pub(crate) seen_payments: usize,
    /// Hrefs of links that were looked at in this world.
    pub(crate) seen: BTreeSet<String>,
    /// The proxy has lied.
    pub(crate) lied: bool,
    /// Only the end of the world is left, and money is no object.
    pub(crate) generous: bool,
}

/// A payment that the extension has asked for.
pub(crate) struct Signed {
    /// While this was the connection, and this the grant.
    pub(crate) connection: u64,
    pub(crate) grant: u64,
    /// When, in milliseconds since the world began.
    pub(crate) at: u64,
    /// What it was for, by the intent.
    pub(crate) debit: u64,
    pub(crate) receiver: String,
    /// Whether it is part of a one-time payment.
    pub(crate) once: bool,
    /// What the page in front linked to.
    pub(crate) links: Vec<String>,
}

/// What the person has chosen.
#[derive(Default)]
pub(crate) struct Chosen {
    pub(crate) connected: bool,
    pub(crate) enabled: bool,
    /// Whether the person counts as there whatever they do.
    pub(crate) idle_counts: bool,
    sites: Vec<(String, SiteRule)>,
    usual_rate: Rate,
    /// The most that a wallet may get.
    pub(crate) maximum: Option<Rate>,
    asset: Option<Asset>,
}

/// What is different for some sites.
#[derive(Deserialize)]
struct SiteRule {
    enabled: Option<bool>,
    rate: Option<(Rate, Asset)>,
}

impl Chosen {
    /// Reads it from what is stored.
    pub(crate) fn read(storage: &Storage, asset: &Asset) -> Self {
        let settings = storage.local("settings");
        let usual = if asset.scale.decimals() == 0 { "60" } else { "0.6" };
        let usual = Rate::parse(usual, asset.scale).unwrap_or(Rate::MAX);
        let rate_in_asset = |name: &str| {
            let chosen = serde_json::from_value::<(Rate, Asset)>(settings[name].clone()).ok();
            chosen.filter(|(_, set_in)| set_in == asset).map(|(rate, _)| rate)
        };
        Self {
            connected: !storage.local("account").is_null(),
            // In settings that cannot be read the person may have stopped payments.
            enabled: settings["enabled"] != Value::Bool(false)
                && settings.is_null() != storage.local.contains_key("settings"),
            idle_counts: !settings.is_null() && settings["idle_minutes"].is_null(),
            sites: serde_json::from_value(settings["sites"].clone()).unwrap_or_default(),
            usual_rate: rate_in_asset("rate").unwrap_or(usual),
            maximum: rate_in_asset("maximum_rate"),
            asset: Some(asset.clone()),
        }
    }

    /// Whether pages of this site may be paid.
    pub(crate) fn pays(&self, site: &str) -> bool {
        self.connected && self.enabled && self.rules(site).find_map(|rule| rule.enabled).unwrap_or(true)
    }

    /// The rate for a site.
    pub(crate) fn rate(&self, site: &str) -> Rate {
        let own = self.rules(site).find_map(|rule| {
            let (rate, asset) = rule.rate.as_ref()?;
            (Some(asset) == self.asset.as_ref()).then_some(*rate)
        });
        own.unwrap_or(self.usual_rate)
    }

    /// The links of a page that may be paid: none if its site may not, and none in frames whose own
    /// site may not.
    pub(crate) fn links<'a>(&'a self, tab: &'a OpenTab) -> impl Iterator<Item = (&'a OpenFrame, &'a str)> {
        let frames = tab.frames.iter().filter(|frame| self.pays(tab.site()) && self.pays(frame.site()));
        frames.flat_map(|frame| frame.links.iter().map(move |(_, href)| (frame, href.as_str())))
    }

    /// Whether a page has a link that is paid by the second.
    pub(crate) fn accrues_for(&self, tab: &OpenTab) -> bool {
        self.links(tab).any(|(frame, _)| self.rate(frame.site()) > Rate::ZERO)
    }

    /// The fastest rate of all.
    pub(crate) fn fastest(&self) -> Rate {
        let own = self.sites.iter().filter_map(|(_, rule)| Some(rule.rate.as_ref()?.0));
        own.max().unwrap_or_default().max(self.usual_rate)
    }

    /// The rules for a site, the most specific first.
    fn rules(&self, site: &str) -> impl Iterator<Item = &SiteRule> {
        let host = site.split(':').next().unwrap_or_default();
        let covers = |pattern: &str| {
            let domain = pattern.strip_prefix("*.");
            pattern == site || domain.is_some_and(|domain| host == domain || host.ends_with(&format!(".{domain}")))
        };
        let mut rules: Vec<_> = self.sites.iter().filter(|(pattern, _)| covers(pattern)).collect();
        rules.sort_by_key(|(pattern, _)| (pattern.starts_with("*."), usize::MAX - pattern.len()));
        rules.into_iter().map(|(_, rule)| rule)
    }
}

/// By how much the purse may be overdrawn at this rate, as design and threat model say.
pub(crate) fn slack(rate: Rate) -> Accrual {
    rate.accrue(60_000).max(Accrual::from_units(1))
}
