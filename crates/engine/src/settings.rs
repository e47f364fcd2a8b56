use json::Value;
use money::{Asset, Rate};
use open_payments::Url;

use crate::sites::SiteRules;
use crate::snapshot::Snapshot;

/// What the user has chosen.
#[derive(json::Read, json::Write)]
pub(crate) struct Settings {
    /// Whether payments are on at all.
    pub(crate) enabled: bool,
    /// What is different for some sites.
    pub(crate) sites: SiteRules,
    /// The rate of pay, in the asset that it was set in.
    pub(crate) rate: Option<(Rate, Asset)>,
    /// The most that one wallet may get, in the asset that it was set in.
    pub(crate) maximum_rate: Option<(Rate, Asset)>,
    /// After how many minutes of doing nothing the user counts as away; nothing if never.
    pub(crate) idle_minutes: Option<u32>,
    /// The proxy, if it is not the built-in one.
    pub(crate) proxy: Option<Url>,
}

/// Long enough to read a screenful, and short enough for who has left.
const IDLE_MINUTES: u32 = 5;
/// No browser watches for longer.
const MOST_IDLE_MINUTES: u32 = 4 * 60;

/// What the first version kept: of sites only those that were not paid.
#[derive(json::Read)]
struct FirstSettings {
    enabled: bool,
    sites_off: Vec<String>,
    rate: Option<(Rate, Asset)>,
    proxy: Option<Url>,
}

impl Snapshot for Settings {
    const VERSION: u32 = 2;

    fn migrate(version: u32, value: Value) -> Option<Self> {
        let FirstSettings { enabled, sites_off, rate, proxy } = value.read().ok().filter(|_| version == 1)?;
        Some(Self { enabled, sites: sites_off.into_iter().collect(), rate, proxy, ..Self::default() })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            sites: SiteRules::default(),
            rate: None,
            maximum_rate: None,
            idle_minutes: Some(IDLE_MINUTES),
            proxy: None,
        }
    }
}

impl Settings {
    /// The rate in this asset where no site has its own: a rate set in another one means nothing
    /// here, so then it is the usual one, 0.60 an hour, or 60 where the currency has no decimals.
    pub(crate) fn rate_in(&self, asset: &Asset) -> Rate {
        match &self.rate {
            Some((rate, set_in)) if set_in == asset => *rate,
            _ => Rate::parse(if asset.scale.decimals() == 0 { "60" } else { "0.6" }, asset.scale).unwrap_or(Rate::MAX),
        }
    }

    /// The rate in this asset that holds for a site.
    pub(crate) fn rate_for(&self, site: &str, asset: &Asset) -> Rate {
        self.sites.rate_in(asset, site).unwrap_or_else(|| self.rate_in(asset))
    }

    /// The most that one wallet may get in this asset. One that was set in another means nothing.
    pub(crate) fn maximum_in(&self, asset: &Asset) -> Option<Rate> {
        self.maximum_rate.as_ref().filter(|(_, set_in)| set_in == asset).map(|(rate, _)| *rate)
    }

    pub(crate) fn set_idle(&mut self, minutes: Option<u32>) {
        self.idle_minutes = minutes.map(|minutes| minutes.clamp(1, MOST_IDLE_MINUTES));
    }

    /// After how many seconds the browser is to call the user idle.
    pub(crate) fn idle_seconds(&self) -> u32 {
        self.idle_minutes.unwrap_or(MOST_IDLE_MINUTES) * 60
    }

    /// Whether payments are on for this site.
    pub(crate) fn pays_site(&self, site: &str) -> bool {
        self.enabled && self.sites.enabled(site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{read, save};

    #[test]
    fn what_the_first_version_kept_is_read_with_nothing_lost() {
        let kept = r#"[1,{"enabled":false,"sites_off":["a.example","b.example:8443","no site"],
            "rate":[36000,{"code":"USD","scale":2}],"proxy":"https://proxy.example/"}]"#;
        let settings: Settings = read(kept).unwrap();
        assert!(!settings.enabled && settings.sites.enabled("c.example"));
        assert!(!settings.sites.enabled("a.example") && !settings.sites.enabled("b.example:8443"));
        assert_eq!(settings.rate_in(&Asset::new("USD", 2).unwrap()), Rate::from_units_per_hour(36).unwrap());
        assert_eq!(settings.proxy.as_ref().unwrap().as_str(), "https://proxy.example/");
        // Written anew it says the same.
        let text = save(&settings);
        assert_eq!(save(&read::<Settings>(&text).unwrap()), text);
        assert!(!read::<Settings>(&text).unwrap().sites.enabled("a.example"));
        assert!(read::<Settings>(&kept.replacen('1', "0", 1)).is_none());
    }
}
