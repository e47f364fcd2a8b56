use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::access::{Access, Action, Kind, Limits};
use crate::clients::Client;
use crate::forms;
use crate::limits::{Spend, Spending, Spent};
use crate::message::{Response, without_nulls};
use crate::quotes::{Quote, Wanted};
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// The name of the collection in URLs.
const COLLECTION: &str = "outgoing-payments";

/// A payment, on its way or at its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OutgoingPayment {
    /// The same as its quote's.
    pub(crate) id: String,
    pub(crate) wallet: usize,
    pub(crate) address: WalletAddress,
    pub(crate) maker: Client,
    /// The id of the grant it was made with.
    pub(crate) grant: String,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) debit: Amount,
    pub(crate) receive: Amount,
    /// What will have been sent once it has arrived.
    pub(crate) sent: u64,
    pub(crate) progress: Progress,
    #[serde(with = "forms::moment")]
    pub(crate) created: Timestamp,
    /// When it settles.
    #[serde(with = "forms::moment")]
    pub(crate) due: Timestamp,
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// How far a payment has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Progress {
    Underway,
    Arrived,
    Failed { reason: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OutgoingForm {
    wallet_address: WalletAddress,
    quote_id: Option<String>,
    incoming_payment: Option<IncomingPaymentUrl>,
    debit_amount: Option<Amount>,
    metadata: Option<Map<String, Value>>,
}

/// What a payment is made from.
enum Source {
    Quote(Url),
    Direct(IncomingPaymentUrl, Amount),
}

impl OutgoingForm {
    fn source(&self) -> Result<Source, Refusal> {
        let wrong = || Refusal::Validation("body must match exactly one schema in oneOf".to_owned());
        match (&self.quote_id, &self.incoming_payment, &self.debit_amount) {
            (Some(quote), None, None) => Url::parse(quote).map(Source::Quote).map_err(|_| Refusal::UnknownQuote),
            (None, Some(incoming), Some(debit)) => Ok(Source::Direct(incoming.clone(), debit.clone())),
            _ => Err(wrong()),
        }
    }
}

impl Sandbox {
    /// `POST /outgoing-payments`, from a quote or directly. It is created even if there is no
    /// money: that shows when it settles.
    pub(crate) fn create_outgoing_payment(&mut self, call: &mut Call<'_>) -> Result<Response, Stop> {
        let form: OutgoingForm = call.request.json()?;
        let source = form.source()?;
        let address = self.account(call, &form.wallet_address).ok_or(Refusal::WalletAddressUnknown)?.address.clone();
        let authorized = self.authorize(call, Kind::OutgoingPayment, Action::Create, Some(&address))?;
        self.use_signature_once(call, &authorized.client)?;
        let quote = match source {
            Source::Quote(url) => self.usable_quote(call, &url, &address)?,
            Source::Direct(incoming, debit) => {
                self.quote(call, &authorized, address, incoming, Wanted::Debit(debit))?
            }
        };
        let payment = OutgoingPayment {
            id: quote.id.clone(),
            wallet: quote.wallet,
            address: quote.address.clone(),
            maker: authorized.client,
            grant: authorized.grant,
            receiver: quote.receiver.clone(),
            debit: quote.debit.clone(),
            receive: quote.receive.clone(),
            sent: quote.sent,
            progress: Progress::Underway,
            created: call.now,
            due: call.now.plus_millis(i64::from(self.settings.settle_delay_ms)),
            metadata: form.metadata,
        };
        let spent_before = self.admit(&payment)?;
        let mut answer = self.outgoing_view(&payment);
        let zero = |amount: &Amount| Amount::new(0, amount.asset.clone());
        answer["grantSpentDebitAmount"] = json!(spent_before.debit.unwrap_or_else(|| zero(&quote.debit)));
        answer["grantSpentReceiveAmount"] = json!(spent_before.receive.unwrap_or_else(|| zero(&quote.receive)));
        self.unsettled.insert((payment.due, payment.id.clone()));
        self.spending.entry(payment.grant.clone()).or_default().record(payment.spend());
        self.quotes.insert(&payment.id, Quote { used: true, ..quote });
        self.outgoing_payments.insert(&payment.id.clone(), payment);
        Ok(Response::json(201, &answer))
    }

    /// `GET /outgoing-payments/{id}`.
    pub(crate) fn read_outgoing_payment(&self, call: &Call<'_>, id: &str) -> Result<Response, Stop> {
        let payment = self.outgoing_payments.get(id).filter(|payment| payment.wallet == call.wallet.index);
        let address = payment.map(|payment| &payment.address);
        let authorized = self.authorize(call, Kind::OutgoingPayment, Action::Read, address)?;
        let payment = payment.filter(|payment| authorized.reaches(&payment.maker)).ok_or(Refusal::NotFound)?;
        Ok(Response::json(200, &self.outgoing_view(payment)))
    }

    /// `GET /outgoing-payment-grant`: what was spent with the grant in the current window.
    pub(crate) fn read_spent_amounts(&self, call: &Call<'_>) -> Result<Response, Stop> {
        let authorized = self.authorize(call, Kind::OutgoingPayment, Action::Read, None)?;
        let grant = self.grants.get(&authorized.grant).ok_or(Refusal::InactiveToken)?;
        let limits = grant.access.iter().find_map(limits_of).cloned().unwrap_or_default();
        let spending = self.spending.get(&grant.id);
        let spent = limits.window(call.now).ok().zip(spending).map(|(window, spending)| spending.spent(window));
        let spent = spent.unwrap_or(Spent { debit: None, receive: None });
        Ok(Response::json(200, &json!({ "spentDebitAmount": spent.debit, "spentReceiveAmount": spent.receive })))
    }

    /// What a client sees of a payment.
    pub(crate) fn outgoing_view(&self, payment: &OutgoingPayment) -> Value {
        let mut metadata = payment.metadata.clone();
        if let Progress::Failed { reason } = &payment.progress {
            metadata.get_or_insert_default().insert("cancellationReason".to_owned(), json!(reason));
        }
        without_nulls(json!({
            "id": self.wallets[payment.wallet].resource(COLLECTION, &payment.id).as_str(),
            "walletAddress": payment.address,
            "quoteId": self.quote_url(payment.wallet, &payment.id).as_str(),
            "receiveAmount": payment.receive,
            "debitAmount": payment.debit,
            "sentAmount": payment.sent_amount(),
            "receiver": payment.receiver,
            "failed": matches!(payment.progress, Progress::Failed { .. }),
            "metadata": metadata,
            "createdAt": payment.created.to_string(),
        }))
    }

    /// Checks a payment against its grant's limits; what was spent before it.
    fn admit(&self, payment: &OutgoingPayment) -> Result<Spent, Refusal> {
        let grant = self.grants.get(&payment.grant).ok_or(Refusal::InactiveToken)?;
        let mut rights = grant
            .access
            .iter()
            .filter(|access| access.extent(Kind::OutgoingPayment, Action::Create, Some(&payment.address)).is_some());
        let limits = rights.find_map(limits_of).cloned().unwrap_or_default();
        let window = limits.window(payment.created).map_err(|_| Refusal::LimitExceeded)?;
        let nothing = Spending::default();
        let spending = self.spending.get(&grant.id).unwrap_or(&nothing);
        if !limits.admit(spending, &payment.spend()) {
            return Err(Refusal::LimitExceeded);
        }
        Ok(spending.spent(window))
    }
}

impl OutgoingPayment {
    /// This payment as far as limits are concerned.
    pub(crate) fn spend(&self) -> Spend {
        Spend {
            payment: self.id.clone(),
            at: self.created,
            receiver: self.receiver.clone(),
            debit: self.debit.clone(),
            receive: self.receive.clone(),
        }
    }

    /// What has left the account for the receiver so far.
    pub(crate) fn sent_amount(&self) -> Amount {
        let value = if self.progress == Progress::Arrived { self.sent } else { 0 };
        Amount::new(value, self.debit.asset.clone())
    }
}

fn limits_of(access: &Access) -> Option<&Limits> {
    match access {
        Access::OutgoingPayment { limits, .. } => limits.as_deref(),
        _ => None,
    }
}
