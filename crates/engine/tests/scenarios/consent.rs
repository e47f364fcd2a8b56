//! Connecting, from the consent page on.

use engine::Command;
use serde_json::json;

use crate::connect::{assert_ended, deciding, grant_is_cancelled};
use crate::faults::Fault;
use crate::wallets::AUTH;
use crate::world::{START, World};

#[test]
fn declining_ends_the_attempt() {
    let mut world = deciding();
    world.decide(false);
    assert_eq!(world.consent_tab(), None);
    world.seconds(1);
    assert!(grant_is_cancelled(&world));
    assert_ended(&mut world, "declined");
}

#[test]
fn an_answer_that_is_none_ends_the_attempt() {
    for query in ["result=grant_invalid", "result=unknown_interaction", "hash=abc", "interact_ref=1", "x"] {
        let mut world = deciding();
        let tab = world.consent_tab().unwrap();
        world.finish(tab, query);
        assert_ended(&mut world, "grant_invalid");
    }
    let mut world = deciding();
    let tab = world.consent_tab().unwrap();
    world.navigate(tab, "https://proxy.example/connected", &[]);
    assert_ended(&mut world, "grant_invalid");
}

#[test]
fn a_reference_that_is_not_from_the_wallet_is_not_used() {
    let mut world = deciding();
    let (query, tab) = (world.acceptance().replace("reference-1", "reference-2"), world.consent_tab().unwrap());
    world.finish(tab, &query);
    world.seconds(1);
    assert_eq!(world.calls_to("/v1/grants/continue"), 0);
    assert!(grant_is_cancelled(&world));
    assert_ended(&mut world, "hash_wrong");
}

