//! What a hostile proxy tells, and what a hostile wallet answers.

use open_payments_client::HttpRequest;
use protocol::{Endpoint, ErrorBody, ErrorCode, ErrorReply};
use serde_json::{Value, json};

use crate::random::Random;
use crate::wallets::EVIL;

/// One way for a proxy to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// A reply names twice the amount, or half.
    Amount { doubled: bool },
    /// A reply names another receiver: one at another wallet.
    Receiver,
    /// A reply names another host: where to go on, or where the thing lies.
    Host,
    /// A quote that was given out before is handed over again, in the words of the one asked for or in its own.
    OldQuote { largest: bool, reworded: bool },
    /// A payment that was made before is handed over again.
    OldPayment,
    /// What was done is said to have been refused.
    Refused(ErrorCode),
    /// What was read is said to have failed.
    Failed,
    /// A payment is not made, and said to be.
    Pretended,
    /// A payment is held back for so many milliseconds, and said to have been refused.
    Held(u64),
    /// Every request that was signed before is sent to the wallet again.
    Replay,
    /// The reply is of no use.
    Garbage,
}

impl Lie {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let codes = [
            ErrorCode::TokenInactive,
            ErrorCode::LimitExceeded,
            ErrorCode::InsufficientGrant,
            ErrorCode::InvalidReceiver,
            ErrorCode::AmountTooSmall,
            ErrorCode::QuoteUsed,
            ErrorCode::KeyRevoked,
            ErrorCode::WalletUnreachable,
            ErrorCode::WalletRefused,
            ErrorCode::RateLimited,
            ErrorCode::SessionInvalid,
            ErrorCode::ClockSkew,
        ];
        match random.within(0..=14) {
            0 | 1 => Self::Amount { doubled: random.chance(500) },
            2 => Self::Receiver,
            3 => Self::Host,
            4..=6 => Self::OldQuote { largest: random.chance(700), reworded: random.chance(700) },
            7 => Self::OldPayment,
            8 | 9 => Self::Refused(random.pick(&codes)),
            10 => Self::Failed,
            11 => Self::Pretended,
            12 => Self::Held(random.pick(&[1_000, 30_000, 400_000])),
            13 => Self::Replay,
            _ => Self::Garbage,
        }
    }

    /// Whether it can be told in answer to this.
    pub(crate) fn fits(self, endpoint: Endpoint) -> bool {
        use Endpoint::{CreateIncomingPayment, CreatePayment, CreateQuote, ReadPayment};
        match self {
            Self::Amount { .. } => matches!(endpoint, CreateQuote | CreatePayment | ReadPayment),
            Self::Receiver => matches!(endpoint, CreateIncomingPayment | CreateQuote | CreatePayment),
            Self::OldQuote { .. } => endpoint == CreateQuote,
            Self::OldPayment | Self::Pretended | Self::Held(_) => endpoint == CreatePayment,
            Self::Failed => endpoint == ReadPayment,
            // A lie about the token takes the grant away for good, as it can.
            Self::Host | Self::Garbage | Self::Refused(_) | Self::Replay => true,
        }
    }
}

/// What a hostile proxy has seen.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) quotes: Vec<Value>,
    pub(crate) payments: Vec<Value>,
    /// What the extension has signed for the wallet.
    pub(crate) signed: Vec<HttpRequest>,
}

/// The requests that are worth being sent again.
const REMEMBERED: usize = 40;

impl Memory {
    pub(crate) fn sign(&mut self, request: HttpRequest) {
        self.signed.push(request);
        if self.signed.len() > REMEMBERED {
            self.signed.remove(0);
        }
    }

    pub(crate) fn reply(&mut self, endpoint: Endpoint, body: &str) {
        let Ok(body) = serde_json::from_str::<Value>(body) else { return };
        match endpoint {
            Endpoint::CreateQuote if body["id"].is_string() => self.quotes.push(body),
            Endpoint::CreatePayment if body["id"].is_string() => self.payments.push(body),
            _ => {}
        }
    }

