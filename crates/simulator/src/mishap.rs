//! What machines, networks and servers do when one needs them most.

use crate::event::Event;
use crate::faults::{Fault, Route};
use crate::hostile::Lie;
use crate::plan::{Draft, HOUR, MINUTE, SECOND};

/// What the extension stores; of a name with several pages one is meant.
const ENTRIES: [&str; 13] = [
    "settings",
    "account",
    "spending",
    "intent",
    "unsettled",
    "minimums",
    "once",
    "attempt",
    "ledger",
    "sums",
    "purse",
    "receivers",
    "consentTab",
];

impl Draft<'_> {
    pub(crate) fn mishap(&mut self) -> Event {
        if self.setting.hostile && self.random.chance(500) {
            return Event::Lie { lie: Lie::draw(&mut self.random), times: self.random.pick(&[1, 1, 2, 5, 40]) };
        }
        let minutes = self.random.within(1..=90) * MINUTE;
        match self.random.within(0..=35) {
            0 | 1 => Event::Kill { calls_are_lost: self.random.chance(500) },
            2..=6 => Event::KillAfter(u32::try_from(self.random.within(0..=14)).unwrap_or_default()),
            7 => Event::RestartBrowser,
            8 | 9 => Event::FailWrite {
                after: u32::try_from(self.random.within(0..=4)).unwrap_or_default(),
                times: self.random.pick(&[1, 1, 4, 30]),
                written: self.random.chance(300),
            },
            10 => Event::Sleep { milliseconds: minutes, clock_stops: self.random.chance(500) },
            11 => Event::SetClock(self.clock_error()),
            12 => Event::LateTimers { times: 3, milliseconds: self.random.within(10..=5_000) },
            13 => Event::DoubleTimer,
            14..=21 => Event::Trouble {
                route: self.random.pick(&[
                    Route::ToProxy,
                    Route::ToProxy,
                    Route::ProxyToWallet,
                    Route::ProxyToWallet,
                    Route::ToWallet,
                ]),
                fault: self.fault(),
                times: self.random.pick(&[1, 1, 1, 2, 3, 12]),
            },
            22 => Event::ProxyDown { milliseconds: self.random.within(0..=MINUTE), forgets: self.random.chance(500) },
            23 => Event::ProxyKeys,
            24 => Event::WalletRestart,
            25 | 26 => Event::ExpireTokens,
            27 => Event::ExpireIncoming,
            28 => Event::Balance(self.random.pick(&[0, 50, u64::MAX / 4, u64::MAX / 4])),
            29 => self.random.pick(&[Event::RemoveKeys, Event::AddKey]),
            30 | 31 => Event::Spoil { name: self.random.pick(&ENTRIES), newer: self.random.chance(300) },
            32 => self.random.pick(&[Event::SpoilKey, Event::RestartBrowser]),
            33 => Event::StoreDown { times: self.random.pick(&[1, 2, 20]), written: self.random.chance(500) },
            34 => Event::Overstate { times: self.random.pick(&[1, 1, 3, 12]) },
            _ => Event::Terms {
                minimum: self.random.pick(&[0, 3, 19, 100]),
                fee: self.random.pick(&[0, 30_000]),
                slippage: self.random.pick(&[0, 10_000]),
                tells: self.random.chance(500),
            },
        }
    }

    /// Too little for the proxy to say so is too little to matter, but where quotes live shortly.
    fn clock_error(&mut self) -> i64 {
        let error = if self.random.chance(300) { 0 } else { self.random.signed(3 * HOUR) };
        if self.setting.has_short_lives() && error.unsigned_abs() < 70 * SECOND { 0 } else { error }
    }

    fn fault(&mut self) -> Fault {
        let milliseconds = self.random.pick(&[50, 500, 900, 1_500, 3_000, 9_500, 12_000]);
        match self.random.within(0..=7) {
            0 => Fault::LoseRequest,
            1 => Fault::Break,
            2 => Fault::LoseReply,
            3 => Fault::BreakReply,
            4 => Fault::Delay(milliseconds),
            5 => Fault::DelayReply(milliseconds),
            6 => Fault::Duplicate { milliseconds, first_reply_is_lost: self.random.chance(500) },
            _ => Fault::Status(self.random.pick(&[429, 500, 502, 503, 404, 200])),
        }
    }
}
