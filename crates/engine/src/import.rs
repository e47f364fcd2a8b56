//! Rules for sites out of a file, which anybody may have written.

use json::Value;
use money::{Asset, Rate};

use crate::engine::Engine;
use crate::problem::{Problem, ProblemCode};
use crate::sites::{SitePattern, SiteRule};
use crate::table::Table;

/// So much is shown of what is no site, in characters: the longest name that a host can have.
const SHOWN: usize = 253;

impl Engine {
    /// Adds all rules of a file or, if anything is wrong with one of them, none.
    pub(crate) fn import_sites(&mut self, text: &str) {
        match read(text) {
            Ok(rules) => {
                let has_room = self.settings.sites.merge(rules);
                self.site_rules_changed(has_room);
            }
            Err(detail) => self.notice = Some(Problem { code: ProblemCode::ListInvalid, detail }),
        }
    }
}

/// The rules; or for which site the first is that is wrong, if it says so.
fn read(text: &str) -> Result<Table<SitePattern, SiteRule>, Option<String>> {
    let file: Value = text.parse().map_err(|_| None)?;
    let Some(Value::List(listed)) = file.find("/sites") else { return Err(None) };
    let mut rules = Table::default();
    for value in listed {
        let site = value.find("/site").and_then(Value::as_text).unwrap_or_default();
        match (SitePattern::parse(site), rule(value)) {
            (Ok(sites), Some(rule)) => rules.insert(sites, rule),
            _ => return Err(Some(site.chars().take(SHOWN).collect())),
        }
    }
    // One that says nothing is none.
    rules.retain(|rule| *rule != SiteRule::default());
    Ok(rules)
}

fn rule(value: &Value) -> Option<SiteRule> {
    let enabled = match value.find("/enabled") {
        Some(Value::Bool(enabled)) => Some(*enabled),
        Some(Value::Null) | None => None,
        Some(_) => return None,
    };
    let rate = match value.find("/rate") {
        Some(Value::Null) | None => None,
        Some(rate) => Some(parse_rate(rate)?),
    };
    Some(SiteRule { enabled, rate })
}

fn parse_rate(value: &Value) -> Option<(Rate, Asset)> {
    let Some(Value::Unsigned(scale)) = value.find("/assetScale") else { return None };
    let asset = Asset::new(value.find("/assetCode")?.as_text()?, u8::try_from(*scale).ok()?).ok()?;
    let rate = Rate::parse(value.find("/value")?.as_text()?, asset.scale).ok()?;
    Some((rate, asset))
}
