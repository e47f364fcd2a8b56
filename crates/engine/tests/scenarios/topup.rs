//! A new grant from the wallet that is connected: after the old budget is used up, or its token is
//! lost, or just so. The old one goes on paying until the new one is there.

use engine::Command;
use protocol::ErrorCode;
use serde_json::json;

use crate::faults::Fault;
use crate::payments::{assert_all_accounted_for, spent};
use crate::wallets::{ALICE, AUTH, QUOTE_LIFE, RESOURCES, SITE};
use crate::world::World;

fn top_up(world: &mut World, amount: &str, monthly: bool) {
    world.command(Command::TopUp { amount: amount.to_owned(), monthly });
}

fn stage(world: &mut World) -> Option<String> {
    world.view()["connection"]["topUp"].as_str().map(str::to_owned)
}

/// The tab with the page that is paid, which the consent page has covered.
fn look_at_the_page_again(world: &mut World) {
    let tab = world.browser.tabs.iter().find(|tab| !tab.links.is_empty()).unwrap().id;
    world.activate(tab);
}

/// A top-up whose user is asked to decide, and looks at the page meanwhile.
fn deciding(amount: &str, monthly: bool) -> World {
    let mut world = World::paying();
    top_up(&mut world, amount, monthly);
    world.advance(200);
    assert_eq!(stage(&mut world).as_deref(), Some("awaitingConsent"));
    look_at_the_page_again(&mut world);
    world
}

fn active_grants(world: &World) -> Vec<u64> {
    let grants = world.servers.wallets.grants().filter(|grant| grant.token.is_some() && !grant.cancelled);
    grants.map(|grant| grant.limit).collect()
}

/// Pays nearly every second.
fn assert_pays(world: &mut World) {
    let before = world.payments();
    world.seconds(10);
    assert!(world.payments() >= before + 9, "{}", world.payments() - before);
    assert_eq!((world.page().as_str(), world.problem()), ("paying", None));
    assert_all_accounted_for(world);
}

#[test]
fn the_old_grant_pays_until_the_new_one_takes_its_place() {
    let mut world = deciding("20", true);
    assert_pays(&mut world);
    let view = world.view()["connection"].take();
    assert_eq!((view["state"].as_str(), view["budget"]["value"].as_str()), (Some("connected"), Some("1000.00")));
    let (kid, before) = (world.view()["publicKey"]["kid"].clone(), world.servers.wallets.paid());
    let decided = world.now();
    world.decide(true);
    world.advance(200);
    assert_eq!((stage(&mut world), world.consent_tab()), (None, None));
    let view = world.view()["connection"].take();
    assert_eq!(view["budget"], json!({"value": "20.00", "assetCode": "USD", "assetScale": 2}));
    assert_eq!((view["monthly"].as_bool(), view["state"].as_str()), (Some(true), Some("connected")));
    assert_eq!(active_grants(&world), [2_000]);
    assert_pays(&mut world);
    let grant = world.servers.wallets.grant.as_ref().unwrap().number;
    for payment in world.servers.wallets.payments.iter().filter(|payment| payment.grant == grant) {
        let quote = &world.servers.wallets.quotes[&payment.id.replace("/outgoing-payments/", "/quotes/")];
        assert!(quote.expires.plus_millis(-QUOTE_LIFE) >= decided, "a quote of the old grant");
    }
    // What was spent of the old one does not count, what is spent of the new one does.
    let of_the_new = world.servers.wallets.paid() - before;
    assert!(of_the_new >= 9);
    let counted: u64 = spent(&mut world).replace('.', "").parse().unwrap();
    assert!(counted.abs_diff(of_the_new) <= 1, "{counted} {of_the_new}");
    assert_eq!((world.view()["publicKey"]["kid"].clone(), world.stored("attempt").is_null()), (kid, true));
}

