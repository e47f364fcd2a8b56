use std::fmt;

use money::{Asset, AssetCode, AssetScale};
use serde::{Deserialize, Serialize};

use crate::{HostKind, ReplyError, Url, UrlError};

/// The URL of a wallet address document (Open Payments, wallet address API). It has a path and
/// no query; the root is spelled `/.well-known/pay`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("format" = "uri")))]
#[serde(try_from = "String", into = "String")]
pub struct WalletAddress(Url);

const WELL_KNOWN: &str = ".well-known/pay";

impl WalletAddress {
    /// Reads the address that a link or a document names.
    ///
    /// # Errors
    /// If it is not a [`Url`] or has a query.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        match (url.path(), url.query()) {
            (_, Some(_)) => Err(UrlError::Suffix),
            ("/", None) => Ok(Self(url.join(WELL_KNOWN))),
            _ => Ok(Self(url)),
        }
    }

    /// Reads what a person types: an address, with or without `https://`, or a payment pointer.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_typed(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let bare = text.strip_prefix('$').unwrap_or(text);
        let has_scheme = bare.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
        if has_scheme && bare.len() == text.len() {
            return Self::parse(text);
        }
        Self::parse(&format!("https://{bare}"))
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Where its keys are listed.
    pub fn jwks_url(&self) -> Url {
        self.0.join("jwks.json")
    }
}

