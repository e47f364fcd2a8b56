use money::{Asset, Rate};
use open_payments::{Url, UrlError};

use crate::table::Table;

/// Which sites a rule is about: one host with its port, as in `shop.example:8443`; or, as in
/// `*.example.org`, a domain and all below it at any port. That the domain itself is one of them
/// is what browsers' match patterns mean by it too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, json::Read, json::Write)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SitePattern(String);

const ALL_OF: &str = "*.";

impl SitePattern {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// If it is neither a host as a browser spells it, perhaps with a port, nor a domain after `*.`.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim().to_ascii_lowercase();
        let parse = |scheme: &str, authority: &str| Url::parse(&[scheme, authority].concat());
        let is_fit = match text.strip_prefix(ALL_OF) {
            Some(domain) => {
                // Nothing lies below an address.
                let is_name = |last: &str| last.starts_with(|first: char| first.is_ascii_lowercase());
                parse("https://", domain)?.host() == domain && domain.rsplit('.').next().is_some_and(is_name)
            }
            // Some ports are only written with one scheme.
            None => parse("https://", &text).or_else(|_| parse("http://", &text))?.authority() == text,
        };
        if is_fit { Ok(Self(text)) } else { Err(UrlError::Host) }
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SitePattern {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<SitePattern> for String {
    fn from(pattern: SitePattern) -> Self {
        pattern.0
    }
}

/// What the user has chosen for some sites. What it says nothing of is left to a more general
/// rule, or to the settings for all sites.
#[derive(Clone, Debug, Default, PartialEq, Eq, json::Read, json::Write)]
pub(crate) struct SiteRule {
    /// Whether they are paid at all.
    pub(crate) enabled: Option<bool>,
    /// Their rate, in the asset that it was set in.
    pub(crate) rate: Option<(Rate, Asset)>,
}

/// The rules for sites. Where several cover a site, the most specific one decides.
#[derive(Default, json::Read, json::Write)]
#[serde(transparent)]
pub(crate) struct SiteRules(Table<SitePattern, SiteRule>);

/// There can be no more rules than this.
const MOST: usize = 500;

impl SiteRules {
    /// Whether payments are on for a site.
    pub(crate) fn enabled(&self, site: &str) -> bool {
        self.covering(site).find_map(|rule| rule.enabled).unwrap_or(true)
    }

    /// The rate of a site, if it has one of its own that was set in this asset.
    pub(crate) fn rate_in(&self, asset: &Asset, site: &str) -> Option<Rate> {
        self.covering(site)
            .find_map(|rule| rule.rate.as_ref().filter(|(_, set_in)| set_in == asset))
            .map(|(rate, _)| *rate)
    }

    /// Turns payments on or off for these sites. Says whether there was room for it.
    #[must_use]
    pub(crate) fn set_enabled(&mut self, sites: SitePattern, enabled: bool) -> bool {
        let known = self.0.remove(&sites);
        let has_room = known.is_some() || self.has_room();
        let enabled = (self.enabled(&sites.0) != enabled).then_some(enabled);
        self.put(sites, SiteRule { enabled, ..known.unwrap_or_default() }, has_room)
    }

    /// Gives these sites a rate of their own, or takes it from them. Says whether there was room
    /// for it.
    #[must_use]
    pub(crate) fn set_rate(&mut self, sites: SitePattern, rate: Option<(Rate, Asset)>) -> bool {
        let known = self.0.remove(&sites);
        let has_room = known.is_some() || self.has_room();
        self.put(sites, SiteRule { rate, ..known.unwrap_or_default() }, has_room)
    }

    /// Removes the rule for these sites.
    pub(crate) fn forget(&mut self, sites: &SitePattern) {
        self.0.remove(sites);
    }

    /// Adds rules in place of those for the same sites, if there is room for all of them. Says
    /// whether there was.
    #[must_use]
    pub(crate) fn merge(&mut self, rules: Table<SitePattern, SiteRule>) -> bool {
        let new = rules.iter().filter(|(sites, _)| self.0.get(sites).is_none()).count();
        let has_room = new == 0 || self.0.len() + new <= MOST;
        if has_room {
            for (sites, rule) in rules.into_entries() {
                self.0.insert(sites, rule);
            }
        }
        has_room
    }

    /// All of them, by their patterns in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&SitePattern, &SiteRule)> {
        self.0.iter()
    }

    /// There may be more than that already: what was kept before there were rules had no bound.
    fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    fn put(&mut self, sites: SitePattern, rule: SiteRule, has_room: bool) -> bool {
        if rule == SiteRule::default() {
            return true;
        }
        if has_room {
            self.0.insert(sites, rule);
        }
        has_room
    }

    /// The rules that cover a site, the most specific first. They are looked up and not searched
    /// for: this is asked several times a second.
    fn covering(&self, site: &str) -> impl Iterator<Item = &SiteRule> {
        let host = site.split_once(':').map_or(site, |(host, _)| host);
        let domains = std::iter::successors(Some(host), parent).map(|domain| (ALL_OF, domain));
        let patterns = std::iter::once(("", site)).chain(domains);
        patterns.filter_map(|(start, rest)| self.0.find(|known| known.0.bytes().cmp(start.bytes().chain(rest.bytes()))))
    }
}

/// The domain that a domain lies below.
fn parent<'a>(domain: &&'a str) -> Option<&'a str> {
    domain.split_once('.').map(|(_, parent)| parent)
}

