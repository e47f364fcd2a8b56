use std::collections::VecDeque;

/// The seconds of the payment loop: a grid that starts when a payable page comes into view.
///
/// What accrues is counted by the grid, not by when a timer happened to fire, so a late timer
/// neither loses a second nor gains one.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    running: Option<Running>,
    ticks: u64,
    deviations: VecDeque<u64>,
}

#[derive(Debug)]
struct Running {
    /// Up to when time has been credited.
    credited: u64,
    /// When the next second is full.
    next: u64,
}

const SECOND: u64 = 1000;
/// Timers may fire this much early.
const EARLY: u64 = 4;
/// The most that one step credits: a sleeping laptop accrues nothing.
const LONGEST_STEP: u64 = 2 * SECOND;
/// How many deviations are remembered.
const REMEMBERED: usize = 120;

impl Pace {
    /// Starts the grid if it is not running.
    pub(crate) fn start(&mut self, now: u64) {
        self.running.get_or_insert(Running { credited: now, next: now + SECOND });
    }

    /// Stops it; gives the milliseconds of the unfinished second.
    pub(crate) fn stop(&mut self, now: u64) -> u64 {
        self.running.take().map_or(0, |running| now.saturating_sub(running.credited).min(LONGEST_STEP))
    }

    /// If a second is full: how many milliseconds to credit. Late seconds merge.
    pub(crate) fn tick(&mut self, now: u64) -> Option<u64> {
        let running = self.running.as_mut()?;
        if now + EARLY < running.next {
            return None;
        }
        let late = now.saturating_sub(running.next);
        let full = running.next + late / SECOND * SECOND;
        let credit = (full - running.credited).min(LONGEST_STEP);
        *running = Running { credited: full, next: full + SECOND };
        self.ticks += 1;
        self.deviations.push_back(now.abs_diff(full - late / SECOND * SECOND));
        if self.deviations.len() > REMEMBERED {
            self.deviations.pop_front();
        }
        Some(credit)
    }

    /// When the next second is full, while the grid is running.
    pub(crate) fn next(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.next)
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
    use super::*;

    #[test]
    fn a_late_timer_neither_loses_nor_gains_time() {
        let mut pace = Pace::default();
        pace.start(100);
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
    fn sleep_accrues_two_seconds_at_most() {
        let mut pace = Pace::default();
        pace.start(0);
        assert_eq!(pace.tick(3_600_000), Some(2000));
        assert_eq!(pace.stop(9_600_000), 2000);
    }
}
