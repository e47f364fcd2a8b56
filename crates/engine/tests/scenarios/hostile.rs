//! A proxy that lies, and what it gains by it.

use std::cell::RefCell;
use std::rc::Rc;

use engine::Command;
use protocol::ErrorCode;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::payments::{assert_all_accounted_for, spent};
use crate::wallets::{OTHER, Payment, RESOURCES, SITE};
use crate::world::World;

/// Asserts that no more was paid than a second of the rate for each second, and a minute.
fn assert_within_the_rate(world: &World) {
    let paid = world.servers.wallets.paid();
    assert!(paid <= world.elapsed / 1000 + 62, "{paid} in {} seconds", world.elapsed / 1000);
}

#[test]
fn quotes_that_are_not_what_was_asked_are_not_paid() {
    let forgeries: [fn(&mut Value); 7] = [
        |quote| quote["debitAmount"]["value"] = json!("99"),
        |quote| quote["debitAmount"]["assetCode"] = json!("BTC"),
        |quote| quote["debitAmount"]["assetScale"] = json!(0),
        |quote| quote["receiver"] = json!("https://pay.example/rs/incoming-payments/evil-1"),
        |quote| quote["id"] = json!("https://evil.example/quotes/1"),
        |quote| quote["id"] = json!("https://wallet.example/tenant/outgoing-payments/1"),
        |quote| quote["id"] = json!("https://wallet.example/other-tenant/quotes/1"),
    ];
    for forgery in forgeries {
        let mut world = World::looking_at(&[SITE]);
        world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(forgery)));
        world.seconds(15);
        assert_eq!((world.payments(), world.calls_to("/v1/payments")), (0, 0));
        assert_eq!(world.page_problem().as_deref(), Some("proxy_unreadable"));
    }
}

#[test]
fn a_quote_that_is_said_to_be_smaller_than_it_is_is_not_paid() {
    let mut world = World::connected();
    world.command(Command::SetRate("180".to_owned()));
    world.faults.add(
        "/v1/quotes",
        u32::MAX,
        Fault::Forge(Box::new(|quote| quote["debitAmount"]["value"] = json!("1"))),
    );
    world.visit("https://site.example/", &[SITE]);
    world.seconds(15);
    assert_eq!((world.payments(), world.page_problem().as_deref()), (0, Some("proxy_unreadable")));
}

#[test]
fn an_incoming_payment_elsewhere_is_not_paid() {
    for elsewhere in ["https://evil.example/rs/incoming-payments/1", "https://pay.example/other/incoming-payments/1"] {
        let mut world = World::connected();
        let forgery = move |body: &mut Value| body["id"] = json!(elsewhere);
        world.faults.add("/v1/incoming-payments", u32::MAX, Fault::Forge(Box::new(forgery)));
        world.visit("https://site.example/", &[SITE]);
        world.seconds(15);
        assert_eq!((world.payments(), world.calls_to("/v1/quotes")), (0, 0));
        assert_eq!(world.page_problem().as_deref(), Some("wrong_host"));
    }
}

#[test]
fn a_payment_is_not_listed_under_the_name_of_another() {
    let mut world = World::paying();
    let first = world.servers.wallets.payments[0].id.clone();
    world.faults.add("/v1/payments", 1, Fault::Forge(Box::new(move |payment| payment["id"] = json!(first))));
    world.seconds(10);
    assert_all_accounted_for(&world);
    let mut listed = world.ledger();
    let rows = listed.len();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), rows);
}

#[test]
fn a_larger_quote_that_was_signed_before_is_not_passed_off() {
    let mut world = World::connected();
    world.command(Command::SetRate("3600".to_owned()));
    // The proxy keeps a quote for 100 and says that it came to nothing.
    world.faults.add("/v1/quotes", 1, Fault::LoseReply);
    world.visit("https://site.example/", &[SITE]);
    world.advance(200);
    let (large, _) = world.servers.wallets.quotes.iter().find(|(_, quote)| quote.debit == 100).unwrap();
    let large = large.clone();
    world.command(Command::SetRate("36".to_owned()));
    world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(move |quote| quote["id"] = json!(large))));
    world.kill(false);
    world.seconds(60);
    assert_eq!((world.payments(), world.calls_to("/v1/payments")), (0, 0));
    assert_eq!(world.page_problem().as_deref(), Some("proxy_unreadable"));
    // Without the lie the wallet is asked, and payments go on.
    world.faults.clear();
    world.seconds(90);
    assert!(world.payments() > 20 && world.servers.wallets.payments.iter().all(|payment| payment.debit <= 62));
    // A signed request gets quotes as long as its token lives; when that and the last of them are
    // dead, the wallet need not be asked any more.
    let asked = world.calls_to(&format!("{RESOURCES}/quotes/"));
    world.seconds(240);
    assert!(world.calls_to(&format!("{RESOURCES}/quotes/")) > asked + 100);
    world.seconds(660);
    let asked = world.calls_to(&format!("{RESOURCES}/quotes/"));
    world.seconds(60);
    assert!(asked > 20);
    assert_eq!(world.calls_to(&format!("{RESOURCES}/quotes/")), asked);
}

