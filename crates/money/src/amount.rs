use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Asset, AssetCode, AssetScale, MoneyError, decimal::shorten, format_decimal};

/// Minor units of an asset; on the wire `{"value":"1050","assetCode":"USD","assetScale":2}`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Amount {
    /// How many minor units.
    pub value: u64,
    /// What they are units of.
    pub asset: Asset,
}

impl Amount {
    /// So many minor units of this asset.
    pub fn new(value: u64, asset: Asset) -> Self {
        Self { value, asset }
    }

    /// The sum.
    ///
    /// # Errors
    /// If the assets differ or the sum does not fit.
    pub fn checked_add(&self, other: &Self) -> Result<Self, MoneyError> {
        self.same_asset(other)?;
        let value = self.value.checked_add(other.value).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(value, self.asset.clone()))
    }

    /// What is left, or zero if `other` is larger.
    ///
    /// # Errors
    /// If the assets differ.
    pub fn saturating_sub(&self, other: &Self) -> Result<Self, MoneyError> {
        self.same_asset(other)?;
        Ok(Self::new(self.value.saturating_sub(other.value), self.asset.clone()))
    }

    /// The value in whole units, for people: `10.50`.
    pub fn to_decimal(&self) -> String {
        format_decimal(self.value, self.asset.scale)
    }

    /// The value in whole units without the zeros that say nothing: `10.50`, `0.001`, never fewer
    /// than two decimals where the asset has them.
    pub fn to_short_decimal(&self) -> String {
        shorten(&self.to_decimal(), self.asset.scale).to_owned()
    }

    fn same_asset(&self, other: &Self) -> Result<(), MoneyError> {
        if self.asset == other.asset { Ok(()) } else { Err(MoneyError::AssetMismatch) }
    }
}

impl PartialOrd for Amount {
    /// Amounts of different assets do not compare.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.asset == other.asset).then(|| self.value.cmp(&other.value))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.value, self.asset.code, self.asset.scale.decimals())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.asset.code)
    }
}

#[derive(Serialize, Deserialize, json::Read, json::Write)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    value: String,
    asset_code: AssetCode,
    asset_scale: AssetScale,
}

impl TryFrom<Wire> for Amount {
    type Error = MoneyError;

    fn try_from(wire: Wire) -> Result<Self, MoneyError> {
        // u64's own parser would let a leading `+` pass.
        let digits = wire.value.bytes().all(|b| b.is_ascii_digit());
        let value = wire.value.parse().ok().filter(|_| digits).ok_or(MoneyError::Value)?;
        Ok(Self::new(value, Asset { code: wire.asset_code, scale: wire.asset_scale }))
    }
}

impl From<Amount> for Wire {
    fn from(amount: Amount) -> Self {
        Self { value: amount.value.to_string(), asset_code: amount.asset.code, asset_scale: amount.asset.scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(value: u64) -> Amount {
        Amount::new(value, Asset::new("USD", 2).unwrap())
    }

    #[test]
    fn the_wire_form_is_that_of_open_payments() {
        let wire = r#"{"value":"1050","assetCode":"USD","assetScale":2}"#;
        assert_eq!(serde_json::from_str::<Amount>(wire).unwrap(), amount(1050));
        assert_eq!(serde_json::to_string(&amount(1050)).unwrap(), wire);
    }

    #[test]
    fn hostile_wire_values_are_refused() {
        for value in ["1050", r#""1.5""#, r#""-1""#, r#""+1""#, r#""""#, r#""18446744073709551616""#, r#"" 1""#] {
            let wire = format!(r#"{{"value":{value},"assetCode":"USD","assetScale":2}}"#);
            assert!(serde_json::from_str::<Amount>(&wire).is_err(), "{wire}");
        }
        let scale = r#"{"value":"1","assetCode":"USD","assetScale":255}"#;
        assert!(serde_json::from_str::<Amount>(scale).is_err());
    }

    #[test]
    fn zeros_that_say_nothing_are_left_out() {
        let printed = |value, scale| Amount::new(value, Asset::new("USD", scale).unwrap()).to_short_decimal();
        assert_eq!(printed(10_000_000, 6), "10.00");
        assert_eq!(printed(1_000, 6), "0.001");
        assert_eq!(printed(1_050, 2), "10.50");
        assert_eq!((printed(5, 1), printed(7, 0)), ("0.5".to_owned(), "7".to_owned()));
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(amount(1).checked_add(&amount(2)), Ok(amount(3)));
        assert_eq!(amount(u64::MAX).checked_add(&amount(1)), Err(MoneyError::TooLarge));
        assert_eq!(amount(1).saturating_sub(&amount(2)), Ok(amount(0)));
        let yen = Amount::new(1, Asset::new("JPY", 0).unwrap());
        assert_eq!(amount(1).checked_add(&yen), Err(MoneyError::AssetMismatch));
        assert_eq!(amount(1).partial_cmp(&yen), None);
    }
}
