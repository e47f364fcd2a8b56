//! Payments: the intent before the money, each quote once, and what becomes of those that fail.

use engine::Command;
use protocol::ErrorCode;

use crate::faults::Fault;
use crate::wallets::SITE;
use crate::world::World;

/// Every payment that the wallet made is in the ledger, or waits to be settled.
pub(crate) fn assert_all_accounted_for(world: &World) {
    let (ledger, unsettled) = (world.ledger(), world.unsettled());
    for payment in &world.servers.wallets.payments {
        assert!(ledger.contains(&payment.id) || unsettled.contains(&payment.id), "{} is not accounted for", payment.id);
    }
    let mut once = ledger.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ledger.len(), "a payment stands in the ledger twice");
}

pub(crate) fn spent(world: &mut World) -> String {
    world.view()["connection"]["spent"]["value"].as_str().unwrap().to_owned()
}

#[test]
fn the_ledger_agrees_with_the_wallet() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(100);
    let made: Vec<String> = world.servers.wallets.payments.iter().map(|payment| payment.id.clone()).collect();
    let mut ledger = world.ledger();
    ledger.sort_by_key(|id| made.iter().position(|other| other == id));
    assert_eq!(ledger, made);
    assert_eq!(spent(&mut world), format!("1.{:02}", made.len() - 100));
    assert_eq!(world.view()["page"]["paid"]["value"], spent(&mut world));
}

#[test]
fn a_refused_payment_is_not_repeated_and_the_next_second_pays() {
    for code in [ErrorCode::WalletRefused, ErrorCode::InvalidRequest, ErrorCode::KeyRevoked] {
        let mut world = World::paying();
        let before = world.payments();
        for _ in 0..10 {
            world.faults.add("/v1/payments", 1, Fault::refuse(code));
            world.seconds(3);
        }
        let paid = world.payments() - before;
        assert!((18..=22).contains(&paid), "{code:?}: {paid}");
        assert_all_accounted_for(&world);
        assert_eq!(world.page(), "paying");
    }
}

#[test]
fn what_was_refused_is_spent_again_once_the_quote_is_dead() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 3, Fault::refuse(ErrorCode::WalletRefused));
    world.seconds(5);
    assert_eq!(world.unsettled().len(), 3);
    let (counted, made) = (spent(&mut world), world.payments());
    assert_eq!(counted, format!("0.{:02}", made + 3));
    world.seconds(400);
    assert_eq!((world.unsettled().len(), world.stored("purse")["doubtful"].as_str()), (0, Some("0")));
    assert_eq!(
        spent(&mut world),
        format!("{}.{:02}", world.servers.wallets.paid() / 100, world.servers.wallets.paid() % 100)
    );
    assert!(world.servers.wallets.paid().abs_diff(world.elapsed / 1000) <= 2);
}

#[test]
fn a_lost_reply_counts_as_spent_and_is_settled_later() {
    for fault in [Fault::LoseReply, Fault::Delay(11_000), Fault::Forge(Box::new(|body| *body = serde_json::json!([])))]
    {
        let mut world = World::paying();
        let made = world.payments();
        world.faults.add("/v1/payments", 1, fault);
        world.seconds(1);
        assert!(world.unsettled().len() == 1);
        world.seconds(30);
        assert!(world.payments() > made + 20);
        assert_eq!(world.unsettled(), Vec::<String>::new());
        assert_eq!(world.ledger().len(), world.payments());
        assert_all_accounted_for(&world);
    }
}

#[test]
fn a_lost_request_counts_as_spent_until_it_cannot_be_made_any_more() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 1, Fault::LoseRequest);
    world.seconds(300);
    assert_eq!(world.unsettled().len(), 1);
    world.seconds(200);
    assert_eq!(world.unsettled(), Vec::<String>::new());
    assert_eq!(world.ledger().len(), world.payments());
    assert!(world.servers.wallets.paid().abs_diff(world.elapsed / 1000) <= 2);
}

#[test]
fn a_quote_that_is_used_up_is_given_up() {
    let mut world = World::paying();
    let before = world.payments();
    world.faults.add("/v1/payments", 1, Fault::Lie(ErrorCode::QuoteUsed));
    world.seconds(10);
    assert!(world.payments() >= before + 9);
    assert_eq!(world.ledger().len(), world.payments());
    world.faults.add("/v1/payments", 1, Fault::refuse(ErrorCode::QuoteUsed));
    world.seconds(10);
    assert_all_accounted_for(&world);
    assert!(world.payments() >= before + 17);
}

