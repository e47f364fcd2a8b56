use open_payments_client::{PublicKey, Signer};

/// The install's key pair, with the names that go with it.
pub(crate) struct Key {
    pub(crate) signer: Box<dyn Signer>,
    public: PublicKey,
    /// What wallets list the key as: its thumbprint (RFC 7638), so that it needs no storing.
    pub(crate) kid: String,
    /// What the proxy knows it as: the public key itself.
    pub(crate) keyid: String,
}

impl Key {
    pub(crate) fn new(signer: Box<dyn Signer>) -> Self {
        let public = signer.public_key();
        Self { signer, kid: public.thumbprint(), keyid: public.to_base64url(), public }
    }

    /// The JSON Web Key that the user adds to the wallet.
    pub(crate) fn jwk(&self) -> String {
        json::to_string(&self.public.to_jwk(self.kid.clone()))
    }
}