#[test]
fn no_second_is_missed_and_none_is_paid_twice() {
    for milliseconds in (0..1_000).step_by(50) {
        let mut world = deciding("20", false);
        world.advance(milliseconds);
        let (start, before) = (world.elapsed, world.servers.wallets.paid());
        world.decide(true);
        look_at_the_page_again(&mut world);
        world.seconds(30);
        let paid = world.servers.wallets.paid() - before;
        assert!(paid.abs_diff((world.elapsed - start) / 1000) <= 2, "{milliseconds}: {paid}");
        assert_eq!((active_grants(&world), world.calls_to("/v1/tokens/rotate")), (vec![2_000], 0));
        world.visit("https://plain.example/", &[]);
        world.seconds(1);
        assert_eq!(world.unsettled(), Vec::<String>::new());
        assert_all_accounted_for(&world);
    }
}

#[test]
fn a_top_up_that_comes_to_nothing_leaves_all_as_it_was() {
    type End = (&'static str, Option<&'static str>, fn(&mut World));
    let ends: [End; 6] = [
        ("declined", Some("declined"), |world| world.decide(false)),
        ("cancelled", None, |world| world.command(Command::CancelConnect)),
        ("closed", Some("tab_closed"), |world| {
            let tab = world.consent_tab().unwrap();
            world.close(tab);
        }),
        ("refused", Some("wallet_refused"), |world| {
            world.faults.add("/v1/grants/continue", 1, Fault::refuse(ErrorCode::WalletRefused));
            world.decide(true);
        }),
        ("forged", Some("wrong_host"), |world| {
            let forge = |body: &mut serde_json::Value| body["continue"]["uri"] = json!("https://evil.example/a");
            world.faults.add("/v1/grants/continue", 1, Fault::Forge(Box::new(forge)));
            world.decide(true);
        }),
        ("lost", Some("proxy_unreachable"), |world| {
            world.faults.add("/v1/grants/continue", 1, Fault::LoseRequest);
            world.decide(true);
        }),
    ];
    for (name, problem, end) in ends {
        let mut world = deciding("20", true);
        let account = world.stored("account");
        end(&mut world);
        look_at_the_page_again(&mut world);
        world.seconds(2);
        assert_eq!((stage(&mut world), world.notice().as_deref()), (None, problem), "{name}");
        assert_eq!((world.stored("account"), world.stored("attempt").is_null()), (account, true), "{name}");
        assert_eq!((active_grants(&world), world.consent_tab()), (vec![100_000], None), "{name}");
        assert_eq!(world.view()["connection"]["budget"]["value"], "1000.00");
        world.command(Command::SetEnabled(true));
        assert_pays(&mut world);
        // It can be tried again.
        top_up(&mut world, "30", false);
        world.advance(200);
        world.decide(true);
        world.advance(200);
        assert_eq!(active_grants(&world), [3_000], "{name}");
    }
}

#[test]
fn a_budget_that_is_used_up_can_be_topped_up() {
    for monthly in [false, true] {
        let mut world = World::connected_with("0.10", false);
        world.command(Command::SetRate("36".to_owned()));
        world.visit("https://site.example/", &[SITE]);
        world.seconds(60);
        assert_eq!((world.servers.wallets.paid(), world.page().as_str()), (10, "outOfFunds"));
        top_up(&mut world, "0.07", monthly);
        world.advance(200);
        world.decide(true);
        look_at_the_page_again(&mut world);
        world.seconds(60);
        assert_eq!((world.servers.wallets.paid(), world.page().as_str()), (17, "outOfFunds"));
        assert_eq!(spent(&mut world), "0.07");
    }
}

#[test]
fn a_monthly_budget_that_was_topped_up_starts_anew_as_the_wallet_counts() {
    let mut world = World::connected_with("0.10", true);
    world.command(Command::SetRate("36".to_owned()));
    world.visit("https://site.example/", &[SITE]);
    world.seconds(60);
    world.sleep(10 * 86_400_000);
    top_up(&mut world, "0.20", true);
    world.advance(200);
    world.decide(true);
    look_at_the_page_again(&mut world);
    world.seconds(60);
    assert_eq!(world.servers.wallets.paid(), 30);
    // The month of the old grant is over now, that of the new one not yet.
    world.sleep(21 * 86_400_000);
    world.kill(false);
    world.seconds(10);
    assert_eq!((world.page().as_str(), world.servers.wallets.paid()), ("outOfFunds", 30));
    world.sleep(10 * 86_400_000);
    world.kill(false);
    world.seconds(60);
    assert_eq!((world.page().as_str(), world.servers.wallets.paid()), ("outOfFunds", 50));
    assert_eq!(world.problem(), None);
}

