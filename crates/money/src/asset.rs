use std::fmt;

use serde::{Deserialize, Serialize};

use crate::MoneyError;

/// A currency code such as `USD`: 1 to 12 printable ASCII characters without spaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AssetCode(String);

impl AssetCode {
    /// The code as the wallet writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AssetCode {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        let fits = (1..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(code)) } else { Err(MoneyError::AssetCode) }
    }
}

impl From<AssetCode> for String {
    fn from(code: AssetCode) -> Self {
        code.0
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many decimals the minor unit of an asset stands for: 2 for cents, 0 for yen.
///
/// Open Payments admits 0 to 255; above 18 not even one whole unit fits into 64 bits, so more
/// is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct AssetScale(u8);

impl AssetScale {
    /// The largest scale with which one whole unit still fits into 64 bits.
    pub const MAX: Self = Self(18);

    /// The number of decimals.
    pub fn decimals(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for AssetScale {
    type Error = MoneyError;

    fn try_from(scale: u8) -> Result<Self, MoneyError> {
        if scale <= Self::MAX.0 { Ok(Self(scale)) } else { Err(MoneyError::AssetScale(scale)) }
    }
}

impl From<AssetScale> for u8 {
    fn from(scale: AssetScale) -> Self {
        scale.0
    }
}

/// What an amount is counted in. Two assets are the same only if code and scale are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// The currency.
    pub code: AssetCode,
    /// The decimals of its minor unit.
    pub scale: AssetScale,
}

impl Asset {
    /// The asset of this code and scale.
    ///
    /// # Errors
    /// If the code or the scale is out of range.
    pub fn new(code: &str, scale: u8) -> Result<Self, MoneyError> {
        Ok(Self { code: code.to_owned().try_into()?, scale: scale.try_into()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_scales_out_of_range_are_refused() {
        assert!(Asset::new("JPY", 0).is_ok());
        assert!(Asset::new("XRP", 18).is_ok());
        assert_eq!(Asset::new("USD", 19), Err(MoneyError::AssetScale(19)));
        for code in ["", "US D", "€", "ABCDEFGHIJKLM"] {
            assert_eq!(Asset::new(code, 2), Err(MoneyError::AssetCode), "{code:?}");
        }
    }
}
