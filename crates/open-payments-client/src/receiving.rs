use http_signature::Jwk;
use open_payments::{Secret, Timestamp, WalletAddress, WalletDocument};

use crate::{
    Call, Method, Operation,
    grant::{AccessBody, AccessItem, GrantBody},
};

/// How a client says who it is.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(untagged)]
pub enum Client {
    /// By its key alone, so that the wallet learns nothing else; not for interactive grants.
    Key {
        /// The key that signs.
        jwk: Jwk,
    },
    /// By a wallet address whose `jwks.json` lists the key that signs.
    WalletAddress(WalletAddress),
}

/// Asks the receiving wallet for a token that may create incoming payments, which nobody has to
/// confirm (`POST {authServer}`, RFC 9635 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestIncomingPaymentGrant {
    /// Who asks.
    pub client: Client,
}

/// Opens an incoming payment without an amount (`POST {resourceServer}/incoming-payments`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIncomingPayment {
    /// The access token.
    pub token: Secret,
    /// When it is to stop taking money.
    pub expires_at: Timestamp,
}

#[derive(json::Write)]
#[serde(rename_all = "camelCase")]
struct IncomingPaymentBody<'a> {
    wallet_address: &'a WalletAddress,
    expires_at: String,
}

impl Operation for RequestIncomingPaymentGrant {
    fn call(&self, wallet: &WalletDocument) -> Call {
        let access = AccessItem { r#type: "incoming-payment", actions: &["create"], identifier: None, limits: None };
        let body =
            GrantBody { access_token: AccessBody { access: vec![access] }, client: &self.client, interact: None };
        Call { method: Method::Post, url: wallet.auth_server.clone(), token: None, body: Some(json::to_string(&body)) }
    }
}

impl Operation for CreateIncomingPayment {
    fn call(&self, wallet: &WalletDocument) -> Call {
        let body = IncomingPaymentBody { wallet_address: &wallet.id, expires_at: self.expires_at.to_string() };
        Call {
            method: Method::Post,
            url: wallet.resource_server.join("incoming-payments"),
            token: Some(self.token.clone()),
            body: Some(json::to_string(&body)),
        }
    }
}
