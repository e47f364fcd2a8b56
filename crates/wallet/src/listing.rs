use open_payments::{Timestamp, WalletAddress};
use serde_json::{Value, json};

use crate::access::{Action, Kind};
use crate::authorization::Authorized;
use crate::clients::Client;
use crate::incoming::IncomingPayment;
use crate::message::{Request, Response, without_nulls};
use crate::outgoing::OutgoingPayment;
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// How many items a page has if nothing is said.
const PAGE: usize = 20;

/// What can be listed.
trait Listed {
    fn id(&self) -> &str;
    fn address(&self) -> &WalletAddress;
    fn maker(&self) -> &Client;
    fn created(&self) -> Timestamp;
}

impl Sandbox {
    /// `GET /incoming-payments?wallet-address=…`, the newest first.
    pub(crate) fn list_incoming_payments(&self, call: &Call<'_>) -> Result<Response, Stop> {
        let (address, authorized) = self.authorize_list(call, Kind::IncomingPayment)?;
        let page = page(call.request, self.incoming_payments.values(), &address, &authorized)?;
        Ok(page.answer(|payment| self.incoming_view(payment)))
    }

    /// `GET /outgoing-payments?wallet-address=…`, the newest first.
    pub(crate) fn list_outgoing_payments(&self, call: &Call<'_>) -> Result<Response, Stop> {
        let (address, authorized) = self.authorize_list(call, Kind::OutgoingPayment)?;
        let page = page(call.request, self.outgoing_payments.values(), &address, &authorized)?;
        Ok(page.answer(|payment| self.outgoing_view(payment)))
    }

    fn authorize_list(&self, call: &Call<'_>, kind: Kind) -> Result<(WalletAddress, Authorized), Stop> {
        let missing = || Refusal::Validation("must have required property 'wallet-address'".to_owned());
        let address = call.request.query("wallet-address").ok_or_else(missing)?;
        let address = WalletAddress::parse(&address).ok().and_then(|address| self.account(call, &address));
        let address = address.ok_or(Refusal::WalletAddressUnknown)?.address.clone();
        let authorized = self.authorize(call, kind, Action::List, Some(&address))?;
        Ok((address, authorized))
    }
}

/// A stretch of a list, and whether there is more on either side.
struct Page<'a, T> {
    items: Vec<&'a T>,
    before: bool,
    after: bool,
}

impl<T: Listed> Page<'_, T> {
    fn answer(&self, view: impl Fn(&T) -> Value) -> Response {
        let cursor = |item: Option<&&T>| item.map(|item| item.id().to_owned());
        let pagination = without_nulls(json!({
            "startCursor": cursor(self.items.first()),
            "endCursor": cursor(self.items.last()),
            "hasPreviousPage": self.before,
            "hasNextPage": self.after,
        }));
        let result: Vec<Value> = self.items.iter().map(|item| view(item)).collect();
        Response::json(200, &json!({ "pagination": pagination, "result": result }))
    }
}

/// Cuts the page out that the query asks for: `first` after the cursor, or `last` before it.
fn page<'a, T: Listed>(
    request: &Request,
    all: impl Iterator<Item = &'a T>,
    address: &WalletAddress,
    authorized: &Authorized,
) -> Result<Page<'a, T>, Refusal> {
    let mut items: Vec<&T> = all.filter(|item| item.address() == address && authorized.reaches(item.maker())).collect();
    items.sort_by_key(|item| (std::cmp::Reverse(item.created()), item.id()));
    let invalid = |name: &str| Refusal::Validation(format!("'{name}' is not valid"));
    let count = |name: &str| match request.query(name) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(count @ 1..=100) => Ok(Some(count)),
            _ => Err(invalid(name)),
        },
    };
    let cursor = match request.query("cursor") {
        None => None,
        Some(id) => Some(items.iter().position(|item| item.id() == id).ok_or_else(|| invalid("cursor"))?),
    };
    let range = match (count("first")?, count("last")?, cursor) {
        (Some(_), Some(_), _) | (_, Some(_), None) => return Err(invalid("last")),
        (None, Some(last), Some(cursor)) => cursor.saturating_sub(last)..cursor,
        (first, None, cursor) => {
            let start = cursor.map_or(0, |cursor| cursor + 1);
            start..items.len().min(start + first.unwrap_or(PAGE))
        }
    };
    let (before, after) = (range.start > 0, range.end < items.len());
    Ok(Page { items: items[range].to_vec(), before, after })
}

impl Listed for IncomingPayment {
    fn id(&self) -> &str {
        &self.id
    }
    fn address(&self) -> &WalletAddress {
        &self.address
    }
    fn maker(&self) -> &Client {
        &self.maker
    }
    fn created(&self) -> Timestamp {
        self.created
    }
}

impl Listed for OutgoingPayment {
    fn id(&self) -> &str {
        &self.id
    }
    fn address(&self) -> &WalletAddress {
        &self.address
    }
    fn maker(&self) -> &Client {
        &self.maker
    }
    fn created(&self) -> Timestamp {
        self.created
    }
}
