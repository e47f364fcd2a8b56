//! What the worker finds stored: by earlier versions, by later ones, and broken.

use std::collections::BTreeMap;
use std::fs;

use engine::{Badge, Command};
use open_payments::{IncomingPaymentUrl, Timestamp};
use protocol::ErrorCode;
use serde_json::Value;

use crate::faults::Fault;
use crate::payments::{assert_all_accounted_for, spent};
use crate::wallets::{Payment, SITE, Token};
use crate::world::World;

/// The entries of an area in one of the folders of `stored`, each in a file of its name.
fn stored(case: &str, area: &str) -> BTreeMap<String, String> {
    let folder = format!("{}/tests/scenarios/stored/{case}/{area}", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    files
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&file).unwrap()))
        .collect()
}

/// A browser in which an earlier version of the engine has stored this.
fn upgraded(case: &str) -> World {
    let mut world = World::connected_with("1000", true);
    world.visit("https://site.example/", &[SITE]);
    (world.local, world.session) = (stored(case, "local"), stored(case, "session"));
    world.sleep(10 * 60 * 1000);
    world.kill(true);
    world
}

/// Breaks an entry of a browser that pays, and ends the worker.
fn broken(name: &str, text: &str) -> World {
    let mut world = World::paying();
    world.local.insert(name.to_owned(), text.to_owned());
    world.kill(false);
    world
}

fn memory_problem(world: &mut World) -> Option<String> {
    let problem = world.view()["memoryProblem"].take();
    assert!(problem.is_null() || problem["code"] == "state_set_aside");
    problem["detail"].as_str().map(str::to_owned)
}

/// Texts that no version of today can read.
fn unreadable(readable: &str) -> [String; 3] {
    ["[99,", "[1,1,", "[[1,"].map(|start| readable.replacen("[1,", start, 1))
}

#[test]
fn what_version_1_stored_while_it_paid_is_taken_up() {
    let case = "paying-at-version-1";
    let mut world = upgraded(case);
    let kept = stored(case, "local");
    let value = |name: &str| serde_json::from_str::<Value>(&kept[name]).unwrap()[1].take();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    // The wallet that it was connected to, and that had made the payment on its way.
    let (account, intent) = (value("account"), value("intent"));
    let (token, manage) = (text(&account["token"]["value"]), text(&account["token"]["manage"]));
    world.servers.session = text(&account["session"]);
    let wallets = &mut world.servers.wallets;
    let expires = Timestamp::parse("2026-11-22T07:00:00Z", "test").unwrap();
    wallets.grant.as_mut().unwrap().token = Some(Token { value: token, manage, expires });
    let rows: Vec<Value> =
        (0..4).flat_map(|page| value(&format!("ledger.{page}")).as_array().unwrap().clone()).collect();
    let receiver = IncomingPaymentUrl::parse("https://pay.example/rs/incoming-payments/site-3").unwrap();
    let made = text(&intent["quote"]).replace("/quotes/", "/outgoing-payments/");
    let known = rows.iter().map(|row| (text(&row["id"]), row)).chain([(made.clone(), &intent)]);
    let grant = wallets.grant.as_ref().unwrap().number;
    wallets.payments.extend(known.map(|(id, row)| Payment {
        grant,
        id,
        receiver: receiver.clone(),
        debit: text(&row["debit"]["value"]).parse().unwrap(),
        at: Timestamp::parse(&text(&row["at"]), "test").unwrap(),
        failed: row["outcome"] == "failed",
    }));
    while wallets.new_id() < 1_000 {}

    world.seconds(30);
    while !world.stored("intent").is_null() {
        world.advance(10);
    }
    assert!(world.payments() >= rows.len() + 1 + 25, "{}", world.payments());
    assert_all_accounted_for(&world);
    assert!(world.ledger().contains(&made));
    for (page, row) in rows.iter().enumerate().map(|(at, row)| (at / 20, row)) {
        assert!(world.stored(&format!("ledger.{page}")).as_array().unwrap().contains(row), "{row}");
    }
    assert_eq!(world.unsettled(), Vec::<String>::new());
    let counted = world.stored("spending")["budget"]["counts"][0]["units"].as_u64();
    assert_eq!(counted, Some(world.servers.wallets.spent(world.now())));
    assert_eq!(memory_problem(&mut world), None);
    world.command(Command::SetSiteEnabled { site: "another.example".to_owned(), enabled: false });
    assert_eq!(world.stored("settings")["rate"], value("settings")["rate"]);
    world.visit("https://off.example/", &[SITE]);
    assert_eq!(world.page(), "siteOff");
}

