//! The ledger in the user's hands: as a file for a spreadsheet or for a program, and forgotten.

use money::Amount;

use crate::effect::{Area, Effect};
use crate::engine::Engine;
use crate::input::{Format, ViewId};
use crate::ledger::{Ledger, Outcome};
use crate::minimum::Minimums;
use crate::snapshot::{aside, local};

/// All that is known of payments: what the file holds that `exportLedger` asks for as JSON.
#[derive(json::Write)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct History<'a> {
    /// The last payments, the latest last.
    payments: Vec<Payment<'a>>,
    /// What was paid before them.
    sums: Vec<Total<'a>>,
}

/// One payment.
#[derive(json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Payment<'a> {
    /// Its URL at the user's wallet.
    id: &'a str,
    /// When it was made, as in RFC 3339.
    time: String,
    /// The host and port of the page.
    site: &'a str,
    /// Who was paid.
    wallet_address: &'a str,
    /// `unknown` counts as paid: nobody has ever said what became of it.
    outcome: Outcome,
    /// What the user gave.
    #[cfg_attr(test, ts(type = "Amount"))]
    sent: &'a Amount,
    /// What the site was to get.
    #[cfg_attr(test, ts(type = "Amount | null"))]
    received: Option<&'a Amount>,
}

/// What was paid in one currency.
#[derive(json::Write)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Total<'a> {
    /// In which day, in UTC; nothing for all the days before those that are listed.
    day: Option<&'a str>,
    /// To which site; nothing for all those that are not listed.
    site: Option<&'a str>,
    /// In how many payments.
    payments: u64,
    /// What the user gave.
    #[cfg_attr(test, ts(type = "Amount"))]
    sent: &'a Amount,
}

impl Engine {
    pub(crate) fn export_ledger(&mut self, format: Format, view: ViewId) {
        let (ending, media_type, text) = match format {
            Format::Csv => (".csv", "text/csv", csv(&self.ledger)),
            Format::Json => (".json", "application/json", json::to_string(&history(&self.ledger))),
        };
        let name = ["rivulet-", &self.now.wall.to_string()[..10], ending].concat();
        self.effects.push_back(Effect::Export { view, name, media_type, text });
    }

    /// Forgets all that tells who was paid. What is not settled yet comes into the ledger when it is.
    /// Should the wallet turn out to have given up a payment that is forgotten, it stays counted.
    pub(crate) fn forget_ledger(&mut self) {
        self.ledger.forget();
        self.minimums = Minimums::default();
        let mut others = vec![local::MINIMUMS];
        if !self.is_once_open() {
            self.once = None;
            others.push(local::ONCE);
        }
        self.unreadable.retain(|name| !Ledger::is_part(name) && !others.contains(name));
        let mut entries: Vec<_> = self.ledger.take_changes().collect();
        entries.extend(others.into_iter().flat_map(|name| [(name.to_owned(), None), (aside(name), None)]));
        self.persist(Area::Local, entries);
    }
}

fn history(ledger: &Ledger) -> History<'_> {
    let payments = ledger.rows().map(|row| Payment {
        id: row.id.as_str(),
        time: row.at.to_string(),
        site: &row.site,
        wallet_address: row.wallet_address.as_str(),
        outcome: row.outcome,
        sent: &row.debit,
        received: row.receive.as_ref(),
    });
    let sums = ledger.sums().map(|sum| Total {
        day: sum.day.as_deref(),
        site: sum.site.as_deref(),
        payments: sum.payments,
        sent: &sum.debit,
    });
    History { payments: payments.collect(), sums: sums.collect() }
}

