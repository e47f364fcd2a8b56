use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Action, Kind};
use crate::authorization::Authorized;
use crate::clients::Client;
use crate::exchange::Exchange;
use crate::forms;
use crate::message::Response;
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// The name of the collection in URLs.
const COLLECTION: &str = "quotes";

/// The price of one payment, for a while and for one use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) id: String,
    pub(crate) wallet: usize,
    pub(crate) address: WalletAddress,
    pub(crate) maker: Client,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) debit: Amount,
    pub(crate) receive: Amount,
    /// What of the debit is needed for what is received.
    pub(crate) sent: u64,
    #[serde(with = "forms::moment")]
    pub(crate) created: Timestamp,
    #[serde(with = "forms::moment")]
    pub(crate) expires: Timestamp,
    pub(crate) used: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QuoteForm {
    wallet_address: WalletAddress,
    receiver: IncomingPaymentUrl,
    #[serde(rename = "method")]
    _method: Method,
    debit_amount: Option<Amount>,
    receive_amount: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    Ilp,
}

/// Which of the two amounts is given.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Debit(Amount),
    Receive(Amount),
    /// All that the incoming payment is still for.
    Rest,
}

impl Sandbox {
    /// `POST /quotes`.
    pub(crate) fn create_quote(&mut self, call: &mut Call<'_>) -> Result<Response, Stop> {
        let form: QuoteForm = call.request.json()?;
        let wanted = match (form.debit_amount, form.receive_amount) {
            (Some(debit), None) => Wanted::Debit(debit),
            (None, Some(receive)) => Wanted::Receive(receive),
            (None, None) => Wanted::Rest,
            (Some(_), Some(_)) => {
                return Err(Refusal::Validation("body must match exactly one schema in oneOf".to_owned()).into());
            }
        };
        let address = self.account(call, &form.wallet_address).ok_or(Refusal::WalletAddressUnknown)?.address.clone();
        let authorized = self.authorize(call, Kind::Quote, Action::Create, Some(&address))?;
        let quote = self.quote(call, &authorized, address, form.receiver, wanted)?;
        let answer = self.quote_view(&quote);
        self.quotes.insert(&quote.id.clone(), quote);
        Ok(Response::json(201, &answer))
    }

    /// `GET /quotes/{id}`.
    pub(crate) fn read_quote(&self, call: &Call<'_>, id: &str) -> Result<Response, Stop> {
        let quote = self.quotes.get(id).filter(|quote| quote.wallet == call.wallet.index);
        let authorized = self.authorize(call, Kind::Quote, Action::Read, quote.map(|quote| &quote.address))?;
        let quote = quote.filter(|quote| authorized.reaches(&quote.maker)).ok_or(Refusal::NotFound)?;
        Ok(Response::json(200, &self.quote_view(quote)))
    }

    /// Works out a price.
    pub(crate) fn quote(
        &self,
        call: &mut Call<'_>,
        authorized: &Authorized,
        address: WalletAddress,
        receiver: IncomingPaymentUrl,
        wanted: Wanted,
    ) -> Result<Quote, Refusal> {
        let incoming = self.receiver(&receiver).filter(|incoming| incoming.is_open(call.now));
        let incoming = incoming.ok_or(Refusal::InvalidReceiver)?;
        let (from, to) = (&call.wallet.asset, &incoming.received.asset);
        let terms = Exchange::between(from, to, &self.settings).ok_or(Refusal::InvalidReceiver)?;
        let least = || terms.debit_for(1).map(|least| least.max(self.settings.min_send_amount));
        let (debit, receive) = match wanted {
            Wanted::Debit(debit) if debit.asset == *from && debit.value > 0 => {
                (debit.value, terms.received_for(debit.value).ok_or(Refusal::InvalidAmount)?)
            }
            Wanted::Receive(receive) if receive.asset == *to && receive.value > 0 => {
                (terms.debit_for(receive.value).ok_or(Refusal::InvalidAmount)?, receive.value)
            }
            Wanted::Rest => {
                let all = incoming.incoming_amount.as_ref().ok_or(Refusal::InvalidReceiver)?;
                let rest = all.value.saturating_sub(incoming.received.value);
                (terms.debit_for(rest).ok_or(Refusal::InvalidAmount)?, rest)
            }
            Wanted::Debit(_) | Wanted::Receive(_) => return Err(Refusal::InvalidAmount),
        };
        if receive == 0 || debit < self.settings.min_send_amount {
            let told = least().filter(|_| self.settings.tell_min_send_amount);
            return Err(Refusal::AmountTooSmall { minimum: told.map(|least| Amount::new(least, from.clone())) });
        }
        if !incoming.has_room_for(receive) {
            return Err(Refusal::InvalidAmount);
        }
        let lifetime = i64::from(self.settings.quote_lifetime_seconds) * 1000;
        Ok(Quote {
            id: call.entropy.id(),
            wallet: call.wallet.index,
            address,
            maker: authorized.client.clone(),
            receiver,
            debit: Amount::new(debit, from.clone()),
            receive: Amount::new(receive, to.clone()),
            sent: terms.sent_for(receive).ok_or(Refusal::InvalidAmount)?,
            created: call.now,
            expires: call.now.plus_millis(lifetime).min(incoming.expires),
            used: false,
        })
    }

    /// The quote that a URL names, if it still is good for a payment from an address.
    pub(crate) fn usable_quote(&self, call: &Call<'_>, url: &Url, address: &WalletAddress) -> Result<Quote, Refusal> {
        let id = url.path().rsplit_once('/').map(|(_, id)| id).unwrap_or_default();
        let quote = self.quotes.get(id).ok_or(Refusal::UnknownQuote)?;
        if self.wallets[call.wallet.index].resource(COLLECTION, id) != *url || quote.wallet != call.wallet.index {
            return Err(Refusal::UnknownQuote);
        }
        let receiver = self.receiver(&quote.receiver);
        let payable =
            receiver.is_some_and(|incoming| incoming.is_open(call.now) && incoming.has_room_for(quote.receive.value));
        if quote.used || call.now >= quote.expires || quote.address != *address || !payable {
            return Err(Refusal::InvalidQuote);
        }
        Ok(quote.clone())
    }

    /// The URL of a quote.
    pub(crate) fn quote_url(&self, wallet: usize, id: &str) -> Url {
        self.wallets[wallet].resource(COLLECTION, id)
    }

    fn quote_view(&self, quote: &Quote) -> Value {
        json!({
            "id": self.quote_url(quote.wallet, &quote.id).as_str(),
            "walletAddress": quote.address,
            "receiveAmount": quote.receive,
            "debitAmount": quote.debit,
            "receiver": quote.receiver,
            "expiresAt": quote.expires.to_string(),
            "createdAt": quote.created.to_string(),
            "method": "ilp",
        })
    }
}
