//! What the popup and the toolbar button show.

use engine::{Badge, Command, Idle, Input};
use serde_json::{Value, json};

use crate::wallets::{OTHER, SITE};
use crate::world::World;

#[test]
fn the_key_is_shown_and_the_same_after_a_restart() {
    let mut world = World::new();
    let key = world.view()["publicKey"].take();
    let jwk: Value = serde_json::from_str(key["jwk"].as_str().unwrap()).unwrap();
    assert_eq!((jwk["kid"].clone(), jwk["alg"].as_str()), (key["kid"].clone(), Some("EdDSA")));
    world.kill(false);
    assert_eq!(world.view()["publicKey"], key);
    assert_eq!(world.view()["proxyUrl"], "https://proxy.example/");
}

#[test]
fn each_state_of_a_page_is_told_apart() {
    let mut world = World::new();
    world.visit("https://site.example/", &[SITE]);
    assert_eq!((world.page().as_str(), world.badge), ("notConnected", Some(Badge::Idle)));

    let mut world = World::looking_at(&[SITE, OTHER]);
    world.seconds(3);
    assert_eq!((world.page().as_str(), world.badge), ("paying", Some(Badge::Paying)));
    let page = world.view()["page"].take();
    assert_eq!((page["site"].as_str(), page["siteEnabled"].as_bool()), (Some("site.example"), Some(true)));
    assert_eq!(page["receivers"], json!([SITE, OTHER]));
    assert!(page["problem"].is_null());

    world.lock(true);
    assert_eq!((world.page().as_str(), world.badge), ("paused", Some(Badge::Paused)));
    world.lock(false);
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: false });
    assert_eq!((world.page().as_str(), world.badge), ("siteOff", Some(Badge::Paused)));
    world.command(Command::SetEnabled(false));
    assert_eq!((world.page().as_str(), world.badge), ("off", Some(Badge::Paused)));
    world.command(Command::SetEnabled(true));
    world.visit("https://plain.example:8443/a?b#c", &[]);
    assert_eq!((world.page().as_str(), world.badge), ("notMonetized", Some(Badge::Idle)));
    assert_eq!(world.view()["page"]["site"], "plain.example:8443");
    world.visit("chrome://settings/", &[]);
    assert!(world.view()["page"].is_null());
}

#[test]
fn who_asks_for_something_is_answered_even_if_nothing_changes() {
    let mut world = World::connected();
    for command in [Command::SetEnabled(true), Command::SetRate("fast".to_owned()), Command::SetRate("fast".to_owned())]
    {
        world.give(Input::ViewOpened);
        world.view = None;
        world.command(command.clone());
        assert!(world.view.take().is_some(), "{command:?}");
        world.give(Input::ViewClosed);
    }
}

#[test]
fn what_a_page_got_counts_for_its_visit() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    let paid = |world: &mut World| world.view()["page"]["paid"]["value"].as_str().map(str::to_owned);
    assert_eq!(paid(&mut world), Some(format!("0.{:02}", world.servers.wallets.paid())));
    world.navigate(tab, "https://site.example/another", &[SITE]);
    assert!(paid(&mut world).is_some());
    world.navigate(tab, "https://other.example/", &[OTHER]);
    assert_eq!(paid(&mut world), None);
}

#[test]
fn views_are_published_to_those_who_look_and_only_if_they_change() {
    let mut world = World::looking_at(&[SITE]);
    world.seconds(3);
    assert!(world.view.is_none());
    world.give(Input::ViewOpened);
    assert!(world.view.take().is_some());
    world.give(Input::IdleChanged(Idle::Active));
    assert!(world.view.is_none());
    world.seconds(2);
    let ticks = world.view.take().unwrap()["diagnostics"]["ticks"].as_u64().unwrap();
    assert!(ticks >= 4);
    world.give(Input::ViewClosed);
    world.seconds(2);
    assert!(world.view.is_none());
}

#[test]
fn settings_survive_everything() {
    let mut world = World::connected();
    world.command(Command::SetRate("12.345".to_owned()));
    world.command(Command::SetEnabled(false));
    world.command(Command::SetProxyUrl("https://other.example".to_owned()));
    world.session.clear();
    world.kill(false);
    let view = world.view();
    assert_eq!((view["rate"]["value"].as_str(), view["enabled"].as_bool()), (Some("12.345"), Some(false)));
    assert_eq!(view["proxyUrl"], "https://other.example/");
}
