//! The ledger: what it knows of a payment, how long, and what the user can do with it.

use engine::{Command, Format, ViewId};
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::payments::spent;
use crate::wallets::SITE;
use crate::world::World;

fn exported(world: &mut World, format: Format) -> String {
    world.command(Command::ExportLedger { format, view: ViewId(3) });
    let (view, name, media_type, text) = world.exports.pop().expect("a file");
    let expected = match format {
        Format::Csv => ("rivulet-2026-11-22.csv", "text/csv"),
        Format::Json => ("rivulet-2026-11-22.json", "application/json"),
    };
    assert_eq!((view, name.as_str(), media_type), (ViewId(3), expected.0, expected.1));
    assert!(world.exports.is_empty());
    text
}

fn history(world: &mut World) -> Value {
    serde_json::from_str(&exported(world, Format::Json)).unwrap()
}

fn units(entry: &Value) -> u64 {
    entry["sent"]["value"].as_str().unwrap().parse().unwrap()
}

/// Everything in it that was paid, and in how many payments.
fn total(history: &Value) -> (u64, u64) {
    let rows = history["payments"].as_array().unwrap().iter().filter(|row| row["outcome"] != "failed");
    let rows = rows.map(|row| (units(row), 1));
    let sums = history["sums"].as_array().unwrap().iter().map(|sum| (units(sum), sum["payments"].as_u64().unwrap()));
    rows.chain(sums).fold((0, 0), |total, entry| (total.0 + entry.0, total.1 + entry.1))
}

#[test]
fn a_payment_stands_in_it_with_all_that_is_known() {
    let mut world = World::looking_at(&[SITE]);
    world.faults.add(
        "/v1/quotes",
        1,
        Fault::Forge(Box::new(|body| {
            body["receiveAmount"] = json!({"value": "93", "assetCode": "EUR", "assetScale": 4});
        })),
    );
    world.seconds(2);
    world.kill(false);
    let payment = &history(&mut world)["payments"][0];
    let made = world.servers.wallets.payments[0].id.clone();
    let time = payment["time"].as_str().unwrap();
    assert!(time.starts_with("2026-11-22T06:00:0") && time.ends_with('Z'), "{time}");
    let usd = |value: &str| json!({"value": value, "assetCode": "USD", "assetScale": 2});
    assert_eq!(
        *payment,
        json!({
            "id": made, "time": time, "site": "site.example", "walletAddress": SITE, "outcome": "paid",
            "sent": usd("1"), "received": {"value": "93", "assetCode": "EUR", "assetScale": 4},
        })
    );
    let csv = exported(&mut world, Format::Csv);
    let line = format!("payment,{time},site.example,{SITE},paid,1,0.01,USD,0.0093,EUR,{}\r\n", made);
    assert!(csv.contains(&line), "{csv}");
}

#[test]
fn nothing_that_was_paid_is_missing_however_long_ago() {
    let mut world = World::looking_at(&[SITE]);
    for round in 0..12 {
        world.faults.add("/v1/payments", 2, Fault::LoseReply);
        world.servers.wallets.account_is_empty = round == 5;
        world.seconds(200);
        world.kill(round % 2 == 0);
    }
    // What is on its way or has failed is known by then.
    world.seconds(60);
    world.lock(true);
    world.seconds(30);
    let history = history(&mut world);
    let listed = history["payments"].as_array().unwrap().len();
    assert!((1_980..=2_000).contains(&listed) && world.payments() > 2_100, "{listed} of {}", world.payments());
    let made = world.servers.wallets.payments.iter().filter(|payment| !payment.failed).map(|payment| payment.debit);
    assert_eq!(total(&history), made.fold((0, 0), |(units, payments), debit| (units + debit, payments + 1)));
}

#[test]
fn what_is_forgotten_leaves_no_trace_and_the_budget_as_it_was() {
    let mut world = World::connected();
    world.servers.wallets.minimum = 3;
    world.visit("https://site.example/", &[SITE]);
    world.seconds(60);
    world.command(Command::PayOnce { site: "site.example".to_owned(), amount: "1.00".to_owned() });
    world.seconds(3);
    assert!(["minimums", "once"].iter().all(|name| world.local.contains_key(*name)));
    for (name, text) in [("sums", "broken"), ("ledger.1", "broken")] {
        world.local.insert(name.to_owned(), text.to_owned());
    }
    world.kill(false);
    assert_eq!(world.view()["memoryProblem"]["detail"], "ledger, sums");
    world.servers.wallets.minimum = 1;
    world.lock(true);
    world.seconds(10);
    let counted = spent(&mut world);
    world.command(Command::ForgetLedger);
    let is_trace = |(name, text): &(&String, &String)| {
        ["ledger", "sums"].iter().any(|part| name.contains(part))
            || ["site.example", SITE].iter().any(|part| text.contains(part))
    };
    assert_eq!(world.local.iter().find(is_trace), None);
    assert!(world.view()["memoryProblem"].is_null());
    assert_eq!(history(&mut world), json!({"payments": [], "sums": []}));
    assert_eq!(spent(&mut world), counted);
    world.kill(false);
    let before = world.payments();
    world.lock(false);
    world.seconds(10);
    world.lock(true);
    world.seconds(1);
    assert!(world.payments() > before + 5);
    assert_eq!(world.ledger().len() + world.unsettled().len(), world.payments() - before);
}

