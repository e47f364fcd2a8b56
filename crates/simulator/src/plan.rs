use std::fmt;

use engine::{Command, Format, Idle, ViewId};
use money::format_decimal;

use crate::event::Event;
use crate::pages::{ALICE, LINKS, PAGES};
use crate::random::Random;
use crate::setting::Setting;

/// Everything that is going to happen in a world, laid down before it begins: an event that is
/// taken out leaves the others as they are.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was drawn from.
    pub seed: u64,
    /// How the world is at the start.
    pub(crate) setting: Setting,
    /// What happens, by milliseconds since then, in order.
    pub(crate) events: Vec<(u64, Event)>,
    /// When it ends.
    pub(crate) end: u64,
}

pub(crate) const SECOND: u64 = 1000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Each so manyth world has a proxy that lies.
const HOSTILE: u64 = 5;
/// How often somebody comes to look at something in one world.
const VISITS: [u64; 3] = [24, 24, 6];

impl Plan {
    /// The plan that follows from a seed.
    pub fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed).fork(1);
        let setting = Setting::draw(&mut random, seed % HOSTILE == HOSTILE - 1);
        let end = match random.within(0..=9) {
            0 => random.within(1..=3) * DAY,
            1 | 2 => random.within(3..=20) * HOUR,
            _ => random.within(HOUR..=2 * HOUR),
        };
        let gives = random.chance(500);
        let mut draft = Draft { random, setting: &setting, events: Vec::new(), gives, trouble: 0 };
        draft.connect();
        // One visit after the other: those that overlap cut each other short.
        let visits = draft.random.pick(&VISITS);
        let slot = (end - 2 * MINUTE) / visits;
        for visit in 0..visits {
            let from = MINUTE + visit * slot + draft.random.within(0..=slot / 4);
            if slot > 5 * MINUTE && draft.random.chance(400) {
                draft.stay(from, (slot / 3 * 2).min(10 * MINUTE));
                continue;
            }
            let longest = (slot / 2).min(3 * MINUTE);
            let length = draft.random.within(SECOND..=longest.max(2 * SECOND));
            draft.visit(from, length);
        }
        // Not every world may have come to rest when it ends.
        if draft.random.chance(500) {
            draft.visit(end - MINUTE, 50 * SECOND);
        }
        let mut events = draft.events;
        events.retain(|(at, _)| *at < end);
        events.sort_by_key(|(at, _)| *at);
        Self { seed, setting, events, end }
    }

    /// How many events it has.
    pub fn size(&self) -> usize {
        self.events.len()
    }
}

impl fmt::Display for Plan {
    /// How the world is at the start, and what happens by its time in seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.setting)?;
        for (at, event) in &self.events {
            writeln!(formatter, "{:>7}.{:03}  {event:?}", at / SECOND, at % SECOND)?;
        }
        write!(formatter, "{:>7}.{:03}  the end", self.end / SECOND, self.end % SECOND)
    }
}

/// A plan on its way.
pub(crate) struct Draft<'a> {
    pub(crate) random: Random,
    pub(crate) setting: &'a Setting,
    events: Vec<(u64, Event)>,
    /// Whether the person makes one-time payments.
    gives: bool,
    /// How much goes wrong during the visit at hand, in a thousand.
    trouble: u64,
}

