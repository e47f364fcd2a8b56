use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ReplyError;
use crate::civil::Civil;

/// A moment, in milliseconds since 1970 (UTC); on the wire in RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("format" = "date-time")))]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// So many milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment, so many milliseconds later.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads an RFC 3339 date-time.
    ///
    /// # Errors
    /// If it is none; `member` says where it stood.
    pub fn parse(text: &str, member: &'static str) -> Result<Self, ReplyError> {
        Civil::parse(text).map(|moment| Self(moment.to_millis())).ok_or(ReplyError::Date(member))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = ReplyError;

    fn try_from(text: String) -> Result<Self, ReplyError> {
        Self::parse(&text, "date")
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-11-22T06:24:19.206Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Civil::from_millis(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_rfc_3339() {
        let text = "2026-11-22T06:24:19.206Z";
        let parsed = Timestamp::parse(text, "createdAt").unwrap();
        assert_eq!(parsed, Timestamp::from_millis(1_795_328_659_206));
        assert_eq!(parsed.to_string(), text);
        assert_eq!(Timestamp::parse("2026-11-22T07:24:19.206+01:00", "createdAt"), Ok(parsed));
        for wrong in ["", "yesterday", "2026-11-22", "2026-13-22T06:24:19Z"] {
            assert_eq!(Timestamp::parse(wrong, "expiresAt"), Err(ReplyError::Date("expiresAt")), "{wrong}");
        }
    }
}