    /// What is said in place of a reply.
    pub(crate) fn twist(&self, lie: Lie, body: &str) -> (u16, String) {
        let mut reply: Value = serde_json::from_str(body).unwrap_or_default();
        match lie {
            Lie::Amount { doubled: true } => return (200, doubled(body)),
            Lie::Amount { doubled: false } => scale_amounts(&mut reply, 1, 2),
            Lie::Receiver => {
                let name = if reply["receiver"].is_string() { "receiver" } else { "id" };
                reply[name] = json!(format!("{EVIL}/op/incoming-payments/1"));
            }
            Lie::Host => twist_hosts(&mut reply),
            Lie::OldQuote { largest, reworded } => {
                let debit =
                    |quote: &&Value| quote["debitAmount"]["value"].as_str().and_then(|value| value.parse::<u64>().ok());
                let old = if largest { self.quotes.iter().max_by_key(debit) } else { self.quotes.first() };
                match old {
                    Some(old) if reworded => reply["id"] = old["id"].clone(),
                    Some(old) => reply = old.clone(),
                    None => {}
                }
            }
            Lie::OldPayment => reply = self.payments.last().cloned().unwrap_or(reply),
            Lie::Refused(code) => return refusal(code),
            Lie::Failed => reply["failed"] = json!(true),
            Lie::Garbage => return (200, "<html>".to_owned()),
            Lie::Pretended | Lie::Held(_) | Lie::Replay => {}
        }
        (200, reply.to_string())
    }
}

/// The same with twice the amounts.
pub(crate) fn doubled(body: &str) -> String {
    let Ok(mut reply) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    scale_amounts(&mut reply, 2, 1);
    reply.to_string()
}

fn scale_amounts(reply: &mut Value, numerator: u64, denominator: u64) {
    for name in ["debitAmount", "receiveAmount", "sentAmount", "spentDebitAmount", "spentReceiveAmount"] {
        if let Some(value) = reply[name]["value"].as_str().and_then(|value| value.parse::<u64>().ok()) {
            reply[name]["value"] = json!((value.saturating_mul(numerator) / denominator).to_string());
        }
    }
}

/// A refusal as the proxy words it.
pub(crate) fn refusal(code: ErrorCode) -> (u16, String) {
    let mut error = ErrorBody::new(code, "No.");
    if code == ErrorCode::RateLimited {
        error.retry_after = Some(20);
    }
    (code.status(), serde_json::to_string(&ErrorReply { error }).unwrap_or_default())
}

fn twist_hosts(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("https://") => {
            let path = text.splitn(4, '/').nth(3).unwrap_or_default();
            *text = format!("{EVIL}/{path}");
        }
        Value::Array(items) => items.iter_mut().for_each(twist_hosts),
        Value::Object(members) => members.values_mut().for_each(twist_hosts),
        _ => {}
    }
}

/// What a wallet answers that wishes nobody well.
pub(crate) fn answer_as_wallet(request: &HttpRequest, random: &mut Random) -> (u16, String) {
    let document = |id: &str, auth: &str, resources: &str| {
        let document =
            json!({"id": id, "assetCode": "USD", "assetScale": 2, "authServer": auth, "resourceServer": resources});
        (200, document.to_string())
    };
    let own = |path: &str| format!("{EVIL}{path}");
    match request.url.path() {
        "/site" => document(&own("/site"), &own("/auth"), &own("/op")),
        // Somebody else's name, and partly somebody else's servers.
        "/claims" => document("https://pay.example/site", &own("/auth"), "https://pay.example/op"),
        "/inside" => document(&own("/inside"), "https://10.0.0.1/auth", &own("/op")),
        path => {
            let id = random.draw();
            let asked = request.body.clone().unwrap_or_default();
            match random.within(0..=8) {
                0 => (500, "no".to_owned()),
                1 => (403, json!({"error": {"code": "403", "description": "Inactive Token"}}).to_string()),
                2 => (
                    400,
                    json!({"error": {"code": "invalid_client", "description": "could not determine client"}})
                        .to_string(),
                ),
                3 => (200, "{".repeat(2_000)),
                4 => {
                    (404, json!({"error": {"code": "404", "description": "Could not get wallet address"}}).to_string())
                }
                5 => (200, asked),
                _ if path.starts_with("/auth") => {
                    let token = json!({"value": "T", "manage": own("/auth/token/1"), "expires_in": 600});
                    let next = json!({"access_token": {"value": "C"}, "uri": own("/auth/continue/1")});
                    (200, json!({"access_token": token, "continue": next}).to_string())
                }
                kind => {
                    // Its own, or another wallet's.
                    let at = if kind == 6 { own("/op") } else { "https://bank.example/op".to_owned() };
                    let payment = json!({"id": format!("{at}/incoming-payments/{id}"), "walletAddress": own("/site"),
                        "completed": false, "receivedAmount": {"value": "0", "assetCode": "USD", "assetScale": 2},
                        "expiresAt": "2099-01-01T00:00:00Z"});
                    (201, payment.to_string())
                }
            }
        }
    }
}
