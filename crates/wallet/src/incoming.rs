use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, WalletAddress};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::access::{Action, Kind};
use crate::clients::Client;
use crate::forms;
use crate::message::{Response, without_nulls};
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// The name of the collection in URLs.
pub(crate) const COLLECTION: &str = "incoming-payments";

/// Something that can be paid into for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IncomingPayment {
    pub(crate) id: String,
    pub(crate) wallet: usize,
    pub(crate) address: WalletAddress,
    pub(crate) maker: Client,
    /// The most it takes.
    pub(crate) incoming_amount: Option<Amount>,
    pub(crate) received: Amount,
    pub(crate) completed: bool,
    #[serde(with = "forms::moment")]
    pub(crate) created: Timestamp,
    #[serde(with = "forms::moment")]
    pub(crate) expires: Timestamp,
    pub(crate) metadata: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IncomingForm {
    wallet_address: WalletAddress,
    incoming_amount: Option<Amount>,
    #[serde(default, deserialize_with = "forms::date::deserialize")]
    expires_at: Option<Timestamp>,
    metadata: Option<Map<String, Value>>,
}

impl IncomingPayment {
    /// Whether it takes money.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        !self.completed && now < self.expires
    }

    /// Whether so much more still fits.
    pub(crate) fn has_room_for(&self, value: u64) -> bool {
        let most = self.incoming_amount.as_ref().map_or(u64::MAX, |amount| amount.value);
        self.received.value.checked_add(value).is_some_and(|sum| sum <= most)
    }

    /// Takes money that there is room for; it is complete once it has all that it was for.
    pub(crate) fn receive(&mut self, value: u64) {
        self.received.value += value;
        self.completed = self.incoming_amount.as_ref() == Some(&self.received);
    }

    /// A real wallet forgets those that expire without having received anything.
    fn is_gone(&self, now: Timestamp) -> bool {
        !self.completed && now >= self.expires && self.received.value == 0
    }
}

impl Sandbox {
    /// `POST /incoming-payments`.
    pub(crate) fn create_incoming_payment(&mut self, call: &mut Call<'_>) -> Result<Response, Stop> {
        let form: IncomingForm = call.request.json()?;
        let address = self.account(call, &form.wallet_address).ok_or(Refusal::WalletAddressUnknown)?.address.clone();
        let authorized = self.authorize(call, Kind::IncomingPayment, Action::Create, Some(&address))?;
        let asset = &call.wallet.asset;
        if form.incoming_amount.as_ref().is_some_and(|amount| amount.asset != *asset || amount.value == 0) {
            return Err(Refusal::InvalidAmount.into());
        }
        let latest = call.now.plus_millis(i64::from(self.settings.incoming_payment_max_life_seconds) * 1000);
        let expires = form.expires_at.unwrap_or(latest);
        if expires <= call.now || expires > latest {
            return Err(Refusal::InvalidExpiry.into());
        }
        let payment = IncomingPayment {
            id: call.entropy.id(),
            wallet: call.wallet.index,
            address,
            maker: authorized.client,
            incoming_amount: form.incoming_amount,
            received: Amount::new(0, asset.clone()),
            completed: false,
            created: call.now,
            expires,
            metadata: form.metadata,
        };
        let answer = self.with_methods(call, &payment);
        self.incoming_payments.insert(&payment.id.clone(), payment);
        Ok(Response::json(201, &answer))
    }

    /// `GET /incoming-payments/{id}`: everything for who may read it, else the public part.
    pub(crate) fn read_incoming_payment(&self, call: &mut Call<'_>, id: &str) -> Result<Response, Stop> {
        let payment = self.own_incoming_payment(call, id)?;
        if call.request.header("authorization").is_none() {
            let public = json!({
                "receivedAmount": payment.received,
                "authServer": call.wallet.auth_server.as_str(),
            });
            return Ok(Response::json(200, &public));
        }
        let authorized = self.authorize(call, Kind::IncomingPayment, Action::Read, Some(&payment.address))?;
        if !authorized.reaches(&payment.maker) {
            return Err(Refusal::NotFound.into());
        }
        Ok(Response::json(200, &self.with_methods(call, payment)))
    }

    /// `POST /incoming-payments/{id}/complete`.
    pub(crate) fn complete_incoming_payment(&mut self, call: &Call<'_>, id: &str) -> Result<Response, Stop> {
        let mut payment = self.own_incoming_payment(call, id)?.clone();
        let authorized = self.authorize(call, Kind::IncomingPayment, Action::Complete, Some(&payment.address))?;
        if !authorized.reaches(&payment.maker) {
            return Err(Refusal::NotFound.into());
        }
        if !payment.is_open(call.now) {
            return Err(Refusal::WrongState.into());
        }
        payment.completed = true;
        let answer = self.incoming_view(&payment);
        self.incoming_payments.insert(id, payment);
        Ok(Response::json(200, &answer))
    }

    /// The incoming payment that a URL names, at any of the wallets.
    pub(crate) fn receiver(&self, url: &IncomingPaymentUrl) -> Option<&IncomingPayment> {
        let (_, id) = url.url().path().rsplit_once('/')?;
        let payment = self.incoming_payments.get(id)?;
        (self.wallets[payment.wallet].resource(COLLECTION, id) == *url.url()).then_some(payment)
    }

    /// What lists and completion show.
    pub(crate) fn incoming_view(&self, payment: &IncomingPayment) -> Value {
        without_nulls(json!({
            "id": self.wallets[payment.wallet].resource(COLLECTION, &payment.id).as_str(),
            "walletAddress": payment.address,
            "incomingAmount": payment.incoming_amount,
            "receivedAmount": payment.received,
            "completed": payment.completed,
            "createdAt": payment.created.to_string(),
            "expiresAt": payment.expires.to_string(),
            "metadata": payment.metadata,
        }))
    }

    /// The view with how to pay, which is new each time, as at a real wallet.
    fn with_methods(&self, call: &mut Call<'_>, payment: &IncomingPayment) -> Value {
        let mut view = self.incoming_view(payment);
        view["methods"] = if payment.is_open(call.now) {
            let ilp_address = format!("test.rivulet.{}.{}", call.wallet.name, call.entropy.token());
            json!([{ "type": "ilp", "ilpAddress": ilp_address, "sharedSecret": call.entropy.shared_secret() }])
        } else {
            json!([])
        };
        view
    }

    fn own_incoming_payment(&self, call: &Call<'_>, id: &str) -> Result<&IncomingPayment, Refusal> {
        let payment = self.incoming_payments.get(id).filter(|payment| payment.wallet == call.wallet.index);
        let payment = payment.filter(|payment| !payment.is_gone(call.now));
        payment.ok_or_else(|| Refusal::IncomingPaymentGone { id: id.to_owned() })
    }
}