impl TryFrom<String> for WalletAddress {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<WalletAddress> for String {
    fn from(address: WalletAddress) -> Self {
        address.as_str().to_owned()
    }
}

impl fmt::Debug for WalletAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for WalletAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The URL of an incoming payment: `…/incoming-payments/{id}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("format" = "uri")))]
#[serde(try_from = "String", into = "String")]
pub struct IncomingPaymentUrl(Url);

impl IncomingPaymentUrl {
    /// Reads one.
    ///
    /// # Errors
    /// If it is not a [`Url`] or has another shape.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        let parts = url.path().rsplit_once('/');
        let shaped = parts.is_some_and(|(base, id)| base.ends_with("/incoming-payments") && !id.is_empty());
        if shaped && url.query().is_none() { Ok(Self(url)) } else { Err(UrlError::NotIncomingPayment) }
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for IncomingPaymentUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<IncomingPaymentUrl> for String {
    fn from(url: IncomingPaymentUrl) -> Self {
        url.as_str().to_owned()
    }
}

impl fmt::Debug for IncomingPaymentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A wallet address document (Open Payments, `GET {walletAddress}`), serialised as the wallet does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, json::Read, json::Write)]
#[serde(try_from = "RawDocument", into = "RawDocument")]
pub struct WalletDocument {
    /// The address that the wallet itself uses, whatever it was reached by.
    pub id: WalletAddress,
    /// A name for people, if the owner gave one; at most 100 characters, no control characters.
    pub public_name: Option<String>,
    /// What the wallet's amounts are counted in.
    pub asset: Asset,
    /// Where grants are requested.
    pub auth_server: Url,
    /// Below which quotes and payments live.
    pub resource_server: Url,
}

#[derive(Serialize, Deserialize, json::Read, json::Write)]
#[serde(rename_all = "camelCase")]
struct RawDocument {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_name: Option<String>,
    asset_code: AssetCode,
    asset_scale: AssetScale,
    auth_server: String,
    resource_server: String,
}

impl WalletDocument {
    /// Reads a document. Members that are not needed are ignored.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        json::from_str::<RawDocument>(json)?.try_into()
    }

    /// The hosts that it sends a client to, with the member that names each.
    pub fn hosts(&self) -> [(&'static str, &Url); 3] {
        [("id", self.id.url()), ("authServer", &self.auth_server), ("resourceServer", &self.resource_server)]
    }

    /// The first host that a client must not be sent to: a private one always, a loopback one
    /// unless loopback is allowed.
    pub fn forbidden_host(&self, loopback_allowed: bool) -> Option<&Url> {
        self.hosts().into_iter().map(|(_, url)| url).find(|url| match url.host_kind() {
            HostKind::Public => false,
            HostKind::Loopback => !loopback_allowed,
            HostKind::Private => true,
        })
    }
}

impl TryFrom<RawDocument> for WalletDocument {
    type Error = ReplyError;

    fn try_from(raw: RawDocument) -> Result<Self, ReplyError> {
        let address = |member, text: &str| Url::parse(text).map_err(|reason| ReplyError::Url { member, reason });
        Ok(Self {
            id: WalletAddress::parse(&raw.id).map_err(|reason| ReplyError::Url { member: "id", reason })?,
            public_name: raw.public_name.map(|name| name.chars().filter(|c| !c.is_control()).take(100).collect()),
            asset: Asset { code: raw.asset_code, scale: raw.asset_scale },
            auth_server: address("authServer", &raw.auth_server)?,
            resource_server: address("resourceServer", &raw.resource_server)?,
        })
    }
}

impl From<WalletDocument> for RawDocument {
    fn from(document: WalletDocument) -> Self {
        Self {
            id: document.id.into(),
            public_name: document.public_name,
            asset_code: document.asset.code,
            asset_scale: document.asset.scale,
            auth_server: document.auth_server.into(),
            resource_server: document.resource_server.into(),
        }
    }
}

/// The keys that a wallet lists for an address (`GET {walletAddress}/jwks.json`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, json::Read)]
pub struct KeySet {
    keys: Vec<ListedKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, json::Read)]
struct ListedKey {
    kid: Option<String>,
    x: Option<String>,
}

impl KeySet {
    /// Reads a JSON Web Key Set; keys of other kinds are passed over.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        Ok(json::from_str(json)?)
    }

    /// Whether the key with this id and public part (base64url, RFC 8037) is listed.
    pub fn contains(&self, kid: &str, x: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid) && key.x.as_deref() == Some(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        for (typed, address) in [
            ("https://w.example/alice", "https://w.example/alice"),
            (" w.example/alice ", "https://w.example/alice"),
            ("$w.example/alice", "https://w.example/alice"),
            ("$w.example", "https://w.example/.well-known/pay"),
            ("https://w.example/", "https://w.example/.well-known/pay"),
            ("http://localhost:4201/alice", "http://localhost:4201/alice"),
        ] {
            assert_eq!(WalletAddress::from_typed(typed).map(String::from).as_deref(), Ok(address), "{typed}");
        }
        for wrong in [
            "",
            "$",
            "$https://w.example/a",
            "http://w.example/alice",
            "https://w.example/a?b",
            "a b",
            "alice@w.example",
        ] {
            assert!(WalletAddress::from_typed(wrong).is_err(), "{wrong}");
        }
        assert_eq!(WalletAddress::parse("$w.example"), Err(UrlError::Scheme));
    }

    #[test]
    fn an_incoming_payment_has_its_shape() {
        assert!(IncomingPaymentUrl::parse("https://w.example/t/incoming-payments/1").is_ok());
        for wrong in [
            "https://w.example/incoming-payments/",
            "https://w.example/payments/1",
            "https://w.example/incoming-payments/1/2",
            "https://w.example/incoming-payments/1?x",
        ] {
            assert_eq!(IncomingPaymentUrl::parse(wrong), Err(UrlError::NotIncomingPayment), "{wrong}");
        }
    }

    #[test]
    fn reads_a_document_and_refuses_a_broken_one() {
        let json = |scale: &str, auth: &str| {
            format!(
                r#"{{"id":"https://w.example/alice","publicName":"Al\u0007ice","assetCode":"USD","assetScale":{scale},"authServer":"{auth}","resourceServer":"https://w.example/t","extra":[1]}}"#
            )
        };
        let document = WalletDocument::parse(&json("2", "https://auth.w.example")).unwrap();
        assert_eq!(document.public_name.as_deref(), Some("Alice"));
        assert_eq!(document.auth_server.as_str(), "https://auth.w.example/");
        assert_eq!(document.forbidden_host(false), None);
        for scale in ["255", "-1", "2.0", "\"2\"", "null"] {
            let read = WalletDocument::parse(&json(scale, "https://a.example"));
            assert_eq!(read, Err(ReplyError::Member("assetScale")), "{scale}");
        }
        let missing = json("2", "https://a.example").replace("resourceServer", "resource");
        assert_eq!(WalletDocument::parse(&missing), Err(ReplyError::Member("resourceServer")));
        assert_eq!(WalletDocument::parse("[]"), Err(ReplyError::Shape));
        assert_eq!(
            WalletDocument::parse(&json("2", "http://a.example")),
            Err(ReplyError::Url { member: "authServer", reason: UrlError::Scheme })
        );
        let inside = WalletDocument::parse(&json("2", "https://10.0.0.1/auth")).unwrap();
        assert_eq!(inside.forbidden_host(true).map(Url::host), Some("10.0.0.1"));
    }

    #[test]
    fn finds_a_key_by_id_and_public_part() {
        let keys = KeySet::parse(r#"{"keys":[{"kty":"RSA","n":"1"},{"kid":"a","x":"b","kty":"OKP"}]}"#).unwrap();
        assert!(keys.contains("a", "b"));
        assert!(!keys.contains("a", "c") && !keys.contains("c", "b"));
        assert!(KeySet::parse("[]").is_err());
    }
}
