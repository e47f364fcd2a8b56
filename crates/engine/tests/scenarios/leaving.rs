//! The way out: the user can always disconnect, at once, whatever is on its way and whoever is gone.

use engine::Command;
use protocol::ErrorCode;
use serde_json::Value;

use crate::faults::Fault;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{ALICE, AUTH, SITE};
use crate::world::World;

fn kid(world: &mut World) -> Value {
    world.view()["publicKey"]["kid"].clone()
}

/// Nothing of the wallet is left but the ledger, nothing is going on, and another can be connected.
fn assert_left(world: &mut World, old_kid: &Value) {
    assert_eq!((world.connection().as_str(), world.problem()), ("disconnected", None));
    for gone in ["account", "spending", "intent", "unsettled", "purse", "attempt", "leaving"] {
        assert!(world.stored(gone).is_null(), "{gone}");
    }
    assert_ne!(kid(world), *old_kid);
    assert_all_accounted_for(world);
    world.seconds(1);
    assert_eq!((world.timer, world.alarm, world.consent_tab()), (None, false, None));
    let (calls, made) = (world.calls.len(), world.payments());
    world.seconds(60);
    assert_eq!((world.calls.len(), world.payments()), (calls, made));

    (world.proxy_is_down, world.servers.wallets.documents) = (false, Default::default());
    world.faults.clear();
    world.connect_and_accept("5", false);
    assert_eq!(world.connection(), "connected");
    let tab = world.browser.tabs[0].id;
    world.activate(tab);
    world.seconds(10);
    assert!(world.payments() > made);
}

#[test]
fn it_works_whatever_is_on_its_way() {
    // From the second on in which a payment and a quote go out, the token expires and is exchanged.
    for milliseconds in (0..1_400).step_by(20) {
        let mut world = World::paying();
        let old = kid(&mut world);
        world.servers.wallets.expire_token();
        world.advance(milliseconds);
        world.command(Command::Disconnect);
        assert_eq!(world.connection(), "disconnected");
        world.seconds(12);
        assert_left(&mut world, &old);
    }
}

#[test]
fn it_works_when_a_payment_is_never_answered() {
    let mut world = World::paying();
    let old = kid(&mut world);
    world.faults.add("/v1/payments", u32::MAX, Fault::Delay(60_000));
    world.advance(1_500);
    world.command(Command::Disconnect);
    world.seconds(61);
    assert_left(&mut world, &old);
}

#[test]
fn it_works_whoever_is_gone() {
    type Gone = (&'static str, fn(&mut World));
    let gone: [Gone; 6] = [
        ("the grant", |world| world.servers.wallets.grant.as_mut().unwrap().cancelled = true),
        ("the wallet", |world| {
            world.servers.wallets.documents.insert(ALICE.to_owned(), (404, String::new()));
            world.faults.add("/v1/", u32::MAX, Fault::refuse(ErrorCode::WalletNotFound));
        }),
        ("the wallet's name", |world| {
            for part in [ALICE, AUTH, "tenant/"] {
                world.faults.add(part, u32::MAX, Fault::LoseRequest);
            }
            world.faults.add("/v1/", u32::MAX, Fault::refuse(ErrorCode::WalletUnreachable));
        }),
        ("the proxy", |world| world.proxy_is_down = true),
        ("the proxy's mind", |world| world.faults.add("/v1/", u32::MAX, Fault::Status(500))),
        ("the key", |world| world.servers.wallets.keys.clear()),
    ];
    for (what, is_gone) in gone {
        let mut world = World::paying();
        let old = kid(&mut world);
        is_gone(&mut world);
        world.seconds(30);
        assert_eq!(world.connection(), "connected", "{what}");
        assert_eq!(world.page(), "problem", "{what}");
        world.command(Command::Disconnect);
        world.seconds(11);
        assert_left(&mut world, &old);
    }
}

#[test]
fn a_death_on_the_way_out_does_not_stop_it() {
    let mut ends = [false, false];
    for effects in 0..14 {
        let mut world = World::paying();
        let old = kid(&mut world);
        world.fuse = Some(effects);
        world.command(Command::Disconnect);
        world.fuse = None;
        world.seconds(5);
        let still_there = world.connection() == "connected";
        ends[usize::from(still_there)] = true;
        if still_there {
            // Before anything of it was written, the grant is as good as before.
            assert_eq!(kid(&mut world), old, "{effects}");
            let before = world.payments();
            world.seconds(5);
            assert!(world.payments() > before, "{effects}");
            world.command(Command::Disconnect);
            world.seconds(1);
        }
        assert_left(&mut world, &old);
    }
    assert_eq!(ends, [true, true]);
}

#[test]
fn a_top_up_on_its_way_ends_with_it() {
    for milliseconds in (0..300).step_by(10) {
        let mut world = World::paying();
        let old = kid(&mut world);
        world.command(Command::TopUp { amount: "20".to_owned(), monthly: true });
        world.advance(milliseconds);
        if milliseconds % 20 == 0 && world.consent_tab().is_some() {
            world.decide(true);
            world.advance(30);
        }
        world.command(Command::Disconnect);
        world.seconds(12);
        assert_eq!(world.servers.wallets.grants().filter(|grant| grant.accepted && !grant.cancelled).count(), 0);
        assert_left(&mut world, &old);
    }
}

#[test]
fn nothing_is_learned_of_the_next_wallet_from_the_last() {
    let mut world = World::looking_at(&[SITE]);
    world.servers.wallets.minimum = 50;
    world.seconds(5);
    world.fuse = Some(1);
    world.command(Command::Disconnect);
    world.servers.wallets.minimum = 1;
    world.seconds(5);
    assert_eq!((world.connection().as_str(), world.deaths), ("disconnected", 1));
    world.connect_and_accept("5", false);
    world.command(Command::SetRate("36".to_owned()));
    let (tab, before) = (world.browser.tabs[0].id, world.payments());
    world.activate(tab);
    world.seconds(5);
    assert!(world.payments() > before + 3);
    assert!(world.servers.wallets.payments[before..].iter().all(|payment| payment.debit == 1));
}

#[test]
fn an_attempt_that_cannot_be_read_goes_with_the_wallet() {
    let mut world = World::paying();
    let old_kid = kid(&mut world);
    world.command(Command::TopUp { amount: "20".to_owned(), monthly: false });
    world.seconds(1);
    let attempt = world.local.get_mut("attempt").unwrap();
    attempt.insert(0, 'x');
    world.kill(false);
    world.command(Command::Disconnect);
    assert_eq!(world.local.get("attempt"), None);
    assert_ne!(kid(&mut world), old_kid);
}