/// Asserts that a new quote of this size, for what is paid just now, is not paid from when it is
/// passed off as the one that was asked for.
fn assert_not_passed_off(world: &mut World, units: u64) {
    let receiver = world.servers.wallets.quotes.values().max_by_key(|quote| quote.expires).unwrap().receiver.clone();
    let now = world.server_time();
    let (large, _) = world.servers.wallets.create_quote(units, receiver, now).unwrap();
    world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(move |quote| quote["id"] = json!(large.as_str()))));
    world.seconds(20);
    assert!(world.servers.wallets.payments.iter().all(|payment| payment.debit < units));
}

#[test]
fn a_token_that_is_said_to_be_exchanged_still_gets_large_quotes() {
    // The proxy hands the old token back, at once or after another one that it has made up.
    for made_up in [None, Some("made-up")] {
        let mut world = World::connected();
        world.command(Command::SetRate("3600".to_owned()));
        world.faults.add("/v1/quotes", 1, Fault::LoseReply);
        world.visit("https://site.example/", &[SITE]);
        world.advance(200);
        world.command(Command::SetRate("36".to_owned()));
        let hour = world.server_time().plus_millis(3_600_000);
        let token = world.servers.wallets.grant.as_mut().unwrap().token.as_mut().unwrap();
        token.expires = hour;
        let reply = |value: &str| {
            let token = json!({"value": value, "manage": token.manage, "expiresIn": 7_200});
            json!({"accessToken": token, "session": "session-0"})
        };
        let old = token.value.clone();
        let next = made_up.unwrap_or(&old);
        let rotations = [(old.clone(), reply(next)), (next.to_owned(), reply(&old))];
        world.servers.rotations.extend(rotations);
        world.seconds(1_000);
        assert!(world.calls_to("/v1/tokens/rotate") > 0 && world.payments() > 900);
        assert_not_passed_off(&mut world, 100);
    }
}

#[test]
fn a_grant_that_may_not_have_been_given_back_still_gets_large_quotes() {
    for minutes in [0, 15] {
        for (tops_up, browser_too, is_readable) in
            [(true, false, true), (false, false, true), (false, true, true), (false, true, false)]
        {
            let mut world = World::connected();
            world.command(Command::SetRate("3600".to_owned()));
            world.faults.add("/v1/quotes", 1, Fault::LoseReply);
            let tab = world.visit("https://site.example/", &[SITE]);
            world.advance(200);
            world.command(Command::SetRate("36".to_owned()));
            world.seconds(5);
            world.faults.add("/v1/grants/cancel", u32::MAX, Fault::LoseRequest);
            if !is_readable {
                world.local.insert("account".to_owned(), "{".to_owned());
                world.kill(false);
                world.seconds(2);
            }
            if tops_up {
                world.command(Command::TopUp { amount: "1000".to_owned(), monthly: false });
            } else {
                world.command(Command::Disconnect);
                if browser_too {
                    world.seconds(1);
                    world.kill(false);
                    world.session.clear();
                }
                world.upload_key();
                world.connect("1000", false);
            }
            world.seconds(1);
            world.decide(true);
            world.seconds(1);
            world.command(Command::SetRate("36".to_owned()));
            world.activate(tab);
            let before = world.payments();
            world.seconds(60 * minutes + 5);
            assert!(world.payments() > before + 3);
            assert_not_passed_off(&mut world, 100);
        }
    }
}

#[test]
fn payments_that_are_denied_cost_no_more_than_a_minute() {
    for code in [ErrorCode::WalletRefused, ErrorCode::InvalidReceiver, ErrorCode::TokenInactive, ErrorCode::RateLimited]
    {
        let mut world = World::paying();
        world.faults.add("/v1/payments", u32::MAX, Fault::Lie(code));
        for _ in 0..10 {
            world.seconds(100);
            assert_within_the_rate(&world);
        }
        world.faults.clear();
        world.seconds(500);
        assert_within_the_rate(&world);
        assert_all_accounted_for(&world);
    }
}

