//! A wallet, a key and values to compose requests with.

use http_signature::SecretKey;
use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, Secret, Url, WalletDocument};
use open_payments_client::{Composer, HttpRequest, Operation};

pub(crate) const TOKEN: &str = "ECC89F88331D2F4AFFBD";
pub(crate) const INCOMING_PAYMENT: &str = "https://wallet-b.example/tenant-b/incoming-payments/87579a85";
pub(crate) const QUOTE: &str = "https://wallet-a.example/tenant-a/quotes/afeeef49";
pub(crate) const PAYMENT: &str = "https://wallet-a.example/tenant-a/outgoing-payments/afeeef49";
pub(crate) const CONTINUE: &str = "https://auth.wallet-a.example/continue/97798987";
pub(crate) const MANAGE: &str = "https://auth.wallet-a.example/token/fb498fb5";

pub(crate) fn wallet() -> WalletDocument {
    let json = r#"{"id":"https://wallet-a.example/accounts/alice","assetCode":"USD","assetScale":2,
        "authServer":"https://auth.wallet-a.example/tenant-a","resourceServer":"https://wallet-a.example/tenant-a"}"#;
    WalletDocument::parse(json).unwrap()
}

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

pub(crate) fn compose(operation: &impl Operation) -> HttpRequest {
    let composer = Composer { signer: &key(), keyid: "key-1", created: 1_795_328_659, nonce: None };
    composer.sign(operation, &wallet()).unwrap()
}

pub(crate) fn token() -> Secret {
    Secret::new(TOKEN.to_owned())
}

pub(crate) fn usd(value: u64) -> Amount {
    Amount::new(value, Asset::new("USD", 2).unwrap())
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(crate) fn incoming_payment() -> IncomingPaymentUrl {
    IncomingPaymentUrl::parse(INCOMING_PAYMENT).unwrap()
}
