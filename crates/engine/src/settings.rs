use money::{Asset, Rate};
use open_payments::Url;
use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;

/// What the user has chosen.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Whether payments are on at all.
    pub(crate) enabled: bool,
    /// Sites, as host and port, that are not paid.
    pub(crate) sites_off: Vec<String>,
    /// The rate of pay, in the asset that it was set in.
    pub(crate) rate: Option<(Rate, Asset)>,
    /// The proxy, if it is not the built-in one.
    pub(crate) proxy: Option<Url>,
}

impl Snapshot for Settings {}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, sites_off: Vec::new(), rate: None, proxy: None }
    }
}

impl Settings {
    /// The rate in this asset: a rate set in another one means nothing here, so then it is the
    /// usual one, 0.60 an hour, or 60 where the currency has no decimals.
    pub(crate) fn rate_in(&self, asset: &Asset) -> Rate {
        match &self.rate {
            Some((rate, set_in)) if set_in == asset => *rate,
            _ => Rate::parse(if asset.scale.decimals() == 0 { "60" } else { "0.6" }, asset.scale).unwrap_or(Rate::MAX),
        }
    }

    /// Whether payments are off for this site.
    pub(crate) fn is_off(&self, site: &str) -> bool {
        self.sites_off.iter().any(|off| off == site)
    }

    pub(crate) fn pays_site(&self, site: &str) -> bool {
        self.enabled && !self.is_off(site)
    }
}
