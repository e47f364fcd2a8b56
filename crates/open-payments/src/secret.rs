use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ReplyError;

/// A token value: never printed, wiped when dropped.
///
/// It goes into a header, so one that is read is 1 to 4,096 printable ASCII characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
pub struct Secret(String);

impl Secret {
    /// Keeps a value secret from here on.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Secret {
    type Error = ReplyError;

    fn try_from(value: String) -> Result<Self, ReplyError> {
        let fits = (1..=4096).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(value)) } else { Err(ReplyError::Shape) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
