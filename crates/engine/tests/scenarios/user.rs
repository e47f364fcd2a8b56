//! What the user does, and the pages that they look at.

use engine::{Command, Embedding, FrameId, FrameReport, Idle, Input, Link, LinkId, TabId};
use open_payments::interaction_hash;

use crate::browser::{WINDOW, mark};
use crate::wallets::AUTH;
use crate::world::World;

impl World {
    pub(crate) fn command(&mut self, command: Command) {
        self.give(Input::Command(command));
    }

    pub(crate) fn connect(&mut self, amount: &str, monthly: bool) {
        let (wallet_address, amount) = ("$wallet.example/alice".to_owned(), amount.to_owned());
        self.command(Command::Connect { wallet_address, amount, monthly });
    }

    /// Adds the key that the extension shows to the wallet.
    pub(crate) fn upload_key(&mut self) {
        let jwk = self.view()["publicKey"]["jwk"].as_str().unwrap().to_owned();
        self.servers.wallets.keys.insert(jwk);
    }

    /// Goes the whole way to a connected wallet.
    pub(crate) fn connect_and_accept(&mut self, amount: &str, monthly: bool) {
        self.upload_key();
        self.connect(amount, monthly);
        self.seconds(1);
        self.decide(true);
        self.seconds(1);
    }

    /// Accepts or declines on the wallet's page, which sends the tab on.
    pub(crate) fn decide(&mut self, accept: bool) {
        let query = if accept { self.acceptance() } else { "result=grant_rejected".to_owned() };
        let tab = self.consent_tab().expect("a consent page");
        self.finish(tab, &query);
    }

    /// The query that proves that the user accepted.
    pub(crate) fn acceptance(&mut self) -> String {
        let grant = self.servers.wallets.grant.as_mut().unwrap();
        grant.accepted = true;
        let hash = interaction_hash(&grant.nonce, "wallet-nonce", &grant.reference, AUTH);
        let encoded = hash.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("hash={encoded}&interact_ref={}", grant.reference)
    }

    /// A tab comes to the finish page.
    pub(crate) fn finish(&mut self, tab: i32, query: &str) {
        let finish = self.servers.wallets.grant.as_ref().unwrap().finish.clone();
        self.navigate(tab, &format!("{finish}?{query}"), &[]);
    }

    pub(crate) fn consent_tab(&self) -> Option<i32> {
        self.browser.tabs.iter().find(|tab| tab.url.starts_with(AUTH)).map(|tab| tab.id)
    }

    /// Opens a page in a new tab in front.
    pub(crate) fn visit(&mut self, url: &str, links: &[&str]) -> i32 {
        let tab = self.browser.open(url);
        self.give(Input::TabActivated(TabId(tab), WINDOW));
        self.report_all();
        self.navigate(tab, url, links);
        tab
    }

    pub(crate) fn navigate(&mut self, tab: i32, url: &str, links: &[&str]) {
        if let Some(frame) = self.browser.load(tab, url, links) {
            self.give(Input::FrameLeft(frame));
        }
        let known = self.browser.tab(tab).known();
        self.give(Input::TabChanged(known));
        self.give_frame(tab);
    }

    /// The links of a page change without a navigation; those that stay keep their ids.
    pub(crate) fn change_links(&mut self, tab: i32, change: impl FnOnce(&mut Vec<(u32, String)>)) {
        change(&mut self.browser.tab(tab).links);
        let report = self.browser.tab(tab).report();
        self.give(Input::FrameReported(report.expect("a frame")));
    }

    /// A frame from elsewhere in a page, with a link.
    pub(crate) fn embed(&mut self, tab: i32, origin: &str, href: &str) {
        self.embed_many(tab, u32::MAX, origin, &[href]);
    }

    /// One of several such frames, with links that are numbered from 1; the page lets it be monetized.
    pub(crate) fn embed_many(&mut self, tab: i32, frame: u32, origin: &str, hrefs: &[&str]) {
        self.browser.tab(tab).embeds.push(frame);
        match self.browser.tab(tab).report() {
            Some(report) => self.give(Input::FrameReported(report)),
            None => self.give_frame(tab),
        }
        self.sneak_in(tab, frame, origin, hrefs);
    }

    /// The same, but the page says nothing of it.
    pub(crate) fn sneak_in(&mut self, tab: i32, frame: u32, origin: &str, hrefs: &[&str]) {
        let link = |(id, href): (u32, &&str)| Link { id: LinkId(id), href: (*href).to_owned() };
        let (tab, origin) = (TabId(tab), origin.to_owned());
        let links = (1..).zip(hrefs).map(link).collect();
        let embedding = Embedding { mark: Some(mark(frame)), frames: Vec::new() };
        let (frame, url) = (FrameId(frame), format!("{origin}/embedded"));
        self.give(Input::FrameReported(FrameReport {
            frame,
            tab,
            main: false,
            origin,
            url,
            visible: true,
            links,
            embedding,
        }));
    }

    pub(crate) fn activate(&mut self, tab: i32) {
        self.browser.activate(tab);
        self.give(Input::TabActivated(TabId(tab), WINDOW));
        self.report_all();
    }

    pub(crate) fn close(&mut self, tab: i32) {
        self.browser.tabs.retain(|known| known.id != tab);
        self.give(Input::TabRemoved(TabId(tab)));
    }

    pub(crate) fn lock(&mut self, locked: bool) {
        self.become_idle(if locked { Idle::Locked } else { Idle::Active });
    }

    pub(crate) fn become_idle(&mut self, idle: Idle) {
        self.browser.idle = idle;
        self.give(Input::IdleChanged(idle));
    }

    /// A tab begins or ends to make a sound.
    pub(crate) fn sound(&mut self, tab: i32, audible: bool) {
        self.browser.tab(tab).audible = audible;
        let known = self.browser.tab(tab).known();
        self.give(Input::TabChanged(known));
    }

    fn give_frame(&mut self, tab: i32) {
        // What came before may have had the tab closed.
        if !self.browser.tabs.iter().any(|known| known.id == tab) {
            return;
        }
        if let Some(report) = self.browser.connect_frame(tab) {
            self.give(Input::FrameReported(report));
        }
    }

    /// Every content script that has a link says what it sees, through a new port if need be.
    pub(crate) fn report_all(&mut self) {
        let tabs: Vec<i32> = self.browser.tabs.iter().map(|tab| tab.id).collect();
        for tab in tabs {
            match self.browser.tab(tab).report() {
                Some(report) => self.give(Input::FrameReported(report)),
                None => self.give_frame(tab),
            }
        }
    }
}
