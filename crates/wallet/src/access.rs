use money::Amount;
use open_payments::{IncomingPaymentUrl, Interval, WalletAddress};
use serde::{Deserialize, Serialize};

use crate::forms;

/// One right that a grant gives (Open Payments, `access-item`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Access {
    IncomingPayment {
        actions: Vec<Action>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identifier: Option<WalletAddress>,
    },
    Quote {
        actions: Vec<Action>,
    },
    OutgoingPayment {
        actions: Vec<Action>,
        identifier: WalletAddress,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limits: Option<Box<Limits>>,
    },
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    Create,
    Complete,
    Read,
    ReadAll,
    List,
    ListAll,
}

/// What may be spent (Open Payments, `limits-outgoing`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Limits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) receiver: Option<IncomingPaymentUrl>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "forms::interval")]
    pub(crate) interval: Option<Interval>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debit_amount: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) receive_amount: Option<Amount>,
}

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    IncomingPayment,
    Quote,
    OutgoingPayment,
}

/// Whose resources a right extends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those that the same client has made.
    Own,
    /// All of the wallet address.
    All,
}

impl Access {
    /// How far this right goes for an action on a kind of resource of a wallet address; not at
    /// all is none. A right without an identifier is one on every wallet address.
    pub(crate) fn extent(&self, kind: Kind, action: Action, address: Option<&WalletAddress>) -> Option<Extent> {
        let (own_kind, actions, identifier) = match self {
            Self::IncomingPayment { actions, identifier } => (Kind::IncomingPayment, actions, identifier.as_ref()),
            Self::Quote { actions } => (Kind::Quote, actions, None),
            Self::OutgoingPayment { actions, identifier, .. } => (Kind::OutgoingPayment, actions, Some(identifier)),
        };
        let elsewhere = identifier.is_some_and(|identifier| address.is_some_and(|address| address != identifier));
        if own_kind != kind || elsewhere {
            return None;
        }
        let all = match action {
            Action::Read => Action::ReadAll,
            Action::List => Action::ListAll,
            other => other,
        };
        if actions.contains(&all) { Some(Extent::All) } else { actions.contains(&action).then_some(Extent::Own) }
    }

    /// Whether a person has to agree.
    pub(crate) fn needs_consent(&self) -> bool {
        matches!(self, Self::OutgoingPayment { .. })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, to_string};

    use super::*;

    #[test]
    fn rights_are_read_and_written_as_open_payments_does() {
        for json in [
            r#"{"type":"incoming-payment","actions":["create","read-all"]}"#,
            r#"{"type":"quote","actions":["create","read"]}"#,
            r#"{"type":"outgoing-payment","actions":["create","list"],"identifier":"https://w.example/alice","limits":{"interval":"R/2026-11-22T06:24:19.275Z/P1M","debitAmount":{"value":"10000","assetCode":"USD","assetScale":2}}}"#,
        ] {
            assert_eq!(to_string(&from_str::<Access>(json).unwrap()).unwrap(), json);
        }
        for wrong in [
            r#"{"type":"quote","actions":["pay"]}"#,
            r#"{"type":"quote","actions":["create"],"identifier":"https://w.example/alice"}"#,
            r#"{"type":"outgoing-payment","actions":["create"]}"#,
            r#"{"type":"outgoing-payment","actions":[],"identifier":"https://w.example/a","limits":{"interval":"P1M"}}"#,
            r#"{"type":"account","actions":["read"]}"#,
        ] {
            assert!(from_str::<Access>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_right_holds_for_its_kind_action_and_address() {
        let address = |text| WalletAddress::parse(text).unwrap();
        let (alice, other) = (address("https://w.example/alice"), address("https://w.example/other"));
        let access = Access::OutgoingPayment {
            actions: vec![Action::Create, Action::ReadAll],
            identifier: alice.clone(),
            limits: None,
        };
        let extent = |kind, action, address| access.extent(kind, action, Some(address));
        assert_eq!(extent(Kind::OutgoingPayment, Action::Create, &alice), Some(Extent::All));
        assert_eq!(extent(Kind::OutgoingPayment, Action::Read, &alice), Some(Extent::All));
        assert_eq!(extent(Kind::OutgoingPayment, Action::List, &alice), None);
        assert_eq!(extent(Kind::OutgoingPayment, Action::Create, &other), None);
        assert_eq!(extent(Kind::Quote, Action::Create, &alice), None);
        let quote = Access::Quote { actions: vec![Action::Create, Action::Read] };
        assert_eq!(quote.extent(Kind::Quote, Action::Read, Some(&other)), Some(Extent::Own));
    }
}
