use http_signature::PublicKey;
use open_payments::{Timestamp, Url};
use sha2::{Digest, Sha256};

use super::keys::KeyRing;
use super::known::Known;
use super::session::{Session, SessionError};

/// The tokens that one key ring has verified, by their hash: verifying one again would cost as much
/// as the signature of the request, and a user presents the same one each second. Who presents it,
/// and when, is looked at each time.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Known<[u8; 32], Session>);

impl Sessions {
    /// Reads a token presented by this install. Keys and audience are always the same.
    pub(crate) fn read(
        &self,
        token: &str,
        keys: &KeyRing,
        audience: &Url,
        install: PublicKey,
        now: Timestamp,
    ) -> Result<Session, SessionError> {
        let Self(verified) = self;
        let hash: [u8; 32] = Sha256::digest(token).into();
        let verify = || Session::from_token(token, keys, audience, install, now);
        verified.recall_or(&hash, verify)?.presented_by(install, now)
    }
}

#[cfg(test)]
mod tests {
    use http_signature::{SecretKey, Signer};
    use open_payments::WalletDocument;

    use super::*;

    const LIFE: i64 = 1_000_000;
    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn install(seed: u8) -> PublicKey {
        SecretKey::from_seed([seed; 32]).public_key()
    }

    fn minted(keys: &KeyRing, issued: Timestamp) -> (Session, String) {
        let json = r#"{"id":"https://w.example/alice","assetCode":"USD","assetScale":2,
            "authServer":"https://auth.w.example/","resourceServer":"https://w.example/t"}"#;
        let session = Session::new(WalletDocument::parse(json).unwrap(), install(1), issued, LIFE);
        let token = session.to_token(keys, &audience());
        (session, token.expose().to_owned())
    }

    fn audience() -> Url {
        Url::parse("https://pay.example/").unwrap()
    }

    #[test]
    fn a_token_that_was_verified_is_good_for_its_install_and_its_time_alone() {
        let (keys, sessions) = (KeyRing::from_seed([1; 32]), Sessions::default());
        let (session, token) = minted(&keys, START);
        let read = |seed, millis| sessions.read(&token, &keys, &audience(), install(seed), START.plus_millis(millis));
        assert_eq!(read(2, 0), Err(SessionError::Install));
        for _ in 0..2 {
            assert_eq!(read(1, 0), Ok(session.clone()));
            assert_eq!(read(1, LIFE - 1), Ok(session.clone()));
            assert_eq!(read(1, LIFE), Err(SessionError::Expired));
            assert_eq!(read(2, 0), Err(SessionError::Install));
        }
    }

    #[test]
    fn what_was_verified_is_not_verified_again_and_a_forged_token_is_never_kept() {
        let (keys, removed) = (KeyRing::from_seed([1; 32]), KeyRing::from_seed([2; 32]));
        let sessions = Sessions::default();
        let (session, token) = minted(&keys, START);
        let read = |token: &str, keys: &KeyRing| sessions.read(token, keys, &audience(), install(1), START);
        for _ in 0..2 {
            assert_eq!(read(&token, &removed), Err(SessionError::Forged), "the key is not in the ring");
            assert_eq!(read(&format!("{token}A"), &keys), Err(SessionError::Forged));
        }
        assert_eq!(read(&token, &keys), Ok(session.clone()));
        assert_eq!(read(&token, &removed), Ok(session), "no ring is asked for it");
        assert_eq!(read(&format!("{token}A"), &keys), Err(SessionError::Forged));
    }
}