#[test]
fn what_becomes_of_an_old_payment_does_not_touch_the_new_budget() {
    for is_made in [false, true] {
        let mut world = World::paying();
        let fault = if is_made { Fault::LoseReply } else { Fault::LoseRequest };
        world.faults.add("/v1/payments", 1, fault);
        world.advance(1_000);
        top_up(&mut world, "20", true);
        world.advance(200);
        world.decide(true);
        look_at_the_page_again(&mut world);
        world.seconds(11);
        assert_eq!(active_grants(&world), [2_000]);
        world.seconds(400);
        world.visit("https://plain.example/", &[]);
        world.seconds(1);
        assert_eq!(world.unsettled(), Vec::<String>::new(), "{is_made}");
        let by_the_wallet = world.servers.wallets.spent(world.now());
        let counted: u64 = spent(&mut world).replace('.', "").parse().unwrap();
        assert_eq!(counted, by_the_wallet);
        assert_all_accounted_for(&world);
    }
}

#[test]
fn an_old_payment_that_failed_does_not_widen_the_new_budget() {
    let mut world = deciding("0.10", false);
    world.servers.wallets.account_is_empty = true;
    world.visit("https://other.example/", &[crate::wallets::OTHER]);
    world.advance(1_500);
    world.decide(true);
    world.servers.wallets.account_is_empty = false;
    look_at_the_page_again(&mut world);
    world.seconds(600);
    assert!(world.servers.wallets.payments.iter().any(|payment| payment.failed));
    assert_eq!((spent(&mut world).as_str(), world.page().as_str()), ("0.10", "outOfFunds"));
    assert_eq!(world.servers.wallets.spent(world.now()), 10);
    assert!(world.payments() >= 10);
}

#[test]
fn a_token_that_is_lost_can_be_replaced_with_the_same_key() {
    let mut world = World::paying();
    let kid = world.view()["publicKey"]["kid"].clone();
    world.servers.wallets.grant.as_mut().unwrap().token = None;
    world.seconds(5);
    assert_eq!(world.problem().as_deref(), Some("token_lost"));
    world.kill(false);
    top_up(&mut world, "20", false);
    world.advance(200);
    world.decide(true);
    look_at_the_page_again(&mut world);
    world.seconds(2);
    assert_pays(&mut world);
    assert_eq!(world.view()["publicKey"]["kid"], kid);
}

#[test]
fn a_budget_that_cannot_be_read_can_be_replaced() {
    let mut world = World::paying();
    world.faults.add("/v1/payments", 1, Fault::LoseReply);
    world.advance(1_100);
    world.local.insert("spending".to_owned(), "{".to_owned());
    world.kill(false);
    world.seconds(5);
    assert_eq!(world.problem().as_deref(), Some("budget_unreadable"));
    let lost = world.unsettled();
    assert_eq!(lost.len(), 1);
    top_up(&mut world, "20", false);
    world.advance(200);
    world.decide(true);
    world.advance(100);
    // Nobody knows any more what the purse had set aside for it.
    assert_eq!((world.unsettled(), world.ledger().last()), (Vec::new(), lost.first()));
    look_at_the_page_again(&mut world);
    world.seconds(2);
    assert_pays(&mut world);
}

#[test]
fn a_key_that_is_missing_is_waited_for_first() {
    let mut world = World::paying();
    world.servers.wallets.keys.clear();
    world.seconds(3);
    top_up(&mut world, "20", false);
    world.seconds(30);
    assert_eq!(stage(&mut world).as_deref(), Some("awaitingKey"));
    world.upload_key();
    world.seconds(3);
    world.decide(true);
    look_at_the_page_again(&mut world);
    world.seconds(30);
    assert_pays(&mut world);
    assert_eq!(active_grants(&world), [2_000]);
}

