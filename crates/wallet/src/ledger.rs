use std::collections::BTreeMap;

use money::Asset;
use open_payments::WalletAddress;
use serde::{Deserialize, Serialize};

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

/// Double-entry balances in minor units. Money only moves, so each asset's balances always sum
/// to zero.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    balances: BTreeMap<(Asset, Holder), i128>,
}

impl Ledger {
    /// Moves money; either side may go below zero, which is for the caller to prevent.
    pub(crate) fn transfer(&mut self, asset: &Asset, from: &Holder, to: &Holder, value: u64) {
        *self.entry(asset, from) -= i128::from(value);
        *self.entry(asset, to) += i128::from(value);
    }

    /// What is held; nothing is zero.
    pub(crate) fn balance(&self, asset: &Asset, holder: &Holder) -> i128 {
        self.balances.get(&(asset.clone(), holder.clone())).copied().unwrap_or_default()
    }

    /// Everything that is held.
    pub(crate) fn balances(&self) -> impl Iterator<Item = (&Asset, &Holder, i128)> {
        self.balances.iter().map(|((asset, holder), balance)| (asset, holder, *balance))
    }

    /// The sum for each asset.
    pub(crate) fn sums(&self) -> BTreeMap<&Asset, i128> {
        let mut sums = BTreeMap::new();
        for (asset, _, balance) in self.balances() {
            *sums.entry(asset).or_default() += balance;
        }
        sums
    }

    fn entry(&mut self, asset: &Asset, holder: &Holder) -> &mut i128 {
        self.balances.entry((asset.clone(), holder.clone())).or_default()
    }
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
