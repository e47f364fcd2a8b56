use std::collections::VecDeque;

use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress};
use serde::{Deserialize, Serialize};

use crate::snapshot::{Entries, Snapshot, read, save};
use crate::table::Table;

/// A payment about to be made, persisted before it is sent. One that has no outcome counts as
/// spent, is never sent again, and is settled by reading it back from the wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) quote: Url,
    pub(crate) debit: Amount,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) wallet_address: WalletAddress,
    pub(crate) site: String,
    pub(crate) at: Timestamp,
}

impl Snapshot for Intent {}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// The wallet made it.
    Paid,
    /// The wallet made it and gave it up later.
    Failed,
    /// The wallet was disconnected before its outcome was known.
    Unknown,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: Url,
    pub(crate) at: Timestamp,
    pub(crate) site: String,
    pub(crate) wallet_address: WalletAddress,
    pub(crate) debit: Amount,
    pub(crate) outcome: Outcome,
}

impl Row {
    pub(crate) fn new(intent: &Intent, payment: Url, outcome: Outcome) -> Self {
        Self {
            id: payment,
            at: intent.at,
            site: intent.site.clone(),
            wallet_address: intent.wallet_address.clone(),
            debit: intent.debit.clone(),
            outcome,
        }
    }
}

impl Snapshot for Vec<Row> {}

/// The last payments, kept in pages of a few rows so that one more rewrites little.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Pages by number, rows in order. One that cannot be read keeps its place and its text until
    /// its turn to go comes.
    pages: VecDeque<(u64, Option<Vec<Row>>)>,
    changed: Table<String, Option<String>>,
}

const ROWS_PER_PAGE: usize = 20;
const PAGES: usize = 100;
/// The name of a page is this and its number.
const PREFIX: &str = "ledger.";
const NAME: &str = "ledger";

impl Ledger {
    /// Finds the pages among the stored entries.
    pub(crate) fn restore(kept: &mut Entries) -> Self {
        let mut pages = Table::default();
        for (number, text) in kept.beginning_with(PREFIX) {
            if let Ok(number) = number.parse() {
                pages.insert(number, read(text));
            }
        }
        if pages.values().any(Option::is_none) {
            kept.blame(NAME);
        }
        Self { pages: pages.into_entries().into(), changed: Table::default() }
    }

    /// Adds a payment; the oldest page goes when there are too many.
    pub(crate) fn add(&mut self, row: Row) {
        match self.pages.back_mut() {
            Some((_, Some(rows))) if rows.len() < ROWS_PER_PAGE => rows.push(row),
            last => {
                let number = last.map_or(0, |(number, _)| *number + 1);
                self.pages.push_back((number, Some(vec![row])));
            }
        }
        if let Some((number, Some(rows))) = self.pages.back() {
            self.changed.insert(format!("{PREFIX}{number}"), Some(save(rows)));
        }
        if self.pages.len() > PAGES
            && let Some((number, _)) = self.pages.pop_front()
        {
            self.changed.insert(format!("{PREFIX}{number}"), None);
        }
    }

    /// Whether a payment is in it.
    pub(crate) fn knows(&self, payment: &Url) -> bool {
        self.pages.iter().rev().flat_map(|(_, rows)| rows).flatten().any(|row| row.id == *payment)
    }

    /// Corrects what became of a payment that counted as made: its minor units and its time.
    pub(crate) fn mark(&mut self, id: &Url, outcome: Outcome) -> Option<(u64, Timestamp)> {
        for (number, rows) in self.pages.iter_mut().rev() {
            let Some(rows) = rows else { continue };
            if let Some(row) = rows.iter_mut().find(|row| row.id == *id && row.outcome == Outcome::Paid) {
                row.outcome = outcome;
                let counted = (row.debit.value, row.at);
                self.changed.insert(format!("{PREFIX}{number}"), Some(save(rows)));
                return Some(counted);
            }
        }
        None
    }

    /// The entries to persist since the last time this was asked.
    pub(crate) fn take_changes(&mut self) -> impl Iterator<Item = (String, Option<String>)> + use<> {
        std::mem::take(&mut self.changed).into_entries().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Asset;

    fn row(number: u64) -> Row {
        Row {
            id: Url::parse(&format!("https://w.example/outgoing-payments/{number}")).unwrap(),
            at: Timestamp::from_millis(0),
            site: "site.example".to_owned(),
            wallet_address: WalletAddress::parse("https://w.example/site").unwrap(),
            debit: Amount::new(1, Asset::new("USD", 2).unwrap()),
            outcome: Outcome::Paid,
        }
    }

    #[test]
    fn keeps_the_last_two_thousand_rows_and_restores_them() {
        let mut ledger = Ledger::default();
        let mut stored = Table::default();
        for number in 0..2_500 {
            ledger.add(row(number));
            for (name, text) in ledger.take_changes() {
                match text {
                    Some(text) => stored.insert(name, text),
                    None => drop(stored.remove(&name)),
                }
            }
        }
        let mut restored = Ledger::restore(&mut Entries::new(stored.into_entries()));
        let rows: Vec<Row> = restored.pages.iter().flat_map(|(_, rows)| rows.clone().unwrap()).collect();
        assert_eq!(rows, (500..2_500).map(row).collect::<Vec<_>>());
        assert_eq!(restored.mark(&row(2_499).id, Outcome::Failed), Some((1, Timestamp::from_millis(0))));
        assert_eq!(restored.mark(&row(2_499).id, Outcome::Failed), None);
        assert_eq!(restored.take_changes().count(), 1);
    }
}
