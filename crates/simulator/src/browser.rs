//! Windows and tabs, and the content scripts of the pages in them.

use engine::{EmbeddedFrame, Embedding, FrameId, FrameReport, Idle, Link, LinkId, Tab, TabId, WindowId};

use crate::pages::{LINKS, PAGES};

/// A browser, as the person sees it: this is the truth that the engine is told of.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) tabs: Vec<OpenTab>,
    focused: i32,
    covered: Vec<i32>,
    pub(crate) idle: Idle,
    /// The person counts as there whatever they do or do not.
    pub(crate) idle_counts: bool,
    /// The machine is asleep.
    pub(crate) asleep: bool,
    last_tab: i32,
    last_frame: u32,
    last_link: u32,
}

/// A tab with a page.
#[derive(Clone)]
pub(crate) struct OpenTab {
    pub(crate) id: i32,
    pub(crate) window: i32,
    pub(crate) active: bool,
    pub(crate) url: String,
    pub(crate) audible: bool,
    /// The main one first.
    pub(crate) frames: Vec<OpenFrame>,
}

/// A document in a tab, and its content script.
#[derive(Clone)]
pub(crate) struct OpenFrame {
    pub(crate) origin: String,
    pub(crate) links: Vec<(u32, String)>,
    /// The content script's port, if it has one.
    pub(crate) port: Option<u32>,
    /// Whether the background has said something to the content script since it opened the port.
    pub(crate) heard: bool,
}

impl Browser {
    /// Opens a tab in front of a window, and the window in front of the others.
    pub(crate) fn open(&mut self, url: &str, window: i32) -> i32 {
        self.last_tab += 1;
        let (id, url) = (self.last_tab, url.to_owned());
        let frames = vec![OpenFrame::new(&origin_of(&url), Vec::new())];
        self.tabs.push(OpenTab { id, window, active: false, url, audible: false, frames });
        self.activate(id);
        self.focused = window;
        id
    }

    pub(crate) fn activate(&mut self, tab: i32) {
        let window = self.tab(tab).map(|tab| tab.window);
        for known in self.tabs.iter_mut().filter(|known| Some(known.window) == window) {
            known.active = known.id == tab;
        }
    }

    /// Closes a tab; the one beside it comes to the front.
    pub(crate) fn close(&mut self, tab: i32) -> Option<OpenTab> {
        let at = self.tabs.iter().position(|known| known.id == tab)?;
        let closed = self.tabs.remove(at);
        if closed.active
            && let Some(next) = self.tabs.iter().rev().find(|tab| tab.window == closed.window).map(|tab| tab.id)
        {
            self.activate(next);
        }
        Some(closed)
    }

    pub(crate) fn tab(&mut self, tab: i32) -> Option<&mut OpenTab> {
        self.tabs.iter_mut().find(|known| known.id == tab)
    }

    /// The tab at this place, counted from the last one opened.
    pub(crate) fn nth(&self, at: usize) -> Option<i32> {
        self.tabs.iter().rev().nth(at).map(|tab| tab.id)
    }

    pub(crate) fn focus(&mut self, window: i32) {
        self.focused = window;
    }

    pub(crate) fn focused(&self) -> i32 {
        self.focused
    }

    pub(crate) fn has_window(&self, window: i32) -> bool {
        self.tabs.iter().any(|tab| tab.window == window)
    }

    pub(crate) fn cover(&mut self, window: i32, covered: bool) {
        self.covered.retain(|known| *known != window);
        if covered {
            self.covered.push(window);
        }
    }

    /// The tab in front of the window in front.
    pub(crate) fn front(&self) -> Option<&OpenTab> {
        self.tabs.iter().find(|tab| tab.active && tab.window == self.focused)
    }

    /// The tab that the person looks at, if the page in it can be seen.
    pub(crate) fn looked_at(&self) -> Option<&OpenTab> {
        let front = self.front()?;
        let attends = match self.idle {
            Idle::Active => true,
            Idle::Idle => self.idle_counts || front.audible,
            Idle::Locked => false,
        };
        (attends && !self.asleep && self.is_visible(front)).then_some(front)
    }

    pub(crate) fn is_visible(&self, tab: &OpenTab) -> bool {
        tab.active && !self.covered.contains(&tab.window)
    }

