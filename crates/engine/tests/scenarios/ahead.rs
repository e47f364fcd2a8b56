//! The incoming payment of a page's first link, asked for while its document is being fetched.

use serde_json::{Value, json};

use crate::faults::Fault;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";
const INCOMING: &str = "/v1/incoming-payments";

/// How long it takes until something with this in its URL is called.
fn until_called(world: &mut World, part: &str) -> u64 {
    let start = world.elapsed;
    while world.calls_to(part) == 0 {
        world.advance(1);
    }
    world.elapsed - start
}

#[test]
fn both_are_on_their_way_at_once() {
    let mut world = World::looking_at(&[SITE]);
    assert_eq!((world.calls_to(SITE), world.calls_to(INCOMING)), (1, 1));
    assert_eq!(until_called(&mut world, "/v1/quotes"), 40);
    world.seconds(60);
    assert_eq!((world.calls_to(SITE), world.calls_to(INCOMING)), (1, 1));
}

#[test]
fn whichever_comes_first_waits_for_the_other() {
    for (late, document_is_late) in [(SITE, true), (INCOMING, false)] {
        let mut world = World::connected();
        world.faults.add(late, 1, Fault::Delay(500));
        world.visit(PAGE, &[SITE]);
        world.advance(300);
        assert_eq!((world.told.is_empty(), world.calls_to("/v1/quotes")), (document_is_late, 0));
        world.advance(270);
        assert_eq!((world.calls_to("/v1/quotes"), world.calls_to(INCOMING)), (1, 1));
        world.seconds(1);
        assert!(world.payments() > 0);
    }
}

#[test]
fn only_the_first_link_has_it() {
    let mut world = World::connected();
    for late in [SITE, OTHER] {
        world.faults.add(late, 1, Fault::Delay(500));
    }
    world.visit(PAGE, &[SITE, OTHER]);
    world.advance(400);
    assert_eq!(world.calls_to(INCOMING), 1);
    // Nor a link behind one that is of no use.
    let mut world = World::connected();
    world.faults.add(OTHER, 1, Fault::Delay(500));
    world.visit(PAGE, &["https://10.0.0.1/a", OTHER]);
    world.advance(400);
    assert_eq!((world.calls_to(OTHER), world.calls_to(INCOMING)), (1, 0));
}

#[test]
fn it_is_dropped_with_a_document_that_is_no_good() {
    let inside = json!({"id": SITE, "assetCode": "USD", "assetScale": 2, "authServer": "https://auth.pay.example",
        "resourceServer": "https://192.168.0.1/rs"});
    for (late, document) in [(SITE, "{}".to_owned()), (INCOMING, "{}".to_owned()), (SITE, inside.to_string())] {
        let mut world = World::connected();
        world.servers.wallets.documents.insert(SITE.to_owned(), (200, document));
        world.faults.add(late, 1, Fault::Delay(500));
        let tab = world.visit(PAGE, &[SITE]);
        world.seconds(3);
        assert_eq!((world.calls_to(INCOMING), world.calls_to("/v1/quotes")), (1, 0));
        // Another document gets another incoming payment.
        world.servers.wallets.documents.clear();
        world.sleep(600_000);
        world.navigate(tab, PAGE, &[SITE]);
        world.seconds(3);
        assert_eq!(world.calls_to(INCOMING), 2);
        assert!(world.payments() > 0);
    }
}

#[test]
fn it_is_held_against_the_document_in_any_order() {
    for late in [SITE, INCOMING] {
        let mut world = World::connected();
        // Where the document of another wallet would allow it.
        let elsewhere = |body: &mut Value| body["id"] = json!("https://evil.example/rs/incoming-payments/1");
        world.faults.add(INCOMING, u32::MAX, Fault::Forge(Box::new(elsewhere)));
        world.faults.add(if late == SITE { SITE } else { "nothing" }, 1, Fault::Delay(500));
        world.visit(PAGE, &[SITE]);
        world.seconds(15);
        assert_eq!((world.calls_to("/v1/quotes"), world.page_problem().as_deref()), (0, Some("wrong_host")));
    }
}

#[test]
fn one_that_is_still_good_is_used_with_a_fresh_document() {
    let mut world = World::connected();
    world.servers.wallets.incoming_life = 3_600_000;
    let tab = world.visit(PAGE, &[SITE]);
    world.seconds(5);
    world.sleep(660_000);
    world.navigate(tab, PAGE, &[SITE]);
    world.seconds(5);
    assert_eq!((world.calls_to(SITE), world.calls_to(INCOMING)), (2, 1));
}

#[test]
fn it_is_not_asked_for_without_the_means_to_use_it() {
    let mut world = World::connected();
    world.command(engine::Command::SetRate("0".to_owned()));
    world.visit(PAGE, &[SITE]);
    world.seconds(2);
    assert_eq!((world.calls_to(SITE), world.calls_to(INCOMING)), (1, 0));
}
