use base64ct::{Base64, Encoding};
use open_payments_client::Signer;

use crate::view::PublicKeyView;

/// The install's key pair, with the names that go with it.
pub(crate) struct Key {
    pub(crate) signer: Box<dyn Signer>,
    /// What wallets list the key as: its thumbprint (RFC 7638), so that it needs no storing.
    pub(crate) kid: String,
    /// What the proxy knows it as: the public key itself.
    pub(crate) keyid: String,
    /// How it is shown to the user, who adds it to the wallet.
    pub(crate) view: PublicKeyView,
}

impl Key {
    pub(crate) fn new(signer: Box<dyn Signer>) -> Self {
        let public = signer.public_key();
        let (kid, keyid) = (public.thumbprint(), public.to_base64url());
        let jwk = json::to_string(&public.to_jwk(kid.clone()));
        let view = PublicKeyView { base64: Base64::encode_string(jwk.as_bytes()), jwk, kid: kid.clone() };
        Self { signer, kid, keyid, view }
    }
}
