//! Which links can be paid now.

use std::collections::VecDeque;
use std::rc::Rc;

use money::{Asset, Rate};
use open_payments::{WalletAddress, WalletDocument};

use crate::calls::Purpose;
use crate::effect::{Effect, FrameMessage};
use crate::engine::Engine;
use crate::frames::{Frame, LinkEntry, LinkState, SESSIONS_PER_PAGE};
use crate::input::{Answer, FrameId, Idle, LinkId, TabId, Unreachable};
use crate::receivers::{Receiver, is_same_account};

/// A wallet that the page in front wants to have paid.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The address that the page names.
    pub(crate) receiver: WalletAddress,
    /// What the wallet calls itself.
    pub(crate) wallet_address: WalletAddress,
    pub(crate) site: Rc<str>,
    pub(crate) tab: TabId,
}

/// The targets, and what they follow from.
#[derive(Default)]
pub(crate) struct Targets {
    list: Rc<[Target]>,
    basis: Basis,
}

#[derive(Default, PartialEq, Eq)]
struct Basis {
    /// Of presence, settings, frames and receivers.
    revisions: [u64; 4],
    /// The currency of the wallet: rates of sites hold for one each.
    asset: Option<Asset>,
}

/// Documents on their way at a time: links that come and go beyond them wait.
const DOCUMENTS_AT_A_TIME: usize = 32;

impl Engine {
    /// Looks at links that nothing is known of yet, once their page is looked at and may be paid:
    /// not even a public document is fetched before.
    pub(crate) fn resolve_links(&mut self) {
        let tab = self.looked_at().filter(|tab| self.account.is_some() && self.frames.wait_in(*tab));
        let Some(tab) = tab else { return };
        let links = self.links_in_turn();
        let mut sessions = self.frames.sessions(tab);
        let mut places = DOCUMENTS_AT_A_TIME.saturating_sub(self.calls.documents());
        let mut wanted: Vec<WalletAddress> = Vec::new();
        for (id, at) in &links {
            let Some(frame) = self.frames.0.get_mut(id) else { continue };
            let has_room = sessions < SESSIONS_PER_PAGE;
            let named = match &frame.links[*at].state {
                LinkState::Waiting(address) => address.clone().filter(|address| frame.may_name(address)),
                LinkState::Beyond(address) if has_room => Some(address.clone()),
                _ => continue,
            };
            let (loopback, link) = (frame.loopback, &mut frame.links[*at]);
            let known = named.as_ref().map(|address| (address, self.receivers.resolve(address, self.now.wall)));
            link.state = match known {
                Some((address, None)) if has_room => {
                    if !wanted.contains(address) && !self.calls.fetching(address) {
                        let Some(left) = places.checked_sub(1) else { continue };
                        places = left;
                        wanted.push(address.clone());
                    }
                    LinkState::Fetching(address.clone())
                }
                Some((address, wallet)) if has_room => settled(address, wallet, loopback),
                _ => named.map_or(LinkState::Failed, LinkState::Beyond),
            };
            tell(&mut self.effects, *id, link);
            sessions += usize::from(link.state.has_place());
        }
        for address in wanted {
            self.fetch(&address.url().clone(), Purpose::LinkDocument(address.clone()));
            let first = links.first().and_then(|(id, at)| Some((self.frames.0.get(id)?, *at)));
            let first = first.filter(|(frame, _)| self.has_a_rate(frame)).map(|(frame, at)| &frame.links[at]);
            // Its turn comes first, so the proxy need not wait for the document.
            if first.is_some_and(|link| link.state == LinkState::Fetching(address.clone())) {
                self.request_ahead(&address);
            }
        }
    }

