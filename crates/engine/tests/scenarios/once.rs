//! One-time payments: how an amount is spread, what keeps it within bounds, and that no part of it
//! is ever paid twice.

use engine::Command;
use protocol::ErrorCode;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::pacing::purse;
use crate::payments::{assert_all_accounted_for, spent};
use crate::wallets::{OTHER, QUOTE_LIFE, RESOURCES, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";
const THIRD: &str = "https://pay.example/third";

/// One that looks at a page with these links and pays it nothing by itself.
fn calm(budget: &str, links: &[&str]) -> World {
    let mut world = World::connected_with(budget, false);
    world.command(Command::SetRate("0".to_owned()));
    world.visit(PAGE, links);
    world.seconds(1);
    assert_eq!(world.payments(), 0);
    world
}

/// Pays the page in front.
fn pay_once(world: &mut World, amount: &str) {
    let site = world.browser.front().unwrap().url.split('/').nth(2).unwrap().to_owned();
    world.command(Command::PayOnce { site, amount: amount.to_owned() });
}

/// Asked, sent, whether it is running, and the problem.
fn once(world: &mut World) -> (String, String, bool, Option<String>) {
    let once = world.view()["page"]["once"].clone();
    let value = |name: &str| once[name]["value"].as_str().unwrap().to_owned();
    let problem = once["problem"]["code"].as_str().map(str::to_owned);
    (value("asked"), value("sent"), once["running"].as_bool().unwrap(), problem)
}

fn paid_to(world: &World) -> [u64; 3] {
    [SITE, OTHER, THIRD].map(|receiver| world.servers.wallets.paid_to(receiver))
}

#[test]
fn an_amount_is_spread_over_the_links_and_each_hears_of_it() {
    let mut world = calm("10", &[SITE, OTHER, THIRD]);
    pay_once(&mut world, "1.00");
    assert_eq!(once(&mut world), ("1.00".to_owned(), "0.00".to_owned(), true, None));
    world.seconds(3);
    assert_eq!(once(&mut world), ("1.00".to_owned(), "1.00".to_owned(), false, None));
    assert_eq!((paid_to(&world), world.ledger().len()), ([33, 33, 34], 3));
    assert_eq!((spent(&mut world).as_str(), world.view()["page"]["paid"]["value"].as_str()), ("1.00", Some("1.00")));
    for (link, _) in world.browser.front().unwrap().links.clone() {
        assert_eq!(world.events(link), 1);
    }
    // Each quote was read at the wallet itself, and each payment is read back.
    assert_eq!(world.calls_to(&format!("{RESOURCES}/quotes/")), 3);
    world.seconds(3);
    assert_eq!((world.calls_to("/v1/payments/read"), world.timer), (3, None));
    assert_all_accounted_for(&world);
}

#[test]
fn the_seconds_wait_for_it_and_the_purse_is_left_alone() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(10);
    assert_eq!(world.calls_to("/v1/payments/read"), 1);
    pay_once(&mut world, "5");
    world.seconds(5);
    assert_eq!(world.calls_to("/v1/payments/read"), 2);
    world.seconds(15);
    let [accrued, paid, ..] = purse(&world);
    let large: Vec<u64> =
        world.servers.wallets.payments.iter().map(|payment| payment.debit).filter(|it| *it > 9).collect();
    assert_eq!(large, [500]);
    assert!(paid <= accrued + 3_600_000_000 && world.servers.wallets.paid().abs_diff(530) <= 2);
    assert_eq!(once(&mut world).1, "5.00");
}

#[test]
fn parts_are_multiples_of_what_each_can_be_sent() {
    for (tells, amount, paid, sent) in [
        (true, "1.00", [38, 62, 0], "1.00"),
        (true, "0.30", [0, 30, 0], "0.30"),
        (false, "1.00", [50, 50, 0], "1.00"),
        (false, "0.30", [0, 30, 0], "0.30"),
    ] {
        let mut world = calm("10", &[SITE, OTHER]);
        world.servers.wallets.minimums.insert(SITE, 19);
        world.servers.wallets.tells_minimum = tells;
        // What is not known is learned; a hint comes with the first refusal.
        if tells {
            pay_once(&mut world, "0.02");
            world.seconds(3);
            assert_eq!(paid_to(&world), [0, 2, 0]);
            world.servers.wallets.payments.clear();
        }
        pay_once(&mut world, amount);
        world.seconds(3);
        assert_eq!((paid_to(&world), once(&mut world).1.as_str()), (paid, sent), "{amount}");
        assert_eq!(once(&mut world).3, None);
    }
}

