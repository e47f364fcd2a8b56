use engine::{Command, Idle};

use crate::faults::{Fault, Route};
use crate::hostile::Lie;

/// Something that people, browsers, machines, servers or the network do, by plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A page is opened in a new tab in front; the window is opened if need be.
    Open { site: usize, window: i32 },
    /// A tab goes to another page.
    Navigate { tab: usize, site: usize },
    /// A tab loads its page anew.
    Reload { tab: usize },
    /// A tab comes to the front of its window.
    Activate { tab: usize },
    /// A tab is closed.
    Close { tab: usize },
    /// A window comes to the front, or another program.
    Focus { window: Option<i32> },
    /// A window is covered, or can be seen again.
    Cover { window: i32, covered: bool },
    /// The person goes idle, comes back, or locks the screen.
    Idle(Idle),
    /// The page in front begins to be heard, or stops.
    Sound(bool),
    /// The page in front gets one more link.
    AddLink { link: usize },
    /// A link of the page in front points elsewhere.
    ChangeLink { at: usize, link: usize },
    /// A link of the page in front goes.
    RemoveLink { at: usize },
    /// A view is opened for so many milliseconds.
    View { milliseconds: u64 },
    /// The person asks for something.
    Command(Command),
    /// The person gives the page in front so many minor units.
    Give { units: u64 },
    /// The person does what the view suggests.
    Tend,
    /// The person decides on the wallet's page, if it is open.
    Decide { accept: bool },
    /// The person adds the key that the extension shows to the wallet.
    AddKey,
    /// The person removes all keys from the wallet.
    RemoveKeys,
    /// The worker is ended; what it sent last may get lost with it.
    Kill { calls_are_lost: bool },
    /// The worker is ended after so many more effects.
    KillAfter(u32),
    /// The browser is started anew.
    RestartBrowser,
    /// So many writes fail, after so many more; they may have been made all the same.
    FailWrite { after: u32, times: u32, written: bool },
    /// What is stored under a name cannot be read any more: it is broken, or of a later version.
    Spoil { name: &'static str, newer: bool },
    /// The key cannot be read any more.
    SpoilKey,
    /// The machine sleeps; its monotonic clock may stand still meanwhile.
    Sleep { milliseconds: u64, clock_stops: bool },
    /// The machine's clock is set, to so many milliseconds ahead of the truth.
    SetClock(i64),
    /// The next timers come so much later.
    LateTimers { times: u32, milliseconds: u64 },
    /// The next timer goes off twice.
    DoubleTimer,
    /// The next requests on a route suffer a fault.
    Trouble { route: Route, fault: Fault, times: u32 },
    /// The proxy cannot be reached for a while; it may have lost its memory afterwards.
    ProxyDown { milliseconds: u64, forgets: bool },
    /// So many of the proxy's next uses of its store fail; they may have been made all the same.
    StoreDown { times: u32, written: bool },
    /// So many of the next answers of the user's wallet name twice the amount.
    Overstate { times: u32 },
    /// The proxy gets new keys: no session of the old ones is accepted.
    ProxyKeys,
    /// The proxy lies the next times that it can.
    Lie { lie: Lie, times: u32 },
    /// The wallets stop and start again with what they kept.
    WalletRestart,
    /// All access tokens of the user's wallet expire.
    ExpireTokens,
    /// All incoming payments of the sites' wallets expire.
    ExpireIncoming,
    /// What the user has in the wallet, in minor units.
    Balance(u64),
    /// The simulator itself is tested.
    #[cfg(test)]
    Panic,
    /// The wallets' smallest amount, fee and slippage change.
    Terms { minimum: u64, fee: u32, slippage: u32, tells: bool },
}
