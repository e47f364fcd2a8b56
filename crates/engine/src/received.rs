use money::{Accrual, Rate};
use open_payments::WalletDocument;

use crate::engine::Engine;
use crate::pace::SECOND;
use crate::receivers::Receiver;
use crate::table::Table;

/// What wallets have received and not yet worked off, if the user has set a maximum rate: what one
/// wallet may get in an hour, whatever the rates of the pages are that name it.
///
/// The rule is that what a wallet got is worked off at the maximum rate before it gets more. So in
/// any span of time it gets what the maximum rate makes of that, and one payment at most; what it
/// could have got is not made up for. The seconds that count are those in which the purse grows. The
/// purse is still one for all, and grows by the rate of the page: what nobody may get is forfeited
/// there. A payment that was refused counts too, and so does one of unknown outcome. One that the
/// user asked for does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, json::Read, json::Write)]
#[serde(transparent)]
pub(crate) struct Received(Table<String, Accrual>);

/// With so many wallets on record the others wait until one of them is done.
const MOST: usize = 64;

impl Received {
    /// A wallet gets so many minor units.
    pub(crate) fn add(&mut self, wallet: &WalletDocument, units: u64) {
        *self.0.get_or_insert(name(wallet), Accrual::ZERO) += Accrual::from_units(units);
    }

    /// Time has passed. Without a maximum there is nothing to be worked off.
    pub(crate) fn work_off(&mut self, milliseconds: u64, maximum: Option<Rate>) {
        let Some(maximum) = maximum else { return *self = Self::default() };
        let worked_off = maximum.accrue(milliseconds);
        for left in self.0.values_mut() {
            *left -= worked_off;
        }
        self.0.retain(|left| *left > Accrual::ZERO);
    }

    /// Whether a wallet has got as much as it may, and still will have so many milliseconds later.
    pub(crate) fn has_enough(&self, wallet: &WalletDocument, milliseconds: u64, maximum: Option<Rate>) -> bool {
        let Some(maximum) = maximum.filter(|_| self.0.len() > 0) else { return false };
        let left = self.0.get(&name(wallet));
        left.map_or(self.0.len() >= MOST, |left| *left > maximum.accrue(milliseconds))
    }
}

/// What tells wallets apart; see [`is_same_account`](crate::receivers::is_same_account).
fn name(wallet: &WalletDocument) -> String {
    wallet.hosts().map(|(_, url)| url.as_str()).join(" ")
}

impl Engine {
    /// The most that one wallet may get in an hour, if the user has said so.
    pub(crate) fn maximum_rate(&self) -> Option<Rate> {
        self.settings.maximum_in(&self.account.as_ref()?.wallet.asset)
    }

    /// Whether a receiver will still have as much as it may get when a second is over.
    pub(crate) fn has_enough(&self, receiver: &Receiver) -> bool {
        let maximum = self.maximum_rate();
        self.spending.as_ref().is_some_and(|it| it.purse.received.has_enough(receiver.wallet(), SECOND, maximum))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wallet(name: &str, server: &str) -> WalletDocument {
        let document = format!(
            r#"{{"id":"https://w.example/{name}","assetCode":"USD","assetScale":2,"authServer":"https://a.example",
            "resourceServer":"https://{server}"}}"#
        );
        WalletDocument::parse(&document).unwrap()
    }

    fn per_second(units: u64) -> Rate {
        Rate::from_units_per_hour(3_600 * units).unwrap()
    }

    #[test]
    fn what_was_received_is_worked_off_and_nothing_is_saved() {
        let (site, other) = (wallet("site", "r.example"), wallet("site", "evil.example"));
        let mut received = Received::default();
        received.work_off(60_000, Some(per_second(1)));
        received.add(&site, 3);
        received.work_off(2_000, Some(per_second(1)));
        let maximum = Some(per_second(1));
        assert!(received.has_enough(&site, 999, maximum) && !received.has_enough(&site, 1_000, maximum));
        assert!(!received.has_enough(&site, 0, None));
        // One that claims its id has its own count.
        assert!(!received.has_enough(&other, 0, maximum));
        received.work_off(1_000, Some(per_second(1)));
        assert!(!received.has_enough(&site, 0, maximum));
        received.add(&site, 3);
        received.work_off(1, None);
        assert!(!received.has_enough(&site, 0, maximum));
    }

    #[test]
    fn with_many_wallets_on_record_the_others_wait() {
        let (mut received, maximum) = (Received::default(), Some(per_second(1)));
        let other = wallet("other", "r.example");
        for number in 0..64 {
            assert!(!received.has_enough(&other, 0, maximum));
            received.add(&wallet(&format!("number{number}"), "r.example"), 1 + number);
        }
        assert!(received.has_enough(&other, 0, maximum));
        received.work_off(1_000, Some(per_second(1)));
        assert!(!received.has_enough(&other, 0, maximum));
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_the_maximum_and_one_payment(
            maximum in 1..1_000_000_u64,
            steps in prop::collection::vec((0..10_000_u64, 1..1_000_u64), 1..200),
        ) {
            let rate = Rate::from_units_per_hour(maximum).unwrap();
            let maximum = Some(rate);
            let wallet = wallet("site", "r.example");
            let (mut received, mut time, mut paid) = (Received::default(), 0, Vec::new());
            for (milliseconds, units) in steps {
                received.work_off(milliseconds, maximum);
                time += milliseconds;
                if !received.has_enough(&wallet, 0, maximum) {
                    received.add(&wallet, units);
                    paid.push((time, units));
                }
            }
            for (first, (from, _)) in paid.iter().enumerate() {
                let mut sum = Accrual::ZERO;
                for (until, units) in &paid[first..] {
                    prop_assert!(sum <= rate.accrue(until - from));
                    sum += Accrual::from_units(*units);
                }
            }
        }
    }
}
