//! Minutes in which anything happens in any order.

use std::collections::BTreeSet;

use engine::{Command, Idle};
use money::{Accrual, Rate};
use proptest::prelude::*;
use protocol::ErrorCode;

use crate::faults::Fault;
use crate::pacing::purse;
use crate::payments::assert_all_accounted_for;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

/// Something that people, browsers, servers or the world do.
#[derive(Clone, Debug)]
enum Event {
    Wait(u64),
    Open(usize),
    Close(usize),
    Activate(usize),
    Reload(usize),
    Become(Idle),
    Enable(bool),
    EnableSite(bool),
    SetRate(&'static str),
    SetMaximum(Option<&'static str>),
    Kill { calls_are_lost: bool },
    KillAfter(u32),
    Sleep(u64),
    SetClock(i64),
    Fail(&'static str, u32, Failure),
    ProxyIsDown(bool),
    TokenExpires,
    SessionIsForgotten,
    IncomingPaymentsExpire,
    AccountIsEmpty(bool),
    SessionStorageIsWiped,
}

#[derive(Clone, Copy, Debug)]
enum Failure {
    Refuse(ErrorCode),
    Lie(ErrorCode),
    LoseRequest,
    LoseReply,
    Delay(u64),
    Status(u16),
}

const SITES: [(&str, &[&str]); 4] = [
    ("https://site.example/", &[SITE]),
    ("https://both.example/", &[SITE, OTHER]),
    ("https://plain.example/", &[]),
    ("https://other.example/", &[OTHER, "https://pay.example/none/at/all"]),
];
const FASTEST: u64 = 7_200;

fn failures() -> impl Strategy<Value = Event> {
    use ErrorCode::*;
    let codes = prop::sample::select(vec![
        TokenInactive,
        InvalidReceiver,
        QuoteUsed,
        WalletUnreachable,
        WalletRefused,
        RateLimited,
        ProxyUnavailable,
        SessionInvalid,
        ClockSkew,
        AmountTooSmall,
    ]);
    let failure = prop_oneof![
        codes.clone().prop_map(Failure::Refuse),
        codes.prop_map(Failure::Lie),
        Just(Failure::LoseRequest),
        Just(Failure::LoseReply),
        (0..15_000_u64).prop_map(Failure::Delay),
        Just(Failure::Status(502)),
    ];
    let urls = ["/v1/quotes", "/v1/payments", "/v1/incoming-payments", "/v1/tokens/rotate", "tenant/", "proxy.example"];
    (prop::sample::select(urls.to_vec()), 1..4_u32, failure).prop_map(|(url, times, failure)| {
        // A lie about a rotation loses the token, as it should.
        let is_fatal = matches!(failure, Failure::Refuse(TokenInactive) | Failure::Lie(TokenInactive));
        let spared = is_fatal && ["/v1/tokens/rotate", "proxy.example"].contains(&url);
        Event::Fail(if spared { "/v1/quotes" } else { url }, times, failure)
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (0..4_000_u64).prop_map(Event::Wait),
        2 => (0..SITES.len()).prop_map(Event::Open),
        1 => (0..6_usize).prop_map(Event::Close),
        2 => (0..6_usize).prop_map(Event::Activate),
        2 => (0..6_usize).prop_map(Event::Reload),
        1 => prop::sample::select(vec![Idle::Active, Idle::Idle, Idle::Locked]).prop_map(Event::Become),
        1 => any::<bool>().prop_map(Event::Enable),
        1 => any::<bool>().prop_map(Event::EnableSite),
        1 => prop::sample::select(vec!["0", "18", "36", "54", "72"]).prop_map(Event::SetRate),
        1 => prop::sample::select(vec![None, Some("3.6"), Some("36")]).prop_map(Event::SetMaximum),
        1 => any::<bool>().prop_map(|calls_are_lost| Event::Kill { calls_are_lost }),
        2 => (0..40_u32).prop_map(Event::KillAfter),
        1 => (0..100_000_u64).prop_map(Event::Sleep),
        1 => (-1_000_000..1_000_000_i64).prop_map(Event::SetClock),
        4 => failures(),
        1 => any::<bool>().prop_map(Event::ProxyIsDown),
        1 => Just(Event::TokenExpires),
        1 => Just(Event::SessionIsForgotten),
        1 => Just(Event::IncomingPaymentsExpire),
        1 => any::<bool>().prop_map(Event::AccountIsEmpty),
        1 => Just(Event::SessionStorageIsWiped),
    ];
    prop::collection::vec(event, 1..60)
}

fn happen(world: &mut World, event: &Event) {
    let tab = |world: &World, at: &usize| world.browser.tabs.get(*at).map(|tab| (tab.id, tab.url.clone()));
    match event {
        Event::Wait(milliseconds) => world.advance(*milliseconds),
        Event::Open(site) => {
            world.visit(SITES[*site].0, SITES[*site].1);
        }
        Event::Close(at) => {
            if let Some((tab, _)) = tab(world, at) {
                world.close(tab);
            }
        }
        Event::Activate(at) => {
            if let Some((tab, _)) = tab(world, at) {
                world.activate(tab);
            }
        }
        Event::Reload(at) => {
            if let Some((tab, url)) = tab(world, at) {
                let links = SITES.iter().find(|(site, _)| *site == url).map_or(&[][..], |(_, links)| links);
                world.navigate(tab, &url, links);
            }
        }
        Event::Become(idle) => world.become_idle(*idle),
        Event::Enable(enabled) => world.command(Command::SetEnabled(*enabled)),
        Event::EnableSite(enabled) => {
            world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: *enabled });
        }
        Event::SetRate(rate) => world.command(Command::SetRate((*rate).to_owned())),
        Event::SetMaximum(rate) => world.command(Command::SetMaximumRate(rate.map(str::to_owned))),
        Event::Kill { calls_are_lost } => world.kill(*calls_are_lost),
        Event::KillAfter(effects) => world.fuse = Some(*effects),
        Event::Sleep(milliseconds) => world.sleep(*milliseconds),
        Event::SetClock(error) => world.clock_error = *error,
        Event::Fail(url, times, failure) => {
            let fault = match *failure {
                Failure::Refuse(code) => Fault::refuse(code),
                Failure::Lie(code) => Fault::Lie(code),
                Failure::LoseRequest => Fault::LoseRequest,
                Failure::LoseReply => Fault::LoseReply,
                Failure::Delay(milliseconds) => Fault::Delay(milliseconds),
                Failure::Status(status) => Fault::Status(status),
            };
            world.faults.add(url, *times, fault);
        }
        Event::ProxyIsDown(down) => world.proxy_is_down = *down,
        Event::TokenExpires => world.servers.wallets.expire_token(),
        Event::SessionIsForgotten => world.servers.session = format!("session-{}", world.elapsed),
        Event::IncomingPaymentsExpire => world.servers.wallets.incoming.clear(),
        Event::AccountIsEmpty(empty) => world.servers.wallets.account_is_empty = *empty,
        Event::SessionStorageIsWiped => {
            world.session.clear();
            world.kill(false);
        }
    }
}

/// What must be true at any time.
fn assert_sound(world: &World) {
    assert_all_accounted_for(world);
    let payments = &world.servers.wallets.payments;
    let ids: BTreeSet<&String> = payments.iter().map(|payment| &payment.id).collect();
    assert_eq!(ids.len(), payments.len(), "a quote was paid from twice");

    let in_ticks = |accrual: Accrual| String::from(accrual).parse::<i128>().unwrap();
    let fastest = |milliseconds| in_ticks(Rate::from_units_per_hour(FASTEST).unwrap().accrue(milliseconds));
    let [accrued, paid, pending, _, balance] = purse(world);
    assert!(accrued <= fastest(world.elapsed), "more has accrued than time has passed");
    // A minute may be overdrawn, and another by what the proxy says was refused.
    assert!(balance >= -fastest(120_000), "the purse is overdrawn");
    let moved = payments.iter().filter(|payment| !payment.failed).map(|payment| payment.debit).sum();
    assert!(in_ticks(Accrual::from_units(moved)) <= paid + pending, "more was paid than the engine knows of");
    let counted = world.stored("spending")["budget"]["counts"][0]["units"].as_u64().unwrap();
    assert!(moved <= counted, "{moved} was paid and {counted} counted");
}

/// Nothing fails any more, and the user looks at a page.
fn calm_down(world: &mut World) {
    world.faults.clear();
    (world.proxy_is_down, world.fuse) = (false, None);
    world.servers.wallets.account_is_empty = false;
    world.lock(false);
    world.command(Command::SetEnabled(true));
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: true });
    world.command(Command::SetRate("36".to_owned()));
    world.command(Command::SetMaximumRate(None));
    world.visit("https://site.example/", &[SITE]);
}

