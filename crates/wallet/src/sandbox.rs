use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http_signature::Jwk;
use open_payments::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::{Account, Wallet};
use crate::clients::Client;
use crate::entropy::Entropy;
use crate::faults::{Fault, Faults};
use crate::forms;
use crate::grants::Grant;
use crate::incoming::IncomingPayment;
use crate::ledger::Ledger;
use crate::limits::Spending;
use crate::message::{Outcome, Request, Response};
use crate::outgoing::OutgoingPayment;
use crate::quotes::Quote;
use crate::refusal::{Refusal, SignatureDetails, Stop};
use crate::request_log::RequestLog;
use crate::settings::Settings;
use crate::signatures::{FRESH_MILLIS, Mode, SignatureFault, verify};
use crate::table::Table;
use crate::tokens::Token;

/// Several wallets over one ledger. Requests go in with the time and some randomness, answers
/// come out; it does no IO and knows no clock.
pub struct Sandbox {
    pub(crate) mode: Mode,
    pub(crate) settings: Settings,
    pub(crate) wallets: Vec<Arc<Wallet>>,
    /// By address.
    pub(crate) accounts: Table<Account>,
    pub(crate) ledger: Ledger,
    pub(crate) grants: Table<Grant>,
    /// By value.
    pub(crate) tokens: Table<Token>,
    pub(crate) incoming_payments: Table<IncomingPayment>,
    pub(crate) quotes: Table<Quote>,
    pub(crate) outgoing_payments: Table<OutgoingPayment>,
    /// Signatures of payments that are fresh enough to be sent again.
    pub(crate) used_signatures: Table<SeenSignature>,
    /// How far the wallet's clock was moved ahead, in milliseconds, under [`AHEAD`].
    pub(crate) clock: Table<i64>,
    /// By grant; follows from the outgoing payments.
    pub(crate) spending: BTreeMap<String, Spending>,
    /// The outgoing payments that are on their way, by when they settle; follows from them.
    pub(crate) unsettled: BTreeSet<(Timestamp, String)>,
    /// By wallet.
    pub(crate) faults: BTreeMap<usize, Faults>,
    pub(crate) log: RequestLog,
}

/// The one key in the table of the clock.
const AHEAD: &str = "ahead";

/// A signature that has made a payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeenSignature {
    #[serde(with = "forms::moment")]
    at: Timestamp,
}

/// A request while it is handled.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) wallet: Arc<Wallet>,
    /// The wallet's clock.
    pub(crate) now: Timestamp,
    /// The clock that clients sign with, which nobody has moved.
    pub(crate) signing_now: Timestamp,
    pub(crate) entropy: Entropy,
}

impl Sandbox {
    /// Nothing but settings.
    pub(crate) fn empty(settings: Settings, mode: Mode) -> Self {
        Self {
            mode,
            settings,
            wallets: Vec::new(),
            accounts: Table::default(),
            ledger: Ledger::default(),
            grants: Table::default(),
            tokens: Table::default(),
            incoming_payments: Table::default(),
            quotes: Table::default(),
            outgoing_payments: Table::default(),
            used_signatures: Table::default(),
            clock: Table::default(),
            spending: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            faults: BTreeMap::new(),
            log: RequestLog::default(),
        }
    }

    /// Answers a request, or asks for the keys of a client that is a stranger.
    ///
    /// # Panics
    /// If the request came to a wallet that is not in the seed.
    pub fn handle(&mut self, request: &Request, now: Timestamp, entropy: [u8; 32]) -> Outcome {
        self.advance(now);
        let mut call = Call {
            request,
            wallet: Arc::clone(&self.wallets[request.wallet]),
            now: self.on_its_clock(now),
            signing_now: now,
            entropy: Entropy::new(entropy),
        };
        if is_about_the_sandbox(request) {
            return Outcome::Answered(self.about(&mut call));
        }
        let fault = self.faults.entry(request.wallet).or_default().due(request);
        let mut response = match &fault {
            Some(Fault::Status(fault)) => fault.response().for_every_page(),
            _ => match self.route(&mut call) {
                Ok(response) => response,
                Err(Stop::NeedsKeys(url)) => return Outcome::NeedsKeys(url),
                Err(Stop::Refused(refusal)) => refusal.into_response(&call.wallet.auth_server),
            },
        };
        match fault {
            Some(Fault::Delay(fault)) => response.delay_millis = fault.delay_ms,
            Some(Fault::LoseReply(_)) => response.lost = true,
            Some(Fault::Status(_)) | None => {}
        }
        self.faults.entry(request.wallet).or_default().count(request);
        self.log.add(request, response.status, call.now);
        Outcome::Answered(response)
    }