    pub(crate) fn link_document_read(&mut self, address: WalletAddress, answer: Result<Answer, Unreachable>) {
        let wallet = answer
            .ok()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| WalletDocument::parse(&answer.body).ok());
        for (id, frame) in self.frames.0.iter_mut() {
            for link in frame.links.iter_mut().filter(|link| link.state == LinkState::Fetching(address.clone())) {
                link.state = settled(&address, wallet.as_ref(), frame.loopback);
                tell(&mut self.effects, *id, link);
            }
        }
        let ahead = self.desk.ahead.take_if(|(receiver, _)| *receiver == address);
        let Some(wallet) = wallet else { return };
        self.receivers.learn(address.clone(), wallet, self.now.wall, |address| self.frames.name(address));
        if let Some((_, reply)) = ahead {
            self.receive_into(&address, reply);
        }
    }

    /// What can be paid each second: of the page's wallets those in frames that are not from a site
    /// whose own rate is zero, for such a site gets nothing elsewhere either.
    ///
    /// They are worked out anew only after a change, for they are asked for several times a second.
    /// So nothing may be looked at here that is not in their basis, such as the time.
    pub(crate) fn targets(&mut self) -> Rc<[Target]> {
        let basis = Basis {
            revisions: [
                self.presence.revision(),
                self.settings.revision(),
                self.frames.revision(),
                self.receivers.revision(),
            ],
            asset: self.account.as_ref().map(|account| account.wallet.asset.clone()),
        };
        if self.targets.basis != basis {
            let list: Rc<[Target]> = self.targets_in(&|frame| self.has_a_rate(frame)).into();
            self.receivers.mark(|address| list.iter().any(|target| target.receiver == *address));
            self.targets = Targets { list, basis };
        }
        debug_assert!(
            *self.targets.list == *self.targets_in(&|frame| self.has_a_rate(frame)),
            "targets follow from something else too"
        );
        self.targets.list.clone()
    }

    /// The wallets behind the links of the page that is looked at, each once, in such frames.
    pub(crate) fn targets_in(&self, is_wanted: &dyn Fn(&Frame) -> bool) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        let Some(site) = self.looked_at().and_then(|tab| self.site_in(tab)) else { return targets };
        let mut known: Vec<&Receiver> = Vec::new();
        for (id, at) in self.links_in_turn() {
            let Some(frame) = self.frames.0.get(&id).filter(|frame| is_wanted(frame)) else { continue };
            let LinkState::Ready(address) = &frame.links[at].state else { continue };
            let Some(receiver) = self.receivers.at(address) else { continue };
            if !known.iter().any(|known| is_same_account(known.wallet(), receiver.wallet())) {
                known.push(receiver);
                targets.push(Target {
                    receiver: address.clone(),
                    wallet_address: receiver.wallet().id.clone(),
                    site: site.clone(),
                    tab: frame.tab,
                });
            }
        }
        targets
    }

    /// The links that hear of a payment: those that name its wallet in the page that is in the tab
    /// now. The page may have changed them since the payment was sent.
    pub(crate) fn hearers(&self, target: &Target) -> Vec<(FrameId, LinkId)> {
        let names = |state: &LinkState| match state {
            LinkState::Ready(address) => {
                self.receivers.at(address).is_some_and(|receiver| receiver.wallet().id == target.wallet_address)
            }
            _ => false,
        };
        let is_there = self.site_in(target.tab).is_some_and(|site| site == target.site);
        let frames = self.frames.in_tab(target.tab).filter(|_| is_there);
        let links = frames.flat_map(|(id, frame)| frame.links.iter().map(move |link| (id, link)));
        links.filter(|(_, link)| names(&link.state)).map(|(id, link)| (id, link.id)).collect()
    }

    /// The site that the user sees in a tab, as far as it can be known: what is embedded does not
    /// tell.
    pub(crate) fn site_in(&self, tab: TabId) -> Option<Rc<str>> {
        let main = || self.frames.in_tab(tab).find(|(_, frame)| frame.main);
        self.presence.site(tab).or_else(|| main().map(|(_, frame)| frame.site.clone()))
    }

    /// The tab that the user is looking at, by their own idea of when they are.
    pub(crate) fn looked_at(&self) -> Option<TabId> {
        self.presence.looked_at(self.settings.idle_minutes.is_none())
    }

    pub(crate) fn idle_changed(&mut self, idle: Idle) {
        let after = u64::from(self.settings.idle_seconds()) * 1000;
        self.presence.become_idle(idle, after, self.now.monotonic);
    }

    /// Who only listens is not taken to do so for ever.
    pub(crate) fn end_listening(&mut self) {
        if self.presence.is_left(self.now.monotonic) {
            self.presence.stop_listening();
        }
    }

    /// The links of the page that is looked at, by frame and place in it, in the order of their
    /// turns: one of each frame in document order, beginning with the main frame, then the next of
    /// each, and so on. So what is embedded in a page comes after what the page itself names, and
    /// no frame gets ahead of another by naming many.
    ///
    /// There are none if the page or its payments are switched off, and none of frames that are
    /// hidden or whose own site is switched off.
    fn links_in_turn(&self) -> Vec<(FrameId, usize)> {
        let tab = self.looked_at();
        let pays = |site: Rc<str>| self.settings.pays_site(&site);
        let Some(tab) = tab.filter(|tab| self.site_in(*tab).is_some_and(pays)) else { return Vec::new() };
        let pays = |frame: &Frame| frame.visible && self.settings.pays_site(&frame.site);
        let frames = self.frames.in_tab(tab).filter(|(_, frame)| pays(frame));
        let mut rests: Vec<_> = frames.map(|(id, frame)| (id, 0..frame.links.len())).collect();
        let mut links = Vec::new();
        while !rests.is_empty() {
            rests.retain_mut(|(id, rest)| rest.next().map(|at| links.push((*id, at))).is_some());
        }
        links
    }

    /// Whether the rate of a frame's own site is more than nothing.
    fn has_a_rate(&self, frame: &Frame) -> bool {
        let asset = self.account.as_ref().map(|account| &account.wallet.asset);
        asset.is_some_and(|asset| self.settings.rate_for(&frame.site, asset) > Rate::ZERO)
    }
}

/// What has come of a link: whether there is a wallet that a page like this may name.
fn settled(address: &WalletAddress, wallet: Option<&WalletDocument>, loopback: bool) -> LinkState {
    match wallet.filter(|wallet| wallet.forbidden_host(loopback).is_none()) {
        Some(_) => LinkState::Ready(address.clone()),
        None => LinkState::Failed,
    }
}

/// Tells the page what has come of a link: `load`, or `error`, which says no more than that.
fn tell(effects: &mut VecDeque<Effect>, frame: FrameId, link: &mut LinkEntry) {
    let message = match &link.state {
        LinkState::Waiting(_) | LinkState::Fetching(_) => return,
        LinkState::Ready(_) => FrameMessage::Load(link.id),
        LinkState::Beyond(_) | LinkState::Failed => FrameMessage::Error(link.id),
    };
    if !std::mem::replace(&mut link.told, true) {
        effects.push_back(Effect::Tell(frame, message));
    }
}
