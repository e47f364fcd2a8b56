//! What the proxy allows in a minute, 150 quotes and payments together and 100 of anything else,
//! is never used up, however restless the pages and however troubled the wallets are.

use engine::Command;
use protocol::ErrorCode;

use crate::faults::Fault;
use crate::servers::PROXY;
use crate::world::World;

/// The most calls of either kind in any minute: quotes and payments, and all others.
fn busiest_minute(world: &World) -> [usize; 2] {
    let is_money = |url: &str| url.ends_with("/v1/quotes") || url.ends_with("/v1/payments");
    [true, false].map(|money| {
        let of_kind = |(_, url): &&(u64, String)| url.starts_with(PROXY) && is_money(url) == money;
        let times: Vec<u64> = world.calls.iter().filter(of_kind).map(|(at, _)| *at).collect();
        let in_minute_after = |from: &u64| times.iter().filter(|at| (*from..from + 60_000).contains(at)).count();
        times.iter().map(in_minute_after).max().unwrap_or(0)
    })
}

fn assert_within_the_limits(world: &World, what: &str) {
    let [money, others] = busiest_minute(world);
    assert!(money <= 150 && others <= 100, "{what}: {money} quotes and payments, {others} others");
}

fn links(page: u64, count: u64) -> Vec<String> {
    (0..count).map(|link| format!("https://pay.example/p{}", page * count + link)).collect()
}

/// The user goes from page to page, each with many wallets of its own, every so many milliseconds.
fn hop(world: &mut World, hops: u64, milliseconds: u64) {
    let tab = world.visit("https://site.example/", &[]);
    for page in 0..hops {
        let links = links(page, (milliseconds / 90).min(12));
        let links: Vec<&str> = links.iter().map(String::as_str).collect();
        world.navigate(tab, &format!("https://site{page}.example/"), &links);
        world.advance(milliseconds);
    }
}

#[test]
fn hopping_from_page_to_page() {
    for milliseconds in [90, 300, 700, 1_100, 2_300] {
        let mut world = World::connected();
        hop(&mut world, 150_000 / milliseconds, milliseconds);
        assert_within_the_limits(&world, &format!("a page each {milliseconds} ms"));
        // Each page needs an incoming payment of its own, which takes longer than the shortest of them.
        assert!(milliseconds == 90 || world.payments() > 90, "{milliseconds}: {}", world.payments());
    }
}

#[test]
fn going_back_and_forth_between_pages_that_are_known() {
    for milliseconds in [90, 300, 700, 1_100] {
        let mut world = World::connected();
        let tab = world.visit("https://site.example/", &[]);
        for step in 0..150_000 / milliseconds {
            let link = format!("https://pay.example/p{}", step % 2);
            world.navigate(tab, &format!("https://site{}.example/", step % 2), &[&link]);
            world.advance(milliseconds);
        }
        assert_within_the_limits(&world, &format!("a page each {milliseconds} ms"));
        assert!(world.payments() > 140, "{milliseconds}: {}", world.payments());
    }
}

#[test]
fn a_wallet_that_is_never_content() {
    type Trouble = (&'static str, fn(&mut World));
    let troubles: [Trouble; 6] = [
        ("tokens expire at once", |world| world.servers.wallets.expire_token()),
        ("sessions are forgotten", |world| world.servers.session = format!("session-{}", world.elapsed)),
        ("payments fail", |world| world.servers.wallets.account_is_empty = world.elapsed % 2 == 0),
        ("the smallest amount grows", |world| {
            world.servers.wallets.tells_minimum = false;
            world.servers.wallets.minimum = (world.servers.wallets.minimum * 3).min(200_000);
        }),
        ("quotes and payments are refused", |world| {
            world.faults.add("/v1/quotes", 1, Fault::refuse(ErrorCode::WalletRefused));
            world.faults.add("/v1/payments", 1, Fault::refuse(ErrorCode::QuoteUsed));
        }),
        ("the rate changes", |world| world.command(Command::SetRate(format!("{}", 36 + world.elapsed % 7)))),
    ];
    for (what, trouble) in troubles {
        let mut world = World::connected();
        let links = links(0, 8);
        let links: Vec<&str> = links.iter().map(String::as_str).collect();
        world.visit("https://site.example/", &links);
        for _ in 0..600 {
            trouble(&mut world);
            world.advance(331);
        }
        assert_within_the_limits(&world, what);
    }
}

#[test]
fn reading_back_what_is_never_delivered_while_hopping() {
    let mut world = World::connected();
    let never = |body: &mut serde_json::Value| {
        if let Some(sent) = body.get_mut("sentAmount") {
            sent["value"] = serde_json::json!("0");
        }
    };
    world.faults.add("/v1/payments/read", u32::MAX, Fault::Forge(Box::new(never)));
    hop(&mut world, 140, 1_100);
    assert_within_the_limits(&world, "nothing is delivered");
    let reads = world.calls_to("/v1/payments/read");
    assert!(reads >= 10 && world.payments() > 90, "{reads} {}", world.payments());
}
