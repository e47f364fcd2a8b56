//! A key that the wallet does not list any more: waited for, looked for politely, never paid with.

use engine::{Command, Input};
use protocol::ErrorCode;

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

/// A world whose user has taken the key out of the wallet.
fn revoked() -> World {
    let mut world = World::paying();
    take_key_out(&mut world);
    world
}

/// The wallet is what is wrong then, and not the page.
fn take_key_out(world: &mut World) {
    world.servers.wallets.keys.clear();
    world.seconds(3);
    assert_eq!((world.problem().as_deref(), world.page().as_str()), (Some("key_missing"), "problem"));
    assert_eq!(world.page_problem(), None);
}

fn assert_pays(world: &mut World) {
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() >= before + 4 && world.page() == "paying", "{}", world.payments() - before);
    assert_eq!(world.problem(), None);
    assert_all_accounted_for(world);
}

#[test]
fn payments_go_on_by_themselves_once_the_key_is_back() {
    let mut world = World::paying();
    // However long it took the last time.
    for (seconds, within) in [(20, 4), (120, 25), (1_200, 61), (20, 4)] {
        take_key_out(&mut world);
        world.seconds(seconds);
        world.upload_key();
        world.seconds(within);
        assert_pays(&mut world);
    }
}

#[test]
fn nothing_else_is_asked_meanwhile_and_the_list_of_keys_less_and_less_often() {
    let mut world = revoked();
    let (calls, looks) = (world.calls.len(), world.calls_to("jwks.json"));
    world.servers.wallets.expire_token();
    world.servers.wallets.incoming.clear();
    world.seconds(60);
    let first_minute = world.calls_to("jwks.json") - looks;
    assert!((10..=16).contains(&first_minute), "{first_minute}");
    world.seconds(1_200);
    let looks_later = world.calls_to("jwks.json");
    world.seconds(600);
    assert!((9..=11).contains(&(world.calls_to("jwks.json") - looks_later)));
    assert_eq!(world.calls.len() - calls, world.calls_to("jwks.json") - looks);
}

#[test]
fn the_list_is_looked_at_only_while_somebody_looks() {
    let mut world = revoked();
    world.visit("https://plain.example/", &[]);
    world.seconds(1);
    let calls = world.calls.len();
    world.seconds(60);
    assert_eq!((world.calls.len(), world.timer, world.alarm), (calls, None, false));
    world.give(Input::ViewOpened);
    world.seconds(10);
    assert!(world.calls_to("jwks.json") > 2);
    world.upload_key();
    world.seconds(10);
    assert!(world.view.take().unwrap()["connection"]["problem"].is_null());
    world.give(Input::ViewClosed);
    world.seconds(1);
    assert_eq!((world.timer, world.alarm), (None, false));
}

#[test]
fn a_list_that_cannot_be_read_is_looked_at_again() {
    let mut world = revoked();
    world.faults.add("jwks.json", 1, Fault::Status(503));
    world.faults.add("jwks.json", 1, Fault::LoseReply);
    world.faults.add("jwks.json", 1, Fault::Delay(60_000));
    world.upload_key();
    world.seconds(25);
    assert_pays(&mut world);
}

#[test]
fn a_token_that_expired_meanwhile_is_exchanged_when_the_key_is_back() {
    let mut world = World::paying();
    world.servers.wallets.keys.clear();
    world.servers.wallets.expire_token();
    world.seconds(10);
    assert_eq!(world.problem().as_deref(), Some("key_missing"));
    world.upload_key();
    world.seconds(10);
    assert_pays(&mut world);
    // The exchange itself is what meets the revoked key.
    world.servers.wallets.expire_token();
    world.faults.add("/v1/quotes", 1, Fault::refuse(ErrorCode::TokenInactive));
    let keys = std::mem::take(&mut world.servers.wallets.keys);
    world.faults.add("/v1/payments", 1, Fault::refuse(ErrorCode::TokenInactive));
    world.seconds(10);
    assert_eq!(world.problem().as_deref(), Some("key_missing"));
    world.servers.wallets.keys = keys;
    world.seconds(10);
    assert_pays(&mut world);
}

#[test]
fn a_new_key_after_the_old_one_was_lost_only_has_to_be_uploaded() {
    let mut world = World::paying();
    let kid = world.view()["publicKey"]["kid"].clone();
    world.servers.wallets.keys.clear();
    world.key_is_readable = false;
    world.kill(false);
    world.servers.session = "session-for-the-new-key".to_owned();
    world.seconds(1);
    // Before anything is asked of the wallet or the proxy.
    let calls = world.calls_to("/v1/");
    world.seconds(20);
    assert_eq!((world.connection().as_str(), world.problem().as_deref()), ("connected", Some("key_missing")));
    assert_ne!(world.view()["publicKey"]["kid"], kid);
    assert_eq!(world.calls_to("/v1/"), calls);
    world.upload_key();
    world.seconds(10);
    assert_pays(&mut world);
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 1);
}

#[test]
fn the_key_is_missed_again_in_the_next_life() {
    let mut world = revoked();
    for calls_are_lost in [false, true] {
        world.kill(calls_are_lost);
        let (quotes, payments) = (world.calls_to("/v1/quotes"), world.calls_to("/v1/payments"));
        world.seconds(20);
        assert_eq!(world.problem().as_deref(), Some("key_missing"));
        assert!(world.calls_to("/v1/quotes") <= quotes + 1 && world.calls_to("/v1/payments") == payments);
    }
    world.upload_key();
    world.seconds(10);
    assert_pays(&mut world);
}

#[test]
fn a_proxy_that_denies_a_key_which_is_listed_is_not_asked_in_a_loop() {
    let mut world = World::paying();
    world.faults.add("/v1/quotes", u32::MAX, Fault::refuse(ErrorCode::KeyRevoked));
    let before = world.calls.len();
    world.seconds(300);
    let calls = world.calls.len() - before;
    assert!((20..=140).contains(&calls), "{calls}");
    world.faults.clear();
    world.seconds(61);
    assert_pays(&mut world);
}

#[test]
fn the_user_can_disconnect_without_the_key() {
    let mut world = revoked();
    world.visit("https://other.example/", &[OTHER, SITE]);
    world.command(Command::Disconnect);
    assert_eq!((world.connection().as_str(), world.problem()), ("disconnected", None));
    world.seconds(60);
    assert_eq!((world.timer, world.alarm), (None, false));
}

#[test]
fn a_key_that_is_listed_again_is_not_said_to_be_missing_by_an_attempt_that_ended() {
    let mut world = World::paying();
    world.servers.wallets.keys.clear();
    world.command(Command::TopUp { amount: "1000".to_owned(), monthly: false });
    world.seconds(16 * 60);
    assert_eq!(world.notice().as_deref(), Some("key_missing"));
    world.upload_key();
    world.seconds(70);
    assert_eq!((world.notice(), world.problem(), world.page().as_str()), (None, None, "paying"));
}
