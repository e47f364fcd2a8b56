use money::Amount;
use open_payments::{Interval, Secret, Url, WalletAddress, WalletDocument};

use crate::{Call, Method, Operation};

/// Asks the user's wallet for a token that may quote and pay, which the user has to confirm
/// (`POST {authServer}`, RFC 9635 section 2).
#[derive(Clone, Debug, PartialEq)]
pub struct RequestGrant {
    /// How much may be spent, in each interval if there is one.
    pub debit_amount: Amount,
    /// How often that starts anew.
    pub interval: Option<Interval>,
    /// Where the wallet sends the user's browser afterwards.
    pub finish: Url,
    /// The client's part of the interaction hash: printable ASCII, never used again.
    pub nonce: String,
}

/// Exchanges the interaction reference for a token (`POST {continue.uri}`, RFC 9635 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContinueGrant {
    /// Where, as the wallet said.
    pub uri: Url,
    /// The continuation token.
    pub token: Secret,
    /// What the finish URL carried.
    pub reference: String,
}

/// Gives up a grant, decided or not (`DELETE {continue.uri}`, RFC 9635 section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelGrant {
    /// Where, as the wallet said.
    pub uri: Url,
    /// The continuation token.
    pub token: Secret,
}

#[derive(json::Write)]
pub(crate) struct GrantBody<'a, C> {
    pub(crate) access_token: AccessBody<'a>,
    pub(crate) client: C,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interact: Option<InteractBody<'a>>,
}

#[derive(json::Write)]
pub(crate) struct AccessBody<'a> {
    pub(crate) access: Vec<AccessItem<'a>>,
}

#[derive(json::Write)]
pub(crate) struct AccessItem<'a> {
    pub(crate) r#type: &'static str,
    pub(crate) actions: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<&'a WalletAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limits: Option<Limits<'a>>,
}

#[derive(json::Write)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits<'a> {
    debit_amount: &'a Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'a Interval>,
}

#[derive(json::Write)]
pub(crate) struct InteractBody<'a> {
    start: [&'static str; 1],
    finish: FinishBody<'a>,
}

#[derive(json::Write)]
struct FinishBody<'a> {
    method: &'static str,
    uri: &'a Url,
    nonce: &'a str,
}

#[derive(json::Write)]
struct ContinueBody<'a> {
    interact_ref: &'a str,
}

impl Operation for RequestGrant {
    fn call(&self, wallet: &WalletDocument) -> Call {
        let quotes = AccessItem { r#type: "quote", actions: &["create", "read"], identifier: None, limits: None };
        let payments = AccessItem {
            r#type: "outgoing-payment",
            actions: &["create", "read"],
            identifier: Some(&wallet.id),
            limits: Some(Limits { debit_amount: &self.debit_amount, interval: self.interval.as_ref() }),
        };
        let finish = FinishBody { method: "redirect", uri: &self.finish, nonce: &self.nonce };
        let body = GrantBody {
            access_token: AccessBody { access: vec![quotes, payments] },
            client: &wallet.id,
            interact: Some(InteractBody { start: ["redirect"], finish }),
        };
        Call { method: Method::Post, url: wallet.auth_server.clone(), token: None, body: Some(json::to_string(&body)) }
    }
}

impl Operation for ContinueGrant {
    fn call(&self, _: &WalletDocument) -> Call {
        Call {
            method: Method::Post,
            url: self.uri.clone(),
            token: Some(self.token.clone()),
            body: Some(json::to_string(&ContinueBody { interact_ref: &self.reference })),
        }
    }
}

impl Operation for CancelGrant {
    fn call(&self, _: &WalletDocument) -> Call {
        Call { method: Method::Delete, url: self.uri.clone(), token: Some(self.token.clone()), body: None }
    }
}
