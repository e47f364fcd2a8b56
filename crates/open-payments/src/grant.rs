use crate::{ReplyError, Secret, Url};

/// An access token (RFC 9635 section 3.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// What goes into `Authorization: GNAP …`.
    pub value: Secret,
    /// Where it is rotated and revoked.
    pub manage: Url,
    /// Its life in seconds, if the wallet says so.
    pub expires_in: Option<u64>,
}

/// How a grant is continued or cancelled (RFC 9635 section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// Where.
    pub uri: Url,
    /// The token for it.
    pub token: Secret,
    /// Seconds to wait first, counted from the grant request.
    pub wait: Option<u64>,
}

/// Where the user decides (RFC 9635 section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// The page to open.
    pub redirect: Url,
    /// The wallet's nonce, which goes into the hash.
    pub finish: String,
}

/// The answer to an interactive grant request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingGrant {
    /// Where the user decides.
    pub interact: Interaction,
    /// How to go on afterwards.
    pub continuation: Continuation,
}

/// The answer to a continued, non-interactive or rotated grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedAccess {
    /// The token.
    pub access_token: AccessToken,
    /// How the grant is cancelled later; a rotation leaves it out.
    pub continuation: Option<Continuation>,
}

#[derive(json::Read)]
struct RawPending {
    interact: RawInteract,
    #[serde(rename = "continue")]
    continuation: RawContinue,
}

#[derive(json::Read)]
struct RawInteract {
    redirect: String,
    finish: String,
}

#[derive(json::Read)]
struct RawContinue {
    access_token: RawContinueToken,
    uri: String,
    wait: Option<u64>,
}

#[derive(json::Read)]
struct RawContinueToken {
    value: Secret,
}

#[derive(json::Read)]
struct RawGranted {
    access_token: RawToken,
    #[serde(rename = "continue")]
    continuation: Option<RawContinue>,
}

#[derive(json::Read)]
struct RawToken {
    value: Secret,
    manage: String,
    expires_in: Option<u64>,
}

impl PendingGrant {
    /// Reads the reply to a grant request that needs the user.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawPending = json::from_str(json)?;
        let redirect = url("interact.redirect", &raw.interact.redirect)?;
        Ok(Self {
            interact: Interaction { redirect, finish: raw.interact.finish },
            continuation: Continuation::from_raw(raw.continuation)?,
        })
    }
}

impl GrantedAccess {
    /// Reads a reply that carries an access token.
    ///
    /// # Errors
    /// If a member is missing or malformed.
    pub fn parse(json: &str) -> Result<Self, ReplyError> {
        let raw: RawGranted = json::from_str(json)?;
        Ok(Self {
            access_token: AccessToken {
                value: raw.access_token.value,
                manage: url("access_token.manage", &raw.access_token.manage)?,
                expires_in: raw.access_token.expires_in,
            },
            continuation: raw.continuation.map(Continuation::from_raw).transpose()?,
        })
    }
}

impl Continuation {
    fn from_raw(raw: RawContinue) -> Result<Self, ReplyError> {
        Ok(Self { uri: url("continue.uri", &raw.uri)?, token: raw.access_token.value, wait: raw.wait })
    }
}

fn url(member: &'static str, text: &str) -> Result<Url, ReplyError> {
    Url::parse(text).map_err(|reason| ReplyError::Url { member, reason })
}
