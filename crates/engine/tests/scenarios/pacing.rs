//! Pacing: how much accrues, and that no more than that is paid.

use engine::{Command, TabId};
use money::{Accrual, Asset, Rate};

use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

/// What the purse says: accrued, paid, pending, forfeited, and so the balance.
pub(crate) fn purse(world: &World) -> [i128; 5] {
    let kept = [world.stored("spending")["purse"].clone(), world.stored("purse")];
    let newest = kept.iter().max_by_key(|purse| purse["revision"].as_u64()).unwrap();
    let read = |name: &str| newest[name].as_str().map_or(0, |ticks| ticks.parse().unwrap());
    let [accrued, paid, pending, forfeited] = ["accrued", "paid", "pending", "forfeited"].map(read);
    [accrued, paid, pending, forfeited, accrued - paid - pending - forfeited]
}

fn ticks(accrual: Accrual) -> i128 {
    String::from(accrual).parse().unwrap()
}

fn at_rate(per_hour: &str) -> World {
    let mut world = World::connected();
    world.command(Command::SetRate(per_hour.to_owned()));
    world.visit(PAGE, &[SITE]);
    world
}

/// The times between payments, in milliseconds.
fn gaps(world: &World) -> Vec<i64> {
    let times: Vec<i64> = world.servers.wallets.payments.iter().map(|payment| payment.at.millis()).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_page_is_paid_every_second() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(120);
    assert!((119..=121).contains(&world.payments()), "{}", world.payments());
    assert!(gaps(&world).iter().skip(1).all(|gap| *gap == 1000), "{:?}", gaps(&world));
    let link = world.browser.front().unwrap().links[0].0;
    assert_eq!(world.events(link), world.payments());
    let [accrued, .., balance] = purse(&world);
    assert_eq!(accrued, ticks(Rate::from_units_per_hour(3600).unwrap().accrue(119_000)));
    assert!((ticks(Accrual::ZERO) - ticks(Accrual::from_units(1))..=0).contains(&balance));
    // Two calls a second, and now and then one to look after what was paid.
    let calls = world.calls.iter().filter(|(at, _)| *at > world.elapsed - 60_000).count();
    assert!((118..=130).contains(&calls), "{calls}");
}

#[test]
fn the_average_is_the_rate_whatever_the_rate() {
    for (per_hour, hundredths) in
        [("0.60", 60), ("1", 100), ("36", 3600), ("54", 5400), ("50.005", 5000), ("123.45", 12345), ("0.03", 3)]
    {
        let mut world = at_rate(per_hour);
        world.seconds(1_200);
        let paid = world.servers.wallets.paid();
        let (third_of_an_hour, one) = (hundredths / 3, hundredths / 3600 + 1);
        assert!((third_of_an_hour - one..=third_of_an_hour + one).contains(&paid), "{per_hour}: {paid}");
    }
}

#[test]
fn a_currency_without_decimals_and_one_with_many_are_paid_as_well() {
    for (scale, rate, paid) in [(0, "7200", 2_400), (9, "3.6", 1_200_000_000)] {
        let mut world = World::new();
        world.servers.wallets.asset = Asset::new("XYZ", scale).unwrap();
        world.connect_and_accept("1000000", false);
        world.command(Command::SetRate(rate.to_owned()));
        world.visit(PAGE, &[SITE]);
        world.seconds(1_200);
        let second = paid / 1_200;
        assert!((paid - second..=paid + second).contains(&world.servers.wallets.paid()), "{scale}");
    }
}

#[test]
fn hopping_between_pages_pays_no_more() {
    let mut world = at_rate("0.60");
    let tab = world.browser.front().unwrap().id;
    for hop in 0..20 {
        let (url, link) = (format!("https://site{hop}.example/"), format!("https://pay.example/number{hop}"));
        world.navigate(tab, &url, &[&link]);
        world.advance(730);
    }
    assert_eq!(world.servers.wallets.paid(), 1);
}

#[test]
fn reloads_and_other_tabs_pay_no_more() {
    let mut world = World::looking_at(&[SITE]);
    let first = world.browser.front().unwrap().id;
    let second = world.visit("https://other.example/", &[OTHER]);
    for step in 0..100_u64 {
        match step % 4 {
            0 => world.activate(first),
            1 => world.navigate(first, PAGE, &[SITE]),
            2 => world.activate(second),
            _ => world.navigate(second, "https://other.example/#a", &[OTHER]),
        }
        world.advance(330);
    }
    let (paid, looked_at) = (world.servers.wallets.paid(), world.elapsed / 1000);
    assert!(paid <= looked_at + 1 && paid > 15, "{paid} in {looked_at}");
    assert!(world.servers.wallets.paid_to(SITE) > 0 && world.servers.wallets.paid_to(OTHER) > 0);
}