#[test]
fn only_the_tab_that_was_opened_counts_and_only_the_finish_page() {
    let mut world = deciding();
    let query = world.acceptance();
    world.visit(&format!("https://proxy.example/connected?{query}"), &[]);
    let tab = world.consent_tab().unwrap();
    for elsewhere in ["https://proxy.example/connected2", "https://evil.example/connected", "https://proxy.example/"] {
        world.navigate(tab, &format!("{elsewhere}?{query}"), &[]);
    }
    world.navigate(tab, &format!("{AUTH}more"), &[]);
    assert_eq!(world.connection(), "awaitingConsent");
    world.finish(tab, &query);
    world.seconds(1);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn closing_the_page_ends_the_attempt_unless_the_user_has_accepted() {
    let mut world = deciding();
    let tab = world.consent_tab().unwrap();
    world.close(tab);
    world.seconds(1);
    assert!(grant_is_cancelled(&world));
    assert_ended(&mut world, "tab_closed");

    let mut world = World::new();
    world.upload_key();
    world.servers.wallets.wait = 5;
    world.connect("10", false);
    world.seconds(1);
    let tab = world.consent_tab().unwrap();
    world.decide(true);
    world.close(tab);
    world.seconds(6);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn it_can_be_cancelled_at_each_stage() {
    let at = [0, 10, 30, 50, 70, 100, 130, 200];
    for (milliseconds, listed) in at.map(|at| (at, true)).into_iter().chain([(3_000, false)]) {
        let mut world = World::new();
        if listed {
            world.upload_key();
        }
        world.connect("10", false);
        world.advance(milliseconds);
        world.command(Command::CancelConnect);
        world.seconds(1);
        assert_eq!(world.consent_tab(), None, "{milliseconds}");
        assert_ended(&mut world, None);
    }
    let mut world = World::new();
    world.servers.wallets.wait = 5;
    world.upload_key();
    world.connect("10", false);
    world.seconds(1);
    world.decide(true);
    world.command(Command::CancelConnect);
    world.seconds(1);
    assert!(grant_is_cancelled(&world));
    assert_ended(&mut world, None);
}

#[test]
fn hosts_that_do_not_belong_to_the_wallet_are_shown_and_not_visited() {
    for member in ["/interact/redirect", "/continue/uri"] {
        let mut world = World::new();
        world.upload_key();
        let forge =
            move |body: &mut serde_json::Value| *body.pointer_mut(member).unwrap() = json!("https://evil.example/a");
        world.faults.add("/v1/grants", 1, Fault::Forge(Box::new(forge)));
        world.connect("10", false);
        world.seconds(1);
        assert_eq!(world.view()["notice"]["detail"], "evil.example");
        assert_ended(&mut world, "wrong_host");
    }
    for member in ["/accessToken/manage", "/continue/uri"] {
        let mut world = deciding();
        let forge =
            move |body: &mut serde_json::Value| *body.pointer_mut(member).unwrap() = json!("https://evil.example/a");
        world.faults.add("/v1/grants/continue", 1, Fault::Forge(Box::new(forge)));
        world.decide(true);
        world.seconds(1);
        assert!(grant_is_cancelled(&world));
        assert_ended(&mut world, "wrong_host");
    }
}

#[test]
fn the_wait_is_honoured_and_too_early_is_asked_again() {
    let mut world = World::new();
    world.upload_key();
    world.servers.wallets.wait = 5;
    world.connect("10", false);
    world.seconds(1);
    world.decide(true);
    world.seconds(3);
    assert_eq!(world.calls_to("/v1/grants/continue"), 0);
    world.servers.wallets.wait = 8;
    world.seconds(8);
    assert_eq!(world.connection(), "connected");
    assert!((2..=6).contains(&world.calls_to("/v1/grants/continue")));
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_the_wait() {
    let mut world = World::new();
    world.upload_key();
    world.servers.wallets.wait = 5;
    world.connect("10", false);
    world.seconds(1);
    world.clock_error = -3_600_000;
    world.servers.ahead = -3_600_000;
    world.servers.wallets.grant.as_mut().unwrap().requested = engine::Timestamp::from_millis(START - 3_600_000);
    world.decide(true);
    world.seconds(15);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn the_finish_page_is_that_of_the_proxy_that_was_asked() {
    let mut world = World::new();
    world.upload_key();
    world.faults.add("/v1/grants", 1, Fault::Delay(1_000));
    world.connect("10", false);
    world.advance(500);
    world.command(Command::SetProxyUrl("https://proxy.example/other".to_owned()));
    world.command(Command::SetProxyUrl("https://proxy.example".to_owned()));
    world.command(Command::SetProxyUrl("https://other.example".to_owned()));
    world.seconds(1);
    let tab = world.consent_tab().unwrap();
    let query = world.acceptance();
    world.navigate(tab, &format!("https://other.example/connected?{query}"), &[]);
    assert_eq!(world.connection(), "awaitingConsent");
    world.command(Command::SetProxyUrl("https://proxy.example".to_owned()));
    world.finish(tab, &query);
    world.seconds(1);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn a_new_browser_goes_on_where_nobody_is_needed_and_says_why_it_ends_where_the_page_is_gone() {
    let restart = |world: &mut World| {
        world.browser.tabs.clear();
        world.session.clear();
        world.kill(true);
    };
    let mut world = World::new();
    world.connect("10", false);
    restart(&mut world);
    world.seconds(40);
    assert_eq!(world.connection(), "awaitingKey");
    restart(&mut world);
    world.upload_key();
    world.seconds(40);
    assert_eq!(world.connection(), "awaitingConsent");

    // Whatever tab has the old one's number now.
    restart(&mut world);
    world.browser.open("https://proxy.example/connected?result=grant_rejected");
    assert_eq!((world.connection().as_str(), world.notice().as_deref()), ("disconnected", Some("tab_closed")));
    world.seconds(1);
    assert!(grant_is_cancelled(&world));
    assert_ended(&mut world, "tab_closed");

    world.servers.wallets.wait = 5;
    world.decide(true);
    restart(&mut world);
    world.seconds(40);
    assert_eq!(world.connection(), "connected");
}

#[test]
fn nothing_keeps_the_worker_awake_while_the_user_decides() {
    let mut world = deciding();
    assert_eq!((world.timer, world.alarm), (None, false));
    world.kill(false);
    world.seconds(600);
    world.decide(true);
    world.seconds(1);
    assert_eq!(world.connection(), "connected");
}
