//! Smallest amounts that a wallet does not tell: how they are found, remembered and learned anew.

use engine::Command;
use protocol::ErrorCode;

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

/// One whose wallet refuses less than this and says no more.
fn silent(minimum: u64) -> World {
    let mut world = World::connected();
    (world.servers.wallets.minimum, world.servers.wallets.tells_minimum) = (minimum, false);
    world
}

/// One that knows the smallest amount of the usual site.
fn settled(minimum: u64) -> World {
    let mut world = silent(minimum);
    world.visit(PAGE, &[SITE]);
    world.seconds(600);
    assert_eq!(world.servers.wallets.payments.last().unwrap().debit, minimum);
    world
}

/// What quotes were asked for meanwhile.
fn asked_in(world: &mut World, seconds: u64) -> Vec<u64> {
    world.servers.wallets.quotes_asked.clear();
    world.seconds(seconds);
    world.servers.wallets.quotes_asked.clone()
}

fn last_payment(world: &World) -> u64 {
    world.servers.wallets.payments.last().unwrap().debit
}

#[test]
fn it_is_found_exactly_and_paid_without_another_quote() {
    for (minimum, quotes) in [(19, 8), (300, 16)] {
        let mut world = silent(minimum);
        world.visit(PAGE, &[SITE]);
        while world.payments() == 0 {
            world.advance(10);
        }
        assert_eq!(world.servers.wallets.payments[0].debit, minimum);
        // Another may have been asked for the next payment already.
        let asked = world.servers.wallets.quotes_asked.len();
        assert!((quotes..=quotes + 1).contains(&asked), "{:?}", world.servers.wallets.quotes_asked);
        world.seconds(1_000);
        assert!(world.servers.wallets.payments.iter().all(|payment| payment.debit == minimum));
        assert!(world.servers.wallets.paid().abs_diff(world.elapsed / 1000) <= minimum + 60);
        assert_eq!(world.page(), "paying");
    }
}

#[test]
fn what_one_second_costs_is_not_searched_below() {
    let mut world = silent(19);
    world.command(Command::SetRate("3600".to_owned()));
    world.visit(PAGE, &[SITE]);
    assert!(asked_in(&mut world, 20).iter().all(|asked| *asked == 100));
    assert!(world.stored("minimums").as_array().is_none_or(Vec::is_empty) && world.payments() > 18);
}

#[test]
fn it_is_remembered_until_another_wallet_is_connected() {
    let mut world = settled(19);
    let tab = world.browser.front().unwrap().id;
    world.session.clear();
    world.kill(true);
    world.navigate(tab, "https://another.example/", &[SITE]);
    let asked = asked_in(&mut world, 100);
    assert!((3..=7).contains(&asked.len()) && asked.iter().all(|asked| *asked >= 19), "{asked:?}");
    world.command(Command::Disconnect);
    assert!(world.stored("minimums").is_null());
    world.connect_and_accept("5", false);
    world.activate(tab);
    assert_eq!(asked_in(&mut world, 2)[0], 1);
}

#[test]
fn a_page_that_is_left_in_the_middle_of_it_takes_no_harm() {
    for milliseconds in (0..400).step_by(10) {
        let mut world = silent(19);
        let tab = world.visit(PAGE, &[SITE]);
        world.advance(milliseconds);
        if milliseconds % 20 == 0 {
            world.kill(milliseconds % 40 == 0);
        } else {
            world.navigate(tab, PAGE, &[OTHER]);
            world.advance(milliseconds / 2);
        }
        world.navigate(tab, PAGE, &[SITE]);
        world.seconds(60);
        assert!(world.servers.wallets.payments.iter().all(|payment| payment.debit == 19), "{milliseconds}");
        assert!((2..=5).contains(&world.payments()), "{milliseconds}");
        assert_all_accounted_for(&world);
    }
}

#[test]
fn one_that_has_risen_is_looked_for_from_there() {
    let mut world = settled(19);
    world.servers.wallets.minimum = 40;
    let asked = asked_in(&mut world, 100);
    // The quote that was held was good; then up from 19, and down between 38 and 76.
    assert_eq!((last_payment(&world), &asked[..4]), (40, &[19, 38, 76, 57][..]), "{asked:?}");
    assert!(asked.len() <= 12, "{asked:?}");
}

