use open_payments::{Secret, Url, WalletDocument};

use crate::{Call, Method, Operation};

/// Replaces a token by a fresh one; the old value and the old manage URL die at once
/// (`POST {manage}`, RFC 9635 section 6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateToken {
    /// Where, as the wallet said.
    pub manage: Url,
    /// The token to replace.
    pub token: Secret,
}

/// Gives up a token (`DELETE {manage}`, RFC 9635 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeToken {
    /// Where, as the wallet said.
    pub manage: Url,
    /// The token to give up.
    pub token: Secret,
}

impl Operation for RotateToken {
    fn call(&self, _: &WalletDocument) -> Call {
        Call { method: Method::Post, url: self.manage.clone(), token: Some(self.token.clone()), body: None }
    }
}

impl Operation for RevokeToken {
    fn call(&self, _: &WalletDocument) -> Call {
        Call { method: Method::Delete, url: self.manage.clone(), token: Some(self.token.clone()), body: None }
    }
}
