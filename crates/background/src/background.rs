//! The class that `background.js` gives the browser's events to.

use std::rc::Rc;

use engine::{Engine, Input, Stored, Tab, TabId, Url, WindowId};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::chrome::{self, BrowserTab, Port, TabActivation, TabChange};
use crate::effects::{ALARM, drop_alarm, idle};
use crate::ports::Ports;
use crate::queue::Queue;
use crate::{key, storage};

/// The extension's one instance in this life of its worker.
#[wasm_bindgen]
pub struct Background {
    queue: Rc<Queue>,
    ports: Rc<Ports>,
}

#[wasm_bindgen]
impl Background {
    /// Reads what was stored and wakes the engine with it.
    ///
    /// # Errors
    /// What the browser throws if it cannot read.
    pub async fn start(proxy_url: String) -> Result<Background, JsValue> {
        std::panic::set_hook(Box::new(|panic| {
            // The place, not the message, which may hold a secret. Without the alarm the worker,
            // which does nothing any more, is ended soon and starts anew.
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            chrome::log_error("Rivulet stops until the worker restarts: it is wrong at", &place.into());
            drop_alarm();
        }));
        let proxy_url = Url::parse(&proxy_url).map_err(|_| "this build names no usable proxy")?;
        let contents = storage::open().await?;
        let key = match &contents.sealed_key {
            Some(sealed) => key::unseal(sealed).await?,
            None => None,
        };
        let tabs: Array = chrome::query_tabs(&chrome::object([])).await?.unchecked_into();
        let stored = Stored {
            local: contents.local,
            session: contents.session,
            signer: key.map(|key| Box::new(key) as _),
            tabs: tabs.iter().filter_map(|tab| known_tab(tab.unchecked_ref())).collect(),
            // There may be no window at all.
            focused_window: chrome::last_focused_window().await.ok().and_then(|window| window.id()).map(WindowId),
        };
        let ports = Rc::new(Ports::default());
        let queue = Queue::new(Box::new(Engine::new(proxy_url)), Rc::clone(&ports));
        queue.push(Input::Woke(stored));
        Ok(Self { queue, ports })
    }

    /// `chrome.runtime.onInstalled`.
    pub fn installed(&self, reason: &str) {
        self.push((reason == "install").then_some(Input::Installed));
    }

    /// `chrome.alarms.onAlarm`.
    pub fn alarm(&self, name: &str) {
        self.push((name == ALARM).then_some(Input::Elapsed));
    }

    /// `chrome.runtime.onConnect`.
    #[wasm_bindgen(js_name = portConnected)]
    pub fn port_connected(&self, port: Port) {
        self.push(self.ports.connected(port));
    }

    /// `onMessage` of a port.
    #[wasm_bindgen(js_name = portMessage)]
    pub fn port_message(&self, port: &Port, message: &JsValue) {
        self.push(self.ports.received(port, message));
    }

    /// `onDisconnect` of a port.
    #[wasm_bindgen(js_name = portClosed)]
    pub fn port_closed(&self, port: &Port) {
        self.push(self.ports.closed(port));
    }

    /// `chrome.tabs.onActivated`.
    #[wasm_bindgen(js_name = tabActivated)]
    pub fn tab_activated(&self, activation: &TabActivation) {
        self.push(Some(Input::TabActivated(TabId(activation.tab_id()), WindowId(activation.window_id()))));
    }

    /// `chrome.tabs.onUpdated`.
    #[wasm_bindgen(js_name = tabUpdated)]
    pub fn tab_updated(&self, _id: i32, change: &TabChange, tab: &BrowserTab) {
        self.push(tab_changed(change, tab));
    }

    /// `chrome.tabs.onRemoved`.
    #[wasm_bindgen(js_name = tabRemoved)]
    pub fn tab_removed(&self, id: i32) {
        self.push(Some(Input::TabRemoved(TabId(id))));
    }

    /// `chrome.windows.onFocusChanged`. A negative id means that no window of the browser is in
    /// front.
    #[wasm_bindgen(js_name = windowFocused)]
    pub fn window_focused(&self, id: i32) {
        self.push(Some(Input::WindowFocused((id >= 0).then_some(WindowId(id)))));
    }

    /// `chrome.idle.onStateChanged`.
    #[wasm_bindgen(js_name = idleChanged)]
    pub fn idle_changed(&self, state: &str) {
        self.push(Some(Input::IdleChanged(idle(state))));
    }

    fn push(&self, input: Option<Input>) {
        if let Some(input) = input {
            self.queue.push(input);
        }
    }
}

/// What an update of a tab says, if it is not only about its title or icon.
pub fn tab_changed(change: &TabChange, tab: &BrowserTab) -> Option<Input> {
    let sounds_different = change.audible().is_some() || change.muted_info().is_some();
    let matters = change.url().is_some() || change.status().is_some() || sounds_different;
    known_tab(tab).filter(|_| matters).map(Input::TabChanged)
}

/// A tab that has an id; those of developer tools have none.
fn known_tab(tab: &BrowserTab) -> Option<Tab> {
    let (id, window) = (TabId(tab.id()?), WindowId(tab.window_id()));
    let audible = tab.audible().unwrap_or_default() && !tab.muted_info().is_some_and(|info| info.muted());
    Some(Tab { id, window, active: tab.active(), audible, url: tab.url() })
}