#[test]
fn payments_that_are_denied_in_different_words_cost_no_more_than_that() {
    let mut world = World::connected();
    world.command(Command::SetRate("0.60".to_owned()));
    world.visit("https://site.example/", &[SITE]);
    for second in 0..600 {
        let code = if second % 2 == 0 { ErrorCode::WalletRefused } else { ErrorCode::InvalidReceiver };
        world.faults.add("/v1/payments", 1, Fault::Lie(code));
        world.seconds(1);
        world.faults.clear();
    }
    // A cent a minute, one ahead, and one that was denied.
    assert!((8..=12).contains(&world.servers.wallets.paid()), "{}", world.servers.wallets.paid());
    assert_all_accounted_for(&world);
}

#[test]
fn payments_that_are_kept_back_and_made_later_are_no_more_than_a_minute() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", u32::MAX, Fault::refuse(ErrorCode::WalletRefused));
    world.seconds(280);
    // The proxy has every signed payment in hand, and their quotes are still good.
    let (now, quotes) = (world.server_time(), world.unsettled());
    for payment in quotes {
        let quote = payment.replace("/outgoing-payments/", "/quotes/");
        let _ = world.servers.wallets.create_payment(&quote, now);
    }
    assert_within_the_rate(&world);
    world.faults.clear();
    world.seconds(800);
    assert_within_the_rate(&world);
    assert_all_accounted_for(&world);
    assert_eq!(world.unsettled(), Vec::<String>::new());
}

#[test]
fn a_failure_that_the_proxy_makes_up_gives_nothing_back() {
    let mut world = World::connected_with("0.20", false);
    world.command(Command::SetRate("36".to_owned()));
    let failed = |payment: &mut Value| {
        payment["failed"] = json!(true);
        payment["debitAmount"]["value"] = json!("1000000");
    };
    world.faults.add("/v1/payments/read", u32::MAX, Fault::Forge(Box::new(failed)));
    world.servers.wallets.grant.as_mut().unwrap().limit = 1_000;
    world.visit("https://site.example/", &[SITE]);
    world.seconds(120);
    assert_eq!((world.servers.wallets.paid(), world.page().as_str()), (20, "outOfFunds"));
    assert_eq!(world.view()["connection"]["spent"]["value"], "0.20");
}

#[test]
fn a_payment_is_not_given_back_for_another_that_failed() {
    // One that was paid before, one that was denied, and one that has nothing to do with the site.
    let other = "https://wallet.example/tenant/outgoing-payments/other";
    for (other, denials) in [(None, 0), (None, 1), (Some(other), 0)] {
        let mut world = World::looking_at(&[SITE]);
        world.servers.wallets.account_is_empty = true;
        world.faults.add("/v1/payments", denials, Fault::Lie(ErrorCode::WalletRefused));
        world.seconds(5);
        world.servers.wallets.account_is_empty = false;
        let first = &world.servers.wallets.payments[0];
        let failed = other.unwrap_or(&first.id).to_owned();
        let other =
            other.map(|id| Payment { id: id.to_owned(), receiver: first.receiver.clone(), debit: 500, ..*first });
        world.servers.wallets.payments.extend(other);
        // For some time the proxy calls each payment by that name.
        world.faults.add(
            "/v1/payments",
            u32::MAX,
            Fault::Forge(Box::new(move |payment| payment["id"] = json!(failed))),
        );
        for seconds in [90, 500] {
            world.seconds(seconds);
            world.faults.clear();
            world.visit("https://plain.example/", &[]);
            world.seconds(5);
            let made = world.servers.wallets.payments.iter().filter(|payment| !payment.failed);
            let made: u64 = made.map(|payment| payment.debit).sum();
            let counted: u64 = spent(&mut world).replace('.', "").parse().unwrap();
            assert!(made > 0 && counted == made + u64::from(denials * u32::from(seconds == 90)), "{made} {counted}");
            world.visit("https://site.example/", &[SITE]);
        }
    }
}

#[test]
fn where_payments_are_found_is_not_for_the_proxy_to_say() {
    let mut world = World::connected();
    // This wallet has them elsewhere than the proxy says.
    world.faults.add("tenant/outgoing-payments/", u32::MAX, Fault::Status(404));
    world.visit("https://site.example/", &[SITE]);
    world.advance(3_500);
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.seconds(500);
    world.visit("https://plain.example/", &[]);
    world.seconds(2);
    let counted: u64 = spent(&mut world).replace('.', "").parse().unwrap();
    assert_eq!((counted, world.unsettled().len()), (world.servers.wallets.paid(), 1));
}

