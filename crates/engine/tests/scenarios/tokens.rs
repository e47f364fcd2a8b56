//! Tokens and sessions: exchanged in time, one at a time, and never lost with a reply.

use engine::Command;
use protocol::ErrorCode;
use serde_json::json;

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{AUTH, SITE};
use crate::world::World;

/// A world whose tokens live for so many seconds.
fn with_tokens_of(life: u64) -> World {
    let mut world = World::new();
    world.servers.wallets.token_life = life;
    world.connect_and_accept("1000", false);
    world.command(Command::SetRate("36".to_owned()));
    world.visit("https://site.example/", &[SITE]);
    world
}

#[test]
fn a_token_is_exchanged_ahead_of_time_and_no_second_is_missed() {
    let mut world = with_tokens_of(100);
    world.seconds(75);
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 0);
    world.seconds(10);
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 1);
    world.seconds(600);
    assert!((6..=9).contains(&world.calls_to("/v1/tokens/rotate")));
    assert!(world.payments() as u64 + 3 >= (world.elapsed - 2_000) / 1000, "{}", world.payments());
    assert_eq!(world.unsettled(), Vec::<String>::new());
}

#[test]
fn a_token_is_not_exchanged_while_nothing_is_paid() {
    let mut world = with_tokens_of(100);
    world.seconds(5);
    let plain = world.visit("https://plain.example/", &[]);
    world.seconds(1_000);
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 0);
    world.close(plain);
    let tab = world.browser.tabs[0].id;
    let before = world.payments();
    world.activate(tab);
    world.seconds(3);
    assert!(world.payments() > before);
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 1);
}

#[test]
fn a_token_that_the_wallet_refuses_is_exchanged_and_the_loop_goes_on() {
    let mut world = World::paying();
    world.seconds(10);
    for _ in 0..5 {
        world.servers.wallets.expire_token();
        let before = world.payments();
        world.seconds(10);
        assert!(world.payments() >= before + 7, "{}", world.payments() - before);
    }
    assert_eq!(world.calls_to("/v1/tokens/rotate"), 5);
    assert_eq!(world.problem(), None);
    assert_all_accounted_for(&world);
}

#[test]
fn a_lost_answer_to_an_exchange_is_asked_for_again() {
    for fault in [
        Fault::LoseReply,
        Fault::LoseRequest,
        Fault::Delay(12_000),
        Fault::Status(502),
        Fault::refuse(ErrorCode::ProxyUnavailable),
    ] {
        let mut world = World::paying();
        world.servers.wallets.expire_token();
        world.faults.add("/v1/tokens/rotate", 3, fault);
        world.seconds(60);
        assert_eq!((world.problem(), world.page().as_str()), (None, "paying"));
        let before = world.payments();
        world.seconds(10);
        assert!(world.payments() >= before + 9);
    }
}

#[test]
fn death_during_an_exchange_loses_nothing() {
    for effects in 0..16 {
        for calls_are_lost in [false, true] {
            let mut world = World::paying();
            world.servers.wallets.expire_token();
            world.fuse = Some(effects);
            world.advance(1_100);
            if world.deaths == 0 {
                world.kill(calls_are_lost);
            }
            world.seconds(8);
            let before = world.payments();
            world.seconds(5);
            assert!(world.payments() >= before + 4, "{effects}");
            assert_all_accounted_for(&world);
        }
    }
}

#[test]
fn an_exchange_that_the_proxy_has_forgotten_too_leaves_a_way_out() {
    let mut world = World::paying();
    world.servers.wallets.expire_token();
    world.faults.add("/v1/tokens/rotate", 1, Fault::LoseReply);
    while world.calls_to("/v1/tokens/rotate") == 0 {
        world.advance(10);
    }
    world.advance(30);
    world.kill(false);
    world.servers.rotations.clear();
    world.seconds(10);
    assert_eq!((world.problem().as_deref(), world.page().as_str()), (Some("token_lost"), "problem"));
    world.command(Command::TopUp { amount: "1000".to_owned(), monthly: false });
    world.seconds(1);
    world.decide(true);
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    world.seconds(2);
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() >= before + 4);
    assert_all_accounted_for(&world);
}

