use std::collections::VecDeque;

use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress};

use crate::snapshot::{Entries, Snapshot, aside, local, read, save};
use crate::sums::{Sum, Sums};
use crate::table::Table;

/// A payment about to be made, persisted before it is sent. One that has no outcome counts as
/// spent, is never sent again, and is settled by reading it back from the wallet.
#[derive(Clone, Debug, PartialEq, Eq, json::Read, json::Write)]
pub(crate) struct Intent {
    pub(crate) quote: Url,
    pub(crate) debit: Amount,
    /// What the site gets for it, as far as the quote said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receive: Option<Amount>,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) wallet_address: WalletAddress,
    pub(crate) site: String,
    pub(crate) at: Timestamp,
    /// Of a part of a one-time payment: when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) once: Option<Timestamp>,
}

impl Snapshot for Intent {}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, json::Read, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Outcome {
    /// The wallet made it.
    Paid,
    /// The wallet made it and gave it up later.
    Failed,
    /// Nobody has ever said: the wallet was disconnected before, or cannot say. It counts as made.
    Unknown,
}

impl Outcome {
    /// As in the JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, json::Read, json::Write)]
pub(crate) struct Row {
    pub(crate) id: Url,
    pub(crate) at: Timestamp,
    pub(crate) site: String,
    pub(crate) wallet_address: WalletAddress,
    pub(crate) debit: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receive: Option<Amount>,
    pub(crate) outcome: Outcome,
    /// Of a part of a one-time payment: when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) once: Option<Timestamp>,
}

impl Row {
    pub(crate) fn new(intent: &Intent, payment: Url, outcome: Outcome) -> Self {
        Self {
            id: payment,
            at: intent.at,
            site: intent.site.clone(),
            wallet_address: intent.wallet_address.clone(),
            debit: intent.debit.clone(),
            receive: intent.receive.clone(),
            outcome,
            once: intent.once,
        }
    }
}

impl Snapshot for Vec<Row> {}

/// Everything that was ever paid: the last payments one by one, those before them in sums. The
/// payments are kept in pages of a few, so that one more rewrites little.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The oldest first.
    pages: VecDeque<Page>,
    sums: Sums,
    changed: Table<String, Option<String>>,
}

/// Some payments, in the order in which their outcome became known.
struct Page {
    number: u64,
    /// Nothing if they cannot be read: then the page keeps its text until its turn to go comes.
    rows: Option<Vec<Row>>,
    is_full: bool,
    /// A bit or so for each of them, so that hardly a page is searched for what is not there.
    marks: u128,
    /// The entry as it was last written, as long as rows are only added.
    text: String,
}

/// So many payments are listed one by one: the pages times their rows.
const PAGES: usize = 100;
const ROWS_PER_PAGE: usize = 20;
/// A page is full before that if its text is longer than this: URLs of sites and wallets can have
/// two thousand characters each.
const LONG_PAGE: usize = 12 * 1024;
/// How the text of a page ends: with its list, and what that stands in.
const END: &str = "]]";
/// The name of a page is this and its number.
const PREFIX: &str = "ledger.";
/// What all of them are called.
const NAME: &str = "ledger";

impl Page {
    fn new(number: u64) -> Self {
        Self { number, rows: Some(Vec::new()), is_full: false, marks: 0, text: String::new() }
    }

    fn restore(number: u64, text: &str) -> Self {
        let rows: Option<Vec<Row>> = read(text);
        let is_full = rows.as_ref().is_none_or(|rows| is_full(rows, text));
        let marks = rows.iter().flatten().fold(0, |marks, row| marks | mark_of(&row.id));
        Self { number, rows, is_full, marks, text: String::new() }
    }

    /// Adds a row; gives the entry to persist. The rows before it are not written anew.
    fn add(&mut self, row: Row) -> (String, Option<String>) {
        self.marks |= mark_of(&row.id);
        let rows = self.rows.get_or_insert_default();
        rows.push(row);
        match (self.text.strip_suffix(END).map(str::len), rows.last()) {
            (Some(before), Some(row)) => {
                self.text.truncate(before);
                self.text.extend([",", &json::to_string(row), END]);
            }
            _ => self.text = save(rows),
        }
        self.is_full = is_full(rows, &self.text);
        let text = if self.is_full { std::mem::take(&mut self.text) } else { self.text.clone() };
        (name(self.number), Some(text))
    }

    /// The entry to persist after a row has changed.
    fn rewrite(&mut self) -> Option<(String, Option<String>)> {
        self.text.clear();
        let text = save(self.rows.as_ref()?);
        Some((name(self.number), Some(text)))
    }
}

fn is_full(rows: &[Row], text: &str) -> bool {
    rows.len() >= ROWS_PER_PAGE || text.len() > LONG_PAGE
}

