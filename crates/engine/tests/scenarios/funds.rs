//! Budgets, smallest amounts, and the end of a connection.

use engine::Command;
use money::{Amount, Asset};
use protocol::{ErrorBody, ErrorCode};

use crate::faults::Fault;
use crate::payments::{assert_all_accounted_for, spent};
use crate::wallets::SITE;
use crate::world::World;

#[test]
fn the_budget_is_used_up_to_the_last_cent_and_no_further() {
    for (amount, rate) in [("0.10", "36"), ("0.10", "108"), ("0.07", "0.60"), ("0.01", "36")] {
        let mut world = World::connected_with(amount, false);
        world.command(Command::SetRate(rate.to_owned()));
        world.visit("https://site.example/", &[SITE]);
        world.seconds(600);
        assert_eq!(format!("0.{:02}", world.servers.wallets.paid()), amount);
        assert_eq!((world.page().as_str(), world.timer, world.alarm), ("outOfFunds", None, false));
        let calls = world.calls.len();
        world.seconds(600);
        world.kill(false);
        world.seconds(60);
        assert!(world.calls.len() - calls <= 2);
    }
}

#[test]
fn what_is_left_of_a_budget_can_be_too_little_to_send() {
    let mut world = World::connected_with("0.10", false);
    world.servers.wallets.minimum = 3;
    world.command(Command::SetRate("36".to_owned()));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(60);
    assert_eq!((world.servers.wallets.paid(), spent(&mut world).as_str()), (9, "0.09"));
    assert_eq!((world.page().as_str(), world.page_problem().as_deref()), ("problem", Some("rest_too_small")));
}

#[test]
fn a_wallet_that_counts_more_than_we_do_is_believed() {
    let mut world = World::connected_with("0.50", false);
    world.command(Command::SetRate("36".to_owned()));
    // What the user's other browser has spent with the same grant.
    world.servers.wallets.grant.as_mut().unwrap().limit = 30;
    world.visit("https://site.example/", &[SITE]);
    world.seconds(100);
    assert_eq!(world.servers.wallets.paid(), 30);
    assert_eq!(world.page(), "outOfFunds");
    let asked = world.calls_to("/v1/payments");
    world.seconds(600);
    assert!(world.calls_to("/v1/payments") - asked <= 11);
    world.servers.wallets.grant.as_mut().unwrap().limit = 50;
    // What was refused counts as spent until it cannot be made any more.
    world.seconds(500);
    assert_eq!(world.servers.wallets.paid(), 50);
}

#[test]
fn a_monthly_budget_starts_anew_by_itself() {
    // Whether the wallet's clock is ahead, behind or right.
    for ahead in [-50_000, 0, 50_000] {
        let mut world = World::connected_with("0.20", true);
        world.servers.ahead = ahead;
        world.command(Command::SetRate("36".to_owned()));
        world.visit("https://site.example/", &[SITE]);
        world.seconds(60);
        assert_eq!((world.servers.wallets.paid(), world.page().as_str()), (20, "outOfFunds"));
        // Thirty days later, five minutes before the month is over.
        world.sleep(30 * 86_400_000 - 1_200_000);
        world.kill(false);
        world.seconds(5);
        assert_eq!(world.page(), "outOfFunds");
        world.seconds(1_800);
        assert_eq!(world.servers.wallets.paid(), 40, "{ahead}");
    }
}

#[test]
fn a_budget_that_starts_anew_is_looked_for_while_its_page_is_looked_at() {
    let mut world = World::connected_with("0.20", true);
    world.command(Command::SetRate("36".to_owned()));
    let tab = world.visit("https://site.example/", &[SITE]);
    world.seconds(60);
    assert_eq!((world.page().as_str(), world.timer, world.alarm), ("outOfFunds", None, true));
    world.visit("https://plain.example/", &[]);
    world.seconds(60);
    assert_eq!((world.timer, world.alarm), (None, false));
    world.activate(tab);
    let calls = world.calls.len();
    world.seconds(600);
    assert_eq!(world.calls.len(), calls);
    // The clock is put forward, back, and forward again: each month has its own budget, once.
    for (days, paid) in [(31, 40), (0, 40), (31, 40), (62, 60)] {
        world.clock_error = days * 86_400_000;
        world.servers.ahead = world.clock_error;
        world.seconds(60);
        assert_eq!((world.servers.wallets.paid(), world.page().as_str()), (paid, "outOfFunds"), "{days}");
    }
}