#[test]
fn only_the_page_in_front_is_paid() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    world.visit("https://other.example/", &[OTHER]);
    world.advance(500);
    let before = world.servers.wallets.paid_to(SITE);
    world.seconds(20);
    assert_eq!(world.servers.wallets.paid_to(SITE), before);
    assert!(world.servers.wallets.paid_to(OTHER) >= 18);
    world.visit("https://plain.example/", &[]);
    world.seconds(1);
    let before = world.payments();
    world.seconds(60);
    assert_eq!((world.payments(), world.timer, world.alarm), (before, None, false));
    world.activate(tab);
    world.lock(true);
    world.seconds(60);
    assert_eq!((world.payments(), world.page().as_str(), world.timer), (before, "paused", None));
    world.lock(false);
    world.seconds(3);
    assert!(world.payments() > before);
}

#[test]
fn time_that_is_not_looked_at_does_not_accrue() {
    let mut world = World::paying();
    let accrued = |world: &World| purse(world)[0];
    let before = accrued(&world);
    world.sleep(8 * 3_600_000);
    world.seconds(1);
    let second = ticks(Accrual::from_units(1));
    assert!(accrued(&world) - before <= 4 * second);
    world.clock_error = 86_400_000;
    world.seconds(5);
    world.clock_error = -86_400_000;
    world.seconds(5);
    assert!(accrued(&world) - before <= 14 * second);
    let paid = world.servers.wallets.paid();
    world.clock_error = 0;
    world.seconds(30);
    assert!((25..=32).contains(&(world.servers.wallets.paid() - paid)), "{}", world.servers.wallets.paid() - paid);
}

#[test]
fn late_seconds_merge_and_none_is_lost() {
    let mut world = World::paying();
    let (start, before) = (world.elapsed, world.servers.wallets.paid());
    for _ in 0..30 {
        world.sleep(1_400);
        world.advance(0);
        world.advance(100);
    }
    world.seconds(2);
    let paid = world.servers.wallets.paid() - before;
    assert!(paid.abs_diff((world.elapsed - start) / 1000) <= 2, "{paid}");
}

#[test]
fn slow_answers_pay_later_but_not_less() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", u32::MAX, crate::faults::Fault::Delay(2_500));
    world.seconds(20);
    let before = world.servers.wallets.paid();
    world.seconds(60);
    let paid = world.servers.wallets.paid() - before;
    assert!((57..=63).contains(&paid), "{paid}");
}

#[test]
fn rate_zero_pays_nothing_and_lets_the_worker_sleep() {
    let mut world = World::paying();
    world.command(Command::SetRate("0".to_owned()));
    world.advance(500);
    let paid = world.payments();
    world.seconds(60);
    assert_eq!((world.payments(), world.timer, world.alarm), (paid, None, false));
    assert_eq!(world.page(), "paused");
    world.command(Command::SetRate("36".to_owned()));
    world.seconds(3);
    assert!(world.payments() > paid);
}

#[test]
fn a_changed_rate_counts_from_then_on() {
    let mut world = World::paying();
    // While a quote at the old rate is on its way.
    world.faults.add("/v1/quotes", 1, crate::faults::Fault::Delay(900));
    world.seconds(1);
    world.command(Command::SetRate("360".to_owned()));
    world.seconds(4);
    let [before, start] = [world.servers.wallets.paid(), world.elapsed];
    world.seconds(30);
    assert!((world.servers.wallets.paid() - before).abs_diff((world.elapsed - start) / 100) <= 10);
    world.command(Command::SetRate("0.36".to_owned()));
    world.advance(100);
    let before = world.servers.wallets.paid();
    world.seconds(300);
    let last = world.servers.wallets.payments.last().unwrap().debit;
    assert!(world.servers.wallets.paid() - before <= 4, "{}", world.servers.wallets.paid() - before);
    assert_eq!(last, 1);
    for wrong in ["", "-1", "fast", "1.234567"] {
        world.command(Command::SetRate(wrong.to_owned()));
        assert_eq!(world.notice().as_deref(), Some("rate_invalid"), "{wrong}");
    }
    world.command(Command::SetEnabled(true));
    assert_eq!((world.notice(), world.view()["rate"]["value"].as_str()), (None, Some("0.36")));
}

#[test]
fn the_purse_survives_any_number_of_deaths() {
    let mut world = at_rate("0.60");
    let tab = world.browser.front().unwrap().id;
    for death in 0..100 {
        world.kill(death % 2 == 0);
        world.navigate(tab, PAGE, &[SITE]);
        world.advance(200 + death * 10);
    }
    let looked_at = i128::from(world.elapsed) * ticks(Accrual::from_units(1)) / 60_000;
    let [accrued, paid, pending, _, balance] = purse(&world);
    assert!(accrued <= looked_at);
    assert!(paid + pending <= accrued + ticks(Accrual::from_units(1)) && balance >= -ticks(Accrual::from_units(1)));
    assert!(world.servers.wallets.paid() <= world.elapsed / 60_000 + 1);
}

#[test]
fn a_tab_in_another_window_is_looked_at_when_its_window_is() {
    let mut world = World::paying();
    let tab = TabId(world.browser.front().unwrap().id);
    world.give(engine::Input::WindowFocused(Some(engine::WindowId(7))));
    world.advance(500);
    let before = world.payments();
    world.seconds(10);
    assert_eq!(world.payments(), before);
    // Dragged into the window in front.
    world.give(engine::Input::TabActivated(tab, engine::WindowId(7)));
    world.seconds(5);
    assert!(world.payments() > before);
}