/// One bit, by which most texts differ from one another.
fn mark_of(id: &Url) -> u128 {
    let hash = id.as_str().bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    1 << (hash % u128::BITS)
}

fn name(page: u64) -> String {
    [PREFIX, &page.to_string()].concat()
}

impl Ledger {
    /// Finds the pages and the sums among the stored entries.
    pub(crate) fn restore(kept: &mut Entries) -> Self {
        let mut pages = Table::default();
        for (number, text) in kept.beginning_with(PREFIX) {
            // There are never so many that a number has more bits.
            if let Ok(number) = number.parse::<u32>() {
                pages.insert(number, Page::restore(number.into(), text));
            }
        }
        if pages.values().any(|page| page.rows.is_none()) {
            kept.blame(NAME);
        }
        let pages = pages.into_entries().into_iter().map(|(_, page)| page).collect();
        let sums = kept.load(local::SUMS).readable().unwrap_or_default();
        Self { pages, sums, changed: Table::default() }
    }

    /// Adds a payment; the oldest page is summed up when there are too many.
    pub(crate) fn add(&mut self, row: Row) {
        let number = self.pages.back().map_or(0, |last| if last.is_full { last.number + 1 } else { last.number });
        if self.pages.back().is_none_or(|last| last.number != number) {
            self.pages.push_back(Page::new(number));
        }
        if let Some(page) = self.pages.back_mut() {
            let entry = page.add(row);
            self.change([entry]);
        }
        if self.pages.len() > PAGES {
            self.sum_up();
        }
    }

    fn sum_up(&mut self) {
        let Some(oldest) = self.pages.pop_front() else { return };
        for row in oldest.rows.into_iter().flatten() {
            self.sums.add(row);
        }
        let sums = save(&self.sums);
        self.change([(name(oldest.number), None), (local::SUMS.to_owned(), Some(sums))]);
    }

