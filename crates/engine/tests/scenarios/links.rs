//! Links: what is fetched and when, and what a page hears of it.

use engine::{Command, FrameMessage};
use serde_json::json;

use crate::faults::Fault;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

fn heard(world: &World) -> Vec<&'static str> {
    let name = |message: &FrameMessage| match message {
        FrameMessage::Load(_) => "load",
        FrameMessage::Error(_) => "error",
        FrameMessage::Monetization { .. } => "monetization",
    };
    world.told.iter().map(|(_, _, message)| name(message)).filter(|name| *name != "monetization").collect()
}

#[test]
fn each_link_loads_or_fails_once() {
    let mut world = World::looking_at(&[SITE, "https://pay.example/a/b", SITE, "$pay.example", "https://10.0.0.1/a"]);
    world.seconds(5);
    assert_eq!(heard(&world).iter().filter(|name| **name == "load").count(), 2);
    assert_eq!(heard(&world).iter().filter(|name| **name == "error").count(), 3);
    assert_eq!(world.calls_to(SITE), 1);
    assert_eq!(world.calls_to("10.0.0.1"), 0);
}

#[test]
fn what_is_no_wallet_is_an_error() {
    for (status, body) in [(404, "{}"), (500, "{}"), (200, "<html>"), (200, "{}"), (201, "{}")] {
        let mut world = World::connected();
        world.servers.wallets.documents.insert(SITE.to_owned(), (status, body.to_owned()));
        world.visit(PAGE, &[SITE]);
        world.seconds(2);
        assert_eq!(heard(&world), ["error"], "{status} {body}");
        assert_eq!((world.calls_to("/v1/incoming-payments"), world.calls_to("/v1/quotes")), (1, 0));
    }
    let mut world = World::connected();
    world.faults.add(SITE, 1, Fault::LoseReply);
    world.visit(PAGE, &[SITE]);
    world.seconds(20);
    assert_eq!((heard(&world), world.page().as_str()), (vec!["error"], "notMonetized"));
    assert_eq!((world.timer, world.alarm), (None, false));
}

#[test]
fn a_document_must_not_lead_into_the_users_network() {
    for inside in ["https://192.168.0.1/rs", "http://127.0.0.1:4201", "https://printer.local/"] {
        let mut world = World::connected();
        let document = json!({"id": SITE, "assetCode": "USD", "assetScale": 2, "authServer": "https://auth.pay.example",
            "resourceServer": inside});
        world.servers.wallets.documents.insert(SITE.to_owned(), (200, document.to_string()));
        world.visit(PAGE, &[SITE]);
        world.seconds(2);
        assert_eq!((heard(&world), world.calls_to("/v1/quotes")), (vec!["error"], 0), "{inside}");
    }
}

#[test]
fn loopback_pages_alone_may_name_loopback_wallets() {
    let address = "http://127.0.0.1:4201/site";
    for (page, expected) in [(PAGE, "error"), ("http://localhost:4000/", "load"), ("http://127.0.0.1:1/a?b", "load")] {
        let mut world = World::connected();
        let document = json!({"id": address, "assetCode": "USD", "assetScale": 2,
            "authServer": "http://127.0.0.1:4201/auth", "resourceServer": "http://127.0.0.1:4201"});
        world.servers.wallets.documents.insert(address.to_owned(), (200, document.to_string()));
        world.visit(page, &[address]);
        world.seconds(1);
        assert_eq!(heard(&world), [expected], "{page}");
        assert_eq!(world.calls_to(address), usize::from(expected == "load"), "{page}");
    }
}

#[test]
fn nothing_is_fetched_before_a_page_may_be_paid_and_then_it_is() {
    let calls = |world: &World| world.calls_to("pay.example") + world.calls_to("proxy.example/v1/incoming");

    let mut world = World::new();
    world.visit(PAGE, &[SITE]);
    world.seconds(60);
    assert!(world.calls.is_empty());

    let mut world = World::connected();
    world.command(Command::SetEnabled(false));
    let before = world.calls.len();
    world.visit(PAGE, &[SITE]);
    world.kill(false);
    world.seconds(60);
    assert_eq!(world.calls.len(), before);
    world.command(Command::SetEnabled(true));
    world.seconds(2);
    assert!(calls(&world) > 0 && world.payments() > 0);

    let mut world = World::connected();
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: false });
    let before = world.calls.len();
    let tab = world.visit(PAGE, &[SITE]);
    world.kill(false);
    world.seconds(60);
    assert_eq!((world.calls.len(), world.page().as_str()), (before, "siteOff"));
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: true });
    world.seconds(2);
    assert!(world.payments() > 0);
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: false });
    world.seconds(1);
    let paid = world.payments();
    world.seconds(10);
    assert_eq!(world.payments(), paid);
    world.close(tab);
}

#[test]
fn a_page_that_is_not_looked_at_is_not_looked_up() {
    let mut world = World::connected();
    let hidden = world.visit(PAGE, &[]);
    world.visit("https://other.example/", &[]);
    let before = world.calls.len();
    world.browser.activate(hidden);
    let other = world.browser.open("https://third.example/");
    world.activate(other);
    world.navigate(hidden, PAGE, &[SITE]);
    world.seconds(30);
    assert_eq!((world.calls.len(), heard(&world).len()), (before, 0));
    world.lock(true);
    world.activate(hidden);
    world.seconds(30);
    assert_eq!((world.calls.len(), heard(&world).len()), (before, 0));
    world.lock(false);
    world.seconds(1);
    assert_eq!(heard(&world), ["load"]);
}

