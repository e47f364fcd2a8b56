//! What can be seen from outside: views, stored entries, calls and what pages hear.

use engine::{FrameMessage, Input, LinkId};
use serde_json::Value;

use crate::world::World;

impl World {
    /// What the popup shows, opened for a moment.
    pub(crate) fn view(&mut self) -> Value {
        self.give(Input::ViewOpened);
        let view = self.view.take().expect("a view");
        self.give(Input::ViewClosed);
        view
    }

    pub(crate) fn connection(&mut self) -> String {
        self.view()["connection"]["state"].as_str().unwrap().to_owned()
    }

    pub(crate) fn problem(&mut self) -> Option<String> {
        self.view()["connection"]["problem"]["code"].as_str().map(str::to_owned)
    }

    pub(crate) fn notice(&mut self) -> Option<String> {
        self.view()["notice"]["code"].as_str().map(str::to_owned)
    }

    pub(crate) fn page(&mut self) -> String {
        self.view()["page"]["state"].as_str().unwrap().to_owned()
    }

    pub(crate) fn page_problem(&mut self) -> Option<String> {
        self.view()["page"]["problem"]["code"].as_str().map(str::to_owned)
    }

    /// What a stored entry says; nothing if there is none.
    pub(crate) fn stored(&self, name: &str) -> Value {
        let text = self.local.get(name).or(self.session.get(name));
        text.map_or(Value::Null, |text| serde_json::from_str::<Value>(text).unwrap()[1].take())
    }

    /// The ids of the payments in the engine's ledger.
    pub(crate) fn ledger(&self) -> Vec<String> {
        let pages = self.local.iter().filter(|(name, _)| name.starts_with("ledger."));
        let rows = pages.flat_map(|(name, _)| self.stored(name).as_array().unwrap().clone());
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The payments whose outcome the engine does not know, as the wallet would call them.
    pub(crate) fn unsettled(&self) -> Vec<String> {
        let listed = self.stored("unsettled").as_array().cloned().unwrap_or_default();
        let intents = listed.into_iter().map(|unsettled| unsettled["intent"].clone()).chain([self.stored("intent")]);
        let quotes = intents.filter_map(|intent| intent["quote"].as_str().map(str::to_owned));
        quotes.map(|quote| quote.replace("/quotes/", "/outgoing-payments/")).collect()
    }

    pub(crate) fn payments(&self) -> usize {
        self.servers.wallets.payments.len()
    }

    pub(crate) fn calls_to(&self, part: &str) -> usize {
        self.calls.iter().filter(|(_, url)| url.contains(part)).count()
    }

    pub(crate) fn events(&self, link: u32) -> usize {
        let hears = |message: &FrameMessage| matches!(message, FrameMessage::Monetization { link: heard, .. } if *heard == LinkId(link));
        self.told.iter().filter(|(_, _, message)| hears(message)).count()
    }
}
