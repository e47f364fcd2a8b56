//! Connecting a wallet: each step, each way to fail, and death in between.

use engine::Command;
use protocol::{ErrorBody, ErrorCode};
use serde_json::json;

use crate::faults::Fault;
use crate::wallets::{ALICE, AUTH};
use crate::world::World;

/// An attempt that has come to the wallet's consent page.
pub(crate) fn deciding() -> World {
    let mut world = World::new();
    world.upload_key();
    world.connect("10", false);
    world.seconds(1);
    assert_eq!(world.connection(), "awaitingConsent");
    world
}

/// What is left of an attempt that has ended: its reason, and nothing else.
pub(crate) fn assert_ended<'a>(world: &mut World, problem: impl Into<Option<&'a str>>) {
    assert_eq!((world.connection().as_str(), world.notice().as_deref()), ("disconnected", problem.into()));
    assert_eq!((world.local.get("account"), world.local.get("attempt")), (None, None));
    assert_eq!((world.timer, world.alarm), (None, false));
    // The form can be used again.
    (world.proxy_is_down, world.servers.wallets.documents) = (false, Default::default());
    world.faults.clear();
    world.upload_key();
    world.connect("10", false);
    world.seconds(1);
    assert_eq!(world.connection(), "awaitingConsent");
}

pub(crate) fn grant_is_cancelled(world: &World) -> bool {
    world.servers.wallets.grant.as_ref().unwrap().cancelled
}

#[test]
fn each_step_can_be_seen() {
    let mut world = World::new();
    world.connect("10", true);
    assert_eq!(world.connection(), "checkingWallet");
    world.seconds(1);
    assert_eq!(world.connection(), "awaitingKey");
    assert_eq!(world.view()["connection"]["wallet"]["name"], "Alice");
    world.upload_key();
    world.servers.wallets.wait = 5;
    let requested = world.elapsed;
    while world.connection() == "awaitingKey" {
        world.advance(10);
    }
    assert_eq!(world.connection(), "requestingGrant");
    world.advance(100);
    assert_eq!(world.connection(), "awaitingConsent");
    world.decide(true);
    assert_eq!(world.connection(), "finishing");
    world.seconds(8);
    assert!(world.elapsed > requested);
    let connection = world.view()["connection"].take();
    assert_eq!((connection["state"].as_str(), connection["monthly"].as_bool()), (Some("connected"), Some(true)));
    assert_eq!(connection["budget"], json!({"value": "10.00", "assetCode": "USD", "assetScale": 2}));
    assert_eq!(connection["spent"]["value"], "0.00");
    assert_eq!(world.consent_tab(), None);
    assert_eq!(world.local.get("attempt"), None);
}

#[test]
fn what_was_typed_wrong_is_said_and_nothing_is_sent() {
    let mut world = World::new();
    for (address, problem) in [
        ("", "wallet_address_invalid"),
        ("alice", "wallet_address_invalid"),
        ("https://10.0.0.1/alice", "wallet_forbidden"),
        ("http://wallet.example/alice", "wallet_address_invalid"),
    ] {
        let wallet_address = address.to_owned();
        world.command(Command::Connect { wallet_address, amount: "10".to_owned(), monthly: false });
        assert_eq!(world.notice().as_deref(), Some(problem), "{address}");
    }
    assert!(world.calls.is_empty());
    for amount in ["", "0", "-1", "ten", "1.234", "1,234", "99999999999999999999"] {
        world.connect(amount, false);
        world.seconds(1);
        assert_eq!(world.notice().as_deref(), Some("amount_invalid"), "{amount}");
    }
}

#[test]
fn a_wallet_that_is_not_there_ends_the_attempt() {
    for (status, body, problem) in [
        (404, "", "wallet_not_found"),
        (500, "", "wallet_unreachable"),
        (429, "", "wallet_unreachable"),
        (403, "", "wallet_unreadable"),
        (200, "<html>", "wallet_unreadable"),
    ] {
        let mut world = World::new();
        world.servers.wallets.documents.insert(ALICE.to_owned(), (status, body.to_owned()));
        world.connect("10", false);
        world.seconds(1);
        assert_ended(&mut world, problem);
    }
    let mut world = World::new();
    world.faults.add(ALICE, 1, Fault::LoseRequest);
    world.connect("10", false);
    world.seconds(1);
    assert_ended(&mut world, "wallet_unreachable");
}

#[test]
fn a_public_wallet_must_not_lead_into_the_users_network() {
    for inside in ["https://10.0.0.1", "http://127.0.0.1:8080"] {
        let mut world = World::new();
        let document =
            json!({"id": ALICE, "assetCode": "USD", "assetScale": 2, "authServer": AUTH, "resourceServer": inside});
        world.servers.wallets.documents.insert(ALICE.to_owned(), (200, document.to_string()));
        world.connect("10", false);
        world.seconds(1);
        assert_ended(&mut world, "wallet_forbidden");
    }
}

#[test]
fn the_key_is_waited_for_but_not_for_ever() {
    let mut world = World::new();
    world.connect("10", false);
    world.seconds(600);
    assert_eq!(world.connection(), "awaitingKey");
    assert!((250..=320).contains(&world.calls_to("jwks.json")));
    assert_eq!(world.calls_to("/v1/grants"), 0);
    world.seconds(400);
    assert_ended(&mut world, "key_missing");
}

