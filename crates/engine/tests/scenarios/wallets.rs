//! The user's wallet, and the wallets of sites: documents, keys, a grant, tokens, quotes, and the
//! ledger by which everything is judged in the end.

use std::collections::{BTreeMap, BTreeSet};

use engine::Url;
use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, Interval, Timestamp};
use serde_json::{Value, json};

pub(crate) const ALICE: &str = "https://wallet.example/alice";
pub(crate) const AUTH: &str = "https://auth.wallet.example/";
pub(crate) const RESOURCES: &str = "https://wallet.example/tenant";
pub(crate) const SITE: &str = "https://pay.example/site";
pub(crate) const OTHER: &str = "https://pay.example/other";

pub(crate) struct Wallets {
    pub(crate) asset: Asset,
    /// Ids of the keys that the user has uploaded.
    pub(crate) keys: BTreeSet<String>,
    /// The one that was asked for last.
    pub(crate) grant: Option<Grant>,
    /// Those that were granted before it.
    pub(crate) older: Vec<Grant>,
    pub(crate) token_life: u64,
    pub(crate) incoming_life: i64,
    pub(crate) incoming: BTreeMap<String, Timestamp>,
    pub(crate) quotes: BTreeMap<String, Quote>,
    /// The amounts that quotes were asked for, given or not.
    pub(crate) quotes_asked: Vec<u64>,
    /// What really happened.
    pub(crate) payments: Vec<Payment>,
    /// The least that can be sent, to those that have none of their own.
    pub(crate) minimum: u64,
    pub(crate) minimums: BTreeMap<&'static str, u64>,
    /// How much of what is given arrives.
    pub(crate) percent: u64,
    pub(crate) tells_minimum: bool,
    pub(crate) account_is_empty: bool,
    /// Documents that replace or add to the usual ones: status and body by URL.
    pub(crate) documents: BTreeMap<String, (u16, String)>,
    pub(crate) wait: u64,
    /// The name of a receiver that takes nothing, and how often it did not.
    pub(crate) broken: Option<String>,
    pub(crate) refused: u32,
    last_id: u64,
}

pub(crate) struct Grant {
    pub(crate) number: u64,
    pub(crate) limit: u64,
    pub(crate) interval: Option<Interval>,
    pub(crate) nonce: String,
    pub(crate) finish: String,
    pub(crate) requested: Timestamp,
    pub(crate) reference: String,
    pub(crate) accepted: bool,
    pub(crate) cancelled: bool,
    pub(crate) token: Option<Token>,
}

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) manage: String,
    pub(crate) expires: Timestamp,
}

#[derive(Clone)]
pub(crate) struct Quote {
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) debit: u64,
    pub(crate) expires: Timestamp,
}

pub(crate) struct Payment {
    /// The number of the grant that it comes out of.
    pub(crate) grant: u64,
    pub(crate) id: String,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) debit: u64,
    pub(crate) at: Timestamp,
    pub(crate) failed: bool,
}

/// How a wallet refuses: what the proxy makes of it.
pub(crate) type Refused = protocol::ErrorCode;

pub(crate) const QUOTE_LIFE: i64 = 5 * 60 * 1000;
/// After so many milliseconds a payment has been delivered, or has failed.
const DELIVERY: i64 = 600;

impl Wallets {
    pub(crate) fn new() -> Self {
        Self {
            asset: Asset::new("USD", 2).unwrap(),
            keys: BTreeSet::new(),
            grant: None,
            older: Vec::new(),
            token_life: 600,
            incoming_life: 10 * 60 * 1000,
            incoming: BTreeMap::new(),
            quotes: BTreeMap::new(),
            quotes_asked: Vec::new(),
            payments: Vec::new(),
            minimum: 1,
            minimums: BTreeMap::new(),
            percent: 100,
            tells_minimum: true,
            account_is_empty: false,
            documents: BTreeMap::new(),
            wait: 0,
            broken: None,
            refused: 0,
            last_id: 0,
        }
    }

    pub(crate) fn amount(&self, value: u64) -> Amount {
        Amount::new(value, self.asset.clone())
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// What went out, the payments that failed too.
    pub(crate) fn paid(&self) -> u64 {
        self.payments.iter().map(|payment| payment.debit).sum()
    }

    pub(crate) fn paid_to(&self, receiver: &str) -> u64 {
        let to = |payment: &&Payment| self.account_of(&payment.receiver) == receiver;
        self.payments.iter().filter(to).map(|payment| payment.debit).sum()
    }

    /// The wallet address that an incoming payment belongs to: its id begins with the name.
    pub(crate) fn account_of(&self, incoming: &IncomingPaymentUrl) -> String {
        let id = incoming.as_str().rsplit('/').next().unwrap();
        format!("https://pay.example/{}", id.split('-').next().unwrap())
    }

    pub(crate) fn minimum_for(&self, incoming: &IncomingPaymentUrl) -> u64 {
        self.minimums.get(&*self.account_of(incoming)).copied().unwrap_or(self.minimum)
    }

    /// What counts as spent of the grant that was asked for last, in the interval of this moment.
    pub(crate) fn spent(&self, now: Timestamp) -> u64 {
        self.grant.as_ref().map_or(0, |grant| self.spent_of(grant, now))
    }

    /// What counts as spent of a grant in the interval of this moment.
    pub(crate) fn spent_of(&self, grant: &Grant, now: Timestamp) -> u64 {
        let window = grant.interval.as_ref().map(|interval| interval.window_at(now).expect("within an interval"));
        let counts = |payment: &&Payment| {
            let is_of_grant = payment.grant == grant.number && !payment.failed;
            is_of_grant && window.is_none_or(|window| window.contains(payment.at))
        };
        self.payments.iter().filter(counts).map(|payment| payment.debit).sum()
    }

    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.older.iter().chain(&self.grant)
    }