#[test]
fn a_token_that_is_gone_is_said_and_the_user_can_connect_anew() {
    let mut world = World::paying();
    world.servers.wallets.grant.as_mut().unwrap().token = None;
    world.seconds(5);
    assert_eq!((world.problem().as_deref(), world.page().as_str()), (Some("token_lost"), "problem"));
    let calls = world.calls.len();
    world.kill(false);
    world.seconds(60);
    assert_eq!((world.problem().as_deref(), world.calls.len()), (Some("token_lost"), calls));
    assert_eq!((world.timer, world.alarm), (None, false));
    world.command(Command::Disconnect);
    world.connect_and_accept("10", false);
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() > before);
}

#[test]
fn a_grant_that_was_revoked_at_the_wallet_is_lost_too() {
    let mut world = World::paying();
    world.servers.wallets.grant.as_mut().unwrap().cancelled = true;
    world.seconds(5);
    assert_eq!(world.problem().as_deref(), Some("token_lost"));
    let mut world = World::paying();
    world.faults.add("/v1/quotes", 1, Fault::refuse(ErrorCode::InsufficientGrant));
    world.seconds(5);
    assert_eq!(world.problem().as_deref(), Some("token_lost"));
}

#[test]
fn a_session_that_the_proxy_does_not_know_is_renewed_without_the_user() {
    let mut world = World::paying();
    world.servers.session = "session-1".to_owned();
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() >= before + 3);
    assert_eq!((world.calls_to("/v1/tokens/rotate"), world.problem()), (1, None));
    assert_eq!(world.stored("account")["session"], "session-1");
}

#[test]
fn another_proxy_is_used_without_the_user() {
    let mut world = World::paying();
    world.faults.add("/v1/quotes", 1, Fault::refuse(ErrorCode::RateLimited));
    world.seconds(1);
    world.servers.session = "session-of-the-other".to_owned();
    world.command(Command::SetProxyUrl(" https://proxy.example/ ".to_owned()));
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() >= before + 3);
    world.command(Command::SetProxyUrl("proxy".to_owned()));
    assert_eq!(world.notice().as_deref(), Some("proxy_url_invalid"));
}

#[test]
fn a_wallet_or_proxy_that_is_never_content_is_not_asked_in_a_loop() {
    for code in [ErrorCode::TokenInactive, ErrorCode::SessionInvalid, ErrorCode::ClockSkew] {
        let mut world = World::paying();
        world.faults.add("/v1/quotes", u32::MAX, Fault::refuse(code));
        let before = world.calls.len();
        world.seconds(60);
        assert!(world.calls.len() - before <= 130, "{code:?}: {}", world.calls.len() - before);
        world.faults.clear();
        let before = world.payments();
        world.seconds(8);
        assert!(world.payments() > before);
    }
    let mut world = with_tokens_of(0);
    world.faults.add(
        "/v1/tokens/rotate",
        u32::MAX,
        Fault::Forge(Box::new(|body| body["accessToken"]["expiresIn"] = json!(0))),
    );
    world.seconds(60);
    assert!(world.calls_to("/v1/tokens/rotate") <= 21);
}

#[test]
fn a_token_to_be_managed_elsewhere_is_not_used() {
    let mut world = World::paying();
    world.servers.wallets.expire_token();
    let forge = |body: &mut serde_json::Value| body["accessToken"]["manage"] = json!("https://evil.example/m");
    world.faults.add("/v1/tokens/rotate", 1, Fault::Forge(Box::new(forge)));
    world.seconds(20);
    assert_eq!(world.problem().as_deref(), Some("token_lost"));
    assert_eq!(world.calls_to("evil.example"), 0);
}

#[test]
fn a_token_that_cannot_be_sent_is_asked_for_again() {
    let mut world = World::paying();
    world.servers.wallets.expire_token();
    let forge = |body: &mut serde_json::Value| body["accessToken"]["value"] = json!("a b");
    world.faults.add("/v1/tokens/rotate", 1, Fault::Forge(Box::new(forge)));
    world.seconds(5);
    assert_eq!((world.problem(), world.page().as_str()), (None, "paying"));
    let before = world.payments();
    world.seconds(5);
    assert!(world.payments() > before + 3);
}

#[test]
fn a_renewed_session_that_rides_along_is_kept() {
    let mut world = World::paying();
    world.servers.renewed_session = Some("session-renewed".to_owned());
    world.seconds(2);
    assert_eq!(world.stored("account")["session"], "session-renewed");
    assert_eq!(world.calls_to(AUTH), 0);
    for bad in ["", "a b", "ä"] {
        world.servers.renewed_session = Some(bad.to_owned());
        world.seconds(2);
        assert_eq!(world.stored("account")["session"], "session-renewed");
    }
}
