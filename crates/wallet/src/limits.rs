use money::Amount;
use open_payments::{IncomingPaymentUrl, Timestamp, Window};

use crate::access::Limits;

/// A payment as far as limits are concerned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spend {
    /// The outgoing payment's id.
    pub(crate) payment: String,
    pub(crate) at: Timestamp,
    pub(crate) receiver: IncomingPaymentUrl,
    pub(crate) debit: Amount,
    pub(crate) receive: Amount,
}

/// All payments that were made with a grant and have not failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spending(Vec<Spend>);

/// What was spent in a stretch of time; none if nothing was, or in more than one asset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spent {
    pub(crate) debit: Option<Amount>,
    pub(crate) receive: Option<Amount>,
}

impl Spending {
    /// What was spent in a window, or ever.
    pub(crate) fn spent(&self, window: Option<Window>) -> Spent {
        Spent {
            debit: total(self.within(window).map(|spend| &spend.debit)),
            receive: total(self.within(window).map(|spend| &spend.receive)),
        }
    }

    fn within(&self, window: Option<Window>) -> impl Iterator<Item = &Spend> {
        self.0.iter().filter(move |spend| window.is_none_or(|window| window.contains(spend.at)))
    }

    /// Counts a payment.
    pub(crate) fn record(&mut self, spend: Spend) {
        self.0.push(spend);
    }

    /// Forgets a payment, which has failed.
    pub(crate) fn revert(&mut self, payment: &str) {
        self.0.retain(|spend| spend.payment != payment);
    }
}

impl Limits {
    /// The window that a moment lies in, if the limits recur.
    ///
    /// # Errors
    /// If the moment lies outside all windows.
    pub(crate) fn window(&self, now: Timestamp) -> Result<Option<Window>, OutsideWindows> {
        let Some(interval) = &self.interval else { return Ok(None) };
        interval.window_at(now).map(Some).ok_or(OutsideWindows)
    }

    /// Whether one more payment stays within the limits.
    pub(crate) fn admit(&self, spending: &Spending, next: &Spend) -> bool {
        let Ok(window) = self.window(next.at) else { return false };
        let all = || spending.within(window).chain([next]);
        self.receiver.as_ref().is_none_or(|receiver| *receiver == next.receiver)
            && fits(self.debit_amount.as_ref(), all().map(|spend| &spend.debit))
            && fits(self.receive_amount.as_ref(), all().map(|spend| &spend.receive))
    }
}

/// A moment is before the first or after the last window of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutsideWindows;

fn total<'a>(mut amounts: impl Iterator<Item = &'a Amount>) -> Option<Amount> {
    let first = amounts.next()?.clone();
    amounts.try_fold(first, |sum, amount| sum.checked_add(amount).ok())
}

/// A sum that overflows or mixes assets fits into no limit.
fn fits<'a>(limit: Option<&Amount>, amounts: impl Iterator<Item = &'a Amount>) -> bool {
    limit.is_none_or(|limit| total(amounts).is_some_and(|sum| sum <= *limit))
}

#[cfg(test)]
mod tests {
    use money::Asset;
    use open_payments::Interval;

    use super::*;

    const MONTH: &str = "R/2026-01-01T00:00:00Z/P1M";

    fn usd(value: u64) -> Amount {
        Amount::new(value, Asset::new("USD", 2).unwrap())
    }

    fn spend(payment: &str, at: &str, value: u64) -> Spend {
        Spend {
            payment: payment.to_owned(),
            at: Timestamp::parse(at, "test").unwrap(),
            receiver: IncomingPaymentUrl::parse("https://w.example/incoming-payments/1").unwrap(),
            debit: usd(value),
            receive: usd(value - 1),
        }
    }

    fn limits(interval: Option<&str>, debit: u64) -> Limits {
        let interval = interval.map(|text| Interval::parse(text).unwrap());
        Limits { interval, debit_amount: Some(usd(debit)), ..Limits::default() }
    }

    #[test]
    fn the_sum_of_a_window_stays_within_the_limit() {
        let monthly = limits(Some(MONTH), 100);
        let mut spending = Spending::default();
        spending.record(spend("a", "2026-01-10T00:00:00Z", 60));
        assert!(monthly.admit(&spending, &spend("b", "2026-01-31T23:59:59Z", 40)));
        assert!(!monthly.admit(&spending, &spend("b", "2026-01-31T23:59:59Z", 41)));
        assert!(monthly.admit(&spending, &spend("b", "2026-02-01T00:00:00Z", 100)), "a new month");
        assert!(!monthly.admit(&spending, &spend("b", "2026-02-01T00:00:00Z", 101)), "nothing rolls over");
        assert!(!monthly.admit(&Spending::default(), &spend("b", "2025-12-31T00:00:00Z", 1)), "before all windows");
        assert!(!limits(None, 100).admit(&spending, &spend("b", "2027-01-01T00:00:00Z", 41)), "once and for all");
    }

    #[test]
    fn a_failed_payment_is_no_longer_counted() {
        let once = limits(None, 100);
        let mut spending = Spending::default();
        spending.record(spend("a", "2026-01-10T00:00:00Z", 60));
        assert_eq!(spending.spent(None), Spent { debit: Some(usd(60)), receive: Some(usd(59)) });
        spending.revert("a");
        assert_eq!(spending.spent(None), Spent { debit: None, receive: None });
        assert!(once.admit(&spending, &spend("b", "2026-01-10T00:00:00Z", 100)));
    }

    #[test]
    fn receiver_and_receive_amount_limit_too() {
        let next = spend("a", "2026-01-10T00:00:00Z", 60);
        let receiver =
            |id: u8| IncomingPaymentUrl::parse(&format!("https://w.example/incoming-payments/{id}")).unwrap();
        let to = |id| Limits { receiver: Some(receiver(id)), ..Limits::default() };
        assert!(to(1).admit(&Spending::default(), &next));
        assert!(!to(2).admit(&Spending::default(), &next));
        let receiving = |amount| Limits { receive_amount: Some(amount), ..Limits::default() };
        assert!(receiving(usd(59)).admit(&Spending::default(), &next));
        assert!(!receiving(usd(58)).admit(&Spending::default(), &next));
        let yen = Amount::new(59, Asset::new("JPY", 0).unwrap());
        assert!(!receiving(yen).admit(&Spending::default(), &next), "another asset never fits");
    }

    #[test]
    fn a_sum_that_overflows_never_fits() {
        let mut spending = Spending::default();
        spending.record(spend("a", "2026-01-10T00:00:00Z", u64::MAX));
        assert!(!limits(None, u64::MAX).admit(&spending, &spend("b", "2026-01-10T00:00:00Z", 1)));
    }
}
