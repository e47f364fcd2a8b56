use std::rc::Rc;

use open_payments::{HostKind, Url, WalletAddress};

use crate::input::{Embedding, FrameId, FrameReport, Link, LinkId, TabId};
use crate::policy;
use crate::presence::origin_of;
use crate::table::Table;

/// Frames whose content script has told of links, or of frames in them.
#[derive(Default)]
pub(crate) struct Frames(pub(crate) Table<FrameId, Frame>);

/// Frames of a page that are followed, beside the main one.
const FRAMES_PER_PAGE: usize = 64;

/// One of them.
pub(crate) struct Frame {
    pub(crate) tab: TabId,
    pub(crate) main: bool,
    /// Whether it may be monetized: the main frame may, and what is allowed to in one that may.
    admitted: bool,
    /// As the browser says; an opaque one is `null`.
    origin: String,
    embedding: Embedding,
    /// Host and port of its page. Of a document that has neither, those of the page around it.
    pub(crate) site: Rc<str>,
    /// Whether its page is on this machine: only then may its wallet addresses be.
    pub(crate) loopback: bool,
    pub(crate) visible: bool,
    pub(crate) links: Vec<LinkEntry>,
}

/// A link, as far as it is known.
pub(crate) struct LinkEntry {
    pub(crate) id: LinkId,
    pub(crate) state: LinkState,
    /// Whether its page has heard `load` or `error`, which it does once.
    pub(crate) told: bool,
}

/// What is known of a link.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// Nothing has been fetched, for payments may be off; nothing, if it cannot be an address.
    Waiting(Option<WalletAddress>),
    /// The wallet's document is on its way.
    Fetching(WalletAddress),
    /// Points to a wallet whose document is known.
    Ready(WalletAddress),
    /// One too many for its page; the page has been told. It may get the place of another.
    Beyond(WalletAddress),
    /// Of no use; the page has been told.
    Failed,
}

/// Links of a page, in all its frames, that can have a wallet at a time; those beyond get an `error`.
pub(crate) const SESSIONS_PER_PAGE: usize = 32;

impl Frames {
    /// Takes a report as the whole truth; what is known of links that are still there stays.
    pub(crate) fn report(&mut self, report: FrameReport) {
        let FrameReport { frame, tab, main, origin, url, visible, links, embedding } = report;
        let known = self.0.remove(&frame);
        let others = self.0.values().filter(|frame| frame.tab == tab && !frame.main).count();
        if known.is_none() && !main && others >= FRAMES_PER_PAGE {
            return;
        }
        let mut known = known.map(|frame| frame.links).unwrap_or_default();
        let entry = |link: Link| match known.iter().position(|entry| entry.id == link.id) {
            Some(at) => known.swap_remove(at),
            None => {
                let state = LinkState::Waiting(WalletAddress::parse(&link.href).ok());
                LinkEntry { id: link.id, state, told: false }
            }
        };
        let links = links.into_iter().map(entry).collect();
        let address = origin_of(&origin).or_else(|| origin_of(&url));
        let site = address.as_ref().map(Url::authority).unwrap_or_default().into();
        let loopback = address.is_some_and(|address| address.host_kind() == HostKind::Loopback);
        let admitted = false;
        self.0.insert(frame, Frame { tab, main, admitted, origin, embedding, site, loopback, visible, links });
        self.admit(tab);
    }

    /// Its port was closed.
    pub(crate) fn remove(&mut self, frame: FrameId) {
        if let Some(frame) = self.0.remove(&frame) {
            self.admit(frame.tab);
        }
    }

    /// Works out which frames of a tab may be monetized, from the main one inwards. A frame is
    /// known to the page around it by a mark, of which only the content scripts of both tell; what
    /// a page says to a frame, or a frame of itself, counts for nothing.
    fn admit(&mut self, tab: TabId) {
        let here = |frame: &Frame| frame.tab == tab;
        for frame in self.0.values_mut().filter(|frame| here(frame)) {
            frame.admitted = frame.main && !frame.site.is_empty();
        }
        let mut around: Vec<FrameId> = self.in_tab(tab).map(|(id, _)| id).collect();
        while let Some(outer) = around.pop().and_then(|id| self.0.get(&id)) {
            let (own, site, loopback) = (outer.origin.clone(), outer.site.clone(), outer.loopback);
            let embedded = outer.embedding.frames.clone();
            let waiting = self.0.iter_mut().filter(|(_, frame)| here(frame) && !frame.admitted);
            for (id, frame) in waiting {
                let mark = frame.embedding.mark.as_deref();
                let mut named = embedded.iter().filter(|embedded| Some(embedded.mark.as_str()) == mark);
                if !named.any(|embedded| policy::allows(embedded, &own, &frame.origin)) {
                    continue;
                }
                frame.admitted = true;
                if frame.site.is_empty() {
                    (frame.site, frame.loopback) = (site.clone(), loopback);
                }
                around.push(*id);
            }
        }
    }