#[test]
fn a_wallet_that_is_not_what_it_was_is_not_topped_up() {
    for (id, code) in [(ALICE, "EUR"), ("https://wallet.example/bob", "USD")] {
        let mut world = World::paying();
        let document =
            json!({"id": id, "assetCode": code, "assetScale": 2, "authServer": AUTH, "resourceServer": RESOURCES});
        world.servers.wallets.documents.insert(ALICE.to_owned(), (200, document.to_string()));
        top_up(&mut world, "20", false);
        world.advance(200);
        assert_eq!((stage(&mut world), world.notice().as_deref()), (None, Some("wallet_changed")));
        assert_eq!(world.calls_to("/v1/grants"), 2);
        world.command(Command::SetEnabled(true));
        assert_pays(&mut world);
    }
    let mut world = World::new();
    top_up(&mut world, "20", false);
    assert_eq!((world.connection().as_str(), world.calls.len()), ("disconnected", 0));
}

#[test]
fn death_and_a_new_browser_on_the_way_lose_neither_grant() {
    for browser_too in [false, true] {
        for effects in 0..30 {
            let mut world = World::paying();
            world.fuse = Some(effects);
            top_up(&mut world, "20", false);
            world.advance(150);
            if let Some(tab) = world.consent_tab() {
                look_at_the_page_again(&mut world);
                world.decide(true);
                world.advance(25);
                if browser_too {
                    world.browser.tabs.retain(|known| known.id != tab);
                }
            }
            if browser_too {
                world.session.clear();
            }
            if world.deaths == 0 || browser_too {
                world.kill(false);
            }
            look_at_the_page_again(&mut world);
            world.seconds(15);
            if stage(&mut world).is_some() {
                assert_eq!(stage(&mut world).as_deref(), Some("awaitingConsent"), "{effects}");
                world.decide(true);
                look_at_the_page_again(&mut world);
                world.seconds(10);
            }
            assert_eq!(active_grants(&world).len(), 1, "{effects}");
            world.command(Command::SetEnabled(true));
            world.seconds(5);
            let before = world.payments();
            world.seconds(5);
            assert!(world.payments() >= before + 4, "{effects} {:?}", world.problem());
            assert_all_accounted_for(&world);
        }
    }
}

#[test]
fn the_old_grant_is_left_only_when_nothing_of_it_is_on_its_way() {
    for call in ["/v1/quotes", "/v1/payments", "/v1/tokens/rotate"] {
        let mut world = deciding("20", false);
        world.faults.add(call, u32::MAX, Fault::Delay(900));
        world.seconds(2);
        if call.ends_with("rotate") {
            world.servers.wallets.expire_token();
            world.advance(1_100);
        }
        let rotations = world.calls_to("/v1/tokens/rotate");
        world.faults.add("/v1/grants/continue", 1, Fault::Delay(1_500));
        world.decide(true);
        look_at_the_page_again(&mut world);
        world.seconds(5);
        assert_eq!(active_grants(&world), [2_000], "{call}");
        world.faults.clear();
        world.seconds(2);
        // None was refused for a token that had just been taken away.
        assert_eq!(world.calls_to("/v1/tokens/rotate"), rotations, "{call}");
        assert_pays(&mut world);
        world.seconds(2);
        assert!(world.unsettled().len() <= 1, "{call}");
    }
}

#[test]
fn an_exchange_of_the_old_token_never_meets_the_new_grant() {
    for milliseconds in (0..1_200).step_by(40) {
        let mut world = deciding("20", false);
        world.faults.add("/v1/tokens/rotate", 1, Fault::Delay(3_000));
        world.servers.wallets.expire_token();
        world.advance(milliseconds);
        world.decide(true);
        look_at_the_page_again(&mut world);
        world.seconds(12);
        assert_eq!(active_grants(&world), [2_000], "{milliseconds}");
        assert_pays(&mut world);
    }
}

#[test]
fn why_a_top_up_ended_does_not_hide_that_the_key_is_missing() {
    let mut world = deciding("20", false);
    world.servers.wallets.keys.clear();
    world.seconds(3);
    world.decide(false);
    let told = |world: &mut World| (world.notice(), world.problem());
    assert_eq!(told(&mut world), (Some("declined".to_owned()), Some("key_missing".to_owned())));
    world.upload_key();
    world.seconds(10);
    look_at_the_page_again(&mut world);
    world.seconds(5);
    assert_eq!(told(&mut world), (Some("declined".to_owned()), None));
    assert_pays(&mut world);
}