/// Sites that are not paid, as they were kept before there were rules. What is no site never
/// matched one.
impl FromIterator<String> for SiteRules {
    fn from_iter<T: IntoIterator<Item = String>>(sites_off: T) -> Self {
        let mut rules = Table::default();
        for site in sites_off.into_iter().filter_map(|site| SitePattern::try_from(site).ok()) {
            rules.insert(site, SiteRule { enabled: Some(false), rate: None });
        }
        Self(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> SitePattern {
        SitePattern::parse(text).unwrap()
    }

    fn dollars(units: u64) -> (Rate, Asset) {
        (Rate::from_units_per_hour(units).unwrap(), Asset::new("USD", 2).unwrap())
    }

    fn rate(rules: &SiteRules, site: &str) -> Option<Rate> {
        rules.rate_in(&dollars(0).1, site)
    }

    #[test]
    fn a_pattern_has_one_spelling() {
        for text in [
            "example.org",
            "example.org:8443",
            "127.0.0.1:4000",
            "[::1]:4000",
            "localhost:443",
            "localhost:80",
            "*.example.org",
            "*.org",
            "*.localhost",
        ] {
            assert_eq!(pattern(text).as_str(), text);
        }
        assert_eq!(pattern(" Shop.Example.ORG ").as_str(), "shop.example.org");
        for text in [
            "",
            " ",
            "*",
            "*.",
            "*.*.example.org",
            "a.*.org",
            "*example.org",
            "*.example.org:8443",
            "*.127.0.0.1",
            "*.[::1]",
            "*.1",
            "example.org/",
            "example.org/a",
            "*.example.org/",
            "https://example.org",
            "example.org:0",
            "user@example.org",
            "example.org?a",
            "example..org",
            "bücher.example",
            "a b",
        ] {
            assert!(SitePattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_most_specific_rule_that_says_something_decides() {
        let mut rules = SiteRules::default();
        for (site, units) in [("*.org", 1), ("*.example.org", 2), ("a.example.org", 3), ("a.example.org:81", 4)] {
            assert!(rules.set_rate(pattern(site), Some(dollars(units))));
        }
        assert!(rules.set_enabled(pattern("b.a.example.org"), false));
        for (site, units) in [
            ("a.example.org", 3),
            ("a.example.org:81", 4),
            ("a.example.org:82", 2),
            ("b.a.example.org", 2),
            ("example.org", 2),
            ("example.org:8080", 2),
            ("anexample.org", 1),
            ("org", 1),
        ] {
            assert_eq!(rate(&rules, site), Some(dollars(units).0), "{site}");
        }
        for site in ["example.com", "org.example", "127.0.0.1:80", "[::1]:80", "10.0.0.1"] {
            assert_eq!((rate(&rules, site), rules.enabled(site)), (None, true), "{site}");
        }
        assert!(!rules.enabled("b.a.example.org") && rules.enabled("a.example.org"));
    }

    #[test]
    fn a_rate_in_another_asset_does_not_count() {
        let mut rules = SiteRules::default();
        let euros = (dollars(5).0, Asset::new("EUR", 2).unwrap());
        assert!(rules.set_rate(pattern("*.example.org"), Some(dollars(1))));
        assert!(rules.set_rate(pattern("example.org"), Some(euros.clone())));
        assert_eq!(rate(&rules, "example.org"), Some(dollars(1).0));
        assert_eq!(rules.rate_in(&euros.1, "example.org"), Some(euros.0));
    }

    #[test]
    fn a_rule_that_says_nothing_new_is_not_kept() {
        let mut rules = SiteRules::default();
        let (site, all) = (pattern("a.example.org"), pattern("*.example.org"));
        assert!(rules.set_enabled(site.clone(), true));
        assert_eq!(rules.iter().count(), 0);
        assert!(rules.set_enabled(all.clone(), false) && rules.set_enabled(site.clone(), true));
        assert!(rules.enabled("a.example.org") && !rules.enabled("b.example.org"));
        assert!(rules.set_enabled(site.clone(), false));
        assert!(!rules.enabled("a.example.org"));
        assert_eq!(rules.iter().count(), 1);
        assert!(rules.set_rate(site.clone(), Some(dollars(1))) && rules.set_enabled(all, true));
        assert_eq!(rules.iter().map(|(sites, _)| sites).collect::<Vec<_>>(), [&site]);
        assert!(rules.set_rate(site, None));
        assert_eq!(rules.iter().count(), 0);
    }

    #[test]
    fn there_is_room_for_five_hundred_rules() {
        let mut rules = SiteRules::default();
        for number in 0..500 {
            assert!(rules.set_enabled(pattern(&format!("site{number}.example")), false));
        }
        assert!(!rules.set_enabled(pattern("one.too.many.example"), false));
        assert!(!rules.set_rate(pattern("*.example"), Some(dollars(1))));
        assert!(rules.set_enabled(pattern("one.too.many.example"), true));
        assert!(rules.set_rate(pattern("site1.example"), Some(dollars(1))));
        assert!(rules.set_enabled(pattern("site0.example"), true));
        assert!(rules.set_enabled(pattern("one.too.many.example"), false));
    }

    #[test]
    fn there_is_room_for_a_rule_that_there_is_already() {
        let mut rules: SiteRules = (0..502).map(|number| format!("site{number}.example")).collect();
        assert!(rules.set_rate(pattern("site1.example"), Some(dollars(1))) && !rules.enabled("site1.example"));
        assert!(rules.set_enabled(pattern("site2.example"), false) && !rules.enabled("site2.example"));
        assert!(!rules.set_enabled(pattern("another.example"), false));
        assert_eq!(rules.iter().count(), 502);
    }
}
