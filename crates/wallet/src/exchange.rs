use money::{Asset, AssetCode};

use crate::settings::{Rate, Settings};

const MILLION: u128 = 1_000_000;

/// What a payment from one asset into another costs. All arithmetic is exact: what is received
/// is rounded down, what is paid is rounded up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// What the fee leaves of a debit.
    after_fee: Ratio,
    /// What the receiver is promised for what is sent: the rate, less slippage.
    promised: Ratio,
    /// What is received for what is sent.
    rate: Ratio,
}

impl Exchange {
    /// The terms of the settings; none if there is no rate between the two.
    pub(crate) fn between(from: &Asset, to: &Asset, settings: &Settings) -> Option<Self> {
        let less = |ppm: u32| Ratio::new(MILLION - u128::from(ppm), MILLION);
        let units = whole_units(&from.code, &to.code, &settings.rates)?;
        let scale = |asset: &Asset| 10_u128.pow(u32::from(asset.scale.decimals()));
        let rate = units.times(Ratio::new(scale(to), scale(from))?)?;
        Some(Self { after_fee: less(settings.fee_ppm)?, promised: rate.times(less(settings.slippage_ppm)?)?, rate })
    }

    /// What arrives if so much is debited.
    pub(crate) fn received_for(&self, debit: u64) -> Option<u64> {
        self.promised.of_rounded_down(self.after_fee.of_rounded_down(debit)?)
    }

    /// The least debit for which so much arrives.
    pub(crate) fn debit_for(&self, receive: u64) -> Option<u64> {
        self.after_fee.inverse().of_rounded_up(self.promised.inverse().of_rounded_up(receive)?)
    }

    /// How much of a debit was really needed for what has arrived.
    pub(crate) fn sent_for(&self, receive: u64) -> Option<u64> {
        self.rate.inverse().of_rounded_up(receive)
    }
}

fn whole_units(from: &AssetCode, to: &AssetCode, rates: &[Rate]) -> Option<Ratio> {
    if from == to {
        return Ratio::new(1, 1);
    }
    let given = |from: &AssetCode, to: &AssetCode| {
        let rate = rates.iter().find(|rate| rate.from == *from && rate.to == *to)?;
        Ratio::new(u128::from(rate.numerator), u128::from(rate.denominator))
    };
    given(from, to).or_else(|| Some(given(to, from)?.inverse()))
}

/// A positive fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio {
    numerator: u128,
    denominator: u128,
}

impl Ratio {
    fn new(numerator: u128, denominator: u128) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Self { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    fn times(self, other: Self) -> Option<Self> {
        Self::new(self.numerator.checked_mul(other.numerator)?, self.denominator.checked_mul(other.denominator)?)
    }

    fn of_rounded_down(self, value: u64) -> Option<u64> {
        let product = u128::from(value).checked_mul(self.numerator)?;
        u64::try_from(product / self.denominator).ok()
    }

    fn of_rounded_up(self, value: u64) -> Option<u64> {
        let product = u128::from(value).checked_mul(self.numerator)?;
        u64::try_from(product.div_ceil(self.denominator)).ok()
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asset(code: &str, scale: u8) -> Asset {
        Asset::new(code, scale).unwrap()
    }

    fn exchange(from: &Asset, to: &Asset, settings: &Settings) -> Exchange {
        Exchange::between(from, to, settings).unwrap()
    }

    fn euros(fee_ppm: u32) -> Settings {
        let code = |code: &str| AssetCode::try_from(code.to_owned()).unwrap();
        let rate = Rate { from: code("USD"), to: code("EUR"), numerator: 9, denominator: 10 };
        Settings { fee_ppm, rates: vec![rate], ..Settings::default() }
    }

    /// Each row as a real wallet answered it.
    #[test]
    fn slippage_is_that_of_a_real_wallet() {
        let terms = exchange(&asset("USD", 2), &asset("USD", 2), &Settings::default());
        for (debit, receive) in [(1, 0), (2, 1), (3, 2), (10, 9), (100, 99), (20_000, 19_800)] {
            assert_eq!(terms.received_for(debit), Some(receive), "debit {debit}");
        }
        for (receive, debit) in [(1, 2), (2, 3), (3, 4), (10, 11), (100, 102)] {
            assert_eq!(terms.debit_for(receive), Some(debit), "receive {receive}");
        }
        assert_eq!(terms.sent_for(99), Some(99));
    }

    #[test]
    fn currencies_scales_and_fees_are_taken_into_account() {
        let even = Settings { slippage_ppm: 0, ..euros(0) };
        let (dollars, euros_at_9) = (asset("USD", 2), asset("EUR", 9));
        assert_eq!(exchange(&dollars, &euros_at_9, &even).received_for(100), Some(900_000_000));
        assert_eq!(exchange(&euros_at_9, &dollars, &even).received_for(900_000_000), Some(100));
        assert_eq!(exchange(&dollars, &asset("EUR", 0), &even).debit_for(1), Some(112));
        assert_eq!(exchange(&dollars, &euros_at_9, &even).sent_for(900_000_000), Some(100));
        let with_fee = Settings { fee_ppm: 20_000, ..even.clone() };
        assert_eq!(exchange(&dollars, &dollars, &with_fee).received_for(100), Some(98));
        assert_eq!(exchange(&dollars, &dollars, &with_fee).debit_for(98), Some(100));
        assert_eq!(Exchange::between(&dollars, &asset("JPY", 0), &even), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let terms = exchange(&asset("USD", 0), &asset("USD", 18), &Settings::default());
        assert_eq!(terms.received_for(u64::MAX), None);
        assert_eq!(terms.debit_for(u64::MAX), Some(19));
    }

    proptest! {
        #[test]
        fn the_debit_is_the_least_that_delivers(
            receive in 1_u64..=1_000_000_000,
            slippage_ppm in 0_u32..100_000,
            fee_ppm in 0_u32..100_000,
            from_scale in 0_u8..=9,
            to_scale in 0_u8..=9,
        ) {
            let settings = Settings { slippage_ppm, ..euros(fee_ppm) };
            let terms = exchange(&asset("USD", from_scale), &asset("EUR", to_scale), &settings);
            let debit = terms.debit_for(receive).unwrap();
            prop_assert!(terms.received_for(debit).unwrap() >= receive);
            prop_assert!(terms.received_for(debit - 1).unwrap() < receive);
            prop_assert!(terms.sent_for(receive).unwrap() <= debit);
        }
    }
}
