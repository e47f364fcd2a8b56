//! What is different for some sites: whether they are paid, and at which rate.

use engine::Command;
use money::{Accrual, Rate};
use serde_json::json;

use crate::pacing::purse;
use crate::wallets::{OTHER, SITE};
use crate::world::World;

const PAGE: &str = "https://site.example/";

fn set_rate(world: &mut World, site: &str, rate: Option<&str>) {
    world.command(Command::SetSiteRate { site: site.to_owned(), rate: rate.map(str::to_owned) });
}

/// The rate that the view shows for the page in front, and whether it is its site's own.
fn shown(world: &mut World) -> (String, bool) {
    let page = world.view()["page"].take();
    (page["rate"]["value"].as_str().unwrap().to_owned(), page["hasOwnRate"].as_bool().unwrap())
}

fn ticks(units_per_hour: u64, milliseconds: u64) -> i128 {
    let accrual: Accrual = Rate::from_units_per_hour(units_per_hour).unwrap().accrue(milliseconds);
    String::from(accrual).parse().unwrap()
}

#[test]
fn a_site_is_paid_at_its_own_rate_and_the_others_at_the_usual_one() {
    let mut world = World::connected();
    set_rate(&mut world, "*.example", Some("72"));
    set_rate(&mut world, "site.example", Some("180"));
    for (url, rate, own, cents) in [
        (PAGE, "180.00", true, 5),
        ("https://other.example/", "72.00", true, 2),
        ("https://site.example:8443/", "72.00", true, 2),
        ("https://site.test/", "36.00", false, 1),
    ] {
        world.visit(url, &[SITE]);
        world.seconds(3);
        assert_eq!(shown(&mut world), (rate.to_owned(), own), "{url}");
        let before = world.servers.wallets.paid();
        world.seconds(20);
        assert_eq!(world.servers.wallets.paid() - before, 20 * cents, "{url}");
    }
    set_rate(&mut world, "site.example", None);
    let tab = world.browser.tabs[1].id;
    world.activate(tab);
    assert_eq!(shown(&mut world), ("72.00".to_owned(), true));
}

#[test]
fn the_unfinished_second_accrues_at_the_rate_it_was_begun_with() {
    let mut world = World::connected();
    set_rate(&mut world, "fast.example", Some("360"));
    let slow = world.visit(PAGE, &[SITE]);
    let fast = world.visit("https://fast.example/", &[OTHER]);
    world.seconds(3);
    world.activate(slow);
    world.seconds(1);
    let before = purse(&world)[0];
    world.advance(500);
    world.activate(fast);
    world.seconds(1);
    assert_eq!(purse(&world)[0] - before, ticks(3_600, 500) + ticks(36_000, 1_000));
    world.advance(300);
    set_rate(&mut world, "fast.example", None);
    world.seconds(1);
    assert_eq!(purse(&world)[0] - before, ticks(3_600, 1_500) + ticks(36_000, 1_300));
}

#[test]
fn hopping_between_sites_pays_each_at_its_rate() {
    let mut world = World::connected();
    set_rate(&mut world, "fast.example", Some("360"));
    let tabs = [world.visit(PAGE, &[SITE]), world.visit("https://fast.example/", &[SITE])];
    world.seconds(3);
    let before = [world.servers.wallets.paid(), world.elapsed];
    for hop in 0..60_usize {
        world.activate(tabs[hop % 2]);
        world.advance(if hop % 2 == 0 { 2_700 } else { 300 });
    }
    // A cent for each second of the one, and ten for each second of the other.
    let paid = world.servers.wallets.paid() - before[0];
    assert!((81 + 90 - 20..=81 + 90 + 10).contains(&paid), "{paid}");
}

#[test]
fn a_quote_is_given_up_only_if_the_rate_of_its_page_changes() {
    for (site, rate, cents) in
        [("other.example", "360", 1), ("site.example", "36", 1), ("site.example", "360", 10), ("*.example", "72", 2)]
    {
        let mut world = World::paying();
        let (quotes, payments) = (world.calls_to("/v1/quotes"), world.payments());
        set_rate(&mut world, site, Some(rate));
        world.seconds(5);
        let new = &world.servers.wallets.payments[payments..];
        assert!(new.iter().all(|payment| payment.debit == cents), "{site} {rate}");
        if cents == 1 {
            assert_eq!(world.calls_to("/v1/quotes") - quotes, new.len(), "{site} {rate}");
        }
    }
}

#[test]
fn what_a_dear_site_did_not_get_does_not_go_to_a_cheap_one() {
    let mut world = World::connected();
    set_rate(&mut world, "cheap.example", Some("0.36"));
    world.visit(PAGE, &[SITE]);
    world.seconds(5);
    world.proxy_is_down = true;
    world.seconds(60);
    world.proxy_is_down = false;
    world.visit("https://cheap.example/", &[OTHER]);
    world.seconds(90);
    assert!((1..=2).contains(&world.servers.wallets.paid_to(OTHER)), "{}", world.servers.wallets.paid_to(OTHER));
}