    /// Lets the time pass: payments that are due by now arrive or fail.
    pub fn advance(&mut self, now: Timestamp) {
        self.settle(self.on_its_clock(now));
    }

    /// Moves the wallet's clock ahead; what it shows then.
    pub(crate) fn move_clock(&mut self, now: Timestamp, millis: i64) -> Timestamp {
        let ahead = self.clock.get(AHEAD).copied().unwrap_or_default();
        self.clock.insert(AHEAD, ahead.saturating_add(millis));
        self.advance(now);
        self.on_its_clock(now)
    }

    fn on_its_clock(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.clock.get(AHEAD).copied().unwrap_or_default())
    }

    /// Checks a request's signature with the keys of its client.
    pub(crate) fn verify(&self, call: &Call<'_>, keys: &[Jwk]) -> Result<(), SignatureFault> {
        verify(call.request, keys, self.mode, call.signing_now)
    }

    /// Refuses a signature that has made a payment before.
    pub(crate) fn use_signature_once(&mut self, call: &Call<'_>, client: &Client) -> Result<(), Refusal> {
        if self.mode == Mode::Lenient {
            return Ok(());
        }
        let now = call.signing_now;
        // One made at the far end of the window ahead stays fresh for twice its length.
        self.used_signatures.retain(|seen| now.millis() - seen.at.millis() <= 2 * FRESH_MILLIS);
        let signature = call.request.header("signature").unwrap_or_default();
        if self.used_signatures.get(signature).is_some() {
            let reason = "this signature has made a payment before".to_owned();
            let details = SignatureDetails { client: client.clone(), key_id_in_signature: None, client_keys: None };
            return Err(Refusal::Signature { reason, details: Box::new(details) });
        }
        self.used_signatures.insert(signature, SeenSignature { at: now });
        Ok(())
    }

    /// Open Payments itself: readable from any page, as at a real wallet.
    fn route(&mut self, call: &mut Call<'_>) -> Result<Response, Stop> {
        let request = call.request;
        let segments: Vec<&str> = request.target.path().split('/').skip(1).collect();
        let answer = match (request.method.as_str(), segments.as_slice()) {
            ("OPTIONS", _) => Ok(preflight(request)),
            ("POST", ["auth"]) => self.request_grant(call),
            ("POST", ["auth", "continue", id]) => self.continue_grant(call, id),
            ("DELETE", ["auth", "continue", id]) => self.cancel_grant(call, id),
            ("POST", ["auth", "token", id]) => self.rotate_token(call, id),
            ("DELETE", ["auth", "token", id]) => self.revoke_token(call, id),
            ("GET", ["auth", "interact", id, nonce]) => return Ok(self.show_consent(call, id, nonce)),
            ("POST", ["auth", "interact", id, nonce]) => return Ok(self.decide(call, id, nonce)),
            (_, ["auth", ..]) => Err(Refusal::NoSuchEndpoint.into()),
            ("POST", ["op", "incoming-payments"]) => self.create_incoming_payment(call),
            ("GET", ["op", "incoming-payments"]) => self.list_incoming_payments(call),
            ("GET", ["op", "incoming-payments", id]) => self.read_incoming_payment(call, id),
            ("POST", ["op", "incoming-payments", id, "complete"]) => self.complete_incoming_payment(call, id),
            ("POST", ["op", "quotes"]) => self.create_quote(call),
            ("GET", ["op", "quotes", id]) => self.read_quote(call, id),
            ("POST", ["op", "outgoing-payments"]) => self.create_outgoing_payment(call),
            ("GET", ["op", "outgoing-payments"]) => self.list_outgoing_payments(call),
            ("GET", ["op", "outgoing-payments", id]) => self.read_outgoing_payment(call, id),
            ("GET", ["op", "outgoing-payment-grant"]) => self.read_spent_amounts(call),
            ("GET", [first, ..]) if *first != "op" => self.document(call),
            _ => Err(Refusal::NotFound.into()),
        };
        let response = match answer {
            Err(Stop::Refused(refusal)) => Ok(refusal.into_response(&call.wallet.auth_server)),
            other => other,
        };
        response.map(Response::for_every_page)
    }
}

/// What is not Open Payments: pages of the account's owner, and the admin API.
fn is_about_the_sandbox(request: &Request) -> bool {
    matches!(
        request.target.path().split('/').nth(1),
        Some("" | "keys" | "assets" | "admin" | "healthz" | "favicon.ico")
    )
}

/// The asterisk does not stand for `Authorization`, so what was asked for is named.
fn preflight(request: &Request) -> Response {
    let requested = request.header("access-control-request-headers").unwrap_or_default();
    Response::no_content()
        .with_header("access-control-allow-methods", "GET, POST, DELETE")
        .with_header("access-control-allow-headers", requested)
        .with_header("access-control-max-age", "600")
}
