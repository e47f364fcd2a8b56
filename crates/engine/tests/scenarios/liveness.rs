//! Whatever fails, payments come back by themselves; and a worker with nothing to do may sleep.

use engine::Command;
use protocol::{ErrorBody, ErrorCode};

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

/// Asserts that the loop is back within this many seconds.
fn assert_pays_within(world: &mut World, seconds: u64) {
    world.seconds(seconds);
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() >= before + 4, "{} in five seconds", world.payments() - before);
    assert_eq!(world.page(), "paying");
    assert_all_accounted_for(world);
}

#[test]
fn a_proxy_that_is_down_for_a_minute_is_missed_and_found_again() {
    for fault in [
        None,
        Some(Fault::Delay(60_000)),
        Some(Fault::Status(502)),
        Some(Fault::LoseReply),
        Some(Fault::refuse(ErrorCode::ProxyUnavailable)),
    ] {
        let mut world = World::paying();
        match fault {
            None => world.proxy_is_down = true,
            Some(fault) => world.faults.add("proxy.example", u32::MAX, fault),
        }
        let calls = world.calls_to("proxy.example");
        world.seconds(60);
        assert_eq!((world.page().as_str(), world.problem().as_deref()), ("problem", Some("proxy_unreachable")));
        assert!(world.calls_to("proxy.example") - calls <= 40);
        world.proxy_is_down = false;
        world.faults.clear();
        assert_pays_within(&mut world, 15);
        assert_eq!(world.problem(), None);
    }
}

#[test]
fn one_lost_answer_costs_one_second() {
    for part in ["/v1/quotes", "/v1/payments", "/v1/incoming-payments"] {
        for fault in [Fault::LoseReply, Fault::LoseRequest, Fault::refuse(ErrorCode::WalletUnreachable)] {
            let mut world = World::looking_at(&[SITE]);
            world.faults.add(part, 1, fault);
            world.seconds(10);
            assert!(world.payments() >= 8, "{part}: {}", world.payments());
            assert_all_accounted_for(&world);
        }
    }
}

#[test]
fn an_incoming_payment_that_expires_is_replaced_in_time() {
    let mut world = World::connected();
    world.servers.wallets.incoming_life = 60_000;
    world.visit("https://site.example/", &[SITE]);
    world.seconds(300);
    assert!(world.payments() >= 297, "{}", world.payments());
    assert!((5..=7).contains(&world.calls_to("/v1/incoming-payments")));
}

#[test]
fn an_incoming_payment_that_takes_no_more_money_is_replaced() {
    let mut world = World::paying();
    world.servers.wallets.incoming.clear();
    assert_pays_within(&mut world, 3);
    assert_eq!(world.calls_to("/v1/incoming-payments"), 2);
    world.faults.add("/v1/payments", 1, Fault::refuse(ErrorCode::InvalidReceiver));
    assert_pays_within(&mut world, 3);
    assert_eq!(world.calls_to("/v1/incoming-payments"), 3);
}

#[test]
fn an_incoming_payment_that_is_useless_from_the_start_is_not_asked_for_in_a_loop() {
    for life in [-1_000, 0, 5_000] {
        let mut world = World::connected();
        world.servers.wallets.incoming_life = life;
        world.visit("https://site.example/", &[SITE]);
        world.seconds(60);
        assert!(world.calls_to("/v1/incoming-payments") <= 12, "{}", world.calls_to("/v1/incoming-payments"));
        assert_eq!((world.payments(), world.page_problem().as_deref()), (0, Some("receiver_refused")));
        world.servers.wallets.incoming_life = 600_000;
        assert_pays_within(&mut world, 62);
    }
}

#[test]
fn a_quote_that_is_useless_from_the_start_is_not_asked_for_in_a_loop() {
    let mut world = World::paying();
    let past = |body: &mut serde_json::Value| body["expiresAt"] = "2026-01-01T00:00:00Z".into();
    world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(past)));
    let before = world.calls_to("/v1/quotes");
    world.seconds(60);
    assert!(world.calls_to("/v1/quotes") - before <= 12);
    world.faults.clear();
    assert_pays_within(&mut world, 62);
}

#[test]
fn ten_equal_failures_thin_out_one_receiver_while_the_other_goes_on() {
    let mut world = World::looking_at(&[SITE, OTHER]);
    world.servers.wallets.broken = Some("site".to_owned());
    world.seconds(30);
    let (broken, paid) = (world.servers.wallets.refused, world.servers.wallets.paid_to(OTHER));
    world.seconds(180);
    assert!((2..=4).contains(&(world.servers.wallets.refused - broken)));
    assert!(world.servers.wallets.paid_to(OTHER) >= paid + 175);
    assert_eq!(world.page_problem().as_deref(), Some("wallet_refused"));
    world.servers.wallets.broken = None;
    world.seconds(62);
    let before = world.servers.wallets.paid_to(SITE);
    world.seconds(20);
    assert!(world.servers.wallets.paid_to(SITE) >= before + 9);
    assert_eq!(world.page(), "paying");
}

