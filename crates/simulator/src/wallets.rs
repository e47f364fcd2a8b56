//! The wallets: the real sandbox under public names, a few hostile ones, and what really happened.

use std::collections::BTreeMap;

use http_signature::Jwk;
use open_payments::{Timestamp, Url};
use open_payments_client::HttpRequest;
use serde_json::{Value, json};
use wallet::{Mode, Outcome, Record, Request, Response, Sandbox, Seed};

use crate::random::Random;
use crate::setting::Setting;

/// The wallets of the sandbox, the user's first.
pub(crate) const BASES: [&str; 3] = ["https://wallet.example", "https://pay.example", "https://bank.example"];
const ACCOUNTS: [&[&str]; 3] = [&["/alice", "/bob"], &["/site", "/news", "/blog"], &["/site", "/video"]];
pub(crate) const EVIL: &str = "https://evil.example";

/// What a wallet answers, and how long it takes.
pub(crate) struct Served {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// All wallets of a world.
pub(crate) struct Wallets {
    sandbox: Sandbox,
    seed: Seed,
    mode: Mode,
    /// What is kept when they stop.
    records: BTreeMap<(String, String), Record>,
    random: Random,
    pub(crate) truth: Truth,
    /// So many of the next answers of the user's wallet name twice the amount.
    pub(crate) overstated: u32,
    /// The proxy's own keys, for a wallet that asks for them.
    pub(crate) proxy_keys: Vec<Jwk>,
}

/// What really happened at the wallets, as their answers told.
#[derive(Default)]
pub(crate) struct Truth {
    /// The account that an incoming payment belongs to.
    pub(crate) incoming: BTreeMap<String, String>,
    pub(crate) quotes: BTreeMap<String, QuoteMade>,
    pub(crate) payments: Vec<PaymentMade>,
    /// Quotes that the user's wallet was asked for, given or refused.
    pub(crate) quotes_asked: usize,
    /// The largest of them, in minor units.
    pub(crate) largest_asked: u64,
}

/// A quote at the user's wallet.
#[derive(Clone, Debug)]
pub(crate) struct QuoteMade {
    pub(crate) receiver: String,
}

/// A payment out of the user's wallet.
#[derive(Clone, Debug)]
pub(crate) struct PaymentMade {
    pub(crate) quote: String,
    pub(crate) debit: u64,
}

impl Wallets {
    pub(crate) fn new(setting: &Setting, random: Random) -> Self {
        let wallet = |at: usize| {
            let accounts: Vec<Value> = ACCOUNTS[at]
                .iter()
                .map(|path| {
                    let balance = if *path == "/alice" { setting.balance } else { 0 };
                    json!({"path": path, "publicName": path.trim_start_matches('/'), "balance": balance.to_string()})
                })
                .collect();
            json!({"name": format!("wallet-{at}"), "listen": "127.0.0.1:1", "publicUrl": BASES[at],
                "asset": {"code": setting.assets[at].code, "scale": setting.assets[at].scale}, "accounts": accounts})
        };
        let seed = json!({"wallets": [wallet(0), wallet(1), wallet(2)], "settings": setting.wallets});
        let seed = Seed::parse(&seed.to_string()).expect("a seed of the right form");
        let mode = if setting.strict { Mode::Strict } else { Mode::Lenient };
        let sandbox = Sandbox::new(&seed, mode).expect("wallets at different places");
        let (records, truth) = (BTreeMap::new(), Truth::default());
        Self { sandbox, seed, mode, records, random, truth, overstated: 0, proxy_keys: Vec::new() }
    }

    /// Answers a request at this moment of the servers' clocks; nothing from a host that is not there.
    pub(crate) fn serve(&mut self, request: &HttpRequest, now: Timestamp) -> Option<Served> {
        if request.url.origin() == EVIL {
            let (status, body) = crate::hostile::answer_as_wallet(request, &mut self.random);
            return Some(Served { status, body });
        }
        let wallet = BASES.iter().position(|base| request.url.origin() == *base)?;
        let asked = Request {
            wallet,
            method: request.method.as_str().to_owned(),
            target: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone().unwrap_or_default().into_bytes(),
            client_keys: None,
        };
        let response = self.handle(asked, now);
        self.truth.observe(request, &response);
        let overstates = wallet == 0 && self.overstated > 0 && request.url.path().starts_with("/op/");
        self.overstated -= u32::from(overstates);
        let body = if overstates { crate::hostile::doubled(&response.body) } else { response.body };
        Some(Served { status: response.status, body })
    }

    fn handle(&mut self, mut request: Request, now: Timestamp) -> Response {
        loop {
            match self.sandbox.handle(&request, now, self.random.bytes()) {
                Outcome::Answered(response) => return response,
                Outcome::NeedsKeys(_) => request.client_keys = Some(self.proxy_keys.clone()),
            }
        }
    }

    /// A request of the account's owner, or of whoever runs the wallet.
    pub(crate) fn manage(&mut self, wallet: usize, method: &str, path: &str, body: &Value, now: Timestamp) -> Response {
        let target = Url::parse(&format!("{}{path}", BASES[wallet])).expect("a URL of a wallet");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        self.handle(Request { wallet, method: method.to_owned(), target, headers, body, client_keys: None }, now)
    }

    /// The person decides on the consent page; where that leads.
    pub(crate) fn decide(&mut self, page: &Url, accept: bool, now: Timestamp) -> Option<String> {
        let body = if accept { "decision=accept" } else { "decision=reject" };
        let headers = vec![("origin".to_owned(), BASES[0].to_owned())];
        let target = page.clone();
        let request =
            Request { wallet: 0, method: "POST".to_owned(), target, headers, body: body.into(), client_keys: None };
        let response = self.handle(request, now);
        response.headers.into_iter().find(|(name, _)| *name == "location").map(|(_, value)| value)
    }

    /// Stops them and starts them again with what was kept.
    pub(crate) fn restart(&mut self) {
        for record in self.sandbox.take_changes().expect("records have a JSON form") {
            self.records.insert((record.kind.clone(), record.key.clone()), record);
        }
        let records = self.records.values().cloned();
        self.sandbox = Sandbox::restored(&self.seed, self.mode, records).expect("what was kept fits the seed");
    }

    /// Outgoing payments that have failed in the end, by their quotes' ids.
    pub(crate) fn failed(&mut self, now: Timestamp) -> Vec<String> {
        let response = self.manage(0, "GET", "/admin/payments", &Value::Null, now);
        let view: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let outgoing = view["outgoing"].as_array().cloned().unwrap_or_default();
        let failed = outgoing.iter().filter(|payment| payment["failed"] == true);
        failed.filter_map(|payment| payment["quoteId"].as_str().map(str::to_owned)).collect()
    }
}

impl Truth {
    fn observe(&mut self, request: &HttpRequest, response: &Response) {
        if request.url.path() == "/op/quotes" {
            self.quotes_asked += 1;
            let asked = request.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
            let debit = asked.and_then(|asked| asked["debitAmount"]["value"].as_str()?.parse().ok());
            self.largest_asked = self.largest_asked.max(debit.unwrap_or_default());
        }
        if response.status != 201 {
            return;
        }
        let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let debit = || body["debitAmount"]["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default();
        match request.url.path() {
            "/op/incoming-payments" => {
                self.incoming.insert(text("id"), text("walletAddress"));
            }
            "/op/quotes" => {
                self.quotes.insert(text("id"), QuoteMade { receiver: text("receiver") });
            }
            "/op/outgoing-payments" => {
                self.payments.push(PaymentMade { quote: text("quoteId"), debit: debit() });
            }
            _ => {}
        }
    }
}