#[test]
fn a_quote_that_expires_before_it_is_paid_is_replaced() {
    let mut world = World::connected();
    world.command(Command::SetRate("0.06".to_owned()));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(2_400);
    // One cent in ten minutes, so each quote but the last of them expires.
    assert!((4..=5).contains(&world.payments()), "{}", world.payments());
    assert_eq!(world.unsettled(), Vec::<String>::new());
    assert!(world.calls_to("/v1/quotes") <= 15, "{}", world.calls_to("/v1/quotes"));
}

#[test]
fn death_at_any_moment_pays_nothing_twice_and_forgets_nothing() {
    for calls_are_lost in [false, true] {
        for effects in 0..60 {
            let mut world = World::paying();
            world.fuse = Some(effects);
            world.seconds(10);
            if world.deaths == 0 {
                world.kill(calls_are_lost);
            }
            world.advance(u64::from(effects) * 37);
            world.kill(calls_are_lost);
            let before = world.payments();
            world.seconds(10);
            assert!(world.payments() >= before + 5, "{effects}");
            assert_all_accounted_for(&world);
            world.seconds(30);
            assert!(world.unsettled().len() <= 2);
            assert!(world.servers.wallets.paid() <= world.elapsed / 1000 + 1);
        }
    }
}

#[test]
fn a_payment_after_a_death_comes_within_seconds() {
    let mut world = World::paying();
    world.kill(true);
    let (before, died) = (world.payments(), world.elapsed);
    while world.payments() == before {
        world.advance(10);
    }
    assert!(world.elapsed - died <= 2_500, "{}", world.elapsed - died);
}

#[test]
fn the_first_each_thirtieth_and_the_last_payment_are_read_back() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(75);
    assert_eq!(world.calls_to("/v1/payments/read"), 3);
    let tab = world.browser.front().unwrap().id;
    world.close(tab);
    world.seconds(10);
    assert_eq!(world.calls_to("/v1/payments/read"), 4);
    assert_eq!((world.timer, world.alarm), (None, false));
}

#[test]
fn an_empty_account_is_told_and_tried_once_a_minute() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.account_is_empty = true;
    world.seconds(300);
    assert!((4..=12).contains(&world.payments()), "{}", world.payments());
    assert_eq!((world.problem().as_deref(), world.page().as_str()), (Some("account_empty"), "problem"));
    // Between two attempts nothing is on its way.
    world.seconds(20);
    assert_eq!(spent(&mut world), "0.00");
    assert_all_accounted_for(&world);
    world.servers.wallets.account_is_empty = false;
    world.seconds(90);
    assert_eq!((world.problem(), world.page().as_str()), (None, "paying"));
}

#[test]
fn money_that_is_back_is_noticed_even_if_one_payment_cannot_be_read_back() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.account_is_empty = true;
    world.seconds(10);
    world.servers.wallets.account_is_empty = false;
    world.faults.add("/v1/payments/read", u32::MAX, Fault::refuse(ErrorCode::WalletRefused));
    world.seconds(80);
    assert_eq!(world.problem().as_deref(), Some("account_empty"));
    world.faults.clear();
    world.seconds(80);
    assert_eq!((world.problem(), world.page().as_str()), (None, "paying"));
}

#[test]
fn news_of_an_old_failure_holds_up_nothing() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.account_is_empty = true;
    world.seconds(2);
    // The wallet is slow to say what became of the first payments, and then there is money again.
    world.faults.add("tenant/outgoing-payments", 2, Fault::Status(500));
    world.servers.wallets.expire_token();
    world.seconds(4);
    world.servers.wallets.account_is_empty = false;
    world.seconds(70);
    let before = world.payments();
    world.seconds(10);
    assert!(world.payments() >= before + 9, "{}", world.payments() - before);
}

#[test]
fn after_an_empty_account_another_wallet_is_connected_at_once() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.account_is_empty = true;
    world.seconds(4);
    assert_eq!(world.problem().as_deref(), Some("account_empty"));
    world.command(Command::Disconnect);
    world.servers.wallets.account_is_empty = false;
    world.connect_and_accept("10", false);
    assert_eq!(world.connection(), "connected");
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() > before);
}
