use std::collections::BTreeMap;

use money::Asset;
use open_payments::WalletAddress;
use serde::{Deserialize, Serialize};

use crate::table::Table;

/// Who can hold money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Holder {
    /// The account behind a wallet address.
    Account(WalletAddress),
    /// The world outside: seeds come from it; fees, slippage and the other leg of an exchange
    /// go to it.
    Settlement,
}

/// What somebody holds of an asset, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Balance {
    pub(crate) asset: Asset,
    pub(crate) holder: Holder,
    pub(crate) value: i128,
}

/// Double-entry balances. Money only moves, so each asset's balances always sum to zero.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) balances: Table<Balance>,
}

impl Ledger {
    /// Moves money; either side may go below zero, which is for the caller to prevent.
    pub(crate) fn transfer(&mut self, asset: &Asset, from: &Holder, to: &Holder, value: u64) {
        self.change(asset, from, -i128::from(value));
        self.change(asset, to, i128::from(value));
    }

    /// What is held; nothing is zero.
    pub(crate) fn balance(&self, asset: &Asset, holder: &Holder) -> i128 {
        self.balances.get(&key(asset, holder)).map_or(0, |balance| balance.value)
    }

    /// The sum for each asset.
    pub(crate) fn sums(&self) -> BTreeMap<&Asset, i128> {
        let mut sums = BTreeMap::new();
        for balance in self.balances.values() {
            *sums.entry(&balance.asset).or_default() += balance.value;
        }
        sums
    }

    fn change(&mut self, asset: &Asset, holder: &Holder, by: i128) {
        let value = self.balance(asset, holder) + by;
        self.balances.insert(&key(asset, holder), Balance { asset: asset.clone(), holder: holder.clone(), value });
    }
}

fn key(asset: &Asset, holder: &Holder) -> String {
    let holder = match holder {
        Holder::Account(address) => address.as_str(),
        Holder::Settlement => "settlement",
    };
    format!("{}/{} {holder}", asset.code, asset.scale.decimals())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_moves_and_the_sum_stays_zero() {
        let asset = Asset::new("USD", 2).unwrap();
        let alice = Holder::Account(WalletAddress::parse("https://w.example/alice").unwrap());
        let mut ledger = Ledger::default();
        ledger.transfer(&asset, &Holder::Settlement, &alice, u64::MAX);
        ledger.transfer(&asset, &alice, &Holder::Settlement, 1);
        assert_eq!(ledger.balance(&asset, &alice), i128::from(u64::MAX) - 1);
        assert_eq!(ledger.balance(&asset, &Holder::Settlement), 1 - i128::from(u64::MAX));
        assert_eq!(ledger.sums().into_values().collect::<Vec<_>>(), [0]);
    }
}