    /// The payments that are listed one by one.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.pages.iter().flat_map(|page| &page.rows).flatten()
    }

    /// What was paid before them.
    pub(crate) fn sums(&self) -> impl Iterator<Item = &Sum> {
        self.sums.iter()
    }

    /// Whether a payment is listed.
    pub(crate) fn knows(&self, payment: &Url) -> bool {
        let mark = mark_of(payment);
        let pages = self.pages.iter().filter(|page| page.marks & mark != 0);
        pages.flat_map(|page| &page.rows).flatten().any(|row| row.id == *payment)
    }

    /// Whether a payment is listed, and of so much.
    pub(crate) fn lists(&self, payment: &Url, debit: &Amount) -> bool {
        self.rows().rev().any(|row| row.id == *payment && row.debit == *debit)
    }

    /// The payment listed before this one, if it counts as made.
    pub(crate) fn before(&self, id: &Url) -> Option<&Row> {
        self.rows().rev().skip_while(|row| row.id != *id).nth(1).filter(|row| row.outcome == Outcome::Paid)
    }

    /// Corrects what became of a payment that counted as made.
    pub(crate) fn mark(&mut self, id: &Url, outcome: Outcome) -> Option<Row> {
        for page in self.pages.iter_mut().rev() {
            let mut rows = page.rows.iter_mut().flatten();
            if let Some(row) = rows.find(|row| row.id == *id && row.outcome == Outcome::Paid) {
                row.outcome = outcome;
                let counted = row.clone();
                let entry = page.rewrite();
                self.change(entry);
                return Some(counted);
            }
        }
        None
    }

    /// Forgets everything, also what cannot be read.
    pub(crate) fn forget(&mut self) {
        let Self { pages, .. } = std::mem::take(self);
        let pages = pages.into_iter().map(|page| name(page.number));
        let names = pages.chain([local::SUMS.to_owned(), aside(local::SUMS)]);
        self.change(names.map(|name| (name, None)));
    }

    /// Whether an entry of this name is a part of it.
    pub(crate) fn is_part(name: &str) -> bool {
        [NAME, local::SUMS].contains(&name)
    }

    fn change(&mut self, entries: impl IntoIterator<Item = (String, Option<String>)>) {
        for (name, text) in entries {
            self.changed.insert(name, text);
        }
    }

    /// The entries to persist since the last time this was asked.
    pub(crate) fn take_changes(&mut self) -> impl Iterator<Item = (String, Option<String>)> + use<> {
        std::mem::take(&mut self.changed).into_entries().into_iter()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use money::Asset;
    use proptest::prelude::*;

    /// A payment of one minor unit.
    pub(crate) fn row(number: u64) -> Row {
        Row {
            id: Url::parse(&format!("https://w.example/outgoing-payments/{number}")).unwrap(),
            at: Timestamp::from_millis(0),
            site: "site.example".to_owned(),
            wallet_address: WalletAddress::parse("https://w.example/site").unwrap(),
            debit: Amount::new(1, Asset::new("USD", 2).unwrap()),
            receive: None,
            outcome: Outcome::Paid,
            once: None,
        }
    }

    /// Writes what has changed.
    pub(crate) fn write(ledger: &mut Ledger, stored: &mut Table<String, String>) -> usize {
        let mut written = 0;
        for (name, text) in ledger.take_changes() {
            written += text.as_ref().map_or(0, String::len);
            match text {
                Some(text) => stored.insert(name, text),
                None => drop(stored.remove(&name)),
            }
        }
        written
    }

    fn restored(stored: &Table<String, String>) -> Ledger {
        let entries = stored.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        Ledger::restore(&mut Entries::new(entries))
    }

    #[test]
    fn keeps_the_last_two_thousand_rows_and_restores_them() {
        let mut ledger = Ledger::default();
        let mut stored = Table::default();
        for number in 0..2_500 {
            ledger.add(row(number));
            write(&mut ledger, &mut stored);
        }
        let mut restored = restored(&stored);
        for number in 0..3_000 {
            let is_listed = (500..2_500).contains(&number);
            assert!([&ledger, &restored].iter().all(|ledger| ledger.knows(&row(number).id) == is_listed), "{number}");
        }
        assert!(restored.rows().eq(&(500..2_500).map(row).collect::<Vec<_>>()));
        assert!(restored.sums().map(|sum| (sum.payments, sum.debit.value)).eq([(500, 500)]));
        assert_eq!(
            restored.mark(&row(2_499).id, Outcome::Failed),
            Some(Row { outcome: Outcome::Failed, ..row(2_499) })
        );
        assert_eq!(restored.mark(&row(2_499).id, Outcome::Failed), None);
        assert_eq!(restored.take_changes().count(), 1);
    }

    #[test]
    fn one_payment_rewrites_little() {
        let mut ledger = Ledger::default();
        let mut stored = Table::default();
        let written = (0..4_000).map(|number| {
            ledger.add(Row { site: format!("{}.example", number % 500), ..row(number) });
            write(&mut ledger, &mut stored)
        });
        let written: usize = written.sum();
        assert!(written / 4_000 < 6_000, "{} bytes for each payment", written / 4_000);
    }

    #[test]
    fn what_is_forgotten_is_gone_and_the_next_payment_is_kept() {
        let mut ledger = Ledger::default();
        let mut stored = Table::default();
        (0..2_500).for_each(|number| ledger.add(row(number)));
        write(&mut ledger, &mut stored);
        stored.insert("ledger.30".to_owned(), "broken".to_owned());
        stored.insert("aside.sums".to_owned(), "broken".to_owned());
        let mut ledger = restored(&stored);
        ledger.forget();
        ledger.add(row(1));
        write(&mut ledger, &mut stored);
        assert_eq!(stored.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["ledger.0"]);
        assert!(restored(&stored).rows().eq([&row(1)]));
    }

    proptest! {
        // Each is thousands of payments.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4) })]

        #[test]
        fn rows_and_sums_are_everything_that_was_paid(
            payments in prop::collection::vec((0..400_u64, 0..300_i64, 1..1_000_u64, 0..3_u8, any::<bool>()), 1_000..3_000)
        ) {
            let mut ledger = Ledger::default();
            let mut stored = Table::default();
            let mut paid = [(0, 0); 2];
            for (number, (site, day, units, outcome, in_euro)) in payments.into_iter().enumerate() {
                let asset = Asset::new(if in_euro { "EUR" } else { "USD" }, 2).unwrap();
                let outcome = [Outcome::Paid, Outcome::Failed, Outcome::Unknown][usize::from(outcome)];
                ledger.add(Row {
                    site: format!("{site}.example"),
                    at: Timestamp::from_millis(day * 86_400_000),
                    debit: Amount::new(units, asset),
                    outcome,
                    ..row(u64::try_from(number).unwrap())
                });
                if outcome != Outcome::Failed {
                    let (count, total) = &mut paid[usize::from(in_euro)];
                    (*count, *total) = (*count + 1, *total + units);
                }
                if number % 499 == 0 {
                    write(&mut ledger, &mut stored);
                    ledger = restored(&stored);
                }
            }
            for (code, (count, total)) in ["USD", "EUR"].into_iter().zip(paid) {
                let rows = ledger.rows().filter(|row| row.outcome != Outcome::Failed);
                let entries = rows.map(|row| (1, &row.debit)).chain(ledger.sums().map(|sum| (sum.payments, &sum.debit)));
                let (mut payments, mut units) = (0, 0);
                for (number, debit) in entries.filter(|(_, debit)| debit.asset.code.as_str() == code) {
                    (payments, units) = (payments + number, units + debit.value);
                }
                prop_assert_eq!((payments, units), (count, total));
            }
        }
    }
}
