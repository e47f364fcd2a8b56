use http_signature::Jwk;
use open_payments::{HostKind, WalletAddress};
use serde::{Deserialize, Serialize};

use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// Whoever asks for a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Client {
    /// Whoever holds one of the keys that this address lists now.
    WalletAddress(WalletAddress),
    /// Whoever holds exactly this key.
    Jwk(Jwk),
}

/// The three forms in which a grant request names its client.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum ClientForm {
    Text(String),
    Address(AddressForm),
    Key(KeyForm),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressForm {
    wallet_address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyForm {
    jwk: Jwk,
}

impl TryFrom<ClientForm> for Client {
    type Error = Refusal;

    fn try_from(form: ClientForm) -> Result<Self, Refusal> {
        match form {
            ClientForm::Text(wallet_address) | ClientForm::Address(AddressForm { wallet_address }) => {
                WalletAddress::parse(&wallet_address).map(Self::WalletAddress).map_err(|_| Refusal::ClientUnknown)
            }
            ClientForm::Key(KeyForm { jwk }) => Ok(Self::Jwk(jwk)),
        }
    }
}

impl Sandbox {
    /// The keys that speak for a client at this moment.
    ///
    /// # Errors
    /// [`Stop::NeedsKeys`] if the client's address belongs to nobody here.
    pub(crate) fn keys_of(&self, call: &Call<'_>, client: &Client) -> Result<Vec<Jwk>, Stop> {
        let address = match client {
            Client::Jwk(jwk) => return Ok(vec![jwk.clone()]),
            Client::WalletAddress(address) => address,
        };
        if let Some(account) = self.accounts.get(address.as_str()) {
            return Ok(account.keys.clone());
        }
        let ours = self.wallets.iter().any(|wallet| wallet.base.origin() == address.url().origin());
        if ours || address.url().host_kind() == HostKind::Private {
            return Ok(Vec::new());
        }
        call.request.client_keys.clone().ok_or_else(|| Stop::NeedsKeys(address.jwks_url()))
    }
}