#[test]
fn one_that_has_fallen_is_noticed_when_more_arrives() {
    let mut world = settled(300);
    (world.servers.wallets.minimum, world.servers.wallets.percent) = (100, 300);
    let asked = asked_in(&mut world, 1_000);
    assert_eq!(last_payment(&world), 100, "{asked:?}");
    // Less that arrives is no reason to search.
    world.servers.wallets.percent = 200;
    let asked = asked_in(&mut world, 1_000);
    assert!(asked.iter().all(|asked| *asked == 100), "{asked:?}");
}

#[test]
fn one_that_has_fallen_is_noticed_after_a_day() {
    let mut world = settled(300);
    world.servers.wallets.minimum = 19;
    world.sleep(80_000_000);
    world.kill(false);
    assert!(asked_in(&mut world, 600).iter().all(|asked| *asked >= 300));
    world.sleep(6_400_000);
    world.kill(false);
    let asked = asked_in(&mut world, 600);
    assert_eq!(last_payment(&world), 19, "{asked:?}");
    world.sleep(80_000_000);
    world.kill(false);
    let asked = asked_in(&mut world, 600);
    assert!(asked.iter().all(|asked| *asked >= 19), "{asked:?}");
}

#[test]
fn what_is_left_of_the_budget_is_all_that_is_tried() {
    for (budget, minimum, asked) in [("1.00", 300, [1, 8, 16, 32, 64, 100]), ("0.20", 19, [1, 8, 16, 20, 18, 19])] {
        let mut world = World::connected_with(budget, false);
        (world.servers.wallets.minimum, world.servers.wallets.tells_minimum) = (minimum, false);
        world.command(Command::SetRate("36".to_owned()));
        world.visit(PAGE, &[SITE]);
        world.seconds(60);
        assert_eq!(world.servers.wallets.quotes_asked[..6], asked);
        assert_eq!((world.page().as_str(), world.page_problem().as_deref()), ("problem", Some("rest_too_small")));
        assert_eq!(world.payments(), usize::from(minimum == 19));
        let asked = asked_in(&mut world, 600);
        assert!(asked.len() <= 12 && asked.iter().all(|asked| *asked == 100), "{asked:?}");
    }
}

#[test]
fn a_rest_that_a_larger_budget_mends_is_paid() {
    let mut world = World::connected_with("0.50", true);
    (world.servers.wallets.minimum, world.servers.wallets.tells_minimum) = (30, false);
    world.command(Command::SetRate("36".to_owned()));
    world.visit(PAGE, &[SITE]);
    world.seconds(100);
    assert_eq!((world.servers.wallets.paid(), world.page_problem().as_deref()), (30, Some("rest_too_small")));
    world.sleep(32 * 86_400_000);
    world.kill(false);
    world.seconds(100);
    // All of it, since seconds were missing.
    assert_eq!(world.servers.wallets.paid(), 80);
}

#[test]
fn a_proxy_that_finds_everything_too_small_is_soon_left_alone() {
    let mut world = World::connected();
    world.faults.add("/v1/quotes", u32::MAX, Fault::refuse(ErrorCode::AmountTooSmall));
    world.visit(PAGE, &[SITE]);
    world.seconds(10);
    assert_eq!(world.page_problem().as_deref(), Some("rest_too_small"));
    world.seconds(10);
    let calls = world.calls_to("/v1/quotes");
    assert!(calls <= 30, "{calls}");
    world.seconds(600);
    assert!(world.calls_to("/v1/quotes") - calls <= 11);
    world.faults.clear();
    world.seconds(100);
    // The truth comes out, and what had accrued meanwhile is not more than a minute.
    assert!(world.servers.wallets.paid() <= 160 && world.payments() > 1, "{}", world.servers.wallets.paid());
}

#[test]
fn what_one_proxy_told_is_not_held_against_the_next() {
    let mut world = settled(300);
    world.servers.wallets.minimum = 1;
    world.command(Command::SetProxyUrl(crate::servers::PROXY.to_owned()));
    assert!(world.stored("minimums").is_null());
    world.seconds(400);
    assert_eq!(last_payment(&world), 1);
}

#[test]
fn a_site_that_takes_nothing_does_not_keep_another_waiting() {
    let mut world = silent(1);
    world.servers.wallets.minimums.insert(SITE, u64::MAX);
    world.visit(PAGE, &[SITE, OTHER]);
    world.seconds(120);
    assert!(world.servers.wallets.paid_to(OTHER) > 100, "{}", world.servers.wallets.paid_to(OTHER));
}

