//! Pages that embed other pages, and pages with many links.

use engine::{Command, FrameId, FrameMessage, Input, TabId};

use crate::browser::WINDOW;
use crate::faults::Fault;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

fn wallet(name: &str) -> String {
    format!("https://pay.example/{name}")
}

/// The addresses of so many links, with eight wallets among them.
fn links(count: usize) -> Vec<String> {
    (0..count).map(|number| wallet(&format!("number{}", number % 8))).collect()
}

/// Whom the last payments went to, oldest first.
fn last_paid(world: &World, count: usize) -> Vec<String> {
    let payments = &world.servers.wallets.payments;
    let last = payments[payments.len() - count..].iter();
    last.map(|payment| world.servers.wallets.account_of(&payment.receiver)).collect()
}

/// How many links of a frame got `load`, and how many an `error`.
fn settled(world: &World, frame: u32) -> [usize; 2] {
    let told = world.told.iter().filter(|(_, to, _)| *to == FrameId(frame)).map(|(_, _, message)| message);
    let loaded = told.clone().filter(|message| matches!(message, FrameMessage::Load(_))).count();
    [loaded, told.filter(|message| matches!(message, FrameMessage::Error(_))).count()]
}

#[test]
fn frames_take_turns_and_the_main_one_begins() {
    let mut world = World::connected();
    let [first, second, third, fourth, fifth] = ["first", "second", "third", "fourth", "fifth"].map(wallet);
    let tab = world.visit(PAGE, &[]);
    // Before the main frame, and with numbers below and above its own.
    world.embed_many(tab, 0, "https://a.example", &[&second, "https://10.0.0.1/a", &fifth]);
    world.embed_many(tab, u32::MAX, "https://b.example", &[&third]);
    world.navigate(tab, PAGE, &[&first, &fourth]);
    world.seconds(30);
    assert_eq!(world.view()["page"]["receivers"][0], first.as_str());
    let mut order = last_paid(&world, 10);
    let start = order.iter().position(|paid| *paid == first).unwrap();
    order.rotate_left(start % 5);
    let turns = [first, second, third, fourth, fifth];
    assert_eq!(order, [turns.clone(), turns].concat());
}

#[test]
fn a_wallet_in_two_frames_has_one_share_and_both_hear_of_it() {
    let mut world = World::connected();
    let tab = world.visit(PAGE, &[SITE, OTHER]);
    let link = world.browser.tab(tab).links[0].0;
    world.embed(tab, "https://a.example", SITE);
    world.seconds(60);
    let [site, other] = [SITE, OTHER].map(|address| world.servers.wallets.paid_to(address));
    assert!(site.abs_diff(other) <= 2, "{site} {other}");
    let heard = |frame: u32, link: u32| {
        let hears = |message: &FrameMessage| matches!(message, FrameMessage::Monetization { link: heard, .. } if heard.0 == link);
        world.told.iter().filter(|(_, to, message)| *to == FrameId(frame) && hears(message)).count()
    };
    let main = world.browser.front().unwrap().frame.unwrap();
    assert!(heard(main, link) > 25 && heard(main, link).abs_diff(heard(u32::MAX, 1)) <= 1);
}

#[test]
fn a_page_has_thirty_two_sessions_in_all_its_frames() {
    let names = links(40);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::connected();
    let tab = world.visit(PAGE, &names[..9]);
    let main = world.browser.tab(tab).frame.unwrap();
    world.embed_many(tab, 1_000, "https://a.example", &names[10..35]);
    world.embed_many(tab, 1_001, "https://b.example", &["$none", names[36]]);
    world.seconds(1);
    assert_eq!([main, 1_000, 1_001].map(|frame| settled(&world, frame)), [[9, 0], [23, 2], [0, 2]]);
    // One that goes makes room for one of those that had none, and not for the next that comes.
    world.change_links(tab, |links| links.truncate(8));
    world.embed_many(tab, 1_002, "https://c.example", &names[37..]);
    world.seconds(1);
    assert_eq!([1_000, 1_001, 1_002].map(|frame| settled(&world, frame)), [[23, 2], [0, 2], [0, 3]]);
}

#[test]
fn a_link_that_had_no_place_gets_that_of_another() {
    let names = [links(32), vec![SITE.to_owned()]].concat();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::connected();
    let tab = world.visit(PAGE, &names);
    let main = world.browser.tab(tab).frame.unwrap();
    world.seconds(20);
    assert_eq!((settled(&world, main), world.calls_to(SITE)), ([32, 1], 0));
    world.change_links(tab, |links| drop(links.remove(0)));
    world.seconds(20);
    // Its page has heard what came of it, and hears of its payments.
    assert_eq!(settled(&world, main), [32, 1]);
    assert!(world.servers.wallets.paid_to(SITE) > 0);
}

#[test]
fn documents_that_do_not_come_do_not_add_up() {
    let names: Vec<String> = (0..40).map(|number| wallet(&format!("slow{number}"))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::connected();
    world.faults.add("/slow", u32::MAX, Fault::Delay(6_000));
    let tab = world.visit(PAGE, &names[..20]);
    world.seconds(2);
    world.navigate(tab, PAGE, &names[20..]);
    world.seconds(2);
    assert_eq!(world.calls_to("/slow"), 32);
    // Those that have waited are asked for once there is room.
    world.seconds(15);
    let main = world.browser.tab(tab).frame.unwrap();
    assert_eq!((world.calls_to("/slow"), settled(&world, main)), (40, [20, 0]));
}

#[test]
fn links_that_wait_get_their_places_in_turn() {
    let names = links(50);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::connected();
    world.command(Command::SetEnabled(false));
    let tab = world.visit(PAGE, &[]);
    world.embed_many(tab, 1_000, "https://a.example", &names[..30]);
    world.embed_many(tab, 1_001, "https://b.example", &names[30..32]);
    // What is no address takes no place.
    world.navigate(tab, PAGE, &[&["$none"], &names[32..]].concat());
    let main = world.browser.tab(tab).frame.unwrap();
    world.command(Command::SetEnabled(true));
    world.seconds(1);
    assert_eq!([main, 1_000, 1_001].map(|frame| settled(&world, frame)), [[15, 4], [15, 15], [2, 0]]);
}

#[test]
fn what_is_embedded_does_not_say_whose_page_it_is() {
    let mut world = World::connected();
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: false });
    // A tab that was just opened, and of which the browser has said nothing yet.
    let tab = world.browser.open(PAGE);
    world.give(Input::TabActivated(TabId(tab), WINDOW));
    world.sneak_in(tab, u32::MAX, "https://a.example", &[SITE]);
    world.seconds(5);
    assert_eq!((world.calls_to(SITE), world.view()["page"].is_null()), (0, true));
    world.navigate(tab, PAGE, &[SITE]);
    world.seconds(5);
    assert_eq!((world.calls_to(SITE), world.page().as_str()), (0, "siteOff"));
}
