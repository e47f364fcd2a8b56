use std::rc::Rc;

use open_payments::{HostKind, Url, WalletAddress};

use crate::input::{FrameId, FrameReport, Link, LinkId, TabId};
use crate::table::Table;

/// Frames whose content script has told of links.
#[derive(Default)]
pub(crate) struct Frames(pub(crate) Table<FrameId, Frame>);

/// One of them.
pub(crate) struct Frame {
    pub(crate) tab: TabId,
    pub(crate) main: bool,
    /// Host and port of its page.
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
        let Ok(origin) = Url::parse(&report.origin) else { return };
        let loopback = origin.host_kind() == HostKind::Loopback;
        let mut known = self.0.remove(&report.frame).map(|frame| frame.links).unwrap_or_default();
        let entry = |link: Link| match known.iter().position(|entry| entry.id == link.id) {
            Some(at) => known.swap_remove(at),
            None => {
                let state = LinkState::Waiting(admissible(&link.href, loopback));
                LinkEntry { id: link.id, state, told: false }
            }
        };
        let links = report.links.into_iter().map(entry).collect();
        let site = origin.authority().into();
        let FrameReport { frame, tab, main, visible, .. } = report;
        self.0.insert(frame, Frame { tab, main, site, loopback, visible, links });
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

    /// The frames of a tab, the main one first.
    pub(crate) fn in_tab(&self, tab: TabId) -> impl Iterator<Item = (FrameId, &Frame)> {
        let frames = move |main| self.0.iter().filter(move |(_, frame)| frame.tab == tab && frame.main == main);
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

/// The wallet address that a link names, if a page like this may name it.
fn admissible(href: &str, loopback: bool) -> Option<WalletAddress> {
    let address = WalletAddress::parse(href).ok()?;
    match address.url().host_kind() {
        HostKind::Public => Some(address),
        HostKind::Loopback => loopback.then_some(address),
        HostKind::Private => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(frames: &Frames) -> Vec<bool> {
        let usable = |entry: &LinkEntry| !matches!(entry.state, LinkState::Waiting(None) | LinkState::Failed);
        frames.0.values().flat_map(|frame| frame.links.iter().map(usable)).collect()
    }

    fn report(origin: &str, hrefs: &[&str]) -> Frames {
        let link = |(index, href): (usize, &&str)| Link {
            id: LinkId(u32::try_from(index).unwrap()),
            href: (*href).to_owned(),
        };
        let links = hrefs.iter().enumerate().map(link).collect();
        let mut frames = Frames::default();
        frames.report(FrameReport {
            frame: FrameId(1),
            tab: TabId(1),
            main: true,
            origin: origin.to_owned(),
            visible: true,
            links,
        });
        frames
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
}