/// A line for each payment, then one for each sum, in the same columns. So the columns of what was
/// sent add up to everything that was paid, but for the payments that failed.
fn csv(ledger: &Ledger) -> String {
    let mut text = String::new();
    line(
        &mut text,
        [
            "kind",
            "time",
            "site",
            "wallet address",
            "outcome",
            "payments",
            "sent",
            "currency sent",
            "received",
            "currency received",
            "id",
        ],
    );
    for row in ledger.rows() {
        let (received, currency) = row.receive.as_ref().map_or((String::new(), ""), decimal);
        let (sent, sent_in) = decimal(&row.debit);
        line(
            &mut text,
            [
                "payment",
                &row.at.to_string(),
                &row.site,
                row.wallet_address.as_str(),
                row.outcome.as_str(),
                "1",
                &sent,
                sent_in,
                &received,
                currency,
                row.id.as_str(),
            ],
        );
    }
    for sum in ledger.sums() {
        let (sent, sent_in) = decimal(&sum.debit);
        let (day, site) = (sum.day.as_deref().unwrap_or("earlier"), sum.site.as_deref().unwrap_or("others"));
        line(&mut text, ["sum", day, site, "", "paid", &sum.payments.to_string(), &sent, sent_in, "", "", ""]);
    }
    text
}

fn decimal(amount: &Amount) -> (String, &str) {
    (amount.to_decimal(), amount.asset.code.as_str())
}

/// A line of RFC 4180.
fn line(text: &mut String, cells: [&str; 11]) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, cell);
    }
    text.push_str("\r\n");
}

/// What a spreadsheet would take for a formula is marked as text: pages choose their addresses, and
/// wallets their currencies.
fn push_cell(text: &mut String, cell: &str) {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !is_formula && !cell.contains(['"', ',', '\r', '\n']) {
        return text.push_str(cell);
    }
    text.push('"');
    if is_formula {
        text.push('\'');
    }
    for character in cell.chars() {
        if character == '"' {
            text.push('"');
        }
        text.push(character);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use money::Asset;
    use open_payments::Timestamp;

    use super::*;
    use crate::ledger::Row;
    use crate::ledger::tests::row;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        for number in 0..2_001 {
            let debit = Amount::new(number + 1, Asset::new("USD", 2).unwrap());
            let receive = (number == 2_000).then(|| Amount::new(7, Asset::new("=1+1,\"", 0).unwrap()));
            let outcome = if number == 1_999 { Outcome::Failed } else { Outcome::Paid };
            ledger.add(Row { debit, receive, outcome, at: Timestamp::from_millis(1_795_327_200_000), ..row(number) });
        }
        ledger
    }

    #[test]
    fn a_spreadsheet_gets_a_line_for_each_payment_and_each_sum() {
        let text = csv(&ledger());
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 1_981 + 1);
        assert_eq!(
            [lines[0], lines[1_980], lines[1_981], lines[1_982]],
            [
                "kind,time,site,wallet address,outcome,payments,sent,currency sent,received,currency received,id",
                "payment,2026-11-22T06:00:00.000Z,site.example,https://w.example/site,failed,1,20.00,USD,,,https://w.example/outgoing-payments/1999",
                "payment,2026-11-22T06:00:00.000Z,site.example,https://w.example/site,paid,1,20.01,USD,7,\"'=1+1,\"\"\",https://w.example/outgoing-payments/2000",
                "sum,2026-11-22,site.example,,paid,20,2.10,USD,,,",
            ]
        );
    }

    #[test]
    fn nothing_in_a_cell_is_a_formula_or_ends_it() {
        for (cell, written) in [
            ("", ""),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1", "\"'=1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@a", "\"'@a\""),
            ("\ta", "\"'\ta\""),
        ] {
            let mut text = String::new();
            push_cell(&mut text, cell);
            assert_eq!(text, written);
        }
    }

    #[test]
    fn a_program_gets_integers_as_texts() {
        let text = json::to_string(&history(&ledger()));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["payments"].as_array().unwrap().len(), 1_981);
        assert_eq!(
            value["payments"][1_980],
            serde_json::json!({
                "id": "https://w.example/outgoing-payments/2000", "time": "2026-11-22T06:00:00.000Z",
                "site": "site.example", "walletAddress": "https://w.example/site", "outcome": "paid",
                "sent": {"value": "2001", "assetCode": "USD", "assetScale": 2},
                "received": {"value": "7", "assetCode": "=1+1,\"", "assetScale": 0},
            })
        );
        assert_eq!(
            value["sums"],
            serde_json::json!([{"day": "2026-11-22", "site": "site.example", "payments": 20,
                "sent": {"value": "210", "assetCode": "USD", "assetScale": 2}}])
        );
    }
}