#[test]
fn what_cannot_be_sent_stays_and_is_told() {
    for (amount, sent) in [("1.00", "0.95"), ("0.18", "0.00")] {
        let mut world = calm("10", &[SITE]);
        world.servers.wallets.minimum = 19;
        pay_once(&mut world, "0.01");
        world.seconds(2);
        pay_once(&mut world, amount);
        world.seconds(3);
        let problem = Some("amount_too_small".to_owned());
        assert_eq!(once(&mut world), (amount.to_owned(), sent.to_owned(), false, problem));
        assert_eq!(spent(&mut world), sent);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut world = calm("1", &[SITE]);
    for (amount, problem) in [
        ("", "amount_invalid"),
        ("0", "amount_invalid"),
        ("-1", "amount_invalid"),
        ("0.001", "amount_invalid"),
        ("1.01", "budget_too_small"),
    ] {
        pay_once(&mut world, amount);
        assert_eq!(world.notice().as_deref(), Some(problem), "{amount}");
    }
    pay_once(&mut world, "0.50");
    pay_once(&mut world, "0.50");
    assert_eq!(world.notice().as_deref(), Some("once_running"));
    world.seconds(3);
    pay_once(&mut world, "0.51");
    assert_eq!(world.notice().as_deref(), Some("budget_too_small"));
    world.visit("https://plain.example/", &[]);
    pay_once(&mut world, "0.10");
    assert_eq!(world.notice().as_deref(), Some("nothing_to_pay"));
    world.seconds(3);
    assert_eq!((world.servers.wallets.paid(), world.view()["page"]["once"].clone()), (50, Value::Null));
}

#[test]
fn only_the_page_is_paid_that_the_user_meant() {
    let mut world = calm("10", &[SITE]);
    let meant = Command::PayOnce { site: "site.example".to_owned(), amount: "5.00".to_owned() };
    for (url, links) in [("https://other.example/", &[OTHER][..]), ("https://plain.example/", &[])] {
        world.visit(url, links);
        world.command(meant.clone());
        assert_eq!(world.notice().as_deref(), Some("other_page"));
        world.seconds(3);
        assert_eq!((world.payments(), world.view()["page"]["once"].clone()), (0, Value::Null));
    }
    world.lock(true);
    world.command(meant);
    assert_eq!(world.notice().as_deref(), Some("nothing_to_pay"));
}

#[test]
fn payments_that_are_off_stay_off() {
    let mut world = calm("1", &[SITE]);
    world.command(Command::SetEnabled(false));
    pay_once(&mut world, "0.50");
    assert_eq!(world.notice().as_deref(), Some("nothing_to_pay"));
    world.command(Command::SetEnabled(true));
    pay_once(&mut world, "0.50");
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: false });
    world.seconds(3);
    assert_eq!(once(&mut world), ("0.50".to_owned(), "0.00".to_owned(), false, Some("interrupted".to_owned())));
    assert_eq!(world.payments(), 0);
}

#[test]
fn a_part_that_fails_is_not_tried_again_and_the_others_are_paid() {
    let mut world = calm("10", &[SITE, OTHER]);
    world.faults.add("/v1/payments", 1, Fault::refuse(ErrorCode::WalletRefused));
    pay_once(&mut world, "1.00");
    world.seconds(5);
    assert_eq!((paid_to(&world), world.quotes_used.len()), ([0, 50, 0], 2));
    assert_eq!(once(&mut world), ("1.00".to_owned(), "0.50".to_owned(), false, Some("wallet_refused".to_owned())));
    // Whether that is true shows when its quote is dead.
    assert_eq!(world.view()["page"]["once"]["unsettled"]["value"], "0.50");
    world.seconds(500);
    assert_eq!((spent(&mut world).as_str(), paid_to(&world)), ("0.50", [0, 50, 0]));
    assert_eq!(world.view()["page"]["once"]["unsettled"], Value::Null);
}

#[test]
fn a_receiver_that_has_no_quote_leaves_its_share_to_the_others() {
    let mut world = calm("10", &[SITE, OTHER]);
    world.servers.wallets.broken = Some("site".to_owned());
    pay_once(&mut world, "1.00");
    world.seconds(5);
    assert_eq!((paid_to(&world), once(&mut world).1.as_str()), ([0, 100, 0], "1.00"));
}

#[test]
fn a_lost_reply_is_settled_and_told() {
    let mut world = calm("10", &[SITE]);
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    pay_once(&mut world, "1.00");
    world.seconds(1);
    let told = once(&mut world);
    assert!(told.1 == "0.00" && told.3.is_some(), "{told:?}");
    world.seconds(30);
    assert_eq!(once(&mut world), ("1.00".to_owned(), "1.00".to_owned(), false, None));
    assert_eq!((world.payments(), spent(&mut world).as_str()), (1, "1.00"));
}