#[test]
fn a_wallet_that_hiccups_while_the_key_is_waited_for_is_asked_again() {
    let mut world = World::new();
    world.faults.add("jwks.json", 2, Fault::Status(503));
    world.faults.add("jwks.json", 1, Fault::LoseReply);
    world.faults.add("jwks.json", 1, Fault::Delay(60_000));
    world.upload_key();
    world.connect("10", false);
    world.seconds(20);
    assert_eq!(world.connection(), "awaitingConsent");
}

#[test]
fn tokens_that_cannot_be_sent_are_refused() {
    for member in ["/accessToken/value", "/continue/token", "/session"] {
        for bad in ["", "a b", "a\nb", "ä"] {
            let mut world = deciding();
            let forge = move |body: &mut serde_json::Value| *body.pointer_mut(member).unwrap() = json!(bad);
            world.faults.add("/v1/grants/continue", 1, Fault::Forge(Box::new(forge)));
            world.decide(true);
            world.seconds(1);
            assert_ended(&mut world, "proxy_unreadable");
        }
    }
}

#[test]
fn what_the_proxy_says_ends_the_attempt_with_its_reason() {
    for (code, problem) in [
        (ErrorCode::KeyRevoked, "key_missing"),
        (ErrorCode::WalletNotFound, "wallet_not_found"),
        (ErrorCode::WalletUnreachable, "wallet_unreachable"),
        (ErrorCode::WalletRefused, "wallet_refused"),
        (ErrorCode::InvalidRequest, "proxy_refused"),
    ] {
        let mut world = World::new();
        world.upload_key();
        world.faults.add("/v1/grants", 1, Fault::refuse(code));
        world.connect("10", false);
        world.seconds(1);
        assert_ended(&mut world, problem);
        let mut world = deciding();
        world.faults.add("/v1/grants/continue", 1, Fault::refuse(code));
        world.decide(true);
        world.seconds(1);
        assert_ended(&mut world, problem);
    }
    let mut world = World::new();
    world.upload_key();
    world.proxy_is_down = true;
    world.connect("10", false);
    world.seconds(1);
    assert_ended(&mut world, "proxy_unreachable");
}

#[test]
fn a_proxy_that_asks_to_wait_is_waited_for() {
    let mut world = World::new();
    world.upload_key();
    let mut error = ErrorBody::new(ErrorCode::RateLimited, "Too many.");
    error.retry_after = Some(20);
    world.faults.add("/v1/grants", 1, Fault::Refuse(error));
    world.connect("10", false);
    world.seconds(15);
    assert_eq!(world.calls_to("/v1/grants"), 1);
    world.seconds(10);
    assert_eq!(world.connection(), "awaitingConsent");
}

#[test]
fn a_wrong_clock_is_put_right_in_between() {
    for error in [-7_200_000, 7_200_000] {
        let mut world = World::new();
        world.clock_error = error;
        world.upload_key();
        world.connect("10", false);
        world.seconds(5);
        assert_eq!(world.connection(), "awaitingConsent");
        world.decide(true);
        world.seconds(3);
        assert_eq!(world.connection(), "connected");
    }
}

#[test]
fn a_proxy_that_never_likes_the_clock_is_not_asked_in_a_loop() {
    let mut world = World::new();
    world.upload_key();
    world.faults.add("/v1/grants", u32::MAX, Fault::refuse(ErrorCode::ClockSkew));
    world.connect("10", false);
    world.seconds(30);
    assert!((2..=31).contains(&world.calls_to("/v1/grants")), "{}", world.calls_to("/v1/grants"));
    world.command(Command::CancelConnect);
    assert_ended(&mut world, None);
}

#[test]
fn a_worker_that_dies_after_any_effect_takes_the_attempt_up_again_or_ends_it() {
    for calls_are_lost in [false, true] {
        for effects in 0..40 {
            let mut world = World::new();
            world.upload_key();
            world.fuse = Some(effects);
            world.connect("10", false);
            world.seconds(1);
            if world.consent_tab().is_some() {
                world.decide(true);
                world.advance(30);
            }
            if world.deaths == 0 {
                world.kill(calls_are_lost);
            }
            world.view();
            world.seconds(61);
            match world.connection().as_str() {
                "connected" => {
                    world.visit("https://site.example/", &[crate::wallets::SITE]);
                    world.seconds(3);
                    assert!(world.payments() > 0, "{effects}");
                }
                "awaitingConsent" => {
                    world.decide(true);
                    world.seconds(1);
                    assert_eq!(world.connection(), "connected", "{effects}");
                }
                "disconnected" => {
                    world.connect("10", false);
                    world.seconds(5);
                    assert_eq!(world.connection(), "awaitingConsent", "{effects}");
                }
                stuck => panic!("{stuck} after {effects} effects"),
            }
        }
    }
}

#[test]
fn a_key_that_cannot_be_read_any_more_is_replaced_and_waited_for() {
    let mut world = World::new();
    world.upload_key();
    world.faults.add("/v1/grants", 1, Fault::Delay(5_000));
    world.connect("10", false);
    world.advance(500);
    world.key_is_readable = false;
    world.kill(true);
    world.servers.wallets.keys.clear();
    world.seconds(40);
    assert_eq!(world.connection(), "awaitingKey");
    world.upload_key();
    world.seconds(5);
    assert_eq!(world.connection(), "awaitingConsent");
}
