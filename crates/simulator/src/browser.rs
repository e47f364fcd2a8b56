//! Windows and tabs, and the content scripts of the pages in them.

use engine::{FrameId, FrameReport, Idle, Link, LinkId, Tab, TabId, WindowId};

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

/// A tab with a page of one frame.
#[derive(Clone)]
pub(crate) struct OpenTab {
    pub(crate) id: i32,
    pub(crate) window: i32,
    pub(crate) active: bool,
    pub(crate) url: String,
    /// The content script's port, if it has one.
    pub(crate) frame: Option<u32>,
    pub(crate) links: Vec<(u32, String)>,
    pub(crate) audible: bool,
    /// Whether the background has said something to the content script since it opened the port.
    pub(crate) heard: bool,
}

impl Browser {
    /// Opens a tab in front of a window, and the window in front of the others.
    pub(crate) fn open(&mut self, url: &str, window: i32) -> i32 {
        self.last_tab += 1;
        let (id, url) = (self.last_tab, url.to_owned());
        self.tabs.push(OpenTab {
            id,
            window,
            active: false,
            url,
            frame: None,
            links: Vec::new(),
            audible: false,
            heard: false,
        });
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

    /// Puts one of the pages into a tab; gives the port of the one before.
    pub(crate) fn load(&mut self, tab: i32, site: usize) -> Option<FrameId> {
        let page = &PAGES[site];
        let links: Vec<(u32, String)> =
            page.links.iter().map(|link| (self.next_link(), LINKS[*link].to_owned())).collect();
        self.show(tab, page.url, links)
    }

    /// Puts any page into a tab; gives the port of the one before.
    pub(crate) fn show(&mut self, tab: i32, url: &str, links: Vec<(u32, String)>) -> Option<FrameId> {
        let tab = self.tab(tab)?;
        (tab.url, tab.links, tab.heard, tab.audible) = (url.to_owned(), links, false, false);
        tab.frame.take().map(FrameId)
    }

    pub(crate) fn next_link(&mut self) -> u32 {
        self.last_link += 1;
        self.last_link
    }

    /// A content script opens a port, unless it has one, or nothing to tell.
    pub(crate) fn connect_frame(&mut self, tab: i32) {
        let frame = self.last_frame + 1;
        let Some(tab) = self.tab(tab).filter(|tab| tab.frame.is_none() && !tab.links.is_empty()) else { return };
        (tab.frame, tab.heard) = (Some(frame), false);
        self.last_frame = frame;
    }

    /// What the content script of a tab says, if it has a port.
    pub(crate) fn report(&self, tab: i32) -> Option<FrameReport> {
        let tab = self.tabs.iter().find(|known| known.id == tab)?;
        let links = tab.links.iter().map(|(id, href)| Link { id: LinkId(*id), href: href.clone() }).collect();
        let origin = tab.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let visible = self.is_visible(tab);
        Some(FrameReport { frame: FrameId(tab.frame?), tab: TabId(tab.id), main: true, origin, visible, links })
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
        self.url.split('/').nth(2).unwrap_or_default()
    }
}