    pub(crate) fn grants_mut(&mut self) -> impl Iterator<Item = &mut Grant> {
        self.older.iter_mut().chain(&mut self.grant)
    }

    /// The grant that a token belongs to, whether or not it has expired.
    pub(crate) fn grant_of(&self, token: &str) -> Option<&Grant> {
        let has_it = |grant: &&Grant| grant.token.as_ref().is_some_and(|known| known.value == token);
        self.grants().find(|grant| !grant.cancelled && has_it(grant))
    }

    pub(crate) fn is_active(&self, token: &str, now: Timestamp) -> bool {
        self.grant_of(token).and_then(|grant| grant.token.as_ref()).is_some_and(|token| now < token.expires)
    }

    pub(crate) fn renew_token(&mut self, grant: u64, now: Timestamp) -> Token {
        let id = self.new_id();
        let expires = now.plus_millis(i64::try_from(self.token_life).unwrap() * 1000);
        let token = Token { value: format!("token-{id}"), manage: format!("{AUTH}manage/{id}"), expires };
        let grant = self.grants_mut().find(|known| known.number == grant);
        grant.unwrap().token = Some(token.clone());
        token
    }

    pub(crate) fn expire_token(&mut self) {
        for token in self.grants_mut().filter_map(|grant| grant.token.as_mut()) {
            token.expires = Timestamp::from_millis(0);
        }
    }

    pub(crate) fn create_incoming(&mut self, address: &str, now: Timestamp) -> (IncomingPaymentUrl, Timestamp) {
        let name = address.rsplit('/').next().unwrap().to_owned();
        let url = format!("https://pay.example/rs/incoming-payments/{name}-{}", self.new_id());
        let expires = now.plus_millis(self.incoming_life);
        self.incoming.insert(url.clone(), expires);
        (IncomingPaymentUrl::parse(&url).unwrap(), expires)
    }

    pub(crate) fn create_quote(
        &mut self,
        debit: u64,
        receiver: IncomingPaymentUrl,
        now: Timestamp,
    ) -> Result<(Url, Quote), Refused> {
        if self.incoming.get(receiver.as_str()).is_none_or(|expires| *expires <= now) {
            return Err(Refused::InvalidReceiver);
        }
        if self.broken.as_ref().is_some_and(|name| self.account_of(&receiver).ends_with(name)) {
            self.refused += 1;
            return Err(Refused::WalletRefused);
        }
        if debit < self.minimum_for(&receiver) {
            return Err(Refused::AmountTooSmall);
        }
        let id = format!("{RESOURCES}/quotes/{}", self.new_id());
        let quote = Quote { receiver, debit, expires: now.plus_millis(QUOTE_LIFE) };
        self.quotes.insert(id.clone(), quote.clone());
        Ok((Url::parse(&id).unwrap(), quote))
    }

    pub(crate) fn create_payment(&mut self, quote: &str, now: Timestamp) -> Result<usize, Refused> {
        let newest = self.grant.as_ref().unwrap().number;
        self.create_payment_by(newest, quote, now)
    }

    pub(crate) fn create_payment_by(&mut self, grant: u64, quote: &str, now: Timestamp) -> Result<usize, Refused> {
        let known = self.quotes.get(quote).filter(|known| now < known.expires).cloned().ok_or(Refused::QuoteUsed)?;
        let id = quote.replace("/quotes/", "/outgoing-payments/");
        if self.payments.iter().any(|payment| payment.id == id) {
            return Err(Refused::QuoteUsed);
        }
        let by = self.grants().find(|known| known.number == grant).unwrap();
        if self.spent_of(by, now) + known.debit > by.limit {
            return Err(Refused::LimitExceeded);
        }
        let Quote { receiver, debit, .. } = known;
        self.payments.push(Payment { grant, id, receiver, debit, at: now, failed: self.account_is_empty });
        Ok(self.payments.len() - 1)
    }

    /// A payment as the wallet shows it: after a moment it is delivered or failed.
    pub(crate) fn payment_view(&self, payment: &Payment, now: Timestamp) -> Value {
        let settled = payment.at.plus_millis(DELIVERY) <= now;
        let sent = if settled && !payment.failed { payment.debit } else { 0 };
        json!({
            "id": payment.id, "walletAddress": ALICE,
            "quoteId": payment.id.replace("/outgoing-payments/", "/quotes/"),
            "receiver": payment.receiver, "debitAmount": self.amount(payment.debit),
            "receiveAmount": self.amount(payment.debit), "sentAmount": self.amount(sent),
            "failed": payment.failed && settled,
        })
    }

    pub(crate) fn payment(&self, url: &str) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == url)
    }

    /// What anybody may read.
    pub(crate) fn document(&self, url: &str) -> (u16, String) {
        if let Some(document) = self.documents.get(url) {
            return document.clone();
        }
        let document = match url.strip_prefix("https://pay.example/") {
            Some(name) if !name.contains('/') => {
                json!({"id": url, "assetCode": "EUR", "assetScale": 2,
                    "authServer": "https://auth.pay.example", "resourceServer": "https://pay.example/rs"})
            }
            _ if url == ALICE => {
                json!({"id": ALICE, "publicName": "Alice", "assetCode": self.asset.code,
                    "assetScale": self.asset.scale, "authServer": AUTH, "resourceServer": RESOURCES})
            }
            _ if url == format!("{ALICE}/jwks.json") => {
                let key = |jwk: &String| serde_json::from_str::<Value>(jwk).unwrap();
                json!({"keys": self.keys.iter().map(key).collect::<Vec<_>>()})
            }
            _ => return (404, "not found".to_owned()),
        };
        (200, document.to_string())
    }
}
