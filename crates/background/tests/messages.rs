//! Messages from content scripts and views.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

mod common;

use background::{MAX_FRAMES, MAX_LINKS, command, report};
use common::js;
use engine::{Command, EmbeddedFrame, Embedding, Format, FrameId, FrameReport, Input, Link, LinkId, TabId, ViewId};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

/// A frame, as the browser vouches for it.
fn frame() -> FrameReport {
    FrameReport {
        frame: FrameId(3),
        tab: TabId(7),
        main: false,
        origin: "https://site.example".to_owned(),
        url: "https://site.example/a".to_owned(),
        visible: false,
        links: Vec::new(),
        embedding: Embedding::default(),
    }
}

fn reported(message: &str) -> Option<FrameReport> {
    match report(&js(&format!("({message})")), frame())? {
        Input::FrameReported(report) => Some(report),
        _ => None,
    }
}

fn commanded(message: &str) -> Option<Command> {
    match command(&js(&format!("({message})")), ViewId(4))? {
        Input::Command(command) => Some(command),
        _ => None,
    }
}

#[wasm_bindgen_test]
fn a_report_is_read_with_what_the_browser_vouches_for() {
    let message = "{type: 'state', visible: true, origin: 'https://other.example',
                    links: [{id: 2, href: 'https://wallet.example/alice'}, {id: 1, href: ''}]}";
    let link = |id, href: &str| Link { id: LinkId(id), href: href.to_owned() };
    let links = vec![link(2, "https://wallet.example/alice"), link(1, "")];
    let expected = FrameReport { visible: true, links, ..frame() };
    assert_eq!(reported(message), Some(expected));
}

#[wasm_bindgen_test]
fn a_report_tells_of_the_frames_in_it() {
    let message = "{type: 'state', visible: false, links: [], mark: '1,2',
                    frames: [{mark: '3,4', allow: 'monetization', source: 'https://a.example'}]}";
    let text = str::to_owned;
    let embedded = EmbeddedFrame { mark: text("3,4"), allow: text("monetization"), source: text("https://a.example") };
    let embedding = Embedding { mark: Some(text("1,2")), frames: vec![embedded] };
    assert_eq!(reported(message), Some(FrameReport { embedding, ..frame() }));
}

#[wasm_bindgen_test]
fn a_report_cannot_be_too_large() {
    let frames = "{type: 'state', visible: true, links: [],
                   frames: Array.from({length: 100}, () => ({mark: '', allow: '', source: ''}))}";
    assert_eq!(reported(frames).unwrap().embedding.frames.len(), MAX_FRAMES);

    let many = "{type: 'state', visible: true, links: Array.from({length: 100}, (_, id) => ({id, href: 'x'}))}";
    assert_eq!(reported(many).unwrap().links.len(), MAX_LINKS);

    let long = "{type: 'state', visible: true, links: [2048, 2049].map((n) => ({id: n, href: 'x'.repeat(n)}))}";
    let lengths: Vec<usize> = reported(long).unwrap().links.iter().map(|link| link.href.len()).collect();
    assert_eq!(lengths, [2_048, 0]);

    assert_eq!(reported("{type: 'state', visible: true, links: [], more: 'x'.repeat(300000)}"), None);
}

#[wasm_bindgen_test]
fn every_command_is_read() {
    let enabled = false;
    let text = str::to_owned;
    let all = [
        (
            "{command: 'connect', walletAddress: '$w.example', amount: '1,5', monthly: true}",
            Command::Connect { wallet_address: text("$w.example"), amount: text("1,5"), monthly: true },
        ),
        ("{command: 'topUp', amount: '20', monthly: false}", Command::TopUp { amount: text("20"), monthly: enabled }),
        ("{command: 'cancelConnect'}", Command::CancelConnect),
        ("{command: 'disconnect'}", Command::Disconnect),
        ("{command: 'setEnabled', enabled: false}", Command::SetEnabled(enabled)),
        (
            "{command: 'setSiteEnabled', site: 'site.example:8080', enabled: false}",
            Command::SetSiteEnabled { site: text("site.example:8080"), enabled },
        ),
        (
            "{command: 'setSiteRate', site: '*.site.example', perHour: '1'}",
            Command::SetSiteRate { site: text("*.site.example"), rate: Some(text("1")) },
        ),
        (
            "{command: 'setSiteRate', site: 'site.example', perHour: null}",
            Command::SetSiteRate { site: text("site.example"), rate: None },
        ),
        ("{command: 'forgetSite', site: 'a.example'}", Command::ForgetSite(text("a.example"))),
        ("{command: 'importSites', text: '{}'}", Command::ImportSites(text("{}"))),
        ("{command: 'setRate', perHour: '3.60'}", Command::SetRate(text("3.60"))),
        ("{command: 'exportLedger', format: 'csv'}", Command::ExportLedger { format: Format::Csv, view: ViewId(4) }),
        ("{command: 'exportLedger', format: 'json'}", Command::ExportLedger { format: Format::Json, view: ViewId(4) }),
        ("{command: 'forgetLedger'}", Command::ForgetLedger),
        ("{command: 'setMaximumRate', perHour: '1'}", Command::SetMaximumRate(Some(text("1")))),
        ("{command: 'setMaximumRate', perHour: null}", Command::SetMaximumRate(None)),
        ("{command: 'setIdle', minutes: 10}", Command::SetIdle(Some(10))),
        ("{command: 'setIdle', minutes: null}", Command::SetIdle(None)),
        (
            "{command: 'payOnce', site: 'a.example', amount: '1,50'}",
            Command::PayOnce { site: text("a.example"), amount: text("1,50") },
        ),
        ("{command: 'setProxyUrl', url: 'https://p.example'}", Command::SetProxyUrl(text("https://p.example"))),
    ];
    for (message, expected) in all {
        assert_eq!(commanded(message), Some(expected), "{message}");
    }
}

#[wasm_bindgen_test]
fn what_is_not_understood_is_dropped() {
    let hostile = [
        "undefined",
        "null",
        "1n",
        "() => 1",
        "'state'",
        "[]",
        "{}",
        "(() => { const loop = {}; loop.loop = loop; return loop; })()",
        "{type: 'other', visible: true, links: []}",
        "{type: 'state', visible: 'yes', links: []}",
        "{type: 'state', visible: true}",
        "{type: 'state', visible: true, links: {length: 1}}",
        "{type: 'state', visible: true, links: [{id: -1, href: ''}]}",
        "{type: 'state', visible: true, links: [{id: 1.5, href: ''}]}",
        "{type: 'state', visible: true, links: [{id: 4294967296, href: ''}]}",
        "{type: 'state', visible: true, links: [{id: 1, href: 5}]}",
        "{command: 'pay'}",
        "{command: 'setEnabled', enabled: 1}",
        "{command: 'exportLedger'}",
        "{command: 'exportLedger', format: 'xls'}",
        "{command: 'setRate', perHour: 3.6}",
        "{command: 'setIdle', minutes: -1}",
        "{command: 'connect', walletAddress: 'https://w.example/'}",
    ];
    for message in hostile {
        assert_eq!(reported(message), None, "{message}");
        assert_eq!(commanded(message), None, "{message}");
    }
}
