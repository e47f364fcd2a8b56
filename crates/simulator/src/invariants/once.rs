//! One-time payments: all parts together are never more than the person wanted to give, and only
//! the page gets them that was in front then.

use serde_json::Value;

use crate::breach::Rule;
use crate::world::World;

/// By then one is over, and what of it was on its way has come or will not come, in milliseconds.
const LONGEST: u64 = 75_000;

/// The last one.
#[derive(Default)]
pub(crate) struct Gift {
    /// What it is known by.
    at: Value,
    /// Minor units for which no part was signed.
    left: u64,
    /// Whom the page in front linked to.
    pub(crate) links: Vec<String>,
    /// It is over then, at the latest.
    pub(crate) until: u64,
}

impl World {
    /// Looks at the one that is stored, after it was.
    pub(crate) fn check_once(&mut self) {
        let stored = self.storage.local("once");
        if stored.is_null() || stored["at"] == self.watch.gift.at {
            return;
        }
        let left = stored["asked"]["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default();
        let links = self.links_in_front();
        self.watch.gift = Gift { at: stored["at"].clone(), left, links, until: self.elapsed + LONGEST };
    }

    /// A part of one is signed.
    pub(crate) fn check_part(&mut self, intent: &Value, debit: u64) {
        let gift = &mut self.watch.gift;
        if intent["once"] != gift.at {
            let detail = format!("{intent} is part of another one-time payment than {}", gift.at);
            return self.break_rule(Rule::Signing, detail);
        }
        match gift.left.checked_sub(debit) {
            Some(left) => gift.left = left,
            None => {
                let left = gift.left;
                self.break_rule(Rule::Signing, format!("{debit} of a one-time payment, of which {left} are left"));
            }
        }
    }

    /// Whether one may be on its way.
    pub(crate) fn is_giving(&self) -> bool {
        self.elapsed < self.watch.gift.until
    }
}
