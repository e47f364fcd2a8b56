use open_payments::WalletAddress;

use crate::access::{Action, Extent, Kind};
use crate::clients::Client;
use crate::refusal::{Refusal, SignatureDetails, Stop};
use crate::sandbox::{Call, Sandbox};
use crate::signatures::SignatureFault;

/// A request that may do what it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Authorized {
    /// The id of the grant that allows it.
    pub(crate) grant: String,
    pub(crate) client: Client,
    extent: Extent,
}

impl Authorized {
    /// Whether this may read what a client has made.
    pub(crate) fn reaches(&self, maker: &Client) -> bool {
        self.extent == Extent::All || self.client == *maker
    }
}

impl Sandbox {
    /// Checks a resource request's token, what it allows, and its signature.
    ///
    /// # Errors
    /// In the order of a real wallet: no signature, no token, inactive token, insufficient
    /// grant, wrong signature.
    pub(crate) fn authorize(
        &self,
        call: &Call<'_>,
        kind: Kind,
        action: Action,
        address: Option<&WalletAddress>,
    ) -> Result<Authorized, Stop> {
        let missing = ["signature-input", "signature"].into_iter().find(|name| call.request.header(name).is_none());
        if let Some(missing) = missing {
            return Err(Refusal::Validation(format!("must have required property '{missing}'")).into());
        }
        let value = call.request.token().ok_or(Refusal::MissingAuthorization)?;
        let token =
            self.tokens.get(value).filter(|token| token.wallet == call.wallet.index && call.now < token.expires);
        let grant = token.and_then(|token| self.grants.get(&token.grant)).ok_or(Refusal::InactiveToken)?;
        let extents = grant.access.iter().filter_map(|access| access.extent(kind, action, address));
        let extent = extents.max_by_key(|extent| *extent == Extent::All).ok_or(Refusal::InsufficientGrant)?;
        self.check_signature(call, &grant.client)?;
        Ok(Authorized { grant: grant.id.clone(), client: grant.client.clone(), extent })
    }

    /// Checks a client's signature in the words of a resource server.
    fn check_signature(&self, call: &Call<'_>, client: &Client) -> Result<(), Stop> {
        let keys = self.keys_of(call, client)?;
        self.verify(call, &keys).map_err(|fault| {
            let (reason, key_id, listed) = match fault {
                SignatureFault::Missing => ("no signature".to_owned(), None, None),
                SignatureFault::Malformed(reason) => (reason, None, None),
                SignatureFault::KeyUnknown(key_id) => {
                    ("could not find key in list of client keys".to_owned(), key_id, Some(keys))
                }
                SignatureFault::Mismatch(key_id) => ("provided signature is invalid".to_owned(), key_id, None),
                SignatureFault::Insufficient { reason, key_id } => (reason, key_id, None),
            };
            let details = SignatureDetails { client: client.clone(), key_id_in_signature: key_id, client_keys: listed };
            Refusal::Signature { reason, details: Box::new(details) }.into()
        })
    }
}
