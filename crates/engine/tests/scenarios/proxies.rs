//! The user chooses another proxy.

use engine::Command;
use protocol::{ErrorBody, ErrorCode};

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::servers::PROXY;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

fn change(world: &mut World) {
    world.command(Command::SetProxyUrl(PROXY.to_owned()));
}

fn refuse_for_long(code: ErrorCode) -> Fault {
    Fault::Refuse(ErrorBody { retry_after: Some(300), ..ErrorBody::new(code, "No.") })
}

#[test]
fn what_the_last_one_made_is_not_paid_into() {
    for dies in [false, true] {
        let mut world = World::paying();
        let (asked, paid) = (world.calls_to("/v1/incoming"), world.payments());
        change(&mut world);
        if dies {
            world.kill(true);
        }
        world.seconds(5);
        // What was asked for at once died with the worker.
        assert_eq!(world.calls_to("/v1/incoming") - asked, 1 + usize::from(dies));
        assert!(world.payments() > paid + 2);
        assert_all_accounted_for(&world);
    }
}

#[test]
fn a_receiver_that_it_said_to_fail_is_tried_at_once() {
    let mut world = World::connected();
    world.faults.add("/v1/incoming", u32::MAX, Fault::refuse(ErrorCode::WalletRefused));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(20);
    assert_eq!((world.page().as_str(), world.payments()), ("problem", 0));
    world.faults.clear();
    change(&mut world);
    world.seconds(5);
    assert!(world.payments() >= 4);
}

#[test]
fn what_it_still_says_is_not_held_against_the_next() {
    for (path, code) in [
        ("/v1/quotes", ErrorCode::RateLimited),
        ("/v1/quotes", ErrorCode::AmountTooSmall),
        ("/v1/quotes", ErrorCode::KeyRevoked),
        ("/v1/payments", ErrorCode::RateLimited),
        ("/v1/payments", ErrorCode::InsufficientGrant),
    ] {
        let mut world = World::paying();
        let calls = world.calls_to(path);
        world.faults.add(path, 1, refuse_for_long(code));
        while world.calls_to(path) == calls {
            world.advance(10);
        }
        change(&mut world);
        let paid = world.payments();
        world.seconds(8);
        assert!(world.payments() >= paid + 6, "{path} {code:?}: {}", world.payments() - paid);
        assert!(world.stored("minimums").is_null(), "{path} {code:?}");
        assert_all_accounted_for(&world);
    }
}

#[test]
fn a_one_time_payment_in_the_middle_of_it_ends() {
    let mut world = World::looking_at(&[SITE, OTHER]);
    world.seconds(1);
    world.command(Command::PayOnce { site: "site.example".to_owned(), amount: "1.00".to_owned() });
    change(&mut world);
    world.seconds(5);
    let once = world.view()["page"]["once"].clone();
    assert_eq!((once["running"].as_bool(), once["problem"]["code"].as_str()), (Some(false), Some("interrupted")));
    assert_all_accounted_for(&world);
}
