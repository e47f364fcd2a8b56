//! Whoever the engine talks to, on a good day: each of them says yes. They remember nothing: the
//! id of a quote says what it is for.

use engine::{Answer, HttpRequest, PublicKey};
use open_payments::{Timestamp, interaction_hash};
use protocol::SignedRequest;
use serde_json::{Value, json};

pub(crate) const PROXY: &str = "https://proxy.example";
pub(crate) const ALICE: &str = "https://wallet.example/alice";
const AUTH: &str = "https://auth.wallet.example/";
const NONCE: &str = "wallet-nonce";
const REFERENCE: &str = "reference";

/// The proxy and all the wallets.
pub(crate) struct Servers {
    key: PublicKey,
    last_id: u64,
    /// Where the consent page leads to when the user accepts.
    pub(crate) finish: String,
}

/// The wallet address of a site, one of many.
pub(crate) fn site(number: usize) -> String {
    format!("https://pay.example/site-{number}")
}

impl Servers {
    /// The user has uploaded this key.
    pub(crate) fn new(key: PublicKey) -> Self {
        Self { key, last_id: 0, finish: String::new() }
    }

    pub(crate) fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Answer {
        let body = match request.url.as_str().strip_prefix(PROXY) {
            Some(path) => self.proxy(path, &parsed(request.body.as_deref()), now),
            None => self.wallet(request.url.as_str()),
        };
        Answer { status: 200, session: None, body: body.to_string() }
    }

    fn wallet(&self, url: &str) -> Value {
        let document = |auth: &str, resources: &str| {
            json!({"id": url, "publicName": "Somebody", "assetCode": "USD", "assetScale": 2,
                "authServer": auth, "resourceServer": resources})
        };
        if url.ends_with("/jwks.json") {
            return json!({"keys": [self.key.to_jwk(self.key.thumbprint())]});
        }
        if url.ends_with("/outgoing-payment-grant") {
            return json!({"spentDebitAmount": amount("0"), "spentReceiveAmount": null});
        }
        match url {
            ALICE => document(AUTH, "https://wallet.example/tenant"),
            _ => document("https://auth.pay.example", "https://pay.example/tenant"),
        }
    }

    fn proxy(&mut self, path: &str, message: &Value, now: Timestamp) -> Value {
        let asked = || -> Value {
            let request: SignedRequest = serde_json::from_value(message["request"].clone()).expect("a signed request");
            request.body.map_or_else(|| json!({"url": request.url}), |body| parsed(Some(&body)))
        };
        match path {
            "/v1/grants" => self.ask_user(&asked()["interact"]["finish"]),
            "/v1/grants/continue" => json!({
                "accessToken": {"value": "token", "manage": format!("{AUTH}manage/1")},
                "continue": {"uri": format!("{AUTH}continue/2"), "token": "continue-2"},
                "session": "session",
            }),
            "/v1/incoming-payments" => {
                let site = text(&message["walletAddress"]);
                json!({"id": incoming_payment(site), "expiresAt": "2100-01-01T00:00:00Z"})
            }
            "/v1/quotes" => self.quote(&asked(), now),
            "/v1/payments" => payment(text(&asked()["quoteId"])),
            "/v1/payments/read" => payment(text(&asked()["url"])),
            _ => panic!("the engine asked for {path}"),
        }
    }

    fn ask_user(&mut self, finish: &Value) -> Value {
        let hash = interaction_hash(text(&finish["nonce"]), NONCE, REFERENCE, AUTH);
        let encoded = hash.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        self.finish = format!("{}?hash={encoded}&interact_ref={REFERENCE}", text(&finish["uri"]));
        json!({"interact": {"redirect": format!("{AUTH}interact"), "finish": NONCE},
            "continue": {"uri": format!("{AUTH}continue/1"), "token": "continue-1"}})
    }

    fn quote(&mut self, asked: &Value, now: Timestamp) -> Value {
        self.last_id += 1;
        let (receiver, units) = (text(&asked["receiver"]), text(&asked["debitAmount"]["value"]));
        let id = format!("https://wallet.example/tenant/quotes/{}.{units}.{}", self.last_id, last_segment(receiver));
        json!({"id": id, "receiver": receiver, "debitAmount": amount(units), "receiveAmount": amount(units),
            "expiresAt": now.plus_millis(5 * 60 * 1000)})
    }
}

/// The payment that is made from a quote, or has this id: both have the same last segment.
fn payment(url: &str) -> Value {
    let last = last_segment(url);
    let [_, units, site] = *last.split('.').collect::<Vec<_>>() else { panic!("the id of no quote: {last}") };
    json!({"id": format!("https://wallet.example/tenant/outgoing-payments/{last}"),
        "receiver": incoming_payment(site),
        "debitAmount": amount(units), "sentAmount": amount(units), "failed": false})
}

/// The incoming payment of a site: of its name, or of its wallet address.
fn incoming_payment(site: &str) -> String {
    format!("https://pay.example/tenant/incoming-payments/{}", last_segment(site))
}

fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn amount(units: &str) -> Value {
    json!({"value": units, "assetCode": "USD", "assetScale": 2})
}

fn parsed(body: Option<&str>) -> Value {
    serde_json::from_str(body.expect("a body")).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