#[test]
fn a_frame_belongs_to_the_site_that_it_is_shown_in() {
    let mut world = World::connected();
    world.command(Command::SetSiteEnabled { site: "news.example".to_owned(), enabled: false });
    let tab = world.visit("https://news.example/", &[]);
    world.embed(tab, "https://ads.example", SITE);
    world.seconds(5);
    assert_eq!((world.calls_to("pay.example"), world.page().as_str()), (0, "siteOff"));
    world.command(Command::SetSiteEnabled { site: "news.example".to_owned(), enabled: true });
    world.seconds(5);
    assert!(world.payments() > 0);
    world.command(Command::SetSiteEnabled { site: "ads.example".to_owned(), enabled: false });
    world.seconds(1);
    let paid = world.payments();
    world.seconds(5);
    assert_eq!(world.payments(), paid);
}

#[test]
fn links_come_and_go_while_the_page_is_there() {
    let mut world = World::looking_at(&[SITE]);
    let tab = world.browser.front().unwrap().id;
    world.seconds(3);
    let known = world.browser.tab(tab).links.clone();
    world.change_links(tab, |links| links.push((100, OTHER.to_owned())));
    world.seconds(10);
    assert_eq!(heard(&world), ["load", "load"]);
    assert!(world.events(100) >= 4);
    world.change_links(tab, |links| links.retain(|(id, _)| *id == 100));
    world.seconds(1);
    let before = world.events(known[0].0);
    world.seconds(5);
    assert_eq!(world.events(known[0].0), before);
    world.change_links(tab, |links| links.clear());
    world.seconds(1);
    let paid = world.payments();
    world.seconds(10);
    assert_eq!((world.payments(), world.timer), (paid, None));
    world.change_links(tab, |links| links.push((101, SITE.to_owned())));
    world.seconds(2);
    assert!(world.payments() > paid);
}

#[test]
fn a_link_that_is_gone_before_its_document_comes_hears_nothing() {
    let mut world = World::connected();
    world.faults.add(SITE, 1, Fault::Delay(2_000));
    let tab = world.visit(PAGE, &[SITE]);
    world.seconds(1);
    world.change_links(tab, |links| links.clear());
    world.seconds(5);
    assert!(heard(&world).is_empty());
}

#[test]
fn two_wallets_take_turns_and_one_wallet_named_twice_is_one() {
    let mut world = World::looking_at(&[SITE, OTHER, "https://pay.example/alias"]);
    let document = world.servers.wallets.document(SITE);
    world.servers.wallets.documents.insert("https://pay.example/alias".to_owned(), document);
    world.seconds(61);
    let (site, other) = (world.servers.wallets.paid_to(SITE), world.servers.wallets.paid_to(OTHER));
    assert!((58..=63).contains(&(site + other)), "{site} {other}");
    assert!(site.abs_diff(other) <= 1, "{site} {other}");
    let links = world.browser.front().unwrap().links.clone();
    assert_eq!(world.events(links[0].0), world.events(links[2].0));
    assert_eq!(world.view()["page"]["receivers"], json!([SITE, OTHER]));
}

#[test]
fn a_document_that_claims_anothers_id_takes_nothing_from_it() {
    let evil = "https://evil.example/a";
    let document = json!({"id": SITE, "assetCode": "USD", "assetScale": 2, "authServer": "https://evil.example/auth",
        "resourceServer": "https://evil.example/rs"});
    for links in [[SITE, evil], [evil, SITE]] {
        let mut world = World::connected();
        world.servers.wallets.documents.insert(evil.to_owned(), (200, document.to_string()));
        let tab = world.visit("https://evil.example/", &links);
        world.seconds(5);
        world.navigate(tab, PAGE, &[SITE]);
        world.seconds(1);
        let before = world.servers.wallets.paid_to(SITE);
        world.seconds(10);
        assert!(world.servers.wallets.paid_to(SITE) >= before + 8);
    }
}

#[test]
fn a_page_that_is_read_for_long_outlives_many_others() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    for other in 0..70 {
        let address = format!("https://pay.example/number{other}");
        let tab = world.visit("https://many.example/", &[&address]);
        world.seconds(1);
        world.close(tab);
    }
    world.activate(tab);
    world.seconds(1);
    let before = world.servers.wallets.paid_to(SITE);
    world.seconds(10);
    assert!(world.servers.wallets.paid_to(SITE) >= before + 8);
}

#[test]
fn a_page_seen_again_asks_for_nothing_anew() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    for _ in 0..8 {
        world.navigate(tab, PAGE, &[SITE]);
        world.seconds(1);
    }
    world.kill(false);
    world.seconds(5);
    assert_eq!((world.calls_to(SITE), world.calls_to("/v1/incoming-payments")), (1, 1));
    world.seconds(700);
    world.navigate(tab, PAGE, &[SITE]);
    world.seconds(1);
    assert_eq!(world.calls_to(SITE), 2);
}

#[test]
fn incoming_payments_are_created_one_at_a_time_as_their_turn_comes() {
    let addresses: Vec<String> = (0..10).map(|number| format!("https://pay.example/number{number}")).collect();
    let links: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let mut world = World::looking_at(&links);
    world.seconds(1);
    assert!(world.calls_to("/v1/incoming-payments") <= 3, "{}", world.calls_to("/v1/incoming-payments"));
    world.seconds(29);
    assert!(addresses.iter().all(|address| world.servers.wallets.paid_to(address) > 0));
}