#[test]
fn what_is_on_its_way_when_the_ledger_is_forgotten_is_booked_when_it_is_settled() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.seconds(1);
    let lost = world.unsettled();
    world.command(Command::ForgetLedger);
    world.seconds(30);
    assert!(world.ledger().contains(&lost[0]));
}

#[test]
fn a_one_time_payment_is_forgotten_when_it_is_over() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(3);
    world.command(Command::PayOnce { site: "site.example".to_owned(), amount: "1.00".to_owned() });
    world.faults.add("/v1/payments", 2, Fault::LoseReply);
    let started = world.elapsed;
    while world.view()["page"]["once"]["sent"]["value"] == "0.00" {
        world.command(Command::ForgetLedger);
        world.advance(100);
    }
    assert_eq!(world.view()["page"]["once"]["sent"]["value"], "1.00");
    assert!(world.elapsed - started > 1_000, "{}", world.elapsed - started);
    world.command(Command::ForgetLedger);
    assert_eq!((world.view()["page"]["once"].clone(), world.stored("once")), (Value::Null, Value::Null));
}

#[test]
fn what_cannot_be_read_of_whom_was_paid_is_forgotten_too() {
    let mut world = World::paying();
    for name in ["minimums", "once"] {
        world.local.insert(name.to_owned(), "broken".to_owned());
    }
    world.kill(false);
    assert_eq!(world.view()["memoryProblem"]["detail"], "minimums, once");
    world.command(Command::ForgetLedger);
    assert!(world.view()["memoryProblem"].is_null());
    assert!(world.local.keys().all(|name| !name.contains("minimums") && !name.contains("once")));
}

#[test]
fn when_one_payment_failed_those_before_it_are_looked_at_too() {
    for empty_for in [15, 40] {
        let mut world = World::looking_at(&[SITE]);
        world.seconds(20);
        world.servers.wallets.account_is_empty = true;
        world.seconds(empty_for);
        world.servers.wallets.account_is_empty = false;
        world.seconds(120);
        world.lock(true);
        world.seconds(20);
        let failed: Vec<String> = world
            .servers
            .wallets
            .payments
            .iter()
            .filter(|payment| payment.failed)
            .map(|payment| payment.id.clone())
            .collect();
        assert!(failed.len() >= 5, "{}", failed.len());
        let counted = world.stored("spending")["budget"]["counts"][0]["units"].as_u64();
        assert_eq!(counted, Some(world.servers.wallets.spent(world.now())), "{empty_for}");
        let history = history(&mut world);
        let rows = history["payments"].as_array().unwrap().iter().filter(|row| row["outcome"] == "failed");
        assert!(rows.map(|row| row["id"].as_str().unwrap()).eq(failed), "{empty_for}");
    }
}

#[test]
fn no_payment_of_an_earlier_connection_is_looked_at() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.account_is_empty = true;
    world.faults.add("/v1/payments/read", u32::MAX, Fault::LoseRequest);
    world.seconds(5);
    world.command(Command::Disconnect);
    let earlier = world.payments();
    world.faults.clear();
    world.connect_and_accept("1000", false);
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    world.seconds(30);
    assert!(world.payments() > earlier);
    let read = |id: &str| world.calls.iter().any(|(_, url)| url == id);
    let payments = &world.servers.wallets.payments;
    assert!(payments[..earlier].iter().all(|payment| !read(&payment.id)));
    assert!(payments[earlier..].iter().any(|payment| read(&payment.id)));
}

#[test]
fn a_payment_that_was_delivered_before_one_that_failed_is_no_news_of_the_account() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(20);
    world.servers.wallets.account_is_empty = true;
    while world.problem().is_none() {
        world.advance(100);
    }
    let before = world.payments();
    world.seconds(30);
    assert_eq!((world.problem().as_deref(), world.payments()), (Some("account_empty"), before));
}