impl Draft<'_> {
    fn add(&mut self, at: u64, event: Event) {
        self.events.push((at, event));
    }

    /// The person connects a wallet and sets a rate; some things can go wrong already.
    fn connect(&mut self) {
        let asset = &self.setting.assets[0];
        let (budget, rate) = (self.setting.budget, self.setting.rate);
        let amount = format_decimal(budget, asset.scale);
        let per_hour = format_decimal(rate, asset.scale);
        let connect = Command::Connect { wallet_address: ALICE.to_owned(), amount, monthly: self.setting.monthly };
        self.add(500, Event::Command(connect));
        let key = self.random.within(100..=6_000);
        self.add(key, Event::AddKey);
        let decided = self.random.within(3_000..=9_000);
        self.add(decided, Event::Decide { accept: true });
        for second in [16, 18, 20, 28] {
            self.add(second * SECOND, Event::Tend);
        }
        self.add(30 * SECOND, Event::Command(Command::SetRate(per_hour)));
        if self.random.chance(200) {
            self.trouble = 500;
            self.mishaps(0, 12 * SECOND);
        }
    }

    /// Somebody looks at something for a while, and then does not any more.
    fn visit(&mut self, from: u64, length: u64) {
        let site = self.random.pick(&[0, 0, 0, 2, 3, 4, 5, 6, 7, 8, 8, 9]);
        let start = match self.random.within(0..=5) {
            0 => Event::Navigate { tab: self.number(5), site },
            1 => Event::Activate { tab: self.number(5) },
            _ => Event::Open { site, window: self.random.pick(&[1, 1, 1, 2]) },
        };
        if self.random.chance(900) {
            self.add(from - 2, Event::Idle(Idle::Active));
            self.add(from - 1, Event::Cover { window: 1, covered: false });
            let covered = self.random.chance(500);
            self.add(from - 1, Event::Cover { window: 2, covered });
        }
        self.add(from, start);
        if self.random.chance(500) {
            let later = from + self.random.within(SECOND..=8 * SECOND);
            self.add(later, Event::Tend);
            self.add(later + 2 * SECOND, Event::Tend);
        }
        self.trouble = self.random.pick(&[0, 50, 100, 200, 400]);
        self.mishaps(from, length);
        let mut at = from + self.random.within(SECOND..=50 * SECOND);
        while at < from + length {
            let event = self.ordinary();
            self.add(at, event);
            at += self.random.within(SECOND..=50 * SECOND);
        }
        let leave = match self.random.within(0..=6) {
            0 => Event::Idle(Idle::Locked),
            1 => Event::Close { tab: 0 },
            2 => Event::Cover { window: 1, covered: true },
            3 => Event::Sleep { milliseconds: self.random.within(1..=100) * MINUTE, clock_stops: true },
            _ => Event::Open { site: 1, window: 1 },
        };
        self.add(from + length, leave);
        self.add(from + length + 1, Event::Focus { window: Some(1) });
        self.add(from + length + 2, Event::Open { site: 1, window: 1 });
        self.add(from + length + 3, Event::Cover { window: 2, covered: true });
        if self.random.chance(300) {
            self.add(from + length + 40 * SECOND, Event::Tend);
            // Connecting leaves the page that was in front before in front.
            self.add(from + length + 50 * SECOND, Event::Open { site: 1, window: 1 });
        }
    }

    /// Somebody looks at one page for long; something goes wrong at first, and then nothing does.
    fn stay(&mut self, from: u64, length: u64) {
        self.add(from - 2, Event::Idle(Idle::Active));
        self.add(from - 1, Event::Cover { window: 1, covered: false });
        let site = self.random.pick(&[0, 0, 2, 3, 4, 5, 8, 9]);
        self.add(from, Event::Open { site, window: 1 });
        self.trouble = self.random.pick(&[0, 200, 1_000]);
        self.mishaps(from, 20 * SECOND);
        for second in [25, 35, 45, 55] {
            self.add(from + second * SECOND, Event::Tend);
        }
        self.add(from + 58 * SECOND, Event::Open { site, window: 1 });
        self.add(from + length, Event::Open { site: 1, window: 1 });
    }

    fn mishaps(&mut self, from: u64, length: u64) {
        for second in 0..length / SECOND {
            if self.random.chance(self.trouble / 4) {
                let at = from + second * SECOND + self.random.within(0..=SECOND);
                let event = self.mishap();
                self.add(at, event);
            }
        }
    }

    fn number(&mut self, below: u64) -> usize {
        usize::try_from(self.random.within(0..=below)).unwrap_or_default()
    }

    /// What people and pages do all day.
    fn ordinary(&mut self) -> Event {
        let link = self.number(LINKS.len() as u64 - 1);
        let site = self.number(PAGES.len() as u64 - 1);
        match self.random.within(0..=18) {
            0 => Event::Reload { tab: 0 },
            1 => Event::Navigate { tab: 0, site },
            2 | 3 => Event::AddLink { link },
            4 => Event::ChangeLink { at: self.number(6), link },
            5 => Event::RemoveLink { at: self.number(6) },
            6 => Event::Idle(Idle::Locked),
            7 => Event::Idle(Idle::Active),
            8 => self.random.pick(&[Event::Idle(Idle::Idle), Event::Sound(true), Event::Sound(false)]),
            9 => Event::Focus { window: self.random.pick(&[Some(1), Some(2), None]) },
            10 => Event::Cover { window: 1, covered: self.random.chance(500) },
            11 => Event::Activate { tab: self.number(5) },
            12 => Event::Close { tab: self.number(5) },
            13 | 14 => Event::View { milliseconds: self.random.within(100..=8_000) },
            15 => Event::Open { site, window: self.random.pick(&[1, 2]) },
            16 => Event::Tend,
            // They may make a purse larger, and so are not in every world.
            17 if self.gives => {
                let most = self.random.pick(&[30, 2_000, self.setting.budget]);
                Event::Give { units: self.random.within(1..=most) }
            }
            _ => Event::Command(self.command()),
        }
    }

    /// Whatever can be clicked; one line for each command.
    fn command(&mut self) -> Command {
        let asset = &self.setting.assets[0];
        let rate = self.random.pick(&[0, self.setting.rate / 2, self.setting.rate, self.setting.rate * 2]);
        let amount = format_decimal(self.random.within(0..=self.setting.budget), asset.scale);
        let site = self.random.pick(&["site.example", "news.example", "*.example", "both.example"]).to_owned();
        let maximum = self.random.pick(&[None, None, Some(format_decimal(rate / 3, asset.scale))]);
        let own_rate = self.random.pick(&[None, Some(format_decimal(rate, asset.scale))]);
        let commands = [
            Command::Connect {
                wallet_address: ALICE.to_owned(),
                amount: amount.clone(),
                monthly: self.setting.monthly,
            },
            Command::TopUp { amount: amount.clone(), monthly: self.setting.monthly },
            Command::CancelConnect,
            Command::Disconnect,
            Command::SetEnabled(self.random.chance(700)),
            Command::SetSiteEnabled { site: site.clone(), enabled: self.random.chance(700) },
            Command::SetRate(format_decimal(rate, asset.scale)),
            Command::SetRate("a lot".to_owned()),
            Command::SetSiteRate { site: "site.example".to_owned(), rate: own_rate },
            Command::ForgetSite("*.example".to_owned()),
            Command::ImportSites(r#"{"sites":[{"site":"*.example","enabled":true}]}"#.to_owned()),
            Command::SetMaximumRate(maximum),
            Command::PayOnce { site, amount },
            Command::SetIdle(self.random.pick(&[None, Some(1), Some(5)])),
            Command::SetProxyUrl("nowhere".to_owned()),
            Command::ForgetLedger,
            Command::ExportLedger { format: self.random.pick(&[Format::Csv, Format::Json]), view: ViewId(1) },
        ];
        self.random.pick(&commands)
    }
}