    /// Whether links of a tab have not been looked at, or one that had no place can have one.
    pub(crate) fn wait_in(&self, tab: TabId) -> bool {
        let has = |wanted: fn(&LinkEntry) -> bool| self.in_tab(tab).any(|(_, frame)| frame.links.iter().any(wanted));
        has(|link| matches!(link.state, LinkState::Waiting(_)))
            || has(|link| matches!(link.state, LinkState::Beyond(_))) && self.sessions(tab) < SESSIONS_PER_PAGE
    }

    /// Whether a link needs what is known of this address.
    pub(crate) fn name(&self, address: &WalletAddress) -> bool {
        let mut links = self.0.values().flat_map(|frame| &frame.links);
        links
            .any(|link| matches!(&link.state, LinkState::Ready(named) | LinkState::Fetching(named) if named == address))
    }

    /// The frames of a tab that may be monetized, the main one first.
    pub(crate) fn in_tab(&self, tab: TabId) -> impl Iterator<Item = (FrameId, &Frame)> {
        let frames = move |main| {
            self.0.iter().filter(move |(_, frame)| frame.tab == tab && frame.main == main && frame.admitted)
        };
        frames(true).chain(frames(false)).map(|(id, frame)| (*id, frame))
    }

    /// The links of a tab that have a wallet or are about to.
    pub(crate) fn sessions(&self, tab: TabId) -> usize {
        let links = self.in_tab(tab).flat_map(|(_, frame)| &frame.links);
        links.filter(|link| link.state.has_place()).count()
    }
}

impl LinkState {
    /// Whether it counts among those that a page can have.
    pub(crate) fn has_place(&self) -> bool {
        matches!(self, Self::Fetching(_) | Self::Ready(_))
    }
}

