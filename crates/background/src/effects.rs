//! What the engine asks for, done with the browser.

use std::rc::Rc;

use engine::{Badge, CallId, Effect, HttpRequest, Idle, Input, Page, TabId};
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::chrome::{self, object};
use crate::messages::File;
use crate::queue::Queue;
use crate::{clock, http, key, storage};

/// The name of the one alarm.
pub(crate) const ALARM: &str = "wake";
/// The shortest period that Chromium allows.
const ALARM_MINUTES: f64 = 0.5;
/// `setTimeout` takes a longer time for none at all.
const LONGEST_TIMEOUT: u32 = i32::MAX as u32;

impl Queue {
    /// Carries out one effect and returns its answer, if it has one that must not be overtaken by
    /// other inputs. Calls and timers are only started; their inputs come later.
    ///
    /// # Errors
    /// If something could not be stored; then no effect behind this one may be carried out.
    pub(crate) async fn carry_out(self: &Rc<Self>, effect: Effect) -> Result<Option<Input>, JsValue> {
        match effect {
            Effect::MakeKey => {
                let (key, sealed) = key::make_key().await?;
                storage::write_key(&sealed).await?;
                return Ok(Some(Input::KeyMade(Box::new(key))));
            }
            Effect::Persist { area, entries } => storage::write(area, entries).await?,
            Effect::Call { call, request, deadline, limit } => self.start_call(call, request, deadline, limit),
            Effect::Wake(time) => self.set_timer(time),
            Effect::Alarm(true) => {
                log(chrome::create_alarm(ALARM, &object([("periodInMinutes", ALARM_MINUTES.into())])));
            }
            Effect::Alarm(false) => drop_alarm(),
            Effect::WatchIdle(seconds) => {
                log(chrome::set_idle_interval(seconds));
                match chrome::idle_state(seconds).await {
                    Ok(state) => return Ok(state.as_string().map(|state| Input::IdleChanged(idle(&state)))),
                    Err(error) => log::<()>(Err(error)),
                }
            }
            Effect::Tell(frame, message) => self.ports.tell(frame, &message),
            Effect::OpenTab(Page::Welcome) => log(open_tab("views/welcome.html").await),
            Effect::OpenTab(Page::Consent(url)) => match open_tab(url.as_str()).await {
                Ok(Some(tab)) => return Ok(Some(Input::ConsentTabOpened(tab))),
                Ok(None) => return Ok(Some(Input::ConsentTabFailed)),
                Err(error) => {
                    log::<()>(Err(error));
                    return Ok(Some(Input::ConsentTabFailed));
                }
            },
            // It may be closed already.
            Effect::CloseTab(TabId(id)) => spawn_local(async move { drop(chrome::remove_tab(id).await) }),
            Effect::Badge(badge) => show_badge(badge),
            Effect::Publish(view) => self.ports.publish(&view),
            Effect::Export { view, name, media_type, text } => {
                self.ports.export(view, &File { name: &name, media_type, text: &text });
            }
        }
        Ok(None)
    }

    fn start_call(self: &Rc<Self>, call: CallId, request: HttpRequest, deadline: u32, limit: u32) {
        let queue = Rc::clone(self);
        spawn_local(async move {
            let answer = http::fetch(&request, deadline, limit).await;
            queue.push(Input::Answered(call, answer));
        });
    }

    /// Replaces the timer; dropping the old one cancels it.
    fn set_timer(self: &Rc<Self>, time: Option<u64>) {
        let timer = time.map(|time| {
            let delay = time.saturating_sub(clock::monotonic());
            let delay = u32::try_from(delay).unwrap_or(LONGEST_TIMEOUT).min(LONGEST_TIMEOUT);
            let queue = Rc::clone(self);
            Timeout::new(delay, move || queue.push(Input::Elapsed))
        });
        *self.timer.borrow_mut() = timer;
    }
}

/// Removes the alarm, so that the worker may sleep.
pub(crate) fn drop_alarm() {
    log(chrome::clear_alarm(ALARM));
}

/// A state of `chrome.idle`.
pub(crate) fn idle(state: &str) -> Idle {
    match state {
        "locked" => Idle::Locked,
        "idle" => Idle::Idle,
        _ => Idle::Active,
    }
}

async fn open_tab(url: &str) -> Result<Option<TabId>, JsValue> {
    let tab = chrome::create_tab(&object([("url", url.into())])).await?;
    Ok(tab.id().map(TabId))
}

fn show_badge(badge: Badge) {
    let (text, title) = match badge {
        Badge::Idle => ("", "Rivulet"),
        Badge::Paying => ("▶", "Rivulet: paying this page"),
        Badge::Paused => ("❚❚", "Rivulet: not paying this page"),
        Badge::Attention => ("!", "Rivulet: needs your attention"),
    };
    log(chrome::set_badge_text(&object([("text", text.into())])));
    log(chrome::set_button_title(&object([("title", title.into())])));
}

/// For what may fail without harm to money.
fn log<T>(result: Result<T, JsValue>) {
    if let Err(error) = result {
        chrome::log_error("Rivulet: the browser refused something.", &error);
    }
}
