use std::fmt;
use std::ops::AddAssign;

/// What happened in some worlds.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Worlds.
    pub worlds: u64,
    /// Milliseconds that were simulated.
    pub time: u64,
    /// Milliseconds of them in which a payable page was looked at.
    pub attention: u64,
    /// Payments at the wallet.
    pub payments: u64,
    /// Events that pages were told of.
    pub events: u64,
    /// Requests of the extension.
    pub requests: u64,
    /// Requests that something befell.
    pub faults: u64,
    /// Lives of the worker.
    pub lives: u64,
    /// Times that the worker was ended.
    pub kills: u64,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        self.worlds += other.worlds;
        self.time += other.time;
        self.attention += other.attention;
        self.payments += other.payments;
        self.events += other.events;
        self.requests += other.requests;
        self.faults += other.faults;
        self.lives += other.lives;
        self.kills += other.kills;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.time / 3_600_000;
        let minutes = self.attention / 60_000;
        write!(
            formatter,
            "{} worlds, {hours} simulated hours, {minutes} minutes of attention, {} payments, {} requests, \
             {} faults, {} kills",
            self.worlds, self.payments, self.requests, self.faults, self.kills
        )
    }
}
