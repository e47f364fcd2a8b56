//! The proxy, and the wallets' public side: what answers the engine's calls.

use std::collections::BTreeMap;

use engine::{Answer, HttpRequest};
use open_payments::{Interval, Timestamp};
use protocol::{
    CancelGrantRequest, ContinueGrantRequest, ErrorBody, ErrorCode, ErrorReply, GrantRequest, IncomingPaymentRequest,
    PaymentRequest, QuoteRequest, ReadPaymentRequest, RotateTokenRequest, SignedRequest,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::wallets::{AUTH, Grant, RESOURCES, Token, Wallets};

pub(crate) const PROXY: &str = "https://proxy.example";

pub(crate) struct Servers {
    pub(crate) wallets: Wallets,
    /// How far the servers' clocks are ahead of the browser's, in milliseconds.
    pub(crate) ahead: i64,
    /// The session that the proxy accepts.
    pub(crate) session: String,
    /// One that rides along with each answer of the proxy.
    pub(crate) renewed_session: Option<String>,
    /// Answers to rotations, by the token that they replaced.
    pub(crate) rotations: BTreeMap<String, Value>,
}

type Outcome = Result<Value, Box<ErrorBody>>;

fn refused(code: ErrorCode) -> Box<ErrorBody> {
    Box::new(ErrorBody::new(code, "No."))
}

fn read<T: DeserializeOwned>(request: &HttpRequest) -> T {
    serde_json::from_str(request.body.as_deref().expect("a body")).expect("the protocol's form")
}

fn body(request: &SignedRequest) -> Value {
    serde_json::from_str(request.body.as_deref().expect("a body")).unwrap()
}

/// A member of `signature-input`, such as `created` or `keyid`.
fn parameter<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    let (_, input) = headers.iter().find(|(header, _)| header == "signature-input").expect("a signature");
    let member = input.split(';').find_map(|member| member.strip_prefix(name)?.strip_prefix('=')).unwrap();
    member.trim_matches('"')
}

fn token_of(headers: &[(String, String)]) -> &str {
    let (_, value) = headers.iter().find(|(header, _)| header == "authorization").expect("a token");
    value.strip_prefix("GNAP ").expect("a token of the wallet")
}

impl Servers {
    pub(crate) fn new() -> Self {
        let session = "session-0".to_owned();
        Self { wallets: Wallets::new(), ahead: 0, session, renewed_session: None, rotations: BTreeMap::new() }
    }

    /// Does what a request asks for and answers it, at this moment of the servers' clocks.
    pub(crate) fn serve(&mut self, request: &HttpRequest, now: Timestamp) -> Answer {
        let url = request.url.as_str();
        let (status, body) = match url.strip_prefix(PROXY) {
            Some(path) => match self.proxy(path, request, now) {
                Ok(reply) => (200, reply.to_string()),
                Err(error) => (error.code.status(), serde_json::to_string(&ErrorReply { error: *error }).unwrap()),
            },
            None if url.starts_with(RESOURCES) => self.read_from_wallet(url, token_of(&request.headers), now),
            None => self.wallets.document(url),
        };
        let session = self.renewed_session.clone().filter(|_| url.starts_with(PROXY));
        if let Some(session) = session.as_ref().filter(|session| session.starts_with("session")) {
            self.session.clone_from(session);
        }
        Answer { status, session, body }
    }

    fn read_from_wallet(&self, url: &str, token: &str, now: Timestamp) -> (u16, String) {
        if !self.wallets.is_active(token, now) {
            return (403, "{}".to_owned());
        }
        let found = if url == format!("{RESOURCES}/outgoing-payment-grant") {
            let spent = self.wallets.amount(self.wallets.spent_of(self.wallets.grant_of(token).unwrap(), now));
            Some(json!({"spentDebitAmount": spent, "spentReceiveAmount": null}))
        } else if let Some(quote) = self.wallets.quotes.get(url) {
            let amount = self.wallets.amount(quote.debit);
            Some(json!({"id": url, "walletAddress": crate::wallets::ALICE, "receiver": quote.receiver,
                "debitAmount": amount, "receiveAmount": amount, "expiresAt": quote.expires}))
        } else {
            self.wallets.payment(url).map(|payment| self.wallets.payment_view(payment, now))
        };
        found.map_or((404, "{}".to_owned()), |found| (200, found.to_string()))
    }

