use std::collections::{BTreeMap, BTreeSet};

use money::{Accrual, Asset, Rate};
use serde::Deserialize;
use serde_json::Value;

use crate::browser::OpenTab;
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
    /// Payments before this one were forgotten, as the person wanted.
    pub(crate) forgotten: usize,
    /// What had been allowed when the wallet was connected.
    pub(crate) allowed_at_connect: Accrual,
    /// The payments that the extension has asked for, by quote.
    pub(crate) signed: BTreeMap<String, Signed>,
    /// The quotes that were paid from.
    pub(crate) executed: BTreeSet<String>,
    /// The page that was looked at last, and until when: what comes at the very moment of a change
    /// may come before the extension is told of it.
    pub(crate) front: Option<(u64, OpenTab)>,
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
        let chosen = serde_json::from_value::<(Rate, Asset)>(settings["rate"].clone()).ok();
        Self {
            connected: storage.local.contains_key("account"),
            enabled: settings["enabled"] != Value::Bool(false),
            idle_counts: !settings.is_null() && settings["idle_minutes"].is_null(),
            sites: serde_json::from_value(settings["sites"].clone()).unwrap_or_default(),
            usual_rate: chosen.filter(|(_, set_in)| set_in == asset).map_or(usual, |(rate, _)| rate),
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