/// Nearly a cent a second: the wallet may have said that a few at a time are the least it sends.
fn assert_pays(world: &mut World, after: &str) {
    let before = world.servers.wallets.paid();
    world.seconds(40);
    let paid = world.servers.wallets.paid() - before;
    assert!(paid >= 24, "{paid} cents in forty seconds, {after}; {:?} {:?}", world.problem(), world.page_problem());
    assert_sound(world);
}

/// A quarter of the usual number of cases, for each is minutes long.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 4, failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_the_accounts_are_sound_and_payments_come_back(events in events()) {
        let mut world = World::connected();
        for event in &events {
            happen(&mut world, event);
            assert_sound(&world);
        }
        calm_down(&mut world);
        // An empty account, a budget that was denied and a receiver that failed ten times rest for a minute.
        world.seconds(75);
        assert_pays(&mut world, "a minute later");
        if world.unsettled().len() > 1 {
            world.seconds(400);
            assert_pays(&mut world, "minutes later");
        }
        assert!(world.unsettled().len() <= 1, "more than the payment on its way is unsettled");
    }

    #[test]
    fn ordinary_mishaps_are_over_within_seconds(
        mishaps in prop::collection::vec((0..3_000_u64, 0..8_u8, any::<bool>()), 1..8)
    ) {
        let mut world = World::looking_at(&[SITE]);
        for (gap, mishap, variant) in mishaps {
            world.advance(gap);
            match mishap {
                0 => world.kill(variant),
                1 => world.servers.wallets.expire_token(),
                2 => world.servers.session = format!("session-{}", world.elapsed),
                3 => world.servers.wallets.incoming.clear(),
                4 => world.faults.add("proxy.example", 1, if variant { Fault::LoseReply } else { Fault::LoseRequest }),
                5 => world.faults.add("/v1/payments", 2, Fault::refuse(ErrorCode::WalletRefused)),
                6 => world.fuse = Some(u32::try_from(gap % 17).unwrap()),
                _ => world.clock_error = if variant { 600_000 } else { -600_000 },
            }
        }
        world.fuse = None;
        world.faults.clear();
        world.seconds(9);
        assert_pays(&mut world, "seconds later");
    }
}
