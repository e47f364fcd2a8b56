use open_payments::{Secret, Url, WalletDocument};

use crate::Method;

/// A request before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The target.
    pub url: Url,
    /// What goes into `Authorization: GNAP …`.
    pub token: Option<Secret>,
    /// Compact JSON with its members in a fixed order.
    pub body: Option<String>,
}

/// Something that a wallet can be asked for.
pub trait Operation {
    /// How this wallet is asked. Of the wallet's document it uses the id and the two servers.
    fn call(&self, wallet: &WalletDocument) -> Call;
}
