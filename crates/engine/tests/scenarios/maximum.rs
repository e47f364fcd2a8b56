//! The most that one wallet may get, whatever pages say.

use engine::Command;

use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

/// One that pays at this rate, and no wallet more than that one.
fn limited(rate: &str, maximum: &str) -> World {
    let mut world = World::connected();
    world.command(Command::SetRate(rate.to_owned()));
    world.command(Command::SetMaximumRate(Some(maximum.to_owned())));
    world
}

#[test]
fn one_wallet_gets_the_maximum_in_even_payments() {
    let mut world = limited("360", "36");
    world.visit(PAGE, &[SITE]);
    world.seconds(121);
    assert!((118..=122).contains(&world.servers.wallets.paid()), "{}", world.servers.wallets.paid());
    assert!(world.servers.wallets.payments.iter().all(|payment| payment.debit == 1));
    assert_eq!(world.page(), "paying");
}

#[test]
fn several_share_the_rate_as_long_as_none_gets_too_much() {
    // A cent a second for all, and for each a cent in four seconds.
    let mut world = limited("36", "9");
    let third = "https://pay.example/third";
    world.visit(PAGE, &[SITE, OTHER, third]);
    world.seconds(240);
    for address in [SITE, OTHER, third] {
        let paid = world.servers.wallets.paid_to(address);
        assert!((55..=61).contains(&paid), "{address} {paid}");
    }
    // Of six each gets a sixth of the rate.
    let mut world = limited("36", "9");
    let addresses: Vec<String> = (0..6).map(|number| format!("https://pay.example/number{number}")).collect();
    world.visit(PAGE, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
    world.seconds(20);
    let before = world.servers.wallets.paid();
    world.seconds(120);
    assert!((115..=122).contains(&(world.servers.wallets.paid() - before)));
    assert!(addresses.iter().all(|address| world.servers.wallets.paid_to(address).abs_diff(23) <= 3));
}

#[test]
fn a_maximum_that_is_not_reached_changes_nothing() {
    let mut world = limited("36", "36");
    world.visit(PAGE, &[SITE]);
    world.seconds(10);
    let before = world.payments();
    world.seconds(60);
    assert_eq!(world.payments() - before, 60);
    // Nor are they later.
    let mut unlimited = World::looking_at(&[SITE]);
    unlimited.seconds(70);
    let phase = |world: &World| world.servers.wallets.payments.last().unwrap().at.millis() % 1_000;
    assert_eq!(phase(&world), phase(&unlimited));
}

#[test]
fn no_way_of_looking_at_pages_gets_a_wallet_more() {
    let mut world = limited("360", "3.6");
    let alias = "https://pay.example/alias";
    let document = world.servers.wallets.document(SITE);
    world.servers.wallets.documents.insert(alias.to_owned(), (200, document.1));
    let tabs = [world.visit(PAGE, &[SITE]), world.visit("https://other.example/", &[alias, OTHER])];
    for step in 0..200_usize {
        world.activate(tabs[step % 2]);
        world.advance(700);
        match step % 50 {
            0 | 20 | 30 => world.kill(step % 20 == 0),
            10 => world.navigate(tabs[step % 2], PAGE, &[alias]),
            40 => {
                world.session.clear();
                world.kill(false);
            }
            _ => {}
        }
    }
    // A cent in ten seconds, and what was found for the alias went to the same account.
    let most = world.elapsed / 10_000 + 1;
    let [site, other] = [SITE, OTHER].map(|address| world.servers.wallets.paid_to(address));
    let alias = world.servers.wallets.paid_to(alias);
    assert!(site + alias <= most && site + alias >= 2, "{site} {alias} {most}");
    assert!(other <= most, "{other}");
}

#[test]
fn what_is_the_least_can_be_sent_and_is_worked_off() {
    let mut world = limited("72", "36");
    world.servers.wallets.minimum = 50;
    world.visit(PAGE, &[SITE]);
    world.seconds(600);
    let paid = world.servers.wallets.paid();
    assert!((400..=650).contains(&paid), "{paid}");
    let at: Vec<i64> = world.servers.wallets.payments.iter().map(|payment| payment.at.millis()).collect();
    assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= 49_000), "{at:?}");
}

#[test]
fn who_has_enough_does_not_keep_the_others_waiting() {
    // Whether what it got is little or had to be saved up for: the purse, which gave it more than
    // there was, fills again before that is worked off.
    for (minimum, rate, filling) in [(50, "72", 26), (300, "36", 62)] {
        let mut world = limited(rate, "36");
        world.servers.wallets.minimum = minimum;
        world.visit("https://first.example/", &[SITE]);
        while world.payments() == 0 {
            world.seconds(1);
        }
        world.servers.wallets.minimum = 1;
        world.visit(PAGE, &[SITE, OTHER]);
        world.seconds(filling);
        let before = world.servers.wallets.paid_to(OTHER);
        world.seconds(20);
        assert!(world.servers.wallets.paid_to(OTHER) - before >= 18, "{minimum}");
        assert_eq!(world.servers.wallets.paid_to(SITE), minimum);
    }
}

#[test]
fn what_the_user_gives_once_does_not_count() {
    let mut world = limited("36", "3.6");
    world.visit(PAGE, &[SITE]);
    world.seconds(5);
    world.command(Command::PayOnce { site: "site.example".to_owned(), amount: "1".to_owned() });
    world.seconds(5);
    let before = world.servers.wallets.paid();
    assert!(before > 100);
    world.seconds(100);
    assert!((9..=11).contains(&(world.servers.wallets.paid() - before)));
}

#[test]
fn a_maximum_is_set_shown_kept_and_taken_away() {
    let mut world = World::paying();
    assert!(world.view()["settings"]["maximumRate"].is_null());
    for wrong in ["0", "", "fast", "-1"] {
        world.command(Command::SetMaximumRate(Some(wrong.to_owned())));
        assert_eq!(world.notice().as_deref(), Some("rate_invalid"), "{wrong}");
        assert!(world.view()["settings"]["maximumRate"].is_null());
    }
    world.command(Command::SetMaximumRate(Some("3,60".to_owned())));
    world.session.clear();
    world.kill(false);
    assert_eq!(world.view()["settings"]["maximumRate"]["value"], "3.60");
    world.seconds(10);
    let before = world.servers.wallets.paid();
    world.seconds(100);
    assert_eq!(world.servers.wallets.paid() - before, 10);
    world.command(Command::SetMaximumRate(None));
    world.seconds(10);
    let before = world.servers.wallets.paid();
    world.seconds(100);
    assert!((98..=102).contains(&(world.servers.wallets.paid() - before)));
}
