//! The whole worker with the real engine, as `background.js` drives it.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

mod common;

use background::{Background, tab_changed};
use common::{fake_chrome, js, notes, pause};
use engine::Input;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

async fn start() -> Background {
    Background::start("http://127.0.0.1:4100".to_owned()).await.unwrap()
}

/// Connects a view whose messages are kept in `views`.
fn connect_view(background: &Background) -> JsValue {
    let port = js("globalThis.views = [];
        ({name: 'view', sender: {id: 'rivulet', url: 'chrome-extension://rivulet/views/popup.html'},
          postMessage: (view) => views.push(view)})");
    background.port_connected(port.clone().unchecked_into());
    port
}

/// A member of the last view.
fn shown(member: &str) -> Option<String> {
    js(&format!("views.at(-1).{member}?.toString()")).as_string()
}

#[wasm_bindgen_test]
async fn the_first_start_makes_a_key_and_opens_the_welcome_page() {
    fake_chrome();
    let background = start().await;
    background.installed("install");
    let view = connect_view(&background);
    pause(300).await;
    let jwk = shown("publicKey.jwk").unwrap();
    assert_eq!(js(&format!("({jwk}).crv")).as_string().as_deref(), Some("Ed25519"));
    assert_eq!(shown("proxyUrl").as_deref(), Some("http://127.0.0.1:4100/"));
    assert_eq!(shown("connection.state").as_deref(), Some("disconnected"));
    assert_eq!(notes()[..2], ["local for TRUSTED_CONTEXTS", "session for TRUSTED_CONTEXTS"]);
    assert!(notes().contains(&"open views/welcome.html".to_owned()));
    assert!(notes().contains(&"idle after 300 s".to_owned()));

    background.port_message(view.unchecked_ref(), &js("({command: 'setEnabled', enabled: false})"));
    pause(100).await;
    assert_eq!(shown("enabled").as_deref(), Some("false"));
}

#[wasm_bindgen_test]
async fn the_next_start_takes_up_what_was_stored() {
    fake_chrome();
    let first = start().await;
    let view = connect_view(&first);
    pause(300).await;
    first.port_message(view.unchecked_ref(), &js("({command: 'setEnabled', enabled: false})"));
    pause(100).await;
    let key = shown("publicKey.kid").unwrap();

    let second = start().await;
    connect_view(&second);
    pause(100).await;
    assert_eq!(shown("publicKey.kid").as_ref(), Some(&key));
    assert_eq!(shown("enabled").as_deref(), Some("false"));

    js("chrome.storage.local.entries.key = 'AAAA'");
    let third = start().await;
    connect_view(&third);
    pause(300).await;
    assert_ne!(shown("publicKey.kid").unwrap(), key);
    assert_eq!(shown("enabled").as_deref(), Some("false"));
}

#[wasm_bindgen_test]
async fn what_the_last_life_was_about_to_remove_is_not_there() {
    fake_chrome();
    js("chrome.storage.local.entries = { settings: null, key: null }");
    let background = start().await;
    connect_view(&background);
    pause(300).await;
    // With settings that it cannot read it would pay nobody.
    assert_eq!(shown("enabled").as_deref(), Some("true"));
    assert!(shown("publicKey.kid").is_some());
}

#[wasm_bindgen_test]
async fn only_an_installation_opens_the_welcome_page() {
    fake_chrome();
    let background = start().await;
    background.installed("update");
    background.installed("chrome_update");
    pause(300).await;
    assert!(!notes().iter().any(|note| note.starts_with("open")), "{:?}", notes());
}

#[wasm_bindgen_test]
async fn the_page_in_front_is_that_of_the_window_in_front() {
    fake_chrome();
    js("chrome.openTabs = [{id: 1, windowId: 1, active: true, url: 'https://first.example/'}]");
    let background = start().await;
    connect_view(&background);
    let site = async || {
        pause(100).await;
        shown("page?.site")
    };
    pause(300).await;
    assert_eq!(site().await.as_deref(), Some("first.example"));

    let tab = js("({id: 2, windowId: 2, active: true, url: 'https://second.example:8443/a'})");
    background.tab_updated(2, js("({status: 'loading'})").unchecked_ref(), tab.unchecked_ref());
    background.window_focused(2);
    assert_eq!(site().await.as_deref(), Some("second.example:8443"));

    background.window_focused(-1);
    assert_eq!(site().await.as_deref(), Some("second.example:8443"));

    let moved = js("({id: 2, windowId: 2, active: true, url: 'https://third.example/'})");
    background.tab_updated(2, js("({title: 'Third'})").unchecked_ref(), moved.unchecked_ref());
    assert_eq!(site().await.as_deref(), Some("second.example:8443"));
    background.tab_updated(2, js("({url: 'https://third.example/'})").unchecked_ref(), moved.unchecked_ref());
    assert_eq!(site().await.as_deref(), Some("third.example"));

    background.tab_activated(js("({tabId: 1, windowId: 2})").unchecked_ref());
    background.tab_removed(2);
    assert_eq!(site().await.as_deref(), Some("first.example"));
}

#[wasm_bindgen_test]
fn a_tab_that_is_muted_cannot_be_heard() {
    let heard = |change: &str, tab: &str| {
        let tab = js(&format!("({{id: 1, windowId: 1, active: true, {tab}}})"));
        match tab_changed(js(&format!("({change})")).unchecked_ref(), tab.unchecked_ref()) {
            Some(Input::TabChanged(tab)) => Some(tab.audible),
            _ => None,
        }
    };
    assert_eq!(heard("{audible: true}", "audible: true"), Some(true));
    assert_eq!(heard("{mutedInfo: {muted: true}}", "audible: true, mutedInfo: {muted: true}"), Some(false));
    assert_eq!(heard("{mutedInfo: {muted: false}}", "audible: true, mutedInfo: {muted: false}"), Some(true));
    assert_eq!(heard("{title: 'A'}", "audible: true"), None);
}
