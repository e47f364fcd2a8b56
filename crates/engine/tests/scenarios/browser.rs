//! Tabs, and the content scripts of the pages in them.

use engine::{EmbeddedFrame, Embedding, FrameId, FrameReport, Idle, Link, LinkId, Tab, TabId, WindowId};

/// One window with tabs; each tab has a page, which may have other frames in it.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) tabs: Vec<OpenTab>,
    pub(crate) idle: Idle,
    /// After so long the user is to be called idle.
    pub(crate) idle_seconds: u32,
    last_tab: i32,
    last_frame: u32,
    last_link: u32,
}

pub(crate) struct OpenTab {
    pub(crate) id: i32,
    pub(crate) active: bool,
    pub(crate) audible: bool,
    pub(crate) url: String,
    /// The content script's port, if it has one.
    pub(crate) frame: Option<u32>,
    pub(crate) links: Vec<(u32, String)>,
    /// Frames that it embeds and allows to be monetized.
    pub(crate) embeds: Vec<u32>,
}

pub(crate) const WINDOW: WindowId = WindowId(1);

impl Browser {
    pub(crate) fn open(&mut self, url: &str) -> i32 {
        self.last_tab += 1;
        let (id, url) = (self.last_tab, url.to_owned());
        self.tabs.push(OpenTab {
            id,
            active: false,
            audible: false,
            url,
            frame: None,
            links: Vec::new(),
            embeds: Vec::new(),
        });
        self.activate(id);
        id
    }

    pub(crate) fn activate(&mut self, tab: i32) {
        for known in &mut self.tabs {
            known.active = known.id == tab;
        }
    }

    pub(crate) fn tab(&mut self, tab: i32) -> &mut OpenTab {
        self.tabs.iter_mut().find(|known| known.id == tab).expect("the tab is open")
    }

    pub(crate) fn front(&self) -> Option<&OpenTab> {
        self.tabs.iter().find(|tab| tab.active)
    }

    /// Gives a tab a page with these links. Its old frame, if there was one, is gone.
    pub(crate) fn load(&mut self, tab: i32, url: &str, links: &[&str]) -> Option<FrameId> {
        let links = links
            .iter()
            .map(|href| {
                self.last_link += 1;
                (self.last_link, (*href).to_owned())
            })
            .collect();
        let tab = self.tab(tab);
        (tab.url, tab.links) = (url.to_owned(), links);
        tab.frame.take().map(FrameId)
    }

    /// A content script opens a port; nothing if it has no link, nor embeds one.
    pub(crate) fn connect_frame(&mut self, tab: i32) -> Option<FrameReport> {
        self.last_frame += 1;
        let frame = self.last_frame;
        let tab = self.tab(tab);
        tab.frame = (!tab.links.is_empty() || !tab.embeds.is_empty()).then_some(frame);
        tab.report()
    }

    pub(crate) fn known_tabs(&self) -> Vec<Tab> {
        self.tabs.iter().map(OpenTab::known).collect()
    }
}

impl OpenTab {
    pub(crate) fn known(&self) -> Tab {
        let (id, url) = (TabId(self.id), Some(self.url.clone()));
        Tab { id, window: WINDOW, active: self.active, audible: self.audible, url }
    }

    /// What the content script says.
    pub(crate) fn report(&self) -> Option<FrameReport> {
        let links = self.links.iter().map(|(id, href)| Link { id: LinkId(*id), href: href.clone() }).collect();
        let origin = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let (frame, tab) = (FrameId(self.frame?), TabId(self.id));
        let allowed = |frame: &u32| EmbeddedFrame {
            mark: mark(*frame),
            allow: "monetization *".to_owned(),
            source: String::new(),
        };
        let embedding = Embedding { mark: None, frames: self.embeds.iter().map(allowed).collect() };
        let url = self.url.clone();
        Some(FrameReport { frame, tab, main: true, origin, url, visible: self.active, links, embedding })
    }
}

/// What an embedded frame shows to the page around it.
pub(crate) fn mark(frame: u32) -> String {
    format!("mark {frame}")
}
