//! A client of the sandbox that composes each request by hand, and a world with a clock of its own.

use std::collections::BTreeMap;

use http_signature::{Jwk, Parameters, SecretKey, Signer, content_digest, sign};
use open_payments::{Timestamp, Url};
use serde_json::{Value, json};
use wallet::{Mode, Outcome, Record, Request, Response, Sandbox, Seed};

/// Where the payer's wallet is; the receiver's is next to it.
pub(crate) const PAYER: &str = "http://127.0.0.1:4201";
pub(crate) const RECEIVER: &str = "http://127.0.0.1:4202";
pub(crate) const ALICE: &str = "http://127.0.0.1:4201/alice";
pub(crate) const SITE: &str = "http://127.0.0.1:4202/site";

const BASES: [&str; 2] = [PAYER, RECEIVER];
const FINISH: &str = "http://127.0.0.1:4300/connected";

/// Two wallets, a clock and a source of entropy.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) now: Timestamp,
    /// What a client's signatures say about when they were made, if they do.
    pub(crate) created: Created,
    drawn: u64,
    seed: Seed,
    mode: Mode,
    records: BTreeMap<(String, String), Record>,
}

/// The `created` parameter of signatures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Created {
    Now,
    SecondsAgo(i64),
    Absent,
}

/// Somebody with a key.
pub(crate) struct Client {
    pub(crate) key: SecretKey,
    pub(crate) kid: String,
}

/// An answer, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
    pub(crate) text: String,
    /// A client would not have seen it.
    pub(crate) lost: bool,
}

/// A token and where it is managed.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) manage: String,
    pub(crate) continue_uri: String,
    pub(crate) continue_token: String,
}

impl Client {
    pub(crate) fn new(seed: u8, kid: &str) -> Self {
        Self { key: SecretKey::from_seed([seed; 32]), kid: kid.to_owned() }
    }

    pub(crate) fn jwk(&self) -> Jwk {
        self.key.public_key().to_jwk(&self.kid)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
    }

    /// Status, code and description of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str, &str) {
        let word = |name: &str| self.body["error"][name].as_str().unwrap_or_default();
        (self.status, word("code"), word("description"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        let body = serde_json::from_str(&response.body).unwrap_or_default();
        Self { status: response.status, headers: response.headers, body, text: response.body, lost: response.lost }
    }
}

impl World {
    /// Dollars with two decimals on both sides, as in the recordings.
    pub(crate) fn new() -> Self {
        Self::with(json!({}), ("USD", 2), ("USD", 2))
    }

    pub(crate) fn with(settings: Value, payer: (&str, u8), receiver: (&str, u8)) -> Self {
        Self::in_mode(Mode::Strict, settings, payer, receiver)
    }

    pub(crate) fn in_mode(mode: Mode, settings: Value, payer: (&str, u8), receiver: (&str, u8)) -> Self {
        let wallet = |name: &str, port: u16, asset: (&str, u8), path: &str, balance: &str| {
            json!({
                "name": name,
                "listen": format!("127.0.0.1:{port}"),
                "asset": { "code": asset.0, "scale": asset.1 },
                "accounts": [
                    { "path": path, "publicName": path.trim_start_matches('/'), "balance": balance },
                    { "path": "/other", "balance": "0" },
                ],
            })
        };
        let seed = json!({
            "wallets": [wallet("alpha", 4201, payer, "/alice", "100000"), wallet("beta", 4202, receiver, "/site", "0")],
            "settings": settings,
        });
        let seed = Seed::parse(&seed.to_string()).unwrap();
        Self {
            sandbox: Sandbox::new(&seed, mode).unwrap(),
            now: Timestamp::parse("2026-11-22T06:24:19.206Z", "test").unwrap(),
            created: Created::Now,
            drawn: 0,
            seed,
            mode,
            records: BTreeMap::new(),
        }
    }

