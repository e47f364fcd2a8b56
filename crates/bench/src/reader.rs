use std::time::{Duration, Instant};

use engine::{
    CallId, Command, Effect, Embedding, Engine, FrameId, FrameReport, HttpRequest, Input, Link, LinkId, Now, Page,
    PublicKey, SecretKey, Signature, Signer, Stored, Tab, TabId, Timestamp, Url, WindowId,
};

use crate::servers::{ALICE, PROXY, Servers, site};

/// A user with a connected wallet who looks at one page and stays there. Only what the engine
/// does is timed, not what answers it.
pub struct Reader {
    engine: Engine,
    servers: Servers,
    /// Milliseconds since the worker started.
    elapsed: u64,
    inputs: u64,
    timer: Option<u64>,
    calls: Vec<(CallId, HttpRequest)>,
    busy: Duration,
    payments: u64,
}

/// 2026-11-22T06:00:00Z.
const START: i64 = 1_795_327_200_000;
const WINDOW: WindowId = WindowId(1);
const TAB: TabId = TabId(1);
const CONSENT_TAB: TabId = TabId(2);
const PAGE: &str = "https://site.example/";

/// A key whose signatures cost nothing: Ed25519 has benchmarks of its own.
struct CheapKey(SecretKey);

impl Signer for CheapKey {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, _: &[u8]) -> Signature {
        Signature([7; 64])
    }
}

impl Reader {
    /// Pays one cent a second, in turn to each of so many links.
    ///
    /// # Panics
    /// If the engine asks for something that nobody here answers.
    #[must_use]
    pub fn new(links: usize) -> Self {
        let key = CheapKey(SecretKey::from_seed([7; 32]));
        let mut reader = Self {
            engine: Engine::new(Url::parse(PROXY).expect("a URL")),
            servers: Servers::new(key.public_key()),
            elapsed: 0,
            inputs: 0,
            timer: None,
            calls: Vec::new(),
            busy: Duration::ZERO,
            payments: 0,
        };
        reader.give(Input::Woke(Stored {
            local: Vec::new(),
            session: Vec::new(),
            signer: Some(Box::new(key)),
            tabs: Vec::new(),
            focused_window: Some(WINDOW),
        }));
        let (wallet_address, amount) = (ALICE.to_owned(), "1000000000".to_owned());
        reader.give(Input::Command(Command::Connect { wallet_address, amount, monthly: true }));
        reader.answer_all();
        reader.show(CONSENT_TAB, reader.servers.finish.clone());
        reader.answer_all();
        reader.give(Input::TabRemoved(CONSENT_TAB));
        reader.give(Input::Command(Command::SetRate("36".to_owned())));

        reader.show(TAB, PAGE.to_owned());
        let link =
            |number| Link { id: LinkId(u32::try_from(number).expect("a page has few links")), href: site(number) };
        reader.give(Input::FrameReported(FrameReport {
            frame: FrameId(1),
            tab: TAB,
            main: true,
            origin: PAGE.trim_end_matches('/').to_owned(),
            url: PAGE.to_owned(),
            visible: true,
            links: (0..links).map(link).collect(),
            embedding: Embedding::default(),
        }));
        reader.answer_all();
        reader
    }

    /// From now on a view is open.
    pub fn open_view(&mut self) {
        self.give(Input::ViewOpened);
    }

    /// Payments made so far.
    #[must_use]
    pub fn payments(&self) -> u64 {
        self.payments
    }

    /// Lets a second pass, with whatever the engine wants to do in it and the answers to what it
    /// asks; says how long it was busy with that.
    pub fn second(&mut self) -> Duration {
        self.busy = Duration::ZERO;
        let end = self.elapsed + 1000;
        while let Some(due) = self.timer.filter(|due| *due <= end) {
            self.elapsed = due.max(self.elapsed);
            self.timer = None;
            self.give(Input::Elapsed);
            self.answer_all();
        }
        self.elapsed = end;
        self.busy
    }

    fn answer_all(&mut self) {
        while !self.calls.is_empty() {
            for (call, request) in std::mem::take(&mut self.calls) {
                let answer = self.servers.answer(&request, self.now().wall);
                self.give(Input::Answered(call, Ok(answer)));
            }
        }
    }

    fn show(&mut self, tab: TabId, url: String) {
        self.give(Input::TabChanged(Tab { id: tab, window: WINDOW, active: true, audible: false, url: Some(url) }));
    }

    fn now(&self) -> Now {
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.inputs.to_be_bytes());
        let wall = Timestamp::from_millis(START).plus_millis(i64::try_from(self.elapsed).unwrap_or(i64::MAX));
        Now { wall, monotonic: self.elapsed, entropy }
    }

    fn give(&mut self, input: Input) {
        self.inputs += 1;
        let now = self.now();
        let started = Instant::now();
        self.engine.handle(input, now);
        let effects: Vec<Effect> = std::iter::from_fn(|| self.engine.poll()).collect();
        self.busy += started.elapsed();
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Call { call, request, .. } => {
                self.payments += u64::from(request.url.path() == "/v1/payments");
                self.calls.push((call, request));
            }
            Effect::Wake(time) => self.timer = time,
            Effect::OpenTab(Page::Consent(url)) => {
                self.show(CONSENT_TAB, url.as_str().to_owned());
                self.give(Input::ConsentTabOpened(CONSENT_TAB));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_of_it_is_a_payment() {
        for links in [1, 32] {
            let mut reader = Reader::new(links);
            let before = reader.payments();
            for _ in 0..1_000 {
                reader.second();
            }
            let payments = reader.payments() - before;
            assert!((995..=1_000).contains(&payments), "{payments} payments to {links} links in 1,000 seconds");
        }
    }
}
