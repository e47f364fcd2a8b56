use http_signature::Jwk;
use maud::Markup;
use open_payments::Url;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// An HTTP request as it reached one of the wallets.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which wallet's listener it came to: its place in the seed.
    pub wallet: usize,
    /// The method, in upper case.
    pub method: String,
    /// The wallet's base URL with the path and query as sent.
    pub target: Url,
    /// The header fields in their order, names in any case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// The keys that [`Outcome::NeedsKeys`] asked for; none if they could not be fetched.
    pub client_keys: Option<Vec<Jwk>>,
}

/// What the wallet answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; `Content-Length` is the shell's to add.
    pub headers: Vec<(&'static str, String)>,
    /// The body, which may be empty.
    pub body: String,
    /// How long a fault holds the answer back, in milliseconds.
    pub delay_millis: u64,
    /// Whether a fault loses the answer: the connection is to be closed without it.
    pub lost: bool,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered.
    Answered(Response),
    /// The client is a stranger: fetch its JSON Web Key Set here and handle the same request
    /// again with [`Request::client_keys`].
    NeedsKeys(Url),
}

impl Request {
    /// The first value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The access or continuation token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("GNAP ").map(str::trim).filter(|token| !token.is_empty())
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        form_value(self.target.query().unwrap_or_default().as_bytes(), name)
    }

    /// A field of a form that a page sent.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        form_value(&self.body, name)
    }

    /// The body, as what the OpenAPI file says it is.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::Validation(validation_words(&error.to_string())))
    }

    /// Whether this came from a page of `base`, or from no page at all.
    pub(crate) fn is_same_origin(&self, base: &Url) -> bool {
        self.header("origin").is_none_or(|origin| origin == base.origin())
    }
}

impl Response {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A page. It may not be framed, and loads nothing from anywhere else.
    pub(crate) fn page(status: u16, page: Markup) -> Self {
        Self::new(status, "text/html; charset=utf-8", page.into_string())
            .with_header("content-security-policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
    }

    /// Something that a page loads.
    pub(crate) fn asset(content_type: &str, body: &str) -> Self {
        Self::new(200, content_type, body.to_owned())
    }

    /// Nothing to say.
    pub(crate) fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: String::new(), delay_millis: 0, lost: false }
    }

    /// Sends the browser elsewhere.
    pub(crate) fn see_other(location: &str) -> Self {
        Self { status: 303, ..Self::no_content() }.with_header("location", location)
    }

    /// The same, readable from any web page, as at a real wallet.
    pub(crate) fn for_every_page(self) -> Self {
        self.with_header("access-control-allow-origin", "*")
            .with_header("access-control-expose-headers", "www-authenticate")
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("content-type", content_type.to_owned()), ("cache-control", "no-store".to_owned())];
        Self { status, headers, body, delay_millis: 0, lost: false }
    }
}

/// A JSON object without the members that are null: how optional members are left out.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, member)| !member.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn form_value(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// What a real wallet's validator says, as far as it can be told from what serde says.
fn validation_words(error: &str) -> String {
    let quoted = || error.split('`').nth(1).unwrap_or_default();
    if error.starts_with("missing field") {
        format!("body must have required property '{}'", quoted())
    } else if error.starts_with("unknown field") {
        format!("body must NOT have additional properties: '{}'", quoted())
    } else {
        format!("body is not valid: {error}")
    }
}