    /// Ends the program and starts it again with what was kept.
    pub(crate) fn restart(&mut self) {
        for record in self.sandbox.take_changes().unwrap() {
            self.records.insert((record.kind.clone(), record.key.clone()), record);
        }
        let records = self.records.values().cloned();
        self.sandbox = Sandbox::restored(&self.seed, self.mode, records).unwrap();
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// Sends a request as it is.
    pub(crate) fn outcome(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Outcome {
        let request = Request {
            wallet: BASES.iter().position(|base| url.starts_with(base)).unwrap(),
            method: method.to_owned(),
            target: Url::parse(url).unwrap(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.to_vec(),
            client_keys: None,
        };
        self.handle(&request)
    }

    pub(crate) fn handle(&mut self, request: &Request) -> Outcome {
        self.drawn += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.drawn.to_be_bytes());
        self.sandbox.handle(request, self.now, entropy)
    }

    pub(crate) fn send(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        match self.outcome(method, url, headers, body) {
            Outcome::Answered(response) => response.into(),
            Outcome::NeedsKeys(url) => panic!("needs keys from {url}"),
        }
    }

    pub(crate) fn get(&mut self, url: &str) -> Reply {
        self.send("GET", url, &[], b"")
    }

    pub(crate) fn admin(&mut self, method: &str, url: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, url, &[("content-type", "application/json")], body.as_bytes())
    }

    /// The headers of a request that is signed as Open Payments asks.
    pub(crate) fn signed_headers(
        &self,
        client: &Client,
        method: &str,
        url: &str,
        token: Option<&str>,
        body: &str,
    ) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        let mut components = vec!["@method", "@target-uri"];
        if let Some(token) = token {
            headers.push(("authorization".to_owned(), format!("GNAP {token}")));
            components.push("authorization");
        }
        if !body.is_empty() {
            headers.push(("content-digest".to_owned(), content_digest(body.as_bytes())));
            headers.push(("content-length".to_owned(), body.len().to_string()));
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            components.extend(["content-digest", "content-length", "content-type"]);
        }
        self.sign(client, method, url, &components, headers)
    }

    /// Adds a signature over these components.
    pub(crate) fn sign(
        &self,
        client: &Client,
        method: &str,
        url: &str,
        components: &[&str],
        mut headers: Vec<(String, String)>,
    ) -> Vec<(String, String)> {
        let seconds = self.now.millis() / 1000;
        let created = match self.created {
            Created::Now => Some(seconds),
            Created::SecondsAgo(ago) => Some(seconds - ago),
            Created::Absent => None,
        };
        let parameters = Parameters {
            created: created.map(|seconds| u64::try_from(seconds).unwrap()),
            keyid: Some(client.kid.clone()),
            ..Parameters::default()
        };
        let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = http_signature::Request { method, target_uri: url, headers: &borrowed };
        let signature = sign(&request, components, &parameters, &client.key).unwrap();
        headers.push(("signature-input".to_owned(), signature.signature_input));
        headers.push(("signature".to_owned(), signature.signature));
        headers
    }

    /// Sends a signed request.
    pub(crate) fn signed(
        &mut self,
        client: &Client,
        method: &str,
        url: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = self.signed_headers(client, method, url, token, &body);
        self.send_with(method, url, &headers, &body)
    }

    pub(crate) fn send_with(&mut self, method: &str, url: &str, headers: &[(String, String)], body: &str) -> Reply {
        let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(method, url, &borrowed, body.as_bytes())
    }

    /// Somebody whose key is listed at alice's wallet address.
    pub(crate) fn alice(&mut self) -> Client {
        let client = Client::new(1, "alice-key");
        let body = json!({ "walletAddress": ALICE, "jwk": client.jwk() });
        self.admin("PUT", &format!("{PAYER}/admin/keys"), &body).expect_empty();
        client
    }

    /// A grant to pay from alice's account, asked for and agreed to.
    pub(crate) fn outgoing_grant(&mut self, client: &Client, limits: &Value) -> Token {
        let (pending, nonce) = self.pending_grant(client, limits);
        let reference = self.decide(&pending, "accept").query("interact_ref").unwrap();
        assert!(!nonce.is_empty());
        self.pass(5000);
        self.continue_grant(client, &pending, &reference)
    }

    /// An outgoing-payment grant that waits for alice; with the client's nonce.
    pub(crate) fn pending_grant(&mut self, client: &Client, limits: &Value) -> (Value, String) {
        let nonce = "client-nonce".to_owned();
        let body = grant_body(limits, &nonce);
        let reply = self.signed(client, "POST", &format!("{PAYER}/auth"), None, &body);
        (reply.expect(200), nonce)
    }

    /// What the consent page's button leads to.
    pub(crate) fn decide(&mut self, pending: &Value, decision: &str) -> Finish {
        let redirect = pending["interact"]["redirect"].as_str().unwrap();
        let reply = self.send("POST", redirect, &[("origin", PAYER)], format!("decision={decision}").as_bytes());
        assert_eq!(reply.status, 303, "{}", reply.text);
        Finish(Url::parse(reply.header("location").unwrap()).unwrap())
    }

    pub(crate) fn continue_grant(&mut self, client: &Client, pending: &Value, reference: &str) -> Token {
        let uri = pending["continue"]["uri"].as_str().unwrap();
        let token = pending["continue"]["access_token"]["value"].as_str().unwrap();
        let body = json!({ "interact_ref": reference });
        Token::of(&self.signed(client, "POST", uri, Some(token), &body).expect(200))
    }

