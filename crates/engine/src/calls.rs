use open_payments::{Timestamp, Url, WalletAddress, WalletDocument};
use open_payments_client::{Composer, HttpRequest, Method, Operation};
use protocol::{Endpoint, SignedRequest};

use crate::effect::Effect;
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::table::Table;

/// A request on its way; unique within one life of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// What an answer will be the answer to.
pub(crate) enum Purpose {
    ConnectDocument,
    ConnectKeys,
    ConnectGrant,
    ConnectContinue,
    /// The keys of the connected wallet.
    Keys,
    /// Whatever comes back is fine.
    Farewell,
    LinkDocument(WalletAddress),
    IncomingPayment(WalletAddress),
    Quote,
    /// The quote itself, read straight from the user's wallet.
    QuoteCheck,
    Payment,
    /// A payment, read through the proxy.
    ReadBack(Url),
    /// The same payment, read straight from the user's wallet.
    PaymentCheck(Url),
    /// A payment of unknown outcome, by its quote, read straight from the user's wallet.
    Settle(Url),
    /// What is spent at this time, read straight from the user's wallet.
    SpentAmounts(Timestamp),
    Rotate,
}

impl Purpose {
    /// Whether an attempt to connect asked for it.
    pub(crate) fn is_of_attempt(&self) -> bool {
        matches!(self, Self::ConnectDocument | Self::ConnectKeys | Self::ConnectGrant | Self::ConnectContinue)
    }
}

/// The requests on their way.
#[derive(Default)]
pub(crate) struct Calls {
    last: u64,
    /// The last one before another proxy was chosen.
    last_of_former: u64,
    /// Whether the answer at hand is to one from before that.
    hears_former: bool,
    open: Table<CallId, Purpose>,
}

impl Calls {
    pub(crate) fn open(&mut self, purpose: Purpose) -> CallId {
        self.last += 1;
        self.open.insert(CallId(self.last), purpose);
        CallId(self.last)
    }

    pub(crate) fn close(&mut self, call: CallId) -> Option<Purpose> {
        self.hears_former = call.0 <= self.last_of_former;
        self.open.remove(&call)
    }

    /// Another proxy is used from now on.
    pub(crate) fn change_proxy(&mut self) {
        self.last_of_former = self.last;
        self.forget(|purpose| matches!(purpose, Purpose::IncomingPayment(_)));
    }

    /// Whether what is heard now, if it comes from a proxy, comes from one that was used before.
    pub(crate) fn hears_former_proxy(&self) -> bool {
        self.hears_former
    }

    /// Whether a link's document is on its way.
    pub(crate) fn fetching(&self, address: &WalletAddress) -> bool {
        self.open.values().any(|purpose| matches!(purpose, Purpose::LinkDocument(wanted) if wanted == address))
    }

    /// How many documents of links are on their way.
    pub(crate) fn documents(&self) -> usize {
        self.open.values().filter(|purpose| matches!(purpose, Purpose::LinkDocument(_))).count()
    }

    /// Whether an incoming payment is on its way.
    pub(crate) fn creating_incoming(&self) -> bool {
        self.open.values().any(|purpose| matches!(purpose, Purpose::IncomingPayment(_)))
    }

    /// What comes back to these is of no interest any more.
    pub(crate) fn forget(&mut self, unwanted: impl Fn(&Purpose) -> bool) {
        self.open.retain(|purpose| !unwanted(purpose));
    }
}

const DEADLINE: u32 = 10_000;
const LARGEST_REPLY: u32 = 64 * 1024;

impl Engine {
    /// Fetches a public document.
    pub(crate) fn fetch(&mut self, url: &Url, purpose: Purpose) {
        let headers = vec![("accept".to_owned(), "application/json".to_owned())];
        self.send(HttpRequest { method: Method::Get, url: url.clone(), headers, body: None }, purpose);
    }

