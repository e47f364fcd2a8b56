use std::collections::VecDeque;

use money::Rate;

/// The seconds of the payment loop: a grid that starts when a payable page comes into view, and
/// anew when its rate is another one.
///
/// What accrues is counted by the grid, not by when a timer happened to fire, so a late timer
/// neither loses a second nor gains one. Only the monotonic clock counts: what the wall clock does,
/// jump or change to summer time, moves nothing here.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When the next second is full, while the grid is running.
    next: Option<u64>,
    /// The rate of this run, or of the last one.
    rate: Rate,
    /// Up to when time has been credited, in any run: none is credited twice.
    credited: u64,
    ticks: u64,
    deviations: VecDeque<u64>,
}

/// In milliseconds.
pub(crate) const SECOND: u64 = 1000;
/// Timers may fire this much early.
const EARLY: u64 = 4;
/// The most that one step credits: a sleeping laptop accrues nothing.
const LONGEST_STEP: u64 = 2 * SECOND;
/// How many deviations are remembered.
const REMEMBERED: usize = 120;

impl Pace {
    /// Starts the grid if it is not running. Says whether the rate is another one than it was.
    pub(crate) fn start(&mut self, rate: Rate, now: u64) -> bool {
        if self.next.is_none() {
            self.credited = self.credited.max(now);
            self.next = Some(self.credited.saturating_add(SECOND));
        }
        std::mem::replace(&mut self.rate, rate) != rate
    }

    /// Stops it; gives the milliseconds of the unfinished second.
    pub(crate) fn stop(&mut self, now: u64) -> u64 {
        if self.next.take().is_none() {
            return 0;
        }
        let rest = now.saturating_sub(self.credited);
        self.credited = self.credited.max(now);
        rest.min(LONGEST_STEP)
    }

    /// If a second is full: how many milliseconds to credit. Late seconds merge.
    pub(crate) fn tick(&mut self, now: u64) -> Option<u64> {
        let next = self.next.filter(|next| now.saturating_add(EARLY) >= *next)?;
        let full = next.saturating_add(now.saturating_sub(next) / SECOND * SECOND);
        let credit = full.saturating_sub(self.credited).min(LONGEST_STEP);
        (self.credited, self.next) = (full, Some(full.saturating_add(SECOND)));
        self.ticks += 1;
        self.deviations.push_back(now.abs_diff(next));
        if self.deviations.len() > REMEMBERED {
            self.deviations.pop_front();
        }
        Some(credit)
    }

    /// The rate at which time is credited now, or was when it last was.
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// When the next second is full, while the grid is running.
    pub(crate) fn next(&self) -> Option<u64> {
        self.next
    }

    /// Seconds counted so far; failed attempts rest until a later one.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    /// By how many milliseconds the last seconds came late, oldest first.
    pub(crate) fn deviations(&self) -> impl Iterator<Item = u64> + '_ {
        self.deviations.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate::MAX;

    #[test]
    fn a_late_timer_neither_loses_nor_gains_time() {
        let mut pace = Pace::default();
        pace.start(RATE, 100);
        assert_eq!(pace.tick(1000), None);
        assert_eq!(pace.tick(1130), Some(1000));
        assert_eq!(pace.next(), Some(2100));
        assert_eq!(pace.tick(2098), Some(1000));
        assert_eq!(pace.tick(4150), Some(2000));
        assert_eq!(pace.stop(4600), 500);
        assert_eq!(pace.deviations().collect::<Vec<_>>(), [30, 2, 1050]);
        assert_eq!(pace.tick(9000), None);
    }

    #[test]
    fn a_timer_may_be_four_milliseconds_early() {
        let mut pace = Pace::default();
        pace.start(RATE, 0);
        assert_eq!((pace.tick(995), pace.tick(996)), (None, Some(1000)));
    }

    #[test]
    fn two_minutes_of_deviations_are_remembered() {
        let mut pace = Pace::default();
        pace.start(RATE, 0);
        for second in 1..=200 {
            pace.tick(second * 1000 + second);
        }
        assert!(pace.deviations().eq(81..=200));
    }

    #[test]
    fn sleep_accrues_two_seconds_at_most() {
        let mut pace = Pace::default();
        pace.start(RATE, 0);
        assert_eq!(pace.tick(3_600_000), Some(2000));
        assert_eq!(pace.stop(9_600_000), 2000);
    }

    #[test]
    fn a_second_that_comes_twice_counts_once() {
        let mut pace = Pace::default();
        pace.start(RATE, 0);
        assert_eq!((pace.tick(1000), pace.tick(1000)), (Some(1000), None));
        // Nor does what came early count again in the next run.
        assert_eq!((pace.tick(1996), pace.stop(1996)), (Some(1000), 0));
        pace.start(RATE, 1996);
        assert_eq!((pace.tick(2999), pace.stop(2999)), (Some(1000), 0));
    }

    #[test]
    fn a_run_at_another_rate_is_told_apart() {
        let mut pace = Pace::default();
        assert!(pace.start(RATE, 0) && !pace.start(RATE, 0));
        pace.stop(500);
        assert!(!pace.start(RATE, 700));
        pace.stop(900);
        assert!(pace.start(Rate::ZERO, 900));
    }

    /// What an input does to the pace, so many milliseconds after the last one.
    fn steps() -> impl Strategy<Value = Vec<(u64, u8)>> {
        let after = prop_oneof![0..5_u64, 990..1_010_u64, 0..5_000_u64, Just(28_800_000)];
        prop::collection::vec((after, 0..4_u8), 1..60)
    }

    proptest! {
        #[test]
        fn no_more_is_credited_than_time_has_passed(steps in steps()) {
            let (mut pace, mut now, mut credits) = (Pace::default(), 1_000_u64, Vec::new());
            for (after, step) in steps {
                now = now.saturating_add(after);
                let credit = match step {
                    0 => pace.stop(now),
                    1 => pace.tick(now).unwrap_or(0),
                    _ => {
                        pace.start(RATE, now);
                        pace.tick(now).unwrap_or(0)
                    }
                };
                prop_assert!(credit <= LONGEST_STEP);
                credits.push((now, credit));
            }
            // What a window begins with, a step and the unfinished second behind it, is older than it.
            for (at, (from, first)) in credits.iter().enumerate() {
                let rest = credits[at + 1..].iter();
                rest.fold(*first, |sum, (until, credit)| {
                    assert!(sum + credit <= until - from + LONGEST_STEP + SECOND + EARLY, "{credits:?}");
                    sum + credit
                });
            }
            let sum: u64 = credits.iter().map(|(_, credit)| credit).sum();
            prop_assert!(sum <= now - 1_000 + EARLY);
        }

        #[test]
        fn seconds_that_come_in_time_or_late_are_all_credited(delays in prop::collection::vec(0..900_u64, 1..100)) {
            let mut pace = Pace::default();
            pace.start(RATE, 0);
            let mut sum = 0;
            for delay in &delays {
                sum += pace.tick(pace.next().unwrap() + delay).unwrap();
            }
            prop_assert_eq!(sum, delays.len() as u64 * SECOND);
        }
    }
}