    /// A grant to be paid at the receiver's wallet, asked for by a client that is a key.
    pub(crate) fn incoming_grant(&mut self, client: &Client) -> Token {
        let body = json!({
            "access_token": { "access": [{
                "type": "incoming-payment",
                "actions": ["create", "read", "complete", "list"],
            }] },
            "client": { "jwk": client.jwk() },
        });
        Token::of(&self.signed(client, "POST", &format!("{RECEIVER}/auth"), None, &body).expect(200))
    }

    /// An incoming payment of the site; `members` are added to its request.
    pub(crate) fn incoming_payment(&mut self, client: &Client, token: &Token, members: &Value) -> String {
        let mut body = json!({ "walletAddress": SITE });
        for (name, value) in members.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let url = format!("{RECEIVER}/op/incoming-payments");
        let created = self.signed(client, "POST", &url, Some(&token.value), &body).expect(201);
        created["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn quote(&mut self, client: &Client, token: &Token, receiver: &str, amount: (&str, u64)) -> Reply {
        let mut body = json!({ "walletAddress": ALICE, "receiver": receiver, "method": "ilp" });
        body[amount.0] = dollars(amount.1);
        self.signed(client, "POST", &format!("{PAYER}/op/quotes"), Some(&token.value), &body)
    }

    pub(crate) fn pay(&mut self, client: &Client, token: &Token, quote: &str) -> Reply {
        let body = json!({ "walletAddress": ALICE, "quoteId": quote });
        self.signed(client, "POST", &format!("{PAYER}/op/outgoing-payments"), Some(&token.value), &body)
    }

    pub(crate) fn pay_directly(&mut self, client: &Client, token: &Token, receiver: &str, debit: u64) -> Reply {
        let body = json!({ "walletAddress": ALICE, "incomingPayment": receiver, "debitAmount": dollars(debit) });
        self.signed(client, "POST", &format!("{PAYER}/op/outgoing-payments"), Some(&token.value), &body)
    }

    /// The balance of an account, as the wallet's admin API tells it.
    pub(crate) fn balance(&mut self, address: &str) -> String {
        let base = BASES.into_iter().find(|base| address.starts_with(base)).unwrap();
        let accounts = self.get(&format!("{base}/admin/accounts")).expect(200);
        let account = accounts["accounts"].as_array().unwrap().iter().find(|one| one["walletAddress"] == address);
        account.unwrap()["balance"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn assert_zero_sum(&mut self) {
        let ledger = self.get(&format!("{PAYER}/admin/ledger")).expect(200);
        for sum in ledger["sums"].as_array().unwrap() {
            assert_eq!(sum["balance"], "0", "{ledger}");
        }
    }
}

impl Reply {
    #[track_caller]
    pub(crate) fn expect_empty(self) {
        assert_eq!((self.status, self.text.as_str()), (204, ""));
    }
}

impl Token {
    pub(crate) fn of(granted: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            value: text(&granted["access_token"]["value"]),
            manage: text(&granted["access_token"]["manage"]),
            continue_uri: text(&granted["continue"]["uri"]),
            continue_token: text(&granted["continue"]["access_token"]["value"]),
        }
    }
}

/// Where the browser ends up after the decision.
pub(crate) struct Finish(pub(crate) Url);

impl Finish {
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.0.query().unwrap_or_default().as_bytes();
        form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// A request for quotes and payments of alice.
pub(crate) fn grant_body(limits: &Value, nonce: &str) -> Value {
    let mut outgoing = json!({
        "type": "outgoing-payment",
        "actions": ["create", "read", "list"],
        "identifier": ALICE,
    });
    if !limits.is_null() {
        outgoing["limits"] = limits.clone();
    }
    json!({
        "access_token": { "access": [{ "type": "quote", "actions": ["create", "read"] }, outgoing] },
        "client": ALICE,
        "interact": { "start": ["redirect"], "finish": { "method": "redirect", "uri": FINISH, "nonce": nonce } },
    })
}

pub(crate) fn dollars(value: u64) -> Value {
    json!({ "value": value.to_string(), "assetCode": "USD", "assetScale": 2 })
}

/// A limit in dollars, every month or once.
pub(crate) fn limit(value: u64, interval: Option<&str>) -> Value {
    match interval {
        Some(interval) => json!({ "debitAmount": dollars(value), "interval": interval }),
        None => json!({ "debitAmount": dollars(value) }),
    }
}