#[test]
fn a_site_at_rate_zero_is_paused_and_nothing_is_sent() {
    let mut world = World::connected();
    set_rate(&mut world, "*.site.example", Some("0"));
    world.visit(PAGE, &[SITE]);
    world.seconds(60);
    assert_eq!((world.page().as_str(), shown(&mut world)), ("paused", ("0.00".to_owned(), true)));
    assert_eq!((world.timer, world.alarm, world.calls_to("/v1/incoming")), (None, false, 0));
    set_rate(&mut world, "site.example", Some("36"));
    world.seconds(3);
    assert!(world.payments() > 0);
    set_rate(&mut world, "site.example", Some("0"));
    world.advance(500);
    let paid = world.payments();
    world.seconds(10);
    assert_eq!((world.payments(), world.page().as_str(), world.timer), (paid, "paused", None));
}

#[test]
fn a_frame_from_a_site_at_rate_zero_gets_nothing_of_the_page() {
    let mut world = World::connected();
    set_rate(&mut world, "ads.example", Some("0"));
    let tab = world.visit(PAGE, &[SITE]);
    world.embed(tab, "https://ads.example", OTHER);
    world.seconds(10);
    assert!(world.servers.wallets.paid_to(SITE) >= 9);
    assert_eq!(world.servers.wallets.paid_to(OTHER), 0);
    set_rate(&mut world, "ads.example", None);
    world.seconds(10);
    assert!(world.servers.wallets.paid_to(OTHER) >= 4);
}

#[test]
fn a_domain_can_be_off_but_for_one_site() {
    let mut world = World::connected();
    world.command(Command::SetSiteEnabled { site: "*.example.org".to_owned(), enabled: false });
    world.command(Command::SetSiteEnabled { site: "blog.example.org".to_owned(), enabled: true });
    for (url, state) in [
        ("https://example.org/", "siteOff"),
        ("https://shop.example.org:8443/", "siteOff"),
        ("https://blog.example.org/", "paying"),
        ("https://anexample.org/", "paying"),
    ] {
        world.visit(url, &[SITE]);
        world.seconds(2);
        assert_eq!(world.page(), state, "{url}");
    }
}

#[test]
fn rules_are_shown_and_survive_everything() {
    let mut world = World::connected();
    set_rate(&mut world, "*.Example.org", Some("1.5"));
    world.command(Command::SetSiteEnabled { site: "a.example:8443".to_owned(), enabled: false });
    let money = json!({"value": "1.50", "assetCode": "USD", "assetScale": 2});
    let rules = json!([
        {"site": "*.example.org", "enabled": null, "rate": money},
        {"site": "a.example:8443", "enabled": false, "rate": null},
    ]);
    assert_eq!(world.view()["settings"]["sites"], rules);
    world.session.clear();
    world.kill(false);
    assert_eq!(world.view()["settings"]["sites"], rules);
}

#[test]
fn what_cannot_be_a_rule_is_told_and_changes_nothing() {
    let mut world = World::connected();
    for (site, rate, problem) in [
        ("https://a.example/", Some("1"), "site_invalid"),
        ("*", Some("1"), "site_invalid"),
        ("a.example", Some("fast"), "rate_invalid"),
        ("", None, "site_invalid"),
    ] {
        set_rate(&mut world, site, rate);
        assert_eq!(world.notice().as_deref(), Some(problem), "{site}");
    }
    world.command(Command::SetSiteEnabled { site: "a b".to_owned(), enabled: false });
    assert_eq!(world.notice().as_deref(), Some("site_invalid"));
    assert_eq!(world.view()["settings"]["sites"], json!([]));
    for number in 0..501 {
        set_rate(&mut world, &format!("site{number}.example"), Some("1"));
        world.advance(1);
    }
    assert_eq!(world.notice().as_deref(), Some("too_many_sites"));
    assert_eq!(world.view()["settings"]["sites"].as_array().unwrap().len(), 500);
}

#[test]
fn a_rule_that_is_forgotten_leaves_what_holds_for_more_sites() {
    let mut world = World::connected();
    world.command(Command::SetSiteEnabled { site: "*.example".to_owned(), enabled: false });
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: true });
    set_rate(&mut world, "site.example", Some("72"));
    world.visit(PAGE, &[SITE]);
    assert_eq!(shown(&mut world), ("72.00".to_owned(), true));
    world.command(Command::ForgetSite(" Site.example".to_owned()));
    assert_eq!((world.page().as_str(), shown(&mut world)), ("siteOff", ("36.00".to_owned(), false)));
    world.command(Command::ForgetSite("no site".to_owned()));
    assert_eq!(world.notice().as_deref(), Some("site_invalid"));
    assert_eq!(world.view()["settings"]["sites"].as_array().unwrap().len(), 1);
}

