//! The order in which inputs are handled and effects carried out.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

mod common;

use std::collections::VecDeque;
use std::rc::Rc;

use background::{Machine, Ports, Queue};
use common::{fake_chrome, js, note, notes, pause, request};
use engine::{Area, CallId, Effect, Input, Now, Page, TabId, Unreachable, Url, WindowId};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

/// Notes each input, and answers it with the next effects of its list.
struct Script(VecDeque<Vec<Effect>>, VecDeque<Effect>);

impl Machine for Script {
    fn handle(&mut self, input: Input, _: Now) {
        note(match input {
            Input::Elapsed => "elapsed",
            Input::KeyMade(_) => "key made",
            Input::ConsentTabOpened(TabId(7)) => "consent tab 7",
            Input::WindowFocused(_) => "focused",
            Input::Answered(CallId(9), Err(Unreachable::Failed)) => "answered: failed",
            _ => "something else",
        });
        self.1 = self.0.pop_front().unwrap_or_default().into();
    }

    fn poll(&mut self) -> Option<Effect> {
        self.1.pop_front()
    }
}

fn queue<const N: usize>(script: [Vec<Effect>; N]) -> Rc<Queue> {
    fake_chrome();
    js("globalThis.fetch = async () => { note('fetch'); throw new TypeError('Failed to fetch'); }");
    Queue::new(Box::new(Script(script.into(), VecDeque::new())), Rc::new(Ports::default()))
}

fn focused() -> Input {
    Input::WindowFocused(Some(WindowId(1)))
}

fn persist(area: Area, entries: &[(&str, Option<&str>)]) -> Effect {
    let owned = |(name, text): &(&str, Option<&str>)| ((*name).to_owned(), text.map(str::to_owned));
    Effect::Persist { area, entries: entries.iter().map(owned).collect() }
}

fn call() -> Effect {
    Effect::Call { call: CallId(9), request: request("/"), deadline: 1_000, limit: 1_000 }
}

#[wasm_bindgen_test]
async fn what_is_stored_is_stored_before_what_follows() {
    let queue = queue([vec![persist(Area::Local, &[("intent", Some("1"))]), call(), Effect::Alarm(true)]]);
    queue.push(Input::Elapsed);
    pause(60).await;
    let expected = ["elapsed", "local.set begins", "local.set ends", "alarm wake 0.5", "fetch", "answered: failed"];
    assert_eq!(notes(), expected);
}

#[wasm_bindgen_test]
async fn inputs_wait_until_all_effects_are_carried_out() {
    let queue = queue([vec![persist(Area::Session, &[("purse", Some("1"))]), Effect::Alarm(false)]]);
    queue.push(Input::Elapsed);
    pause(5).await;
    queue.push(focused());
    queue.push(Input::Elapsed);
    assert_eq!(notes(), ["elapsed", "session.set begins"]);
    pause(60).await;
    assert_eq!(notes()[2..], ["session.set ends", "no alarm wake", "focused", "elapsed"]);
}

#[wasm_bindgen_test]
async fn entries_are_written_and_removed() {
    let queue = queue([
        vec![persist(Area::Local, &[("a", Some("1")), ("b", Some("2"))])],
        vec![persist(Area::Local, &[("a", None), ("b", Some("3"))])],
    ]);
    queue.push(Input::Elapsed);
    queue.push(Input::Elapsed);
    pause(80).await;
    assert_eq!(js("JSON.stringify(chrome.storage.local.entries)").as_string().unwrap(), r#"{"b":"3"}"#);
}

#[wasm_bindgen_test]
async fn what_is_removed_is_gone_as_soon_as_the_rest_is_written() {
    let queue = queue([
        vec![persist(Area::Local, &[("a", Some("1"))])],
        vec![persist(Area::Local, &[("a", None), ("b", Some("2"))])],
    ]);
    js("chrome.diesBeforeRemoving = true");
    queue.push(Input::Elapsed);
    queue.push(Input::Elapsed);
    pause(80).await;
    assert_eq!(js("JSON.stringify(chrome.storage.local.entries)").as_string().unwrap(), r#"{"a":null,"b":"2"}"#);
}

#[wasm_bindgen_test]
async fn nothing_follows_what_could_not_be_stored() {
    let queue = queue([vec![
        Effect::Alarm(true),
        Effect::Wake(Some(0)),
        persist(Area::Local, &[("intent", Some("1"))]),
        call(),
    ]]);
    js("chrome.full = true");
    queue.push(Input::Elapsed);
    queue.push(focused());
    pause(60).await;
    queue.push(Input::Elapsed);
    pause(20).await;
    assert_eq!(notes(), ["elapsed", "alarm wake 0.5", "local.set begins", "no alarm wake"]);
}

#[wasm_bindgen_test]
async fn answers_are_not_overtaken() {
    let consent = Page::Consent(Url::parse("https://wallet.example/consent").unwrap());
    let queue = queue([vec![Effect::OpenTab(consent)], vec![Effect::MakeKey]]);
    queue.push(Input::Elapsed);
    pause(5).await;
    queue.push(focused());
    pause(300).await;
    let expected = [
        "elapsed",
        "open https://wallet.example/consent",
        "consent tab 7",
        "local.set begins",
        "local.set ends",
        "key made",
        "focused",
    ];
    assert_eq!(notes(), expected);
}

#[wasm_bindgen_test]
async fn a_timer_replaces_the_one_before() {
    let now = js("Math.floor(performance.now())").as_f64().unwrap() as u64;
    let queue = queue([vec![Effect::Wake(Some(now + 40)), Effect::Wake(Some(now + 20))], vec![], vec![]]);
    queue.push(Input::Elapsed);
    pause(100).await;
    assert_eq!(notes(), ["elapsed", "elapsed"]);

    let queue = self::queue([vec![Effect::Wake(Some(0)), Effect::Wake(None)]]);
    queue.push(focused());
    pause(50).await;
    assert_eq!(notes(), ["focused"]);
}

#[wasm_bindgen_test]
async fn a_tab_that_is_closed_already_is_fine() {
    let queue = queue([vec![Effect::CloseTab(TabId(3)), Effect::OpenTab(Page::Welcome)]]);
    queue.push(Input::Elapsed);
    pause(60).await;
    queue.push(focused());
    pause(5).await;
    assert_eq!(notes(), ["elapsed", "open views/welcome.html", "close 3", "focused"]);
}
