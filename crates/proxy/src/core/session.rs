use http_signature::PublicKey;
use money::{Asset, AssetCode, AssetScale};
use open_payments::{Secret, Timestamp, Url, WalletAddress, WalletDocument};
use pasetors::Public;
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use protocol::signature::FRESHNESS_SECONDS;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::keys::{KeyRing, KeySet};

const LEEWAY: i64 = FRESHNESS_SECONDS as i64 * 1000;

/// What a signed token says (PASETO v4.public): whose wallet, and which key may present it.
/// It names the wallet's servers, so that the proxy talks to no others for this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) wallet: WalletDocument,
    pub(crate) install: PublicKey,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
}

/// Why a token is none of ours.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum SessionError {
    /// Not a token, not signed by a key of the ring, or with other claims.
    #[error("it is not signed by this proxy")]
    Forged,
    /// Made for another proxy.
    #[error("it was made for another proxy")]
    Audience,
    /// Made for another install.
    #[error("it was made for another browser")]
    Install,
    /// Its time is over, or has not come.
    #[error("it is expired")]
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claims {
    sub: WalletAddress,
    aud: String,
    iat: Timestamp,
    exp: Timestamp,
    key: String,
    auth_server: Url,
    resource_server: Url,
    asset_code: AssetCode,
    asset_scale: AssetScale,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    kid: String,
}

impl Session {
    /// A session that starts now.
    pub(crate) fn new(wallet: WalletDocument, install: PublicKey, now: Timestamp, life: i64) -> Self {
        Self { wallet, install, issued: now, expires: now.plus_millis(life) }
    }

    /// The signed token.
    pub(crate) fn to_token(&self, keys: &KeyRing, audience: &Url) -> Secret {
        let claims = Claims {
            sub: self.wallet.id.clone(),
            aud: audience.as_str().to_owned(),
            iat: self.issued,
            exp: self.expires,
            key: self.install.to_base64url(),
            auth_server: self.wallet.auth_server.clone(),
            resource_server: self.wallet.resource_server.clone(),
            asset_code: self.wallet.asset.code.clone(),
            asset_scale: self.wallet.asset.scale,
        };
        let key = keys.current();
        let token = PublicToken::sign(key.session_secret(), &json(&claims), Some(&footer(key)), None)
            .expect("a message that is not empty and a key that is one can be signed");
        Secret::new(token)
    }

    /// Reads a token presented by this install.
    pub(crate) fn from_token(
        token: &str,
        keys: &KeyRing,
        audience: &Url,
        install: PublicKey,
        now: Timestamp,
    ) -> Result<Self, SessionError> {
        let claims = verified_claims(token, keys).ok_or(SessionError::Forged)?;
        let key = PublicKey::from_base64url(&claims.key).map_err(|_| SessionError::Forged)?;
        if claims.aud != audience.as_str() {
            return Err(SessionError::Audience);
        }
        let wallet = WalletDocument {
            id: claims.sub,
            public_name: None,
            asset: Asset { code: claims.asset_code, scale: claims.asset_scale },
            auth_server: claims.auth_server,
            resource_server: claims.resource_server,
        };
        Self { wallet, install: key, issued: claims.iat, expires: claims.exp }.presented_by(install, now)
    }

    /// The same, if this install may present it now.
    pub(crate) fn presented_by(self, install: PublicKey, now: Timestamp) -> Result<Self, SessionError> {
        if self.install != install {
            return Err(SessionError::Install);
        }
        // Replicas' clocks may differ by as much as a signature may be off.
        if now.plus_millis(LEEWAY) < self.issued || self.expires <= now {
            return Err(SessionError::Expired);
        }
        Ok(self)
    }

    /// Whether more than half of its life is over.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        now.millis() - self.issued.millis() > self.expires.millis() - now.millis()
    }
}

fn verified_claims(token: &str, keys: &KeyRing) -> Option<Claims> {
    let token = UntrustedToken::<Public, V4>::try_from(token).ok()?;
    let footer: Footer = serde_json::from_slice(token.untrusted_footer()).ok()?;
    let key = keys.by_id(&footer.kid)?;
    let trusted = PublicToken::verify(key.session_public(), &token, None, None).ok()?;
    serde_json::from_str(trusted.payload()).ok()
}