#[test]
fn a_wrong_clock_is_learned_and_changes_nothing() {
    for error in [-86_400_000, -900_000, -50_000, 50_000, 900_000, 86_400_000] {
        let mut world = World::new();
        world.clock_error = error;
        world.upload_key();
        world.connect("1000", true);
        world.seconds(5);
        world.decide(true);
        world.seconds(5);
        world.command(Command::SetRate("36".to_owned()));
        world.visit("https://site.example/", &[SITE]);
        assert_pays_within(&mut world, 5);
        world.kill(false);
        assert_pays_within(&mut world, 5);
        assert!(world.calls_to("/v1/incoming-payments") <= 3, "{error}");
        // And then somebody sets it right.
        world.clock_error = 0;
        assert_pays_within(&mut world, 5);
    }
}

#[test]
fn a_proxy_that_asks_to_slow_down_is_left_alone_for_as_long() {
    let mut world = World::paying();
    let mut error = ErrorBody::new(ErrorCode::RateLimited, "Too many.");
    error.retry_after = Some(20);
    world.faults.add("/v1/quotes", 1, Fault::Refuse(error));
    world.seconds(3);
    let calls = world.calls_to("proxy.example");
    world.seconds(16);
    assert_eq!(world.calls_to("proxy.example"), calls);
    assert_pays_within(&mut world, 4);
    assert!(world.servers.wallets.paid().abs_diff(world.elapsed / 1000) <= 3);
}

#[test]
fn a_timer_that_goes_off_early_is_set_again() {
    let mut world = World::new();
    world.connect("10", false);
    world.seconds(1);
    let due = world.timer.unwrap();
    world.advance(due - world.elapsed - 1);
    world.timer = None;
    world.give(engine::Input::Elapsed);
    assert_eq!(world.timer, Some(due));
}

#[test]
fn a_switch_that_is_turned_in_mid_payment_stops_and_starts_it() {
    let mut world = World::paying();
    for round in 0..20 {
        world.advance(137 * round);
        world.command(Command::SetEnabled(false));
        world.advance(60);
        let calls = world.calls.len();
        world.seconds(20);
        assert_eq!((world.calls.len(), world.timer, world.page().as_str()), (calls, None, "off"));
        world.command(Command::SetEnabled(true));
        world.seconds(2);
    }
    assert_pays_within(&mut world, 2);
}

#[test]
fn every_death_between_two_effects_of_everyday_life_is_survived() {
    for effects in 0..80 {
        let mut world = World::looking_at(&[SITE, OTHER]);
        world.servers.wallets.token_life = 30;
        world.fuse = Some(effects);
        world.seconds(5);
        world.command(Command::SetRate("72".to_owned()));
        world.advance(300);
        let tab = world.visit("https://other.example/", &[OTHER]);
        world.seconds(2);
        world.close(tab);
        let tab = world.browser.tabs[0].id;
        world.activate(tab);
        assert_pays_within(&mut world, 6);
    }
}

#[test]
fn storage_that_is_half_gone_is_survived() {
    let mut world = World::paying();
    world.session.clear();
    world.kill(false);
    assert_pays_within(&mut world, 3);
    for broken in ["purse", "receivers", "intent", "unsettled", "ledger.0"] {
        for text in ["", "{}", "[2,null]", "[1,null]", "[1,{}]", "[1,[]]"] {
            let mut world = World::paying();
            for store in [&mut world.local, &mut world.session] {
                store.entry(broken.to_owned()).and_modify(|kept| *kept = text.to_owned());
            }
            world.kill(true);
            world.seconds(3);
            let before = world.payments();
            world.seconds(150);
            assert!(world.payments() > before, "{broken} {text}");
        }
    }
}

#[test]
fn nothing_of_a_wallet_that_cannot_be_read_meets_the_next() {
    let mut world = World::paying();
    world.servers.wallets.minimum = 3;
    world.seconds(10);
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.seconds(3);
    assert_eq!(world.unsettled().len(), 1);
    let learned = world.stored("minimums");
    world.local.insert("account".to_owned(), "{".to_owned());
    world.kill(false);
    assert_eq!(world.connection(), "unreadable");
    world.connect("1000", false);
    world.advance(200);
    world.decide(true);
    world.advance(200);
    assert_eq!((world.connection().as_str(), world.local.get("unsettled")), ("connected", None));
    assert!(world.ledger().last().unwrap().contains("/quotes/"), "the payment is forgotten");
    assert_ne!(world.stored("minimums"), learned);
    world.kill(false);
    assert_eq!(world.unsettled(), Vec::<String>::new());
    assert_eq!(world.view()["connection"]["spent"]["value"], "0.00");
}

#[test]
fn a_budget_that_cannot_be_read_says_so_and_lets_the_user_out() {
    let mut world = World::paying();
    world.local.insert("spending".to_owned(), "{".to_owned());
    world.kill(false);
    world.seconds(5);
    assert_eq!((world.connection().as_str(), world.page().as_str()), ("connected", "problem"));
    assert_eq!(world.problem().as_deref(), Some("budget_unreadable"));
    world.command(Command::Disconnect);
    assert_eq!(world.connection(), "disconnected");
}
