use money::AssetCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forms::digits;

/// How the sandbox behaves, for all its wallets. Every member may be left out of a seed, and
/// changed while the wallet runs; unknown members are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// What a quote loses between debit and receipt, in millionths; also without a change of
    /// currency.
    pub slippage_ppm: u32,
    /// What the paying wallet keeps of a debit, in millionths.
    pub fee_ppm: u32,
    /// The smallest debit that is quoted, in minor units of the payer's asset.
    #[serde(with = "digits")]
    pub min_send_amount: u64,
    /// Whether the refusal of a smaller amount tells the smallest that is accepted.
    pub tell_min_send_amount: bool,
    /// How long an access token lives.
    pub token_lifetime_seconds: u32,
    /// How long a quote can be used, unless its incoming payment ends sooner.
    pub quote_lifetime_seconds: u32,
    /// How long after a grant request it may be continued.
    pub continue_wait_seconds: u32,
    /// How long an outgoing payment takes.
    pub settle_delay_ms: u32,
    /// The longest and the usual life of an incoming payment.
    pub incoming_payment_max_life_seconds: u32,
    /// What currencies cost in one another. The same currency is always worth the same.
    pub rates: Vec<Rate>,
}

/// An exchange rate between whole units: `denominator` units of `from` buy `numerator` of `to`.
/// The way back is derived unless it is given too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// The payer's currency.
    pub from: AssetCode,
    /// The receiver's.
    pub to: AssetCode,
    /// Units of `to`.
    pub numerator: u32,
    /// Units of `from`.
    pub denominator: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slippage_ppm: 10_000,
            fee_ppm: 0,
            min_send_amount: 0,
            tell_min_send_amount: true,
            token_lifetime_seconds: 600,
            quote_lifetime_seconds: 300,
            continue_wait_seconds: 5,
            settle_delay_ms: 500,
            incoming_payment_max_life_seconds: 30 * 24 * 60 * 60,
            rates: Vec::new(),
        }
    }
}

impl Settings {
    /// These settings with the members of a JSON object changed.
    ///
    /// # Errors
    /// In words, if a member is unknown or has a value that it cannot have.
    pub(crate) fn patched(&self, changes: &Value) -> Result<Self, String> {
        let mut members = serde_json::to_value(self).map_err(|error| error.to_string())?;
        for (name, value) in changes.as_object().ok_or("the settings are a JSON object")? {
            members[name] = value.clone();
        }
        let patched: Self = serde_json::from_value(members).map_err(|error| error.to_string())?;
        patched.check()?;
        Ok(patched)
    }

    /// Whether the values make sense together.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.slippage_ppm >= 1_000_000 || self.fee_ppm >= 1_000_000 {
            return Err("slippagePpm and feePpm are less than 1000000".to_owned());
        }
        if self.rates.iter().any(|rate| rate.numerator == 0 || rate.denominator == 0) {
            return Err("a rate has a numerator and a denominator above 0".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let patched = Settings::default().patched(&json!({ "feePpm": 5, "minSendAmount": "7" })).unwrap();
        assert_eq!(patched, Settings { fee_ppm: 5, min_send_amount: 7, ..Settings::default() });
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let rate = |numerator: u32| json!({ "rates": [{ "from": "USD", "to": "EUR", "numerator": numerator, "denominator": 1 }] });
        assert!(Settings::default().patched(&rate(1)).is_ok());
        for wrong in [
            json!({ "fee": 1 }),
            json!({ "feePpm": 1_000_000 }),
            json!({ "feePpm": -1 }),
            json!({ "minSendAmount": 7 }),
            json!([]),
            rate(0),
        ] {
            assert!(Settings::default().patched(&wrong).is_err(), "{wrong}");
        }
    }
}
