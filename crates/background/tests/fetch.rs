//! Requests, against the peer of `crates/xtask/src/peer.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

mod common;

use background::fetch;
use common::{js, request};
use engine::{Answer, HttpRequest, Method, Unreachable};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

const DEADLINE: u32 = 5_000;
const LIMIT: u32 = 65_536;

async fn get(path: &str, deadline: u32, limit: u32) -> Result<Answer, Unreachable> {
    fetch(&request(path), deadline, limit).await
}

/// The peer's echo in its parts: request line, headers, body.
fn parts(echo: &str) -> (&str, Vec<(&str, &str)>, &str) {
    let (head, body) = echo.split_once("\r\n\r\n").unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    (line, headers.split("\r\n").map(|header| header.split_once(": ").unwrap()).collect(), body)
}

#[wasm_bindgen_test]
async fn a_request_arrives_byte_for_byte() {
    let body = "{ \"amount\":\t\"1.50 €\",\r\n\"last\" : null }";
    let headers = [
        ("authorization", "GNAP token+/=~"),
        ("content-digest", "sha-512=:AAAA:"),
        ("content-length", &body.len().to_string()),
        ("content-type", "application/json"),
        ("signature", "sig1=:BBBB==:"),
        ("signature-input", "sig1=(\"@method\" \"content-digest\");created=1;keyid=\"k\""),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = HttpRequest {
        method: Method::Post,
        headers: headers.to_vec(),
        body: Some(body.to_owned()),
        ..request("/echo?a=%2F&b")
    };
    let echo = fetch(&request, DEADLINE, LIMIT).await.unwrap().body;
    let (line, arrived, arrived_body) = parts(&echo);
    assert_eq!(line, "POST /echo?a=%2F&b HTTP/1.1");
    assert_eq!(arrived_body, body);
    for (name, value) in &headers {
        let values: Vec<&str> =
            arrived.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect();
        assert_eq!(values, [value], "{name}");
    }
}

#[wasm_bindgen_test]
async fn a_request_says_nothing_of_who_sent_it() {
    js("cookieStore.set('visitor', 'alice')");
    let echo = get("/echo", DEADLINE, LIMIT).await.unwrap().body;
    let (line, headers, body) = parts(&echo);
    assert_eq!((line, body), ("GET /echo HTTP/1.1", ""));
    for name in ["cookie", "referer", "authorization", "if-none-match"] {
        assert!(!headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)), "{name} in {headers:?}");
    }
}

#[wasm_bindgen_test]
async fn status_and_session_are_read() {
    let answer = get("/echo", DEADLINE, LIMIT).await.unwrap();
    assert_eq!((answer.status, answer.session.as_deref()), (200, Some("renewed")));
    let answer = get("/missing", DEADLINE, LIMIT).await.unwrap();
    assert_eq!((answer.status, answer.session, answer.body.as_str()), (404, None, ""));
}

#[wasm_bindgen_test]
async fn a_reply_may_be_as_long_as_the_limit() {
    assert_eq!(get("/thousand", DEADLINE, 1_000).await.unwrap().body.len(), 1_000);
    assert_eq!(get("/thousand", DEADLINE, 999).await.err(), Some(Unreachable::Failed));
    assert_eq!(get("/endless", DEADLINE, LIMIT).await.err(), Some(Unreachable::Failed));
}

#[wasm_bindgen_test]
async fn the_deadline_holds_for_head_and_body() {
    for path in ["/silent", "/stalled"] {
        let start = js_sys::Date::now() as u64;
        assert_eq!(get(path, 300, LIMIT).await.err(), Some(Unreachable::TimedOut), "{path}");
        let milliseconds = js_sys::Date::now() as u64 - start;
        assert!((290..2_000).contains(&milliseconds), "{path} took {milliseconds} ms");
    }
}

#[wasm_bindgen_test]
async fn redirects_and_what_is_no_text_are_refused() {
    for path in ["/redirect", "/latin1", "/hang-up"] {
        assert_eq!(get(path, DEADLINE, LIMIT).await.err(), Some(Unreachable::Failed), "{path}");
    }
}
