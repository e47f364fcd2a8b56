use std::fmt;

use money::Asset;
use serde_json::{Value, json};

use crate::random::Random;

/// What a world is like before anything happens in it.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The currencies of the user's wallet and of the two of the sites.
    pub(crate) assets: [Asset; 3],
    /// How the wallets behave, as in a seed of the sandbox.
    pub(crate) wallets: Value,
    /// Whether they check all that Open Payments asks for.
    pub(crate) strict: bool,
    /// What the user has, in minor units.
    pub(crate) balance: u64,
    /// What the user wants to be spent, in minor units, and whether each month.
    pub(crate) budget: u64,
    pub(crate) monthly: bool,
    /// The rate of pay, in minor units per hour.
    pub(crate) rate: u64,
    /// Requests, and quotes and payments, that the proxy allows in a minute.
    pub(crate) limits: [u32; 2],
    /// Milliseconds that sessions and incoming payments live.
    pub(crate) session_life: i64,
    pub(crate) incoming_life: i64,
    /// By how many milliseconds the servers' clocks are ahead of the truth.
    pub(crate) servers_ahead: i64,
    /// Milliseconds that a request takes each way.
    pub(crate) latency: u64,
    /// Whether the proxy may lie.
    pub(crate) hostile: bool,
}

const ASSETS: [(&str, u8); 6] = [("USD", 2), ("USD", 2), ("EUR", 2), ("USD", 6), ("JPY", 0), ("USD", 9)];

impl Setting {
    /// Whether a clock that is off by less than a minute matters, which nobody can know of.
    pub(crate) fn has_short_lives(&self) -> bool {
        self.incoming_life < 600_000 || self.wallets["quoteLifetimeSeconds"].as_u64() < Some(300)
    }

    pub(crate) fn draw(random: &mut Random, hostile: bool) -> Self {
        let asset = |random: &mut Random| {
            let (code, scale) = random.pick(&ASSETS);
            Asset::new(code, scale).expect("an asset of the list")
        };
        let usual = random.chance(500);
        let mut assets = [asset(random), asset(random), asset(random)];
        if usual {
            assets[2] = assets[0].clone();
            assets[1] = assets[0].clone();
        }
        let rate = match assets[0].scale.decimals() {
            0 => random.pick(&[60, 720, 3_600, 7_200]),
            2 => random.pick(&[60, 360, 3_600, 3_600, 5_400, 36_000]),
            6 => random.pick(&[600_000, 6_000_000, 36_000_000]),
            _ => 600_000_000,
        };
        let plenty = rate * random.within(1..=10);
        let budget = if random.chance(150) { random.within(1..=200) } else { plenty.max(rate) };
        // A clock that is off by less than the proxy minds cannot tell short lives of quotes and of
        // incoming payments from long ones.
        let servers_ahead = if random.chance(200) { random.signed(200_000) } else { random.signed(2_000) };
        let is_exact = (-2_000..=2_000).contains(&servers_ahead);
        Self {
            wallets: json!({
                "slippagePpm": random.pick(&[0, 0, 10_000, 10_000, 15_000]),
                "feePpm": random.pick(&[0, 0, 0, 20_000]),
                "minSendAmount": random.pick(&["0", "0", "0", "2", "19", "300"]),
                "tellMinSendAmount": random.chance(700),
                "tokenLifetimeSeconds": random.pick(&[600, 600, 120, 45]),
                "quoteLifetimeSeconds": if is_exact { random.pick(&[300, 300, 30]) } else { 300 },
                "continueWaitSeconds": random.pick(&[5, 5, 0]),
                "settleDelayMs": random.within(100..=1_400),
                "rates": [
                    {"from": "USD", "to": "EUR", "numerator": 9, "denominator": 10},
                    {"from": "USD", "to": "JPY", "numerator": 150, "denominator": 1},
                    {"from": "EUR", "to": "JPY", "numerator": 165, "denominator": 1},
                ],
            }),
            strict: random.chance(700),
            balance: if random.chance(100) { random.within(0..=300) } else { u64::MAX / 4 },
            budget,
            monthly: random.chance(400),
            rate,
            limits: if random.chance(150) { [20, 40] } else { [100, 150] },
            session_life: random.pick(&[7_776_000_000, 7_776_000_000, 600_000]),
            incoming_life: if is_exact { random.pick(&[600_000, 600_000, 60_000]) } else { 600_000 },
            servers_ahead,
            latency: random.within(5..=250),
            hostile,
            assets,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let assets: Vec<String> =
            self.assets.iter().map(|asset| format!("{}/{}", asset.code, asset.scale.decimals())).collect();
        let monthly = if self.monthly { " a month" } else { "" };
        let proxy = if self.hostile { "a proxy that may lie" } else { "an honest proxy" };
        let wallets = if self.strict { "strict wallets" } else { "lenient wallets" };
        writeln!(
            formatter,
            "{} units of {}{monthly} at {} an hour, {} in the account; sites in {} and {}; {wallets}, {proxy}",
            self.budget, assets[0], self.rate, self.balance, assets[1], assets[2]
        )?;
        write!(
            formatter,
            "{}; {:?} requests a minute, sessions of {} ms, incoming payments of {} ms, servers {} ms ahead, {} ms each way",
            self.wallets, self.limits, self.session_life, self.incoming_life, self.servers_ahead, self.latency
        )
    }
}
