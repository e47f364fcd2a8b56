//! What the extension signs must be covered by what it has written down, and be for the user's
//! own wallet.

use open_payments_client::HttpRequest;
use serde_json::Value;

use crate::breach::Rule;
use crate::proxy::{PROXY, inner_request};
use crate::wallets::{BASES, PaymentMade};
use crate::watch::Signed;
use crate::world::World;

impl World {
    /// Looks at a request before it leaves.
    pub(crate) fn check_call(&mut self, request: &HttpRequest) {
        self.check_silence(request);
        let inner = (request.url.origin() == PROXY).then(|| inner_request(request.body.as_deref()?)).flatten();
        let signed = inner
            .as_ref()
            .or((request.header("signature").is_some() && request.url.origin() != PROXY).then_some(request));
        let Some(signed) = signed else { return };
        if signed.url.origin() != BASES[0] {
            return self.break_rule(Rule::Signing, format!("a request to {} was signed", signed.url));
        }
        if signed.url.path() == "/op/outgoing-payments" {
            self.check_payment(signed);
        }
    }

    /// A payment is signed only for the quote of the intent that is stored, only once, and only if
    /// the budget has room for it.
    fn check_payment(&mut self, signed: &HttpRequest) {
        let body: Value = signed.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let quote = body["quoteId"].as_str().unwrap_or_default().to_owned();
        let intent = self.storage.local("intent");
        if intent["quote"] != quote.as_str() {
            return self.break_rule(Rule::Signing, format!("a payment from {quote}, but the intent is {intent}"));
        }
        let debit = intent["debit"]["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default();
        let once = !intent["once"].is_null();
        let links = if once { self.watch.gift.links.clone() } else { self.links_in_front() };
        if once {
            self.check_part(&intent, debit);
        } else {
            self.check_maximum(intent["wallet_address"].as_str().unwrap_or_default(), debit);
        }
        let by = Signed {
            connection: self.watch.connections,
            grant: self.watch.grants,
            at: self.elapsed,
            debit,
            once,
            receiver: intent["receiver"].as_str().unwrap_or_default().to_owned(),
            links,
        };
        self.check_budget(by.debit);
        // A lying proxy can hand over again what the wallet itself has said is dead.
        if self.watch.signed.insert(quote.clone(), by).is_some() && !self.watch.lied {
            self.break_rule(Rule::Once, format!("a second payment from {quote} was signed"));
        }
    }

    /// What the page in front links to, and the one that was in front until this very moment.
    pub(crate) fn links_in_front(&self) -> Vec<String> {
        self.fronts().flat_map(|tab| self.watch.chosen.links(tab)).map(|(_, href)| href.to_owned()).collect()
    }

    /// A payment that was made is the one that was intended, and never for more. A proxy can pass
    /// off a quote of the same amount, or of less, for another site that was looked at, or name
    /// another account at the same receiving wallet: the threat model admits that.
    pub(crate) fn check_made(&mut self, payment: &PaymentMade) {
        let Some(by) = self.watch.signed.get(&payment.quote) else {
            return self.break_rule(Rule::Once, format!("{} was paid, and nobody signed for it", payment.quote));
        };
        self.watch.slowest = self.watch.slowest.max(self.elapsed - by.at);
        let receiver = self.wallets.truth.quotes.get(&payment.quote).map(|quote| quote.receiver.clone());
        let receiver = receiver.unwrap_or_default();
        let account = self.wallets.truth.incoming.get(&receiver).cloned().unwrap_or_default();
        let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
        let lied = self.watch.lied;
        let fits = payment.debit == by.debit || lied && payment.debit < by.debit;
        let is_intended = receiver == by.receiver && by.links.contains(&account);
        let is_admitted = lied && self.watch.seen.iter().any(|href| host(href) == host(&receiver));
        if !fits {
            let detail = format!("{} was paid, where {} was intended", payment.debit, by.debit);
            self.break_rule(Rule::Signing, detail);
        } else if !is_intended && !is_admitted {
            self.break_rule(Rule::Signing, format!("{account} was paid, which the page in front does not name"));
        }
    }

    /// What is asked for stays within the budget, whatever the wallet would allow.
    fn check_budget(&mut self, debit: u64) {
        let spending = self.storage.local("spending");
        let limit: u64 =
            spending["budget"]["limit"]["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default();
        let grant = self.watch.grants;
        if self.made(|signed| signed.grant == grant, &[]) + debit <= limit {
            return;
        }
        let failed = self.wallets.failed(self.server_time());
        let made = self.made(|signed| signed.grant == grant, &failed);
        if made + debit > limit {
            self.break_rule(Rule::Budget, format!("{debit} more after {made}, of {limit}"));
        }
    }
}