#[test]
fn an_amount_that_is_too_small_is_raised_as_the_wallet_says() {
    for (minimum, tells, quotes) in [(2, true, 2), (19, true, 2), (19, false, 8)] {
        let mut world = World::connected();
        (world.servers.wallets.minimum, world.servers.wallets.tells_minimum) = (minimum, tells);
        world.visit("https://site.example/", &[SITE]);
        world.seconds(2);
        assert!(world.payments() > 0 && world.calls_to("/v1/quotes") <= quotes + 1, "{}", world.calls_to("/v1/quotes"));
        world.seconds(600);
        assert!(world.servers.wallets.paid().abs_diff(world.elapsed / 1000) <= 40, "{}", world.servers.wallets.paid());
        assert_eq!(world.page(), "paying");
        // Known from then on, until another wallet pays.
        let before = world.calls_to("/v1/quotes");
        world.kill(false);
        world.seconds(60);
        assert!(world.calls_to("/v1/quotes") - before <= 60 / usize::try_from(minimum).unwrap() + 2);
    }
}

#[test]
fn a_minimum_far_above_the_rate_is_saved_up_for() {
    let mut world = World::connected();
    world.command(Command::SetRate("3.6".to_owned()));
    world.servers.wallets.minimum = 300;
    let tab = world.visit("https://site.example/", &[SITE]);
    world.seconds(2_800);
    assert_eq!(world.payments(), 0);
    world.visit("https://plain.example/", &[]);
    world.seconds(60);
    world.activate(tab);
    world.seconds(260);
    assert_eq!((world.payments(), world.servers.wallets.paid()), (1, 300));
}

#[test]
fn a_minimum_without_a_hint_that_is_no_minimum_is_given_up() {
    let mut world = World::looking_at(&[SITE]);
    let mut error = ErrorBody::new(ErrorCode::AmountTooSmall, "Too small.");
    error.min_send_amount = Some(Amount::new(0, Asset::new("USD", 2).unwrap()));
    world.faults.add("/v1/quotes", u32::MAX, Fault::Refuse(error));
    world.seconds(300);
    assert!(world.calls_to("/v1/quotes") <= 20, "{}", world.calls_to("/v1/quotes"));
    assert_eq!(world.page(), "problem");
}

#[test]
fn disconnecting_cancels_the_grant_and_forgets_all_but_the_ledger() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.seconds(2);
    let (kid, rows) = (world.view()["publicKey"]["kid"].clone(), world.ledger().len());
    world.command(Command::Disconnect);
    assert_eq!((world.connection().as_str(), world.problem()), ("disconnected", None));
    world.seconds(1);
    assert!(world.servers.wallets.grant.as_ref().unwrap().cancelled);
    for gone in ["account", "spending", "intent", "unsettled", "purse", "attempt"] {
        assert!(world.stored(gone).is_null(), "{gone}");
    }
    assert!(world.ledger().len() > rows);
    assert_all_accounted_for(&world);
    assert_ne!(world.view()["publicKey"]["kid"], kid);
    assert_eq!((world.timer, world.alarm), (None, false));
    let calls = world.calls.len();
    world.seconds(60);
    assert_eq!(world.calls.len(), calls);

    world.connect_and_accept("5", false);
    assert_eq!(world.view()["connection"]["spent"]["value"], "0.00");
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() > before);
}

#[test]
fn disconnecting_works_when_nobody_answers_and_survives_death() {
    for effects in 0..12 {
        let mut world = World::paying();
        world.proxy_is_down = true;
        world.fuse = Some(effects);
        world.command(Command::Disconnect);
        world.fuse = None;
        world.seconds(5);
        if world.connection() == "connected" {
            world.command(Command::Disconnect);
        }
        world.seconds(1);
        assert_eq!(world.connection(), "disconnected", "{effects}");
        assert!(world.stored("account").is_null() && world.stored("purse").is_null());
        assert_all_accounted_for(&world);
    }
}

#[test]
fn another_wallet_learns_its_own_minimum() {
    let mut world = World::connected();
    world.servers.wallets.minimum = 50;
    let tab = world.visit("https://site.example/", &[SITE]);
    world.seconds(2);
    assert_eq!(world.servers.wallets.paid(), 50);
    world.command(Command::Disconnect);
    world.servers.wallets.minimum = 1;
    world.connect_and_accept("5", false);
    world.command(Command::SetRate("36".to_owned()));
    world.activate(tab);
    world.seconds(5);
    assert!(world.servers.wallets.payments[1..].iter().all(|payment| payment.debit == 1));
    assert!(world.payments() > 3);
}
