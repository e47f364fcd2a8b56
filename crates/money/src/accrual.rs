use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::decimal::shorten;
use crate::{AssetScale, MoneyError, format_decimal, parse_decimal};

/// A rate of pay, in thousandths of a minor unit per hour.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, json::Read, json::Write,
)]
#[serde(transparent)]
pub struct Rate(u64);

/// Decimals that a rate has beyond those of its asset.
const EXTRA_DECIMALS: u8 = 3;

impl Rate {
    /// Nothing is paid.
    pub const ZERO: Self = Self(0);

    /// The largest rate there is.
    pub const MAX: Self = Self(u64::MAX);

    /// So many minor units per hour.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn from_units_per_hour(units: u64) -> Result<Self, MoneyError> {
        units.checked_mul(1000).map(Self).ok_or(MoneyError::TooLarge)
    }

    /// Reads an hourly rate that a person typed, in whole units of an asset of this scale.
    ///
    /// # Errors
    /// See [`parse_decimal`]; three decimals more than the asset has are accepted.
    pub fn parse(text: &str, scale: AssetScale) -> Result<Self, MoneyError> {
        parse_decimal(text, scale.decimals() + EXTRA_DECIMALS).map(Self)
    }

    /// The rate per hour for people, in whole units, without the zeros that say nothing.
    pub fn to_decimal(self, scale: AssetScale) -> String {
        let decimals = scale.decimals() + EXTRA_DECIMALS;
        let lost = decimals.saturating_sub(AssetScale::MAX.decimals());
        let finest = AssetScale::try_from(decimals - lost).unwrap_or(scale);
        shorten(&format_decimal(self.0 / 10_u64.pow(u32::from(lost)), finest), scale).to_owned()
    }

    /// What accrues at this rate in so many milliseconds.
    pub fn accrue(self, milliseconds: u64) -> Accrual {
        Accrual(i128::from(self.0) * i128::from(milliseconds))
    }
}

/// An exact sum of money on its way to becoming minor units; may be negative.
///
/// One minor unit is 3,600,000,000 of its ticks: a rate counts thousandths per hour, time is in
/// milliseconds, and their product is not rounded. Kept as text, because no JSON number holds it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, json::Read, json::Write,
)]
#[serde(try_from = "String", into = "String")]
pub struct Accrual(i128);

const TICKS_PER_UNIT: i128 = 3_600_000 * 1000;

impl Accrual {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many minor units.
    pub fn from_units(units: u64) -> Self {
        Self(i128::from(units) * TICKS_PER_UNIT)
    }

    /// Whole minor units that this covers, rounded down; nothing if it is negative.
    pub fn whole_units(self) -> u64 {
        u64::try_from(self.0.max(0) / TICKS_PER_UNIT).unwrap_or(u64::MAX)
    }

    /// Minor units that cover this, rounded up; nothing if it is negative.
    pub fn units_to_cover(self) -> u64 {
        let units = (self.0.max(0) + TICKS_PER_UNIT - 1) / TICKS_PER_UNIT;
        u64::try_from(units).unwrap_or(u64::MAX)
    }
}

impl TryFrom<String> for Accrual {
    type Error = MoneyError;

    fn try_from(ticks: String) -> Result<Self, MoneyError> {
        ticks.parse().map(Self).map_err(|_| MoneyError::Value)
    }
}

impl From<Accrual> for String {
    fn from(accrual: Accrual) -> Self {
        accrual.0.to_string()
    }
}

impl Add for Accrual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Accrual {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Accrual {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Accrual {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scale(decimals: u8) -> AssetScale {
        decimals.try_into().unwrap()
    }

    #[test]
    fn an_hour_of_a_rate_is_the_rate() {
        let rate = Rate::parse("3.60", scale(2)).unwrap();
        assert_eq!(rate, Rate::from_units_per_hour(360).unwrap());
        assert_eq!(rate.accrue(3_600_000), Accrual::from_units(360));
        assert_eq!(rate.accrue(1000).whole_units(), 0);
        assert_eq!(rate.accrue(1000).units_to_cover(), 1);
    }

    #[test]
    fn a_rate_may_be_finer_than_its_asset() {
        let half_a_yen = Rate::parse("0.5", scale(0)).unwrap();
        assert_eq!(half_a_yen.accrue(7_200_000), Accrual::from_units(1));
        assert_eq!(half_a_yen.to_decimal(scale(0)), "0.5");
        assert_eq!(Rate::parse("3.6", scale(2)).unwrap().to_decimal(scale(2)), "3.60");
        assert_eq!(Rate::parse("60", scale(0)).unwrap().to_decimal(scale(0)), "60");
        assert_eq!(Rate::parse("0.0005", scale(0)), Err(MoneyError::TooPrecise(3)));
    }

    #[test]
    fn a_negative_accrual_covers_nothing() {
        let overdrawn = Accrual::ZERO - Accrual::from_units(3);
        assert_eq!((overdrawn.whole_units(), overdrawn.units_to_cover()), (0, 0));
    }

    proptest! {
        #[test]
        fn kept_as_text_nothing_is_lost(ticks: i128) {
            let text = serde_json::to_string(&Accrual(ticks)).unwrap();
            prop_assert_eq!(&text, &format!("\"{ticks}\""));
            prop_assert_eq!(serde_json::from_str::<Accrual>(&text).unwrap(), Accrual(ticks));
        }

        #[test]
        fn splitting_time_loses_nothing(rate in 0_u64..1_000_000_000_000, steps in prop::collection::vec(0_u64..5_000, 0..50)) {
            let rate = Rate::from_units_per_hour(rate).unwrap();
            let stepwise = steps.iter().fold(Accrual::ZERO, |sum, ms| sum + rate.accrue(*ms));
            prop_assert_eq!(stepwise, rate.accrue(steps.iter().sum()));
        }

        #[test]
        fn rounding_down_and_up_enclose_the_accrual(rate: u64, ms in 0_u64..100_000_000) {
            let accrual = Rate(rate).accrue(ms);
            prop_assert!(Accrual::from_units(accrual.whole_units()) <= accrual);
            prop_assert!(Accrual::from_units(accrual.units_to_cover()) >= accrual);
            prop_assert!(accrual.units_to_cover() - accrual.whole_units() <= 1);
        }
    }
}