    /// Composes and signs what the user's wallet is asked, for [`ask_proxy`](Self::ask_proxy) or
    /// [`send`](Self::send). There is nothing to sign with only before the key is made.
    pub(crate) fn sign_for(&self, wallet: &WalletDocument, operation: &dyn Operation) -> Option<HttpRequest> {
        let key = self.key.as_ref()?;
        let composer = Composer { signer: key.signer.as_ref(), keyid: &key.kid, created: self.seconds(), nonce: None };
        composer.sign(operation, wallet).ok()
    }

    /// Sends a message to the proxy, signed with the install key. The nonce makes it idempotent.
    pub(crate) fn ask_proxy(&mut self, endpoint: Endpoint, message: &impl json::Write, purpose: Purpose) {
        self.post_to_proxy(endpoint, json::to_string(message), purpose);
    }

    // Apart from the one above it is compiled once, and not for each message.
    fn post_to_proxy(&mut self, endpoint: Endpoint, body: String, purpose: Purpose) {
        let nonce = self.entropy.nonce();
        let session = match &self.account {
            Some(account) if endpoint.needs_session() => Some(format!("Bearer {}", account.session.expose())),
            _ => None,
        };
        let Some(key) = &self.key else { return };
        let url = self.proxy_url().join(endpoint.path().trim_start_matches('/'));
        let composer =
            Composer { signer: key.signer.as_ref(), keyid: &key.keyid, created: self.seconds(), nonce: Some(&nonce) };
        if let Ok(request) = composer.compose(Method::Post, &url, session.as_deref(), Some(body)) {
            self.proxy.count(endpoint, self.now.monotonic);
            self.send_by(endpoint.deadline_millis(), request, purpose);
        }
    }

    pub(crate) fn send(&mut self, request: HttpRequest, purpose: Purpose) {
        self.send_by(DEADLINE, request, purpose);
    }

    fn send_by(&mut self, deadline: u32, request: HttpRequest, purpose: Purpose) {
        let call = self.calls.open(purpose);
        self.effects.push_back(Effect::Call { call, request, deadline, limit: LARGEST_REPLY });
    }

    pub(crate) fn answered(&mut self, call: CallId, answer: Result<Answer, Unreachable>) {
        match self.calls.close(call) {
            None | Some(Purpose::Farewell) => {}
            Some(Purpose::ConnectDocument) => self.connect_document_read(answer),
            Some(Purpose::ConnectKeys) => self.connect_keys_read(answer),
            Some(Purpose::ConnectGrant) => self.grant_requested(answer),
            Some(Purpose::ConnectContinue) => self.grant_continued(answer),
            Some(Purpose::Keys) => self.keys_read(answer),
            Some(Purpose::LinkDocument(address)) => self.link_document_read(address, answer),
            Some(Purpose::IncomingPayment(address)) => self.incoming_payment_created(&address, answer),
            Some(Purpose::Quote) => self.quoted(answer),
            Some(Purpose::QuoteCheck) => self.quote_checked(answer),
            Some(Purpose::Payment) => self.payment_answered(answer),
            Some(Purpose::ReadBack(payment)) => self.payment_read(&payment, answer),
            Some(Purpose::PaymentCheck(payment)) => self.payment_checked(&payment, answer),
            Some(Purpose::Settle(quote)) => self.payment_looked_for(&quote, answer),
            Some(Purpose::SpentAmounts(asked)) => self.spent_amounts_read(asked, answer),
            Some(Purpose::Rotate) => self.rotated(answer),
        }
    }

    /// The time on the servers' clocks, as far as it is known. What they date is held against it;
    /// the budget is not, lest the proxy turn the month.
    pub(crate) fn server_time(&self) -> Timestamp {
        self.now.wall.plus_millis(self.proxy.clock_offset)
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.server_time().millis() / 1000).unwrap_or(0)
    }
}

/// The wire form of a signed request.
pub(crate) fn to_wire(request: HttpRequest) -> SignedRequest {
    SignedRequest {
        method: request.method.as_str().to_owned(),
        url: request.url.into(),
        headers: request.headers,
        body: request.body,
    }
}
