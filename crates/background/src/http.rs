//! `fetch`, with a deadline and a limit.

use engine::{Answer, HttpRequest, Unreachable};
use js_sys::Uint8Array;
use protocol::signature::SESSION_HEADER;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, ReadableStreamReadResult, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, Response,
};

#[wasm_bindgen]
extern "C" {
    // Not through web-sys, where it belongs to either a window or a worker.
    #[wasm_bindgen(catch, js_name = fetch)]
    async fn send(url: &str, options: &RequestInit) -> Result<JsValue, JsValue>;
}

/// Sends a request as it is, without credentials, referrer, cache or redirects, and reads the
/// reply: at most `limit` bytes of UTF-8, all of it within `deadline` milliseconds.
///
/// # Errors
/// [`Unreachable::TimedOut`] after the deadline; [`Unreachable::Failed`] for anything else that is
/// no reply. The browser's own log says what it was.
pub async fn fetch(request: &HttpRequest, deadline: u32, limit: u32) -> Result<Answer, Unreachable> {
    let signal = AbortSignal::timeout_with_u32(deadline);
    let answer = exchange(request, &signal, limit).await;
    answer.map_err(|_| if signal.aborted() { Unreachable::TimedOut } else { Unreachable::Failed })
}

async fn exchange(request: &HttpRequest, signal: &AbortSignal, limit: u32) -> Result<Answer, JsValue> {
    let response: Response = send(request.url.as_str(), &options(request, signal)?).await?.unchecked_into();
    let session = response.headers().get(SESSION_HEADER)?;
    Ok(Answer { status: response.status(), session, body: body(&response, limit as usize).await? })
}

fn options(request: &HttpRequest, signal: &AbortSignal) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    // The browser sets content-length itself, to the same number, and forbids anybody else to.
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "content-length") {
        headers.append(name, value)?;
    }
    let options = RequestInit::new();
    options.set_method(request.method.as_str());
    options.set_headers_headers(&headers);
    options.set_body_opt_str(request.body.as_deref());
    options.set_credentials(RequestCredentials::Omit);
    options.set_referrer_policy(ReferrerPolicy::NoReferrer);
    options.set_redirect(RequestRedirect::Error);
    options.set_cache(RequestCache::NoStore);
    options.set_signal(Some(signal));
    Ok(options)
}

async fn body(response: &Response, limit: usize) -> Result<String, JsValue> {
    let mut bytes = Vec::new();
    if let Some(stream) = response.body() {
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        loop {
            let read: ReadableStreamReadResult = JsFuture::from(reader.read()).await?.unchecked_into();
            if read.get_done() == Some(true) {
                break;
            }
            let chunk: Uint8Array = read.get_value().unchecked_into();
            if bytes.len() + chunk.length() as usize > limit {
                // Ends the transfer too. What it answers does not matter.
                let _ = reader.cancel();
                return Err("too large".into());
            }
            bytes.extend(chunk.to_vec());
        }
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8".into())
}
