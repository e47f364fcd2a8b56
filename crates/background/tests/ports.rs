//! Who may connect, and what each is told.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

mod common;

use background::Ports;
use common::{fake_chrome, js, note, notes};
use engine::{FrameId, FrameReport, Input, TabId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

const FRAME: &str =
    "{id: 'rivulet', tab: {id: 7}, frameId: 0, origin: 'https://site.example', url: 'https://site.example/a'}";
const EMBEDDED: &str = "{id: 'rivulet', tab: {id: 7}, frameId: 4, origin: 'https://other.example'}";
const VIEW: &str = "{id: 'rivulet', url: 'chrome-extension://rivulet/views/popup.html'}";

fn port(name: &str, sender: &str) -> JsValue {
    js(&format!("({{name: '{name}', sender: {sender}, disconnect: () => note('disconnect')}})"))
}

fn connected(ports: &Ports, port: &JsValue) -> Option<Input> {
    ports.connected(port.clone().unchecked_into())
}

fn report(ports: &Ports, port: &JsValue) -> Option<FrameReport> {
    match ports.received(port.unchecked_ref(), &js("({type: 'state', visible: true, links: []})"))? {
        Input::FrameReported(report) => Some(report),
        _ => None,
    }
}

#[wasm_bindgen_test]
fn a_frame_is_what_the_browser_says_it_is() {
    fake_chrome();
    let ports = Ports::default();
    let (first, second) = (port("frame", FRAME), port("frame", EMBEDDED));
    assert!(connected(&ports, &first).is_none() && connected(&ports, &second).is_none());
    let frames = [report(&ports, &first), report(&ports, &second)].map(Option::unwrap);
    assert_eq!(frames.each_ref().map(|report| report.frame), [FrameId(1), FrameId(2)]);
    assert_eq!(frames.each_ref().map(|report| report.tab), [TabId(7), TabId(7)]);
    assert_eq!(frames.each_ref().map(|report| report.main), [true, false]);
    assert_eq!(
        frames.each_ref().map(|report| report.origin.as_str()),
        ["https://site.example", "https://other.example"]
    );

    assert!(matches!(ports.closed(first.unchecked_ref()), Some(Input::FrameLeft(FrameId(1)))));
    assert!(ports.closed(first.unchecked_ref()).is_none());
    assert!(report(&ports, &first).is_none());
    assert!(report(&ports, &second).is_some());
    assert_eq!(notes(), [""; 0]);
}

#[wasm_bindgen_test]
fn a_view_commands_and_a_frame_does_not() {
    fake_chrome();
    let ports = Ports::default();
    let (frame, view) = (port("frame", FRAME), port("view", VIEW));
    assert!(connected(&ports, &frame).is_none());
    assert!(matches!(connected(&ports, &view), Some(Input::ViewOpened)));
    let command = js("({command: 'disconnect'})");
    assert!(ports.received(frame.unchecked_ref(), &command).is_none());
    assert!(matches!(ports.received(view.unchecked_ref(), &command), Some(Input::Command(_))));
    assert!(report(&ports, &view).is_none());
    assert!(matches!(ports.closed(view.unchecked_ref()), Some(Input::ViewClosed)));
}

#[wasm_bindgen_test]
fn strangers_are_disconnected() {
    fake_chrome();
    note("none yet");
    let strangers = [
        ("other", VIEW),
        ("view", FRAME),
        ("view", "undefined"),
        ("view", "{id: 'rivulet'}"),
        ("view", "{id: 'another', url: 'chrome-extension://rivulet/views/popup.html'}"),
        ("view", "{id: 'rivulet', url: 'chrome-extension://rivulet.example/views/popup.html'}"),
        ("frame", VIEW),
        ("frame", "{id: 'another', tab: {id: 7}, origin: 'https://site.example'}"),
        ("frame", "{id: 'rivulet', tab: {id: 7}}"),
        ("frame", "{id: 'rivulet', tab: {}, origin: 'https://site.example'}"),
    ];
    for (count, (name, sender)) in strangers.into_iter().enumerate() {
        let ports = Ports::default();
        let stranger = port(name, sender);
        assert!(connected(&ports, &stranger).is_none(), "{name} of {sender}");
        assert_eq!(notes().len(), count + 2, "{name} of {sender}");
        assert!(report(&ports, &stranger).is_none(), "{name} of {sender}");
        assert!(ports.closed(stranger.unchecked_ref()).is_none());
    }
}