    fn proxy(&mut self, path: &str, request: &HttpRequest, now: Timestamp) -> Outcome {
        let created: i64 = parameter(&request.headers, "created").parse().unwrap();
        if (now.millis() / 1000).abs_diff(created) > protocol::signature::FRESHNESS_SECONDS {
            let mut error = refused(ErrorCode::ClockSkew);
            error.server_time = Some(now);
            return Err(error);
        }
        match path {
            "/v1/grants" => self.request_grant(read(request), now),
            "/v1/grants/continue" => self.continue_grant(read(request), now),
            "/v1/grants/cancel" => {
                let message: CancelGrantRequest = read(request);
                let number: u64 = token_of(&message.request.headers).rsplit('-').next().unwrap().parse().unwrap();
                let grant = self.wallets.grants_mut().find(|grant| grant.number == number);
                grant.expect("a grant to cancel").cancelled = true;
                Ok(json!({}))
            }
            "/v1/tokens/rotate" => self.rotate(read(request), now),
            _ if request.header("authorization") != Some(&*format!("Bearer {}", self.session)) => {
                Err(refused(ErrorCode::SessionInvalid))
            }
            "/v1/incoming-payments" => {
                let message: IncomingPaymentRequest = read(request);
                let (id, expires) = self.wallets.create_incoming(message.wallet_address.as_str(), now);
                Ok(json!({"id": id, "expiresAt": expires}))
            }
            "/v1/quotes" => self.quote(read(request), now),
            "/v1/payments" => self.pay(read(request), now),
            "/v1/payments/read" => self.read_payment(&read::<ReadPaymentRequest>(request).request, now),
            _ => panic!("the engine asked for {path}"),
        }
    }

    /// The key that signed must be one that the user has uploaded, the token one that is active.
    fn admit(&self, request: &SignedRequest, now: Timestamp) -> Result<(), Box<ErrorBody>> {
        let keyid = parameter(&request.headers, "keyid");
        if !self.wallets.keys.iter().any(|jwk| jwk.contains(keyid)) {
            return Err(refused(ErrorCode::KeyRevoked));
        }
        let is_resource = request.url.starts_with(RESOURCES);
        if is_resource && !self.wallets.is_active(token_of(&request.headers), now) {
            return Err(refused(ErrorCode::TokenInactive));
        }
        Ok(())
    }

    fn request_grant(&mut self, message: GrantRequest, now: Timestamp) -> Outcome {
        self.admit(&message.request, now)?;
        assert_eq!(message.request.url, AUTH);
        let asked = body(&message.request);
        let limits = &asked["access_token"]["access"][1]["limits"];
        let finish = &asked["interact"]["finish"];
        let number = self.wallets.new_id();
        let last = self.wallets.grant.take().filter(|grant| grant.accepted);
        self.wallets.older.extend(last);
        self.wallets.grant = Some(Grant {
            number,
            limit: limits["debitAmount"]["value"].as_str().unwrap().parse().unwrap(),
            interval: limits["interval"].as_str().map(|text| Interval::parse(text).unwrap()),
            nonce: finish["nonce"].as_str().unwrap().to_owned(),
            finish: finish["uri"].as_str().unwrap().to_owned(),
            requested: now,
            reference: format!("reference-{number}"),
            accepted: false,
            cancelled: false,
            token: None,
        });
        Ok(json!({
            "interact": {"redirect": format!("{AUTH}interact"), "finish": "wallet-nonce"},
            "continue": {"uri": format!("{AUTH}continue/{number}"), "token": format!("continue-{number}"), "wait": self.wallets.wait},
        }))
    }