#[test]
fn a_search_that_is_interrupted_pays_from_what_was_found() {
    let mut world = silent(19);
    world.visit(PAGE, &[SITE]);
    while world.servers.wallets.quotes_asked.last() != Some(&24) {
        world.advance(10);
    }
    world.faults.add("/v1/quotes", 1, Fault::refuse(ErrorCode::WalletRefused));
    world.seconds(2);
    assert_eq!(world.servers.wallets.payments[0].debit, 24);
    world.seconds(100);
    assert_eq!(last_payment(&world), 19);
}

#[test]
fn links_with_large_and_small_amounts_share_alike() {
    let mut world = silent(1);
    world.servers.wallets.minimums.insert(SITE, 300);
    world.visit(PAGE, &[SITE, OTHER]);
    world.seconds(3_700);
    let [dear, cheap] = [SITE, OTHER].map(|receiver| world.servers.wallets.paid_to(receiver));
    assert!((1_500..=2_100).contains(&dear) && (1_500..=2_100).contains(&cheap), "{dear} and {cheap}");
    let heard = world.servers.wallets.payments.iter().filter(|payment| payment.debit < 300);
    let times: Vec<i64> = heard.map(|payment| payment.at.millis()).collect();
    // While the overdraft of the large one is made up for nobody is paid, else every other second.
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 65_000));
    assert!(times.windows(2).filter(|pair| pair[1] - pair[0] <= 2_000).count() > 1_300);
}

#[test]
fn links_with_large_amounts_take_turns_and_small_ones_are_heard_in_between() {
    const THIRD: &str = "https://pay.example/third";
    for links in [[SITE, OTHER, THIRD], [THIRD, SITE, OTHER]] {
        let mut world = silent(1);
        world.servers.wallets.minimums.extend([(SITE, 300), (OTHER, 200)]);
        world.visit(PAGE, &links);
        world.seconds(3_700);
        let paid = [SITE, OTHER, THIRD].map(|receiver| world.servers.wallets.paid_to(receiver));
        assert!(paid.iter().all(|paid| (600..=2_600).contains(paid)), "{paid:?}");
    }
}

#[test]
fn a_share_that_is_less_than_can_be_sent_keeps_nobody_waiting() {
    let mut world = silent(1);
    world.servers.wallets.minimums.extend([(SITE, 66), (OTHER, 60)]);
    world.visit(PAGE, &[SITE, OTHER]);
    world.seconds(1_300);
    let paid = [SITE, OTHER].map(|receiver| world.servers.wallets.paid_to(receiver));
    assert!(paid.iter().all(|paid| *paid >= 500), "{paid:?}");
}

#[test]
fn what_was_saved_up_for_one_page_does_not_go_to_another() {
    let mut world = silent(1);
    world.servers.wallets.minimums.insert(SITE, 1_000);
    let dear = world.visit(PAGE, &[SITE]);
    world.seconds(700);
    world.visit("https://plain.example/", &[]);
    world.seconds(10);
    world.visit("https://cheap.example/", &[OTHER]);
    world.seconds(5);
    let paid = world.servers.wallets.paid_to(OTHER);
    assert!((60..=70).contains(&paid), "{paid}");
    // And it is saved up for anew.
    world.activate(dear);
    world.seconds(900);
    assert_eq!(world.servers.wallets.paid_to(SITE), 0);
    world.seconds(100);
    assert_eq!(world.servers.wallets.paid_to(SITE), 1_000);
}

#[test]
fn what_is_saved_up_waits_while_its_receiver_rests_or_is_out_of_sight() {
    let mut world = silent(1);
    world.servers.wallets.minimums.insert(SITE, 1_000);
    let tab = world.visit(PAGE, &[SITE]);
    world.seconds(700);
    world.visit("https://plain.example/", &[]);
    world.seconds(10);
    // The worker has no quote any more, and gets none for a while.
    world.kill(false);
    world.faults.add("/v1/quotes", 12, Fault::refuse(ErrorCode::WalletRefused));
    world.activate(tab);
    world.seconds(20);
    assert_eq!((world.page().as_str(), world.servers.wallets.paid_to(SITE)), ("problem", 0));
    world.seconds(480);
    assert_eq!(world.servers.wallets.paid_to(SITE), 1_000);
}
