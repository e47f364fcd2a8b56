//! Worlds in which a test says what happens, instead of a plan.

use money::Asset;
use serde_json::json;

use crate::plan::Plan;
use crate::random::Random;
use crate::setting::Setting;
use crate::world::World;

/// A world whose person has connected a wallet and does what a test says. No rule may be broken.
pub struct Scenario(World);

/// What is different from a usual world: a wallet in dollars, pages paid 0.60 an hour, 20
/// milliseconds each way, and no smallest amount.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// The rate of pay, in minor units per hour.
    pub rate: Option<u64>,
    /// The smallest amount that the wallet sends, in minor units.
    pub minimum: u64,
    /// Whether it says so when it refuses less.
    pub tells: bool,
}

/// The usual rate, in minor units per hour.
const USUAL_RATE: u64 = 60;
const MORE_THAN_ENOUGH: u64 = 1_000_000;

impl Scenario {
    /// A world with a connected wallet, and no page open.
    ///
    /// # Panics
    /// If the wallet cannot be connected.
    pub fn connected(terms: Terms) -> Self {
        let dollars = || Asset::new("USD", 2).expect("dollars are an asset");
        let mut setting = Setting::draw(&mut Random::new(0), false);
        setting.assets = [dollars(), dollars(), dollars()];
        setting.wallets = json!({"slippagePpm": 0, "minSendAmount": terms.minimum.to_string(),
            "tellMinSendAmount": terms.tells});
        (setting.budget, setting.monthly, setting.balance) = (MORE_THAN_ENOUGH, false, MORE_THAN_ENOUGH);
        (setting.rate, setting.latency, setting.servers_ahead) = (terms.rate.unwrap_or(USUAL_RATE), 20, 0);
        (setting.limits, setting.session_life, setting.incoming_life) = ([100, 150], 86_400_000, 600_000);
        let plan = Plan { seed: 0, setting, events: Vec::new(), end: u64::MAX };
        let mut scenario = Self(World::new(plan, true));
        scenario.0.tend();
        for _ in 0..3 {
            scenario.seconds(4);
            scenario.0.tend();
        }
        scenario.seconds(4);
        scenario.0.set_rate(terms.rate.unwrap_or(USUAL_RATE));
        scenario.seconds(10);
        assert!(scenario.0.watch.chosen.connected, "the wallet is not connected");
        scenario
    }

    /// Opens one of the pages in a new tab in front; 0 is one that can be paid without trouble.
    pub fn open(&mut self, page: usize) {
        self.0.visit(page, 1);
        self.hold();
    }

    /// The tab in front goes to another page.
    pub fn go_to(&mut self, page: usize) {
        let front = self.0.browser.front().map(|tab| tab.id);
        front.into_iter().for_each(|tab| self.0.navigate(tab, page));
        self.hold();
    }

    /// Lets so many milliseconds pass.
    pub fn milliseconds(&mut self, milliseconds: u64) {
        self.0.run_until(self.0.elapsed + milliseconds);
        self.hold();
    }

    /// Lets so many seconds pass.
    pub fn seconds(&mut self, seconds: u64) {
        self.milliseconds(seconds * 1000);
    }

    /// Ends the worker; what it sent last may get lost with it.
    pub fn kill(&mut self, calls_are_lost: bool) {
        self.0.kill(calls_are_lost);
        self.hold();
    }

    /// Milliseconds since the world began.
    pub fn now(&self) -> u64 {
        self.0.elapsed
    }

    /// What each payment at the wallet took, in minor units, in their order.
    pub fn payments(&self) -> Vec<u64> {
        self.0.wallets.truth.payments.iter().map(|payment| payment.debit).collect()
    }

    /// How often the wallet was asked for a quote.
    pub fn quotes_asked(&self) -> usize {
        self.0.wallets.truth.quotes_asked
    }

    /// What the time looked at allows so far, in whole minor units.
    pub fn allowed(&self) -> u64 {
        self.0.watch.allowed.whole_units()
    }

    /// Fails with all that happened if a rule is broken.
    fn hold(&mut self) {
        if let Some(breach) = &self.0.breach {
            panic!("{breach}\n{}", self.0.notes().join("\n"));
        }
    }
}