#[test]
fn a_part_that_is_never_found_is_not_looked_for_for_ever() {
    for fault in [Fault::LoseReply, Fault::Lie(ErrorCode::WalletRefused)] {
        let mut world = calm("10", &[SITE]);
        world.faults.add("tenant/outgoing-payments/", u32::MAX, Fault::Status(404));
        world.faults.add("/v1/payments", 1, fault);
        pay_once(&mut world, "1.00");
        world.visit("https://plain.example/", &[]);
        world.seconds(3_000);
        assert_eq!((world.timer, world.alarm, world.unsettled().len()), (None, false, 0));
        assert_eq!(spent(&mut world), "1.00");
        assert_all_accounted_for(&world);
    }
}

#[test]
fn a_part_that_was_quoted_by_an_old_grant_is_quoted_again() {
    let mut world = calm("10", &[SITE]);
    world.command(Command::TopUp { amount: "20".to_owned(), monthly: false });
    world.advance(200);
    let tab = world.browser.tabs.iter().find(|tab| !tab.links.is_empty()).unwrap().id;
    world.activate(tab);
    world.faults.add("tenant/quotes/", 1, Fault::Delay(1_500));
    pay_once(&mut world, "1.00");
    world.seconds(1);
    let decided = world.now();
    world.decide(true);
    world.seconds(5);
    assert_eq!(paid_to(&world)[0], 100);
    let payment = &world.servers.wallets.payments[0];
    let quote = &world.servers.wallets.quotes[&payment.id.replace("/outgoing-payments/", "/quotes/")];
    assert_eq!(Some(payment.grant), world.servers.wallets.grant.as_ref().map(|grant| grant.number));
    assert!(quote.expires.plus_millis(-QUOTE_LIFE) > decided, "a quote of the old grant");
}

#[test]
fn a_part_whose_quote_has_expired_is_quoted_again() {
    let mut world = calm("10", &[SITE]);
    let expires = world.server_time().plus_millis(12_000);
    world.faults.add("/v1/quotes", 1, Fault::Forge(Box::new(move |quote| quote["expiresAt"] = json!(expires))));
    world.faults.add("tenant/quotes/", 1, Fault::Delay(9_000));
    pay_once(&mut world, "1.00");
    world.seconds(20);
    assert_eq!((paid_to(&world)[0], world.servers.wallets.quotes_asked.len()), (100, 2));
}

#[test]
fn the_smallest_amount_that_a_part_has_found_outlives_the_worker() {
    let mut world = calm("10", &[SITE]);
    world.servers.wallets.minimum = 19;
    pay_once(&mut world, "0.01");
    world.seconds(2);
    world.kill(false);
    world.seconds(2);
    let asked = world.servers.wallets.quotes_asked.len();
    pay_once(&mut world, "1.00");
    world.seconds(3);
    assert_eq!((paid_to(&world)[0], world.servers.wallets.quotes_asked[asked..].to_vec()), (95, vec![95]));
}

#[test]
fn an_expired_token_is_exchanged_before_it_is_quoted_again() {
    let mut world = calm("10", &[SITE]);
    world.servers.wallets.expire_token();
    pay_once(&mut world, "1.00");
    world.seconds(10);
    assert_eq!((paid_to(&world)[0], once(&mut world).3), (100, None));
}

#[test]
fn one_that_the_wallet_gives_up_is_given_back() {
    let mut world = calm("10", &[SITE]);
    world.servers.wallets.account_is_empty = true;
    pay_once(&mut world, "1.00");
    world.seconds(10);
    assert_eq!((spent(&mut world).as_str(), world.problem().as_deref()), ("0.00", Some("account_empty")));
    assert_eq!(once(&mut world), ("1.00".to_owned(), "0.00".to_owned(), false, Some("account_empty".to_owned())));
    assert_eq!(purse(&world), [0; 5]);
}

#[test]
fn a_larger_quote_is_not_passed_off_as_a_part() {
    let mut world = calm("10", &[SITE]);
    world.faults.add("/v1/quotes", 1, Fault::LoseReply);
    pay_once(&mut world, "5.00");
    world.seconds(61);
    assert!(!once(&mut world).2 || world.payments() == 1);
    let before = world.servers.wallets.paid();
    let (large, _) = world.servers.wallets.quotes.iter().next().unwrap();
    let large = large.clone();
    world.faults.add("/v1/quotes", u32::MAX, Fault::Forge(Box::new(move |quote| quote["id"] = json!(large))));
    pay_once(&mut world, "0.10");
    world.seconds(70);
    assert_eq!(world.servers.wallets.paid(), before);
    assert_eq!(once(&mut world).3.as_deref(), Some("proxy_unreadable"));
}