fn import(world: &mut World, sites: &serde_json::Value) {
    world.command(Command::ImportSites(json!({ "sites": sites }).to_string()));
}

#[test]
fn a_list_of_rules_comes_back_as_it_went_and_leaves_the_others_alone() {
    let mut world = World::connected();
    let euros = json!({"value": "0.125", "assetCode": "EUR", "assetScale": 2});
    let rules = json!([
        {"site": "*.example.org", "enabled": false, "rate": null},
        {"site": "a.example:8443", "enabled": null, "rate": euros},
        {"site": "b.example", "enabled": true, "rate": {"value": "0.00", "assetCode": "USD", "assetScale": 2}},
    ]);
    import(&mut world, &rules);
    assert_eq!((world.notice(), &world.view()["settings"]["sites"]), (None, &rules));
    set_rate(&mut world, "kept.example", Some("1"));
    // What is not said is nothing, and what says nothing is no rule.
    import(&mut world, &json!([{"site": "B.example", "enabled": false, "more": []}, {"site": "c.example"}]));
    let sites = world.view()["settings"]["sites"].take();
    assert_eq!(sites.as_array().unwrap().len(), 4);
    assert_eq!(sites[2], json!({"site": "b.example", "enabled": false, "rate": null}));
    world.kill(false);
    assert_eq!(world.view()["settings"]["sites"], sites);
}

#[test]
fn a_list_that_is_wrong_anywhere_changes_nothing() {
    let mut world = World::connected();
    set_rate(&mut world, "kept.example", Some("1"));
    let before = world.view()["settings"]["sites"].take();
    let good = json!({"site": "good.example", "enabled": false});
    for (wrong, detail) in [
        (json!({"site": "not a site", "enabled": false}), json!("not a site")),
        (json!({"site": "x".repeat(9_000), "enabled": false}), json!("x".repeat(253))),
        (
            json!({"site": "a.example", "rate": {"value": "-1", "assetCode": "USD", "assetScale": 2}}),
            json!("a.example"),
        ),
        (
            json!({"site": "a.example", "rate": {"value": "1", "assetCode": "US D", "assetScale": 2}}),
            json!("a.example"),
        ),
        (
            json!({"site": "a.example", "rate": {"value": "1", "assetCode": "USD", "assetScale": 19}}),
            json!("a.example"),
        ),
        (json!({"site": "a.example", "rate": 1}), json!("a.example")),
        (json!({"site": "a.example", "enabled": "no"}), json!("a.example")),
        (json!({"enabled": false}), json!("")),
        (json!(["a.example", false]), json!("")),
    ] {
        import(&mut world, &json!([good, wrong]));
        let view = world.view();
        let problem = &view["notice"];
        assert_eq!((&problem["code"], &problem["detail"]), (&json!("list_invalid"), &detail), "{wrong}");
        assert_eq!(view["settings"]["sites"], before, "{wrong}");
    }
    for text in ["", "[]", "null", "{", r#"{"sites":{}}"#, r#"{"rules":[]}"#, &"[".repeat(100_000)] {
        world.command(Command::ImportSites(text.to_owned()));
        assert_eq!(world.notice().as_deref(), Some("list_invalid"), "{text:.9}");
    }
    let rule = |number| json!({"site": format!("site{number}.example"), "enabled": false});
    import(&mut world, &(0..500).map(rule).collect());
    assert_eq!(world.notice().as_deref(), Some("too_many_sites"));
    assert_eq!(world.view()["settings"]["sites"], before);
    import(&mut world, &(0..499).map(rule).collect());
    import(&mut world, &(0..499).map(rule).collect());
    assert_eq!((world.notice(), world.view()["settings"]["sites"].as_array().unwrap().len()), (None, 500));
}

#[test]
fn sites_that_were_switched_off_before_there_were_rules_stay_off() {
    let mut world = World::connected();
    let settings = json!([1, {"enabled": true, "sites_off": ["site.example"], "proxy": null,
        "rate": [7_200_000, {"code": "USD", "scale": 2}]}]);
    world.local.insert("settings".to_owned(), settings.to_string());
    world.kill(false);
    world.visit(PAGE, &[SITE]);
    world.seconds(2);
    assert_eq!((world.page().as_str(), shown(&mut world)), ("siteOff", ("72.00".to_owned(), false)));
    world.command(Command::SetSiteEnabled { site: "site.example".to_owned(), enabled: true });
    world.seconds(3);
    assert_eq!(world.page(), "paying");
}