fn footer(key: &KeySet) -> Vec<u8> {
    json(&Footer { kid: key.id().to_owned() })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a struct of texts and integers always has a JSON form")
}

#[cfg(test)]
mod tests {
    use http_signature::{SecretKey, Signer};

    use super::*;

    const LIFE: i64 = 1_000_000;
    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn wallet() -> WalletDocument {
        let json = r#"{"id":"https://w.example/alice","assetCode":"USD","assetScale":2,
            "authServer":"https://auth.w.example/","resourceServer":"https://w.example/t"}"#;
        WalletDocument::parse(json).unwrap()
    }

    fn install(seed: u8) -> PublicKey {
        SecretKey::from_seed([seed; 32]).public_key()
    }

    fn proxy(name: &str) -> Url {
        Url::parse(&format!("https://{name}.example/")).unwrap()
    }

    fn minted(keys: &KeyRing) -> Secret {
        Session::new(wallet(), install(1), START, LIFE).to_token(keys, &proxy("pay"))
    }

    fn read(token: &str, keys: &KeyRing) -> Result<Session, SessionError> {
        Session::from_token(token, keys, &proxy("pay"), install(1), START)
    }

    #[test]
    fn a_token_is_read_back() {
        let keys = KeyRing::from_seed([1; 32]);
        let token = minted(&keys);
        assert!(token.expose().starts_with("v4.public."));
        assert_eq!(read(token.expose(), &keys), Ok(Session::new(wallet(), install(1), START, LIFE)));
    }

    #[test]
    fn a_token_is_good_for_its_proxy_its_install_and_its_time_alone() {
        let keys = KeyRing::from_seed([1; 32]);
        let token = minted(&keys);
        let token = token.expose();
        let at = |millis| START.plus_millis(millis);
        let other_proxy = Session::from_token(token, &keys, &proxy("other"), install(1), START);
        assert_eq!(other_proxy, Err(SessionError::Audience));
        assert_eq!(Session::from_token(token, &keys, &proxy("pay"), install(2), START), Err(SessionError::Install));
        for (moment, expected) in [(-LEEWAY - 1, false), (-LEEWAY, true), (LIFE - 1, true), (LIFE, false)] {
            let read = Session::from_token(token, &keys, &proxy("pay"), install(1), at(moment));
            assert_eq!(read.is_ok(), expected, "{moment}");
        }
    }

    #[test]
    fn a_forged_token_is_refused() {
        let keys = KeyRing::from_seed([1; 32]);
        let token = minted(&keys);
        let token = token.expose();
        assert_eq!(read(token, &KeyRing::from_seed([2; 32])), Err(SessionError::Forged));
        for wrong in
            ["", "v4.public.", "v4.public.AAAA", "v4.local.AAAA", &token[..token.len() - 30], &format!("{token}A")]
        {
            assert_eq!(read(wrong, &keys), Err(SessionError::Forged), "{wrong}");
        }
        for position in 10..token.len() {
            let mut changed = token.to_owned().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(read(&changed, &keys), Err(SessionError::Forged), "{position}");
        }
    }

    #[test]
    fn a_key_that_was_replaced_still_verifies_while_it_is_listed() {
        let old = KeyRing::from_seed([1; 32]);
        let entries =
            |ring: &KeyRing| ring.to_json().trim_start_matches(r#"{"keys":["#).trim_end_matches("]}").to_owned();
        let new = KeyRing::from_seed([2; 32]);
        let both = KeyRing::parse(&format!(r#"{{"keys":[{},{}]}}"#, entries(&new), entries(&old))).unwrap();
        assert!(read(minted(&old).expose(), &both).is_ok());
        assert!(read(minted(&both).expose(), &new).is_ok());
    }

    #[test]
    fn a_session_goes_stale_at_half_its_life() {
        let session = Session::new(wallet(), install(1), START, LIFE);
        assert!(!session.is_stale(START.plus_millis(LIFE / 2)));
        assert!(session.is_stale(START.plus_millis(LIFE / 2 + 1)));
    }
}
