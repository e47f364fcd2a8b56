//! What wakes the worker, when it is ended for doing nothing, and the machine's sleep.

use engine::Input;

use crate::worker::FailingWrite;
use crate::world::{Happening, World};

/// Without a sign of life the browser ends a worker after so long.
const IDLE: u64 = 30_000;
/// An alarm's period.
const ALARM: u64 = 30_000;

/// What wakes the worker, and what goes wrong with it.
#[derive(Default)]
pub(crate) struct Timers {
    /// The timer that counts.
    number: u64,
    /// The alarm that counts, and how many there have been.
    alarm: Option<u64>,
    alarms: u64,
    /// Effects that are still carried out before the worker dies.
    pub(crate) fuse: Option<u32>,
    pub(crate) failing_write: Option<FailingWrite>,
    /// How many of the next timers are late, and by how much.
    pub(crate) late: (u32, u64),
    pub(crate) double: bool,
}

impl World {
    /// The alarm is turned on or off.
    pub(crate) fn set_alarm(&mut self, on: bool) {
        self.timers.alarms += 1;
        self.timers.alarm = on.then_some(self.timers.alarms);
        if on {
            self.schedule(ALARM, Happening::Alarm(self.timers.alarms));
        }
    }

    /// Nothing that was asked for wakes the worker any more.
    pub(crate) fn stop_timer(&mut self) {
        self.timers.number += 1;
    }

    /// From now on the browser looks whether a life of the worker has anything to do.
    pub(crate) fn watch_idleness(&mut self, life: u64) {
        self.schedule(IDLE, Happening::IdleCheck(life));
    }

    /// The timer is set, or turned off.
    pub(crate) fn set_timer(&mut self, time: Option<u64>) {
        self.timers.number += 1;
        let Some(time) = time else { return };
        let mut delay = time.saturating_sub(self.monotonic());
        delay += self.random.pick(&[0, 0, 1, 4, 15]);
        if self.timers.late.0 > 0 {
            self.timers.late.0 -= 1;
            delay += self.timers.late.1;
        }
        self.schedule(delay, Happening::Timer(self.timers.number));
        if std::mem::take(&mut self.timers.double) {
            self.schedule(delay + 1, Happening::Timer(self.timers.number));
        }
    }

    pub(crate) fn timer_goes_off(&mut self, number: u64) {
        if number == self.timers.number
            && let Some(life) = self.worker.as_ref().map(|worker| worker.life)
        {
            self.give_to_life(life, Input::Elapsed);
        }
    }

    pub(crate) fn alarm_rings(&mut self, number: u64) {
        if self.timers.alarm == Some(number) {
            self.schedule(ALARM, Happening::Alarm(number));
            if let Some(worker) = &mut self.worker {
                worker.alive = self.elapsed;
            }
            self.give(Input::Elapsed);
        }
    }

    /// The browser ends a worker that has done nothing for a while.
    pub(crate) fn end_if_idle(&mut self, life: u64) {
        let Some(worker) = self.worker.as_ref().filter(|worker| worker.life == life) else { return };
        let end = worker.alive + IDLE;
        if end <= self.elapsed {
            self.note(|| "== ended, as it was idle".to_owned());
            self.kill(false);
        } else {
            self.schedule_at(end, Happening::IdleCheck(life));
        }
    }

    pub(crate) fn awake(&mut self) {
        self.disturb();
        self.browser.asleep = self.elapsed < self.asleep_until;
        self.remember_front();
    }

    /// The machine sleeps; whether the monotonic clock stands still meanwhile depends on it.
    pub(crate) fn sleep(&mut self, milliseconds: u64, clock_stops: bool) {
        // What is left of the last step may be credited after waking up.
        self.count_attention(2_000);
        self.browser.asleep = true;
        self.asleep_until = self.elapsed + milliseconds;
        if let Some(worker) = &mut self.worker {
            worker.alive += milliseconds;
            worker.born += if clock_stops { milliseconds } else { 0 };
        }
        if clock_stops && self.is_giving() {
            self.watch.gift.until += milliseconds;
        }
        self.schedule(milliseconds, Happening::Awake);
    }
}