    /// Puts one of the pages into a tab; gives the ports of the one before.
    pub(crate) fn load(&mut self, tab: i32, site: usize) -> Vec<FrameId> {
        let page = &PAGES[site];
        let own = (origin_of(page.url), page.links);
        let embedded = page.embedded.iter().map(|(origin, links)| ((*origin).to_owned(), *links));
        let mut frames = Vec::new();
        for (origin, links) in std::iter::once(own).chain(embedded) {
            let links = links.iter().map(|link| (self.next_link(), LINKS[*link].to_owned())).collect();
            frames.push(OpenFrame::new(&origin, links));
        }
        self.show(tab, page.url, frames)
    }

    /// Puts any page into a tab; gives the ports of the one before.
    pub(crate) fn show(&mut self, tab: i32, url: &str, frames: Vec<OpenFrame>) -> Vec<FrameId> {
        let Some(tab) = self.tab(tab) else { return Vec::new() };
        (tab.url, tab.audible) = (url.to_owned(), false);
        let before = std::mem::replace(&mut tab.frames, frames);
        before.into_iter().filter_map(|frame| frame.port.map(FrameId)).collect()
    }

    pub(crate) fn next_link(&mut self) -> u32 {
        self.last_link += 1;
        self.last_link
    }

    /// The content scripts of a tab open their ports, unless they have one, or nothing to tell.
    pub(crate) fn connect_frames(&mut self, tab: i32) {
        let mut last = self.last_frame;
        let Some(tab) = self.tab(tab) else { return };
        let embeds = tab.frames.iter().skip(1).any(|frame| !frame.links.is_empty());
        for (at, frame) in tab.frames.iter_mut().enumerate() {
            if frame.port.is_some() || frame.links.is_empty() && !(at == 0 && embeds) {
                continue;
            }
            last += 1;
            (frame.port, frame.heard) = (Some(last), false);
        }
        self.last_frame = last;
    }

    /// What the content scripts of a tab say, those that have a port. The page lets all in it be paid.
    pub(crate) fn reports(&self, tab: i32) -> Vec<FrameReport> {
        let Some(tab) = self.tabs.iter().find(|known| known.id == tab) else { return Vec::new() };
        let visible = self.is_visible(tab);
        let allowed = |at: usize| EmbeddedFrame {
            mark: at.to_string(),
            allow: "monetization *".to_owned(),
            source: String::new(),
        };
        let report = |(at, frame): (usize, &OpenFrame)| {
            let links = frame.links.iter().map(|(id, href)| Link { id: LinkId(*id), href: href.clone() }).collect();
            let (port, origin, url) = (FrameId(frame.port?), frame.origin.clone(), frame.origin.clone());
            let embedding = match at {
                0 => Embedding { mark: None, frames: (1..tab.frames.len()).map(allowed).collect() },
                _ => Embedding { mark: Some(at.to_string()), frames: Vec::new() },
            };
            Some(FrameReport { frame: port, tab: TabId(tab.id), main: at == 0, origin, url, visible, links, embedding })
        };
        tab.frames.iter().enumerate().filter_map(report).collect()
    }

    pub(crate) fn known_tabs(&self) -> Vec<Tab> {
        self.tabs.iter().map(OpenTab::known).collect()
    }
}

impl OpenTab {
    pub(crate) fn known(&self) -> Tab {
        Tab {
            id: TabId(self.id),
            window: WindowId(self.window),
            active: self.active,
            audible: self.audible,
            url: Some(self.url.clone()),
        }
    }

    /// Host and port of its page.
    pub(crate) fn site(&self) -> &str {
        site_of(&self.url)
    }

    /// Whether there is a link in it.
    pub(crate) fn has_links(&self) -> bool {
        self.frames.iter().any(|frame| !frame.links.is_empty())
    }
}

impl OpenFrame {
    pub(crate) fn new(origin: &str, links: Vec<(u32, String)>) -> Self {
        Self { origin: origin.to_owned(), links, port: None, heard: false }
    }

    /// Host and port of its document.
    pub(crate) fn site(&self) -> &str {
        site_of(&self.origin)
    }
}

pub(crate) fn origin_of(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

fn site_of(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}