#[test]
fn a_budget_that_turns_out_smaller_is_kept_to() {
    let mut world = calm("1", &[SITE]);
    // What the user's other browser has spent with the same grant is told while the part is quoted.
    world.kill(false);
    world.faults.add("outgoing-payment-grant", 1, Fault::Delay(60));
    let other = crate::wallets::Payment {
        grant: world.servers.wallets.grant.as_ref().unwrap().number,
        id: format!("{RESOURCES}/outgoing-payments/0"),
        receiver: world.servers.wallets.create_incoming(OTHER, world.now()).0,
        debit: 60,
        at: world.now(),
        failed: false,
    };
    world.servers.wallets.payments.push(other);
    let tab = world.browser.front().unwrap().id;
    // What is spent is asked for only where seconds are paid.
    world.command(Command::SetRate("0.01".to_owned()));
    world.navigate(tab, PAGE, &[SITE]);
    world.advance(50);
    pay_once(&mut world, "1.00");
    world.seconds(5);
    assert_eq!(once(&mut world).3.as_deref(), Some("budget_too_small"));
    assert!(paid_to(&world)[0] <= 1 && world.quotes_used.len() <= 1);
}

#[test]
fn parts_of_an_earlier_one_do_not_count_for_the_next() {
    let mut world = calm("10", &[SITE]);
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    pay_once(&mut world, "1.00");
    world.seconds(1);
    pay_once(&mut world, "0.30");
    world.seconds(30);
    assert_eq!((once(&mut world).1.as_str(), spent(&mut world).as_str()), ("0.30", "1.30"));
}

#[test]
fn a_receiver_that_gets_no_incoming_payment_is_given_up() {
    let mut world = World::connected_with("10", false);
    world.command(Command::SetRate("0".to_owned()));
    world.faults.add("/v1/incoming-payments", u32::MAX, Fault::refuse(ErrorCode::WalletRefused));
    world.visit(PAGE, &[SITE, OTHER]);
    world.seconds(1);
    pay_once(&mut world, "1.00");
    world.seconds(20);
    let told = once(&mut world);
    assert_eq!((told.2, told.3.as_deref(), world.calls_to("/v1/quotes")), (false, Some("wallet_refused"), 0));
    assert!(world.calls_to("/v1/incoming-payments") <= 10);
}

#[test]
fn a_proxy_that_wants_to_be_left_alone_for_long_ends_it() {
    let mut world = calm("10", &[SITE]);
    let mut error = protocol::ErrorBody::new(ErrorCode::RateLimited, "Later.");
    error.retry_after = Some(100);
    world.faults.add("/v1/quotes", 1, Fault::Refuse(error));
    pay_once(&mut world, "1.00");
    world.seconds(55);
    assert!(once(&mut world).2);
    world.seconds(10);
    assert_eq!((once(&mut world).2, once(&mut world).3.as_deref()), (false, Some("rate_limited")));
    world.seconds(100);
    assert_eq!((world.payments(), world.timer), (0, None));
}

#[test]
fn a_proxy_that_never_answers_ends_it() {
    let mut world = calm("10", &[SITE]);
    world.proxy_is_down = true;
    pay_once(&mut world, "1.00");
    world.seconds(70);
    assert!(!once(&mut world).2);
    world.proxy_is_down = false;
    world.seconds(60);
    assert_eq!((world.payments(), world.timer), (0, None));
}

#[test]
fn a_worker_that_dies_in_the_middle_pays_nothing_twice_and_tells_what_was_paid() {
    for calls_are_lost in [false, true] {
        for effects in 0..80 {
            let mut world = calm("10", &[SITE, OTHER, THIRD]);
            world.fuse = Some(effects);
            pay_once(&mut world, "0.90");
            world.advance(20 * u64::from(effects % 30));
            world.kill(calls_are_lost);
            world.seconds(5);
            let used = world.quotes_used.len();
            world.seconds(120);
            assert!(paid_to(&world).iter().all(|paid| [0, 30].contains(paid)), "{effects}: {:?}", paid_to(&world));
            assert_eq!(world.quotes_used.len(), used, "{effects}");
            assert_all_accounted_for(&world);
            if world.stored("once").is_null() {
                assert_eq!(world.payments(), 0);
                continue;
            }
            let (_, sent, running, problem) = once(&mut world);
            let unsettled = world.unsettled().len();
            assert!(!running && unsettled <= 1);
            if unsettled == 0 {
                assert_eq!(sent, format!("0.{:02}", world.servers.wallets.paid()), "{effects}");
            }
            assert_eq!(problem.is_none(), sent == "0.90", "{effects}: {sent} {problem:?}");
        }
    }
}