#[test]
fn an_attempt_that_version_1_began_is_taken_up() {
    let mut world = World::new();
    world.upload_key();
    world.connect("1000", true);
    world.seconds(1);
    let case = "connecting-at-version-1";
    world.local.extend(stored(case, "local"));
    world.session = stored(case, "session");
    world.kill(false);
    assert_eq!(world.connection(), "awaitingConsent");
    // The nonce that the wallet was given.
    let nonce = world.stored("attempt")["stage"]["AwaitingConsent"]["asked"]["nonce"].as_str().unwrap().to_owned();
    world.servers.wallets.grant.as_mut().unwrap().nonce = nonce;
    world.decide(true);
    world.seconds(1);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn without_readable_settings_nothing_is_paid_until_the_user_says_so() {
    for text in unreadable(r#"[1,{"enabled":false,"sites_off":["site.example"],"rate":null,"proxy":null}]"#) {
        let mut world = broken("settings", &text);
        let before = world.payments();
        world.seconds(60);
        assert_eq!((world.payments(), world.page().as_str()), (before, "off"));
        assert_eq!(memory_problem(&mut world).as_deref(), Some("settings"));
        assert_eq!(world.local.get("aside.settings"), Some(&text));
        // Still so in the next life, and after another setting.
        world.kill(false);
        world.command(Command::SetRate("36".to_owned()));
        world.kill(false);
        world.seconds(10);
        assert_eq!((world.payments(), world.page().as_str()), (before, "off"));
        assert_eq!(memory_problem(&mut world), None);
        world.command(Command::SetEnabled(true));
        world.seconds(10);
        assert!(world.payments() > before + 5);
        assert_eq!(world.local.get("aside.settings"), Some(&text));
    }
}

#[test]
fn a_wallet_that_cannot_be_read_is_not_forgotten() {
    let readable = World::paying().local["account"].clone();
    for text in unreadable(&readable) {
        let mut world = broken("account", &text);
        let before = world.payments();
        world.seconds(30);
        assert_eq!(
            (world.connection().as_str(), world.problem().as_deref()),
            ("unreadable", Some("account_unreadable"))
        );
        assert_eq!((world.page().as_str(), world.badge), ("problem", Some(Badge::Attention)));
        assert_eq!((world.payments(), world.timer, world.alarm), (before, None, false));
        assert_eq!((world.local.get("account"), world.local.get("aside.account")), (Some(&text), Some(&text)));
        // A later version that can read it goes on where this one could not.
        let mut upgraded = broken("account", &text);
        upgraded.seconds(1);
        upgraded.local.insert("account".to_owned(), readable.clone());
        upgraded.kill(false);
        let made = upgraded.payments();
        upgraded.seconds(10);
        assert!(upgraded.payments() > made + 5);
        assert_all_accounted_for(&upgraded);

        // Connecting again needs no new key, and an attempt that fails changes nothing.
        world.connect("10", false);
        world.seconds(1);
        world.decide(false);
        assert_eq!((world.connection().as_str(), world.local.get("account")), ("unreadable", Some(&text)));
        world.connect("10", false);
        world.seconds(1);
        world.decide(true);
        world.seconds(1);
        assert_eq!((world.connection().as_str(), spent(&mut world).as_str()), ("connected", "0.00"));
        assert_eq!(memory_problem(&mut world), None);
        assert_eq!(world.local.get("aside.account"), Some(&text));
        let tab = world.browser.tabs[0].id;
        world.activate(tab);
        world.seconds(5);
        assert!(world.payments() > before + 3);
    }
}

#[test]
fn nothing_is_left_over_of_a_wallet_that_cannot_be_read_once_another_is_connected() {
    let mut world = World::paying();
    for name in ["account", "once"] {
        world.local.insert(name.to_owned(), "broken".to_owned());
    }
    world.kill(true);
    world.connect("10", false);
    world.seconds(1);
    world.decide(true);
    world.seconds(1);
    assert_eq!((world.connection().as_str(), memory_problem(&mut world)), ("connected", None));
    world.kill(false);
    assert_eq!((memory_problem(&mut world), world.local.get("once")), (None, None));
}

#[test]
fn a_wallet_that_cannot_be_read_can_be_disconnected() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.seconds(2);
    world.local.insert("account".to_owned(), "broken".to_owned());
    world.kill(true);
    let (kid, rows) = (world.view()["publicKey"]["kid"].clone(), world.ledger().len());
    world.command(Command::Disconnect);
    assert_eq!(
        (world.connection().as_str(), world.problem(), memory_problem(&mut world)),
        ("disconnected", None, None)
    );
    assert_ne!(world.view()["publicKey"]["kid"], kid);
    for gone in ["account", "spending", "intent", "unsettled", "purse", "aside.account"] {
        assert!(!world.local.contains_key(gone) && !world.session.contains_key(gone), "{gone}");
    }
    // What was on its way stays in the ledger, by the quote that it was made from.
    assert!(world.ledger().len() > rows && world.ledger().last().unwrap().contains("/quotes/"));
}

#[test]
fn a_budget_that_cannot_be_read_stops_payments_until_the_wallet_is_connected_again() {
    for text in unreadable(&World::paying().local["spending"]) {
        let mut world = broken("spending", &text);
        let before = world.payments();
        world.seconds(30);
        assert_eq!((world.payments(), world.problem().as_deref()), (before, Some("budget_unreadable")));
        assert_eq!(memory_problem(&mut world).as_deref(), Some("spending"));
        assert_eq!((world.local.get("spending"), world.local.get("aside.spending")), (Some(&text), Some(&text)));
        world.command(Command::Disconnect);
        assert_eq!((world.connection().as_str(), memory_problem(&mut world)), ("disconnected", None));
        assert!(!world.local.contains_key("aside.spending"));
    }
}

