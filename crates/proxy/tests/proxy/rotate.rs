//! Rotation, whose answer must not get lost.

use http_signature::SecretKey;
use open_payments::{Secret, Url};
use open_payments_client::RotateToken;
use protocol::{Endpoint, ErrorCode, RotateTokenReply, RotateTokenRequest};
use proxy::core::{Event, Step, Unreachable};

use crate::world::{Outcome, World, wallet, wallet_address};

const MANAGE: &str = "https://w.example/auth/token/1";
const ROTATED: &str =
    r#"{"access_token":{"value":"FRESH","manage":"https://w.example/auth/token/2","expires_in":600,"access":[]}}"#;
const GONE: &str = r#"{"error":{"code":"invalid_client","description":"invalid access token"}}"#;

fn message(world: &World, signer: &SecretKey) -> RotateTokenRequest {
    let operation = RotateToken { manage: Url::parse(MANAGE).unwrap(), token: Secret::new("OLD".to_owned()) };
    RotateTokenRequest { wallet_address: wallet_address(), request: world.signed_by(signer, &operation, &wallet()) }
}

fn rotate(world: &mut World) -> Outcome {
    let message = message(world, &world.install);
    world.ask(Endpoint::RotateToken, &message, None)
}

/// A wallet that rotates the token once and knows nothing of it from then on.
fn world() -> World {
    let mut world = World::new();
    world.answer_in_turn("POST", MANAGE, &[(200, ROTATED), (401, GONE)]);
    world
}

#[test]
fn a_rotation_brings_a_token_and_a_session() {
    let mut world = world();
    let reply: RotateTokenReply = rotate(&mut world).json();
    assert_eq!(reply.access_token.value.expose(), "FRESH");
    assert_eq!(reply.access_token.manage.as_str(), "https://w.example/auth/token/2");
    assert!(reply.session.expose().starts_with("v4.public."));
}

#[test]
fn a_rotation_repeated_after_a_lost_reply_is_answered_from_what_was_kept() {
    let mut world = world();
    let lost = rotate(&mut world).reply;
    for _ in 0..3 {
        world.later(190_000);
        let again = rotate(&mut world);
        assert_eq!((again.reply.body.as_str(), again.reply.status), (lost.body.as_str(), 200));
    }
    world.later(60_000);
    assert_eq!(
        rotate(&mut world).error().code,
        ErrorCode::TokenInactive,
        "the wallet has forgotten it, and so have we"
    );
}

#[test]
fn what_was_kept_is_for_the_install_that_rotated() {
    let mut world = world();
    let _: RotateTokenReply = rotate(&mut world).json();
    let owner = std::mem::replace(&mut world.install, SecretKey::from_seed([8; 32]));
    assert_eq!(rotate(&mut world).error().code, ErrorCode::TokenInactive);
    let stolen = message(&world, &owner);
    assert_eq!(world.ask(Endpoint::RotateToken, &stolen, None).error().code, ErrorCode::InvalidRequest);
}

#[test]
fn while_a_rotation_is_under_way_no_second_one_reaches_the_wallet() {
    let mut world = world();
    let message = message(&world, &world.install);
    let incoming = world.incoming(Endpoint::RotateToken, &message, None);
    let now = world.tick();
    let mut first = world.core.begin(&incoming, &now);
    assert!(matches!(world.step(&mut first, Event::Begun), Step::Call(_)));
    let error = rotate(&mut world).error();
    assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(1)));
    assert!(world.asked.is_empty());

    let lost = Event::Called(Err(Unreachable::Connection));
    assert!(matches!(world.step(&mut first, lost), Step::Done { .. }));
    let _: RotateTokenReply = rotate(&mut world).json();
}

#[test]
fn a_rotation_that_failed_may_be_tried_again() {
    let mut world = World::new();
    world.answer_in_turn("POST", MANAGE, &[(503, ""), (200, ROTATED)]);
    assert_eq!(rotate(&mut world).error().code, ErrorCode::WalletUnreachable);
    let _: RotateTokenReply = rotate(&mut world).json();
}

#[test]
fn a_new_manage_url_on_a_foreign_host_is_refused() {
    let mut world = World::new();
    world.answer(
        "POST",
        MANAGE,
        200,
        &ROTATED.replace("https://w.example/auth/token/2", "https://evil.example/token/2"),
    );
    let error = rotate(&mut world).error();
    assert_eq!(error.code, ErrorCode::WalletRefused);
    assert!(error.message.contains("evil.example"), "{}", error.message);
}