#[test]
fn the_budget_holds_whatever_proxy_and_wallet_say() {
    let mut world = World::connected_with("0.50", true);
    world.command(Command::SetRate("36".to_owned()));
    world.servers.wallets.grant.as_mut().unwrap().limit = u64::MAX;
    let spent = json!({"spentDebitAmount": {"value": "0", "assetCode": "USD", "assetScale": 2}});
    world.faults.add("outgoing-payment-grant", u32::MAX, Fault::Forge(Box::new(move |body| *body = spent.clone())));
    // A proxy that would have it another month.
    let mut skew = protocol::ErrorBody::new(ErrorCode::ClockSkew, "No.");
    skew.server_time = Some(world.now().plus_millis(100 * 86_400_000));
    world.faults.add("/v1/incoming-payments", 1, Fault::Refuse(skew));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(300);
    assert!(world.servers.wallets.paid() <= 50, "{}", world.servers.wallets.paid());
}

#[test]
fn a_hint_of_a_huge_minimum_takes_no_more_than_has_accrued() {
    let mut world = World::looking_at(&[SITE]);
    let mut error = protocol::ErrorBody::new(ErrorCode::AmountTooSmall, "No.");
    error.min_send_amount = Some(world.servers.wallets.amount(90_000));
    world.faults.add("/v1/quotes", 1, Fault::Refuse(error));
    world.seconds(600);
    assert_within_the_rate(&world);
}

#[test]
fn a_payment_told_wrongly_is_looked_up() {
    let forgeries: [fn(&mut Value); 4] = [
        |payment| payment["id"] = json!("https://evil.example/outgoing-payments/1"),
        |payment| payment["receiver"] = json!("https://pay.example/rs/incoming-payments/evil-1"),
        |payment| payment["debitAmount"]["value"] = json!("5"),
        |payment| *payment = json!({"id": 1}),
    ];
    for forgery in forgeries {
        let mut world = World::paying();
        world.faults.add("/v1/payments", 1, Fault::Forge(Box::new(forgery)));
        let events = world.events(1);
        world.advance(1_100);
        assert_eq!(world.unsettled().len(), 1);
        world.seconds(10);
        assert_eq!(world.unsettled(), Vec::<String>::new());
        assert!(world.events(1) > events);
        assert_all_accounted_for(&world);
    }
}

#[test]
fn the_same_quote_told_twice_is_paid_once() {
    let mut world = World::looking_at(&[SITE, OTHER]);
    world.faults.add("/v1/payments", u32::MAX, Fault::Delay(3_000));
    let first: Rc<RefCell<Option<Value>>> = Rc::default();
    let replay = move |quote: &mut Value| {
        let id = first.borrow_mut().get_or_insert(quote["id"].clone()).clone();
        quote["id"] = id;
    };
    world.faults.add("/v1/quotes", 3, Fault::Forge(Box::new(replay)));
    world.seconds(30);
    assert_all_accounted_for(&world);
    assert!(world.payments() > 3);
}

#[test]
fn a_quote_that_was_paid_is_not_paid_or_booked_again() {
    let mut world = World::connected();
    let first: Rc<RefCell<Option<Value>>> = Rc::default();
    let replay = move |quote: &mut Value| {
        let id = first.borrow_mut().get_or_insert(quote["id"].clone()).clone();
        quote["id"] = id;
    };
    world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(replay)));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(30);
    let sent = world.calls_to("/v1/payments") - world.calls_to("/v1/payments/read");
    assert_eq!((world.payments(), sent), (1, 1));
    assert_eq!(world.page_problem().as_deref(), Some("proxy_unreadable"));
    assert_all_accounted_for(&world);
}

#[test]
fn garbage_is_survived() {
    for garbage in [json!(null), json!([]), json!({}), json!("x"), json!({"id": {}}), json!({"error": {"code": "new"}})]
    {
        let mut world = World::looking_at(&[SITE]);
        let forge = move |body: &mut Value| *body = garbage.clone();
        world.faults.add("example", 30, Fault::Forge(Box::new(forge)));
        world.seconds(20);
        world.faults.clear();
        world.seconds(62);
        assert!(["paying", "notMonetized"].contains(&world.page().as_str()));
        assert_all_accounted_for(&world);
    }
}