    fn continue_grant(&mut self, message: ContinueGrantRequest, now: Timestamp) -> Outcome {
        self.admit(&message.request, now)?;
        let wait = i64::try_from(self.wallets.wait).unwrap() * 1000;
        let grant = self.wallets.grant.as_mut().ok_or_else(|| refused(ErrorCode::WalletRefused))?;
        if now < grant.requested.plus_millis(wait) {
            return Err(refused(ErrorCode::RateLimited));
        }
        let fits = body(&message.request)["interact_ref"] == grant.reference && grant.accepted;
        if !fits || grant.cancelled || grant.token.is_some() {
            return Err(refused(ErrorCode::WalletRefused));
        }
        let number = grant.number;
        let token = self.token_reply(number, now);
        Ok(json!({"accessToken": token, "session": self.session,
            "continue": {"uri": format!("{AUTH}continued/{number}"), "token": format!("continued-{number}")}}))
    }

    fn rotate(&mut self, message: RotateTokenRequest, now: Timestamp) -> Outcome {
        self.admit(&message.request, now)?;
        let old = token_of(&message.request.headers).to_owned();
        if let Some(kept) = self.rotations.get(&old) {
            return Ok(kept.clone());
        }
        let grant = self.wallets.grant_of(&old).ok_or_else(|| refused(ErrorCode::TokenInactive))?;
        if grant.token.as_ref().is_none_or(|token| token.manage != message.request.url) {
            return Err(refused(ErrorCode::TokenInactive));
        }
        let number = grant.number;
        let reply = json!({"accessToken": self.token_reply(number, now), "session": self.session});
        self.rotations.insert(old, reply.clone());
        Ok(reply)
    }

    fn token_reply(&mut self, grant: u64, now: Timestamp) -> Value {
        let Token { value, manage, .. } = self.wallets.renew_token(grant, now);
        json!({"value": value, "manage": manage, "expiresIn": self.wallets.token_life})
    }

    fn quote(&mut self, message: QuoteRequest, now: Timestamp) -> Outcome {
        self.admit(&message.request, now)?;
        let debit = body(&message.request)["debitAmount"]["value"].as_str().unwrap().parse().unwrap();
        let minimum = self.wallets.minimum_for(&message.incoming_payment);
        self.wallets.quotes_asked.push(debit);
        let (id, quote) = self.wallets.create_quote(debit, message.incoming_payment, now).map_err(|code| {
            let mut error = refused(code);
            let hint = code == ErrorCode::AmountTooSmall && self.wallets.tells_minimum;
            error.min_send_amount = hint.then(|| self.wallets.amount(minimum));
            error
        })?;
        let [given, received] =
            [quote.debit, quote.debit * self.wallets.percent / 100].map(|units| self.wallets.amount(units));
        Ok(json!({"id": id, "receiver": quote.receiver, "debitAmount": given, "receiveAmount": received,
            "expiresAt": quote.expires}))
    }

    fn pay(&mut self, message: PaymentRequest, now: Timestamp) -> Outcome {
        self.admit(&message.request, now)?;
        let quote = body(&message.request)["quoteId"].as_str().unwrap().to_owned();
        let grant = self.wallets.grant_of(token_of(&message.request.headers)).unwrap().number;
        let at = self.wallets.create_payment_by(grant, &quote, now).map_err(refused)?;
        Ok(self.payment_reply(self.wallets.payment_view(&self.wallets.payments[at], now)))
    }

    fn read_payment(&self, request: &SignedRequest, now: Timestamp) -> Outcome {
        self.admit(request, now)?;
        let payment = self.wallets.payment(&request.url).ok_or_else(|| refused(ErrorCode::WalletRefused))?;
        Ok(self.payment_reply(self.wallets.payment_view(payment, now)))
    }

    fn payment_reply(&self, mut view: Value) -> Value {
        for unwanted in ["walletAddress", "quoteId", "receiveAmount"] {
            view.as_object_mut().unwrap().remove(unwanted);
        }
        view
    }
}