#[test]
fn payments_that_cannot_be_read_stay_counted_as_spent() {
    for name in ["intent", "unsettled"] {
        for text in unreadable(r#"[1,{}]"#) {
            let mut world = World::paying();
            if name == "unsettled" {
                world.faults.add("/v1/payments", 1, Fault::LoseRequest);
                world.seconds(1);
            } else {
                world.faults.add("/v1/payments", 1, Fault::Delay(9_000));
            }
            while world.stored(name).is_null() {
                world.advance(100);
            }
            let counted = spent(&mut world);
            world.local.insert(name.to_owned(), text.clone());
            world.kill(true);
            assert_eq!((spent(&mut world), memory_problem(&mut world).as_deref()), (counted, Some(name)));
            assert_eq!(world.local.get(&format!("aside.{name}")), Some(&text));
            let before = world.payments();
            world.seconds(20);
            assert!(world.payments() > before + 10, "{name}");
            assert!(money::parse_decimal(&spent(&mut world), 2).unwrap() >= world.servers.wallets.paid());
            assert!(world.servers.wallets.paid() <= world.elapsed / 1000 + 1);
        }
    }
}

#[test]
fn a_page_of_the_ledger_that_cannot_be_read_is_kept_where_it_is() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(50);
    let others = [world.local["ledger.0"].clone(), world.local["ledger.2"].clone()];
    for (at, text) in unreadable(&world.local["ledger.1"].clone()).into_iter().enumerate() {
        for page in ["ledger.1", "ledger.2"] {
            world.local.insert(page.to_owned(), text.clone());
        }
        world.kill(false);
        assert_eq!(memory_problem(&mut world).as_deref(), Some("ledger"));
        world.seconds(30);
        assert_eq!((&world.local["ledger.1"], &world.local["ledger.2"]), (&text, &text));
        assert_eq!(world.local["ledger.0"], others[0]);
        assert!(world.local.contains_key("ledger.3") && world.payments() > 70 + 20 * at);
    }
}

#[test]
fn what_is_fleeting_may_be_lost_but_opens_no_purse() {
    for text in unreadable("[1,{}]") {
        let mut world = World::paying();
        for name in ["purse", "receivers", "attempt"] {
            world.session.insert(name.to_owned(), text.clone());
        }
        world.kill(false);
        world.seconds(30);
        assert_eq!((memory_problem(&mut world), world.page().as_str()), (None, "paying"));
        assert!(world.servers.wallets.paid() <= world.elapsed / 1000 + 1, "{}", world.servers.wallets.paid());
        assert!(world.servers.wallets.paid() + 5 >= world.elapsed / 1000);
        assert_all_accounted_for(&world);
    }
}

#[test]
fn payments_of_which_nobody_knows_do_not_pile_up() {
    let mut world = World::paying();
    world.faults.add("tenant/outgoing-payments/", u32::MAX, Fault::Status(500));
    let (made, rows) = (world.payments(), world.ledger().len());
    let mut most = 0;
    for second in 0..450 {
        let code = if second % 2 == 0 { ErrorCode::WalletRefused } else { ErrorCode::InvalidReceiver };
        world.faults.add("/v1/payments", 1, Fault::refuse(code));
        world.seconds(1);
        most = most.max(world.unsettled().len());
    }
    assert!((200..=202).contains(&most), "{most}");
    assert_eq!(world.payments(), made);
    // Those that were given up are in the ledger, and as before they count as spent.
    let given_up = world.ledger().len() - rows;
    assert!(given_up > 20, "{given_up}");
    let pending = world.unsettled().len() - usize::from(!world.stored("intent").is_null());
    let counted = world.stored("spending")["budget"]["counts"][0]["units"].as_u64().unwrap();
    assert!(counted >= u64::try_from(made + given_up + pending).unwrap(), "{counted}");
    world.faults.clear();
    world.seconds(90);
    assert!(world.payments() > made + 20, "{}", world.payments() - made);
    assert!(world.servers.wallets.paid() <= world.elapsed / 1000 + 61);
}

#[test]
fn payments_that_the_wallet_can_tell_about_are_waited_for() {
    let mut world = World::paying();
    for second in 0..500 {
        let code = if second % 2 == 0 { ErrorCode::WalletRefused } else { ErrorCode::InvalidReceiver };
        world.faults.add("/v1/payments", 1, Fault::refuse(code));
        world.seconds(1);
    }
    world.faults.clear();
    world.seconds(500);
    assert!(!world.local.values().any(|text| text.contains(r#""outcome":"unknown""#)));
    let counted = world.stored("spending")["budget"]["counts"][0]["units"].as_u64().unwrap();
    assert!(counted - world.servers.wallets.paid() <= 1, "{counted}");
}
