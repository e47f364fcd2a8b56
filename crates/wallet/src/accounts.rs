use http_signature::Jwk;
use money::Asset;
use open_payments::{Url, WalletAddress};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ledger::Holder;
use crate::message::{Response, without_nulls};
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// A wallet provider: where its parts are, and its currency.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    /// Its place in the seed.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) base: Url,
    pub(crate) asset: Asset,
    pub(crate) auth_server: Url,
    pub(crate) resource_server: Url,
}

/// What lies behind a wallet address, apart from the money.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) wallet: usize,
    pub(crate) address: WalletAddress,
    pub(crate) public_name: Option<String>,
    pub(crate) keys: Vec<Jwk>,
}

impl Wallet {
    /// The URL of a resource: `{resourceServer}/{collection}/{id}`.
    pub(crate) fn resource(&self, collection: &str, id: &str) -> Url {
        self.resource_server.join(collection).join(id)
    }
}

impl Account {
    pub(crate) fn holder(&self) -> Holder {
        Holder::Account(self.address.clone())
    }

    /// Lists a key; one of the same name is replaced.
    pub(crate) fn add_key(&mut self, jwk: Jwk) {
        self.remove_key(&jwk.kid);
        self.keys.push(jwk);
    }

    /// Lists a key no longer; false if it was not listed.
    pub(crate) fn remove_key(&mut self, kid: &str) -> bool {
        let before = self.keys.len();
        self.keys.retain(|key| key.kid != kid);
        self.keys.len() < before
    }
}

impl Sandbox {
    /// `GET {walletAddress}` and `GET {walletAddress}/jwks.json`.
    pub(crate) fn document(&self, call: &Call<'_>) -> Result<Response, Stop> {
        let url = &call.request.target;
        let path = url.path();
        let answer = match path.strip_suffix("/jwks.json") {
            Some(path) => self.account_at(call, path).map(|account| json!({ "keys": account.keys })),
            None => self.account_at(call, path).map(|account| self.wallet_document(account)),
        };
        match answer {
            Some(document) => Ok(Response::json(200, &document)),
            None => Err(Refusal::NoSuchWalletAddress(url.clone()).into()),
        }
    }

    /// The account of the called wallet with this path.
    pub(crate) fn account_at(&self, call: &Call<'_>, path: &str) -> Option<&Account> {
        let address = WalletAddress::parse(&format!("{}{path}", call.wallet.base.origin())).ok()?;
        self.account(call, &address)
    }

    /// The account of the called wallet with this address.
    pub(crate) fn account(&self, call: &Call<'_>, address: &WalletAddress) -> Option<&Account> {
        self.accounts.get(address.as_str()).filter(|account| account.wallet == call.wallet.index)
    }

    fn wallet_document(&self, account: &Account) -> Value {
        let wallet = &self.wallets[account.wallet];
        without_nulls(json!({
            "id": account.address,
            "publicName": account.public_name,
            "assetCode": wallet.asset.code,
            "assetScale": wallet.asset.scale,
            "authServer": wallet.auth_server.as_str(),
            "resourceServer": wallet.resource_server.as_str(),
        }))
    }
}
