use http_signature::{Parameters, PublicKey, Request, SignatureInput, verify_content_digest};
use open_payments::{Timestamp, Url};
use protocol::Endpoint;
use protocol::signature::{COMPONENTS, FRESHNESS_SECONDS};
use sha2::{Digest, Sha256};

use super::message::Incoming;
use super::refusal::Refusal;
use super::session::Session;
use super::{Core, Now};
use crate::store::Key;

/// Who has sent a request, as its signature proves.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The install's key.
    pub(crate) install: PublicKey,
    /// Where the reply is kept for a repeat.
    pub(crate) repeat: Key,
    /// What the request asks for: a repeat asks for the same.
    pub(crate) digest: [u8; 32],
    /// What the token says, for endpoints that need one.
    pub(crate) session: Option<Session>,
}

/// Nonces shorter than this could collide, and longer ones serve no purpose.
const NONCE_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

impl Caller {
    /// Verifies the signature and, where one is needed, the session.
    pub(crate) fn authenticate(core: &Core, incoming: &Incoming, now: &Now) -> Result<Self, Refusal> {
        let headers: Vec<(&str, &str)> =
            incoming.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let target = target_uri(&core.settings.public_url, incoming.endpoint);
        let request = Request { method: "POST", target_uri: &target, headers: &headers };
        let authorization = request.header("authorization");

        let unsigned = |error| Refusal::invalid(format!("The request is not signed as it should be: {error}."));
        let signature = SignatureInput::parse(&headers).map_err(unsigned)?;
        let covered =
            signature.covers(&COMPONENTS) && (authorization.is_none() || signature.covers(&["authorization"]));
        if !covered {
            return Err(Refusal::invalid("The signature does not cover what it should."));
        }
        let Parameters {
            created: Some(created),
            expires: None,
            nonce: Some(nonce),
            keyid: Some(keyid),
            alg: None,
            tag: None,
        } = signature.parameters()
        else {
            return Err(Refusal::invalid("The signature's parameters are not just created, keyid and nonce."));
        };
        if !NONCE_LENGTHS.contains(&nonce.len()) {
            return Err(Refusal::invalid("The nonce is too short or too long."));
        }
        let install = core.installs.recall_or(keyid, || PublicKey::from_base64url(keyid)).map_err(unsigned)?;
        signature.verify(&request, &install).map_err(unsigned)?;
        let digest = request.header("content-digest").unwrap_or_default();
        verify_content_digest(&digest, &incoming.body).map_err(unsigned)?;
        check_freshness(*created, now.wall)?;

        let session = || session(core, authorization.as_deref(), install, now.wall);
        let session = incoming.endpoint.needs_session().then(session).transpose()?;
        Ok(Self {
            install,
            repeat: Key::of("reply", &[install.as_bytes(), nonce.as_bytes()]),
            digest: Sha256::new()
                .chain_update(&target)
                .chain_update("\n")
                .chain_update(&incoming.body)
                .finalize()
                .into(),
            session,
        })
    }
}

/// What the extension has signed: a balancer in front may see another host, the extension never.
fn target_uri(public_url: &Url, endpoint: Endpoint) -> String {
    format!("{}{}", public_url.as_str().trim_end_matches('/'), endpoint.path())
}

fn check_freshness(created: u64, now: Timestamp) -> Result<(), Refusal> {
    let seconds = u64::try_from(now.millis().div_euclid(1000)).unwrap_or_default();
    if created.abs_diff(seconds) > FRESHNESS_SECONDS { Err(Refusal::clock_skew(now)) } else { Ok(()) }
}

fn session(core: &Core, authorization: Option<&str>, install: PublicKey, now: Timestamp) -> Result<Session, Refusal> {
    let token = authorization
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| Refusal::session("The request carries no session."))?;
    core.sessions
        .read(token, &core.keys, &core.settings.public_url, install, now)
        .map_err(|error| Refusal::session(format!("The session is not valid: {error}.")))
}