impl Frame {
    /// Whether a page like this may name the address.
    pub(crate) fn may_name(&self, address: &WalletAddress) -> bool {
        match address.url().host_kind() {
            HostKind::Public => true,
            HostKind::Loopback => self.loopback,
            HostKind::Private => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::EmbeddedFrame;

    fn states(frames: &Frames) -> Vec<bool> {
        let admitted = frames.in_tab(TabId(1)).flat_map(|(_, frame)| frame.links.iter().map(move |link| (frame, link)));
        let usable = |(frame, link): (&Frame, &LinkEntry)| matches!(&link.state, LinkState::Waiting(Some(address)) if frame.may_name(address));
        admitted.map(usable).collect()
    }

    fn report(origin: &str, hrefs: &[&str]) -> Frames {
        let mut frames = Frames::default();
        frames.report(told(1, origin, hrefs));
        frames
    }

    fn told(frame: u32, origin: &str, hrefs: &[&str]) -> FrameReport {
        let link = |(index, href): (usize, &&str)| Link {
            id: LinkId(u32::try_from(index).unwrap()),
            href: (*href).to_owned(),
        };
        FrameReport {
            frame: FrameId(frame),
            tab: TabId(1),
            main: frame == 1,
            origin: origin.to_owned(),
            url: String::new(),
            visible: true,
            links: hrefs.iter().enumerate().map(link).collect(),
            embedding: Embedding::default(),
        }
    }

    #[test]
    fn a_page_cannot_name_hosts_of_a_private_network() {
        let hrefs = [
            "https://w.example/a",
            "http://127.0.0.1:4201/a",
            "https://10.0.0.1/a",
            "https://nas.local/a",
            "https://router/a",
            "$w.example",
            "javascript:1",
        ];
        assert_eq!(states(&report("https://site.example", &hrefs)), [true, false, false, false, false, false, false]);
        assert_eq!(states(&report("http://localhost:4000", &hrefs)), [true, true, false, false, false, false, false]);
        assert_eq!(states(&report("http://site.example", &hrefs)), Vec::<bool>::new());
    }

    /// The origin of a frame, the mark it shows, and the marks and attributes `allow` of those in it.
    type Told<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    /// Frames of one page, the main one first.
    fn page(frames: &[Told]) -> Frames {
        let mut page = Frames::default();
        for (id, (origin, mark, embeds)) in (1..).zip(frames) {
            let embed = |(mark, allow): &(&str, &str)| EmbeddedFrame {
                mark: (*mark).to_owned(),
                allow: (*allow).to_owned(),
                source: "https://a.example".to_owned(),
            };
            let mark = (!mark.is_empty()).then(|| (*mark).to_owned());
            let embedding = Embedding { mark, frames: embeds.iter().map(embed).collect() };
            page.report(FrameReport { embedding, ..told(id, origin, &[]) });
        }
        page
    }

    fn admitted(frames: &Frames) -> Vec<u32> {
        frames.in_tab(TabId(1)).map(|(id, _)| id.0).collect()
    }

    const SITE: &str = "https://site.example";
    const A: &str = "https://a.example";

    #[test]
    fn a_frame_is_let_in_at_every_level_or_not_at_all() {
        let (let_in, shut_out) = ([("one", "monetization")], [("one", "fullscreen")]);
        let inner: &[(&str, &str)] = &[("two", "monetization *")];
        let page_of = |outer| page(&[(SITE, "", outer), (A, "one", inner), (SITE, "two", &[])]);
        assert_eq!(admitted(&page_of(&let_in)), [1, 2, 3]);
        assert_eq!(admitted(&page_of(&shut_out)), [1]);
        // The order in which they report is of no matter, and neither is a circle.
        let circle: &[(&str, &str)] = &[("one", "monetization *"), ("two", "monetization *")];
        let mut frames = page(&[(SITE, "", &[]), (A, "two", circle), (A, "one", circle)]);
        assert_eq!(admitted(&frames), [1]);
        let embedding = Embedding { mark: None, frames: page(&[(SITE, "", &let_in)]).embedded(1) };
        frames.report(FrameReport { embedding, ..told(1, SITE, &[]) });
        assert_eq!(admitted(&frames), [1, 2, 3]);
        frames.remove(FrameId(3));
        assert_eq!(admitted(&frames), [1]);
    }

    #[test]
    fn a_frame_does_not_speak_for_itself() {
        let own: &[(&str, &str)] = &[("one", "monetization *")];
        assert_eq!(admitted(&page(&[(SITE, "", &[]), (A, "one", own)])), [1]);
        // Without a mark there is nothing to know it by, and what navigated away is another.
        let outer: &[(&str, &str)] = &[("", "monetization *"), ("one", "monetization")];
        assert_eq!(admitted(&page(&[(SITE, "", outer), (A, "", &[])])), [1]);
        assert_eq!(admitted(&page(&[(SITE, "", outer), ("https://b.example", "one", &[])])), [1]);
        // Nor does a page in another tab.
        let mut frames = page(&[(SITE, "", outer)]);
        let embedding = Embedding { mark: Some("one".to_owned()), frames: Vec::new() };
        frames.report(FrameReport { tab: TabId(2), embedding, ..told(2, A, &[]) });
        assert!(frames.in_tab(TabId(2)).next().is_none());
    }

    #[test]
    fn a_document_without_an_origin_is_of_its_url_or_of_the_page_around_it() {
        let outer = page(&[("http://localhost:4000", "", &[("one", "monetization *"), ("two", "monetization *")])]);
        let site = |url: &str| {
            let embedding = Embedding { mark: Some("one".to_owned()), frames: Vec::new() };
            let mut frames = Frames::default();
            frames.report(FrameReport { url: url.to_owned(), embedding, ..told(2, "null", &[]) });
            let embedding = Embedding { mark: None, frames: outer.embedded(1) };
            frames.report(FrameReport { embedding, ..told(1, "http://localhost:4000", &[]) });
            let frame = frames.0.get(&FrameId(2)).unwrap();
            (frame.site.to_string(), frame.loopback)
        };
        assert_eq!(site("https://a.example/page?#x"), ("a.example".to_owned(), false));
        assert_eq!(site("about:srcdoc"), ("localhost:4000".to_owned(), true));
        assert_eq!(site(""), ("localhost:4000".to_owned(), true));
    }

    #[test]
    fn of_a_page_so_many_frames_are_followed_and_always_the_main_one() {
        let mut frames = Frames::default();
        for id in 2..200 {
            frames.report(told(id, A, &[]));
        }
        frames.report(told(1, SITE, &[]));
        assert_eq!((admitted(&frames), frames.0.len()), (vec![1], FRAMES_PER_PAGE + 1));
    }

    impl Frames {
        fn embedded(&self, id: u32) -> Vec<EmbeddedFrame> {
            self.0.get(&FrameId(id)).unwrap().embedding.frames.clone()
        }
    }
}
