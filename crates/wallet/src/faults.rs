use std::collections::VecDeque;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::message::{Request, Response};

/// What goes wrong on purpose, and when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// Only requests with this method.
    method: Option<String>,
    /// Only requests whose path contains this.
    path: Option<String>,
    fault: Fault,
    /// Only every so manyth of these requests.
    every: Option<u32>,
    /// Only so many times.
    times: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Fault {
    /// The answer is late.
    Delay(DelayFault),
    /// The request is not executed; another answer comes in its place.
    Status(StatusFault),
    /// The request is executed, and its answer lost.
    LoseReply(LoseReply),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DelayFault {
    pub(crate) delay_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusFault {
    #[serde(deserialize_with = "final_status")]
    status: u16,
    body: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LoseReply {
    LoseReply,
}

/// The faults of one wallet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    made: u32,
    active: VecDeque<ActiveFault>,
}

#[derive(Clone, Debug)]
struct ActiveFault {
    rule: FaultRule,
    matched: u32,
    applied: u32,
}

/// A status that ends an exchange (RFC 9110, section 15).
fn final_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (200..600).contains(&status) { Ok(status) } else { Err(D::Error::custom("a status is from 200 to 599")) }
}

impl StatusFault {
    pub(crate) fn response(&self) -> Response {
        let usual = || json!({ "error": { "code": self.status.to_string(), "description": "a fault of the sandbox" } });
        Response::json(self.status, &self.body.clone().unwrap_or_else(usual))
    }
}

impl ActiveFault {
    fn matches(&self, request: &Request) -> bool {
        self.rule.method.as_ref().is_none_or(|method| *method == request.method)
            && self.rule.path.as_ref().is_none_or(|path| request.target.path().contains(path))
    }

    /// Whether the next request that matches is hit.
    fn is_due(&self) -> bool {
        (self.matched + 1).is_multiple_of(self.rule.every.unwrap_or(1).max(1))
    }
}

impl Faults {
    /// Adds one; its id.
    pub(crate) fn add(&mut self, rule: FaultRule) -> String {
        self.made += 1;
        self.active.push_back(ActiveFault { rule, matched: 0, applied: 0 });
        self.made.to_string()
    }

    /// What hits a request: the first fault that is due.
    pub(crate) fn due(&self, request: &Request) -> Option<Fault> {
        self.active.iter().find(|fault| fault.matches(request) && fault.is_due()).map(|fault| fault.rule.fault.clone())
    }

    /// Counts a request that is answered.
    pub(crate) fn count(&mut self, request: &Request) {
        let mut hit = false;
        for fault in self.active.iter_mut().filter(|fault| fault.matches(request)) {
            if !hit && fault.is_due() {
                hit = true;
                fault.applied += 1;
            }
            fault.matched += 1;
        }
        self.active.retain(|fault| fault.rule.times.is_none_or(|times| fault.applied < times));
    }
}
