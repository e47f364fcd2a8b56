//! Whether somebody is there to be shown something.

use engine::{Command, Idle};

use crate::wallets::OTHER;
use crate::world::World;

/// What is paid in the next seconds, after what was on its way.
fn paid_soon(world: &mut World) -> u64 {
    world.advance(500);
    let before = world.servers.wallets.paid();
    world.seconds(10);
    world.servers.wallets.paid() - before
}

#[test]
fn nobody_is_paid_while_the_user_is_away() {
    let mut world = World::paying();
    assert_eq!((world.browser.idle_seconds, world.view()["settings"]["idleMinutes"].as_u64()), (300, Some(5)));
    world.become_idle(Idle::Idle);
    assert_eq!((paid_soon(&mut world), world.page().as_str()), (0, "paused"));
    assert_eq!((world.timer, world.alarm), (None, false));
    // Nor in the next life of the worker.
    world.kill(false);
    assert_eq!(paid_soon(&mut world), 0);
    world.become_idle(Idle::Active);
    assert!(paid_soon(&mut world) >= 9);
}

#[test]
fn a_page_that_can_be_heard_is_listened_to() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    let other = world.visit("https://other.example/", &[OTHER]);
    world.sound(tab, true);
    world.become_idle(Idle::Idle);
    assert_eq!(paid_soon(&mut world), 0);
    world.activate(tab);
    assert!(paid_soon(&mut world) >= 9);
    world.sound(tab, false);
    assert_eq!(paid_soon(&mut world), 0);
    world.activate(other);
    world.sound(other, true);
    assert!(paid_soon(&mut world) >= 9);
    world.become_idle(Idle::Locked);
    assert_eq!(paid_soon(&mut world), 0);
}

#[test]
fn who_has_done_nothing_for_two_hours_does_not_listen_any_more() {
    let mut world = World::paying();
    let tab = world.browser.front().unwrap().id;
    world.command(Command::SetIdle(Some(119)));
    world.sound(tab, true);
    world.become_idle(Idle::Idle);
    world.seconds(45);
    assert!(paid_soon(&mut world) >= 9);
    // That is asked anew, and says nothing new.
    world.command(Command::SetIdle(Some(118)));
    world.seconds(5);
    assert_eq!((paid_soon(&mut world), world.page().as_str()), (0, "paused"));
    world.sound(tab, false);
    world.sound(tab, true);
    assert_eq!((paid_soon(&mut world), world.timer), (0, None));
    world.become_idle(Idle::Active);
    world.become_idle(Idle::Idle);
    assert!(paid_soon(&mut world) >= 9);
}

#[test]
fn the_user_says_when_they_count_as_away() {
    let mut world = World::paying();
    for (minutes, kept) in [(Some(0), Some(1)), (Some(30), Some(30)), (Some(1_000), Some(240))] {
        let seconds = 60 * u32::try_from(kept.unwrap()).unwrap();
        world.command(Command::SetIdle(minutes));
        assert_eq!(world.browser.idle_seconds, seconds);
        (world.browser.idle_seconds, world.view) = (0, None);
        world.kill(false);
        assert_eq!(world.view()["settings"]["idleMinutes"].as_u64(), kept);
        assert_eq!(world.browser.idle_seconds, seconds);
    }
    // It is kept before the browser is told.
    world.fuse = Some(1);
    world.command(Command::SetIdle(Some(20)));
    assert_eq!(world.view()["settings"]["idleMinutes"].as_u64(), Some(20));
    world.command(Command::SetIdle(None));
    world.become_idle(Idle::Idle);
    assert!(paid_soon(&mut world) >= 9);
    assert!(world.view()["settings"]["idleMinutes"].is_null());
    world.become_idle(Idle::Locked);
    assert_eq!(paid_soon(&mut world), 0);
    world.become_idle(Idle::Idle);
    world.command(Command::SetIdle(Some(5)));
    assert_eq!(paid_soon(&mut world), 0);
}
