//! Which links can be paid now.

use std::collections::VecDeque;

use open_payments::{WalletAddress, WalletDocument};

use crate::calls::Purpose;
use crate::effect::{Effect, FrameMessage};
use crate::engine::{Connection, Engine};
use crate::frames::LinkState;
use crate::input::{Answer, FrameId, LinkId, TabId, Unreachable};

/// A wallet that the page in front wants to have paid.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) receiver: WalletAddress,
    pub(crate) site: String,
    pub(crate) tab: TabId,
    /// The links that hear of a payment.
    pub(crate) hearers: Vec<(FrameId, LinkId)>,
}

impl Engine {
    /// Looks at links that nothing is known of yet, once payments are on for their site: not
    /// even a public document is fetched before.
    pub(crate) fn resolve_links(&mut self) {
        if !matches!(self.connection, Connection::Connected(_)) {
            return;
        }
        let mut wanted = Vec::new();
        for (id, frame) in &mut self.frames.0 {
            if !self.settings.pays_site(&frame.site) {
                continue;
            }
            let loopback = frame.loopback;
            for link in &mut frame.links {
                let LinkState::Waiting(address) = &link.state else { continue };
                link.state = match address {
                    None => settled(&mut self.effects, *id, link.id, None, loopback),
                    Some(address) => match self.receivers.resolve(address, self.now.wall) {
                        Some(wallet) => settled(&mut self.effects, *id, link.id, Some(wallet), loopback),
                        None => {
                            wanted.push(address.clone());
                            LinkState::Fetching(address.clone())
                        }
                    },
                };
            }
        }
        for address in wanted {
            if self.calls.fetching(&address) {
                continue;
            }
            self.fetch(&address.url().clone(), Purpose::LinkDocument(address));
        }
    }

    pub(crate) fn link_document_read(&mut self, address: WalletAddress, answer: Result<Answer, Unreachable>) {
        let wallet = answer
            .ok()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| WalletDocument::parse(&answer.body).ok());
        for (id, frame) in &mut self.frames.0 {
            for link in frame.links.iter_mut().filter(|link| link.state == LinkState::Fetching(address.clone())) {
                link.state = settled(&mut self.effects, *id, link.id, wallet.as_ref(), frame.loopback);
            }
        }
        if let Some(wallet) = wallet {
            self.receivers.learn(address, wallet, self.now.wall);
        }
    }

    /// What can be paid now: the wallets behind the links of the page that is looked at, each once.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        let Some(tab) = self.presence.looked_at() else { return targets };
        for (frame_id, frame) in self.frames.in_tab(tab) {
            if !frame.visible || !self.settings.pays_site(&frame.site) {
                continue;
            }
            for link in &frame.links {
                let LinkState::Ready(receiver) = &link.state else { continue };
                if self.receivers.by_id(receiver).is_none() {
                    continue;
                }
                match targets.iter_mut().find(|target| target.receiver == *receiver) {
                    Some(target) => target.hearers.push((frame_id, link.id)),
                    None => targets.push(Target {
                        receiver: receiver.clone(),
                        site: frame.site.clone(),
                        tab,
                        hearers: vec![(frame_id, link.id)],
                    }),
                }
            }
        }
        targets
    }
}

/// Tells the page what came of a link: `load` if there is a wallet that a page like this may
/// name, else `error`, which says no more than that.
fn settled(
    effects: &mut VecDeque<Effect>,
    frame: FrameId,
    link: LinkId,
    wallet: Option<&WalletDocument>,
    loopback: bool,
) -> LinkState {
    match wallet.filter(|wallet| wallet.forbidden_host(loopback).is_none()) {
        Some(wallet) => {
            effects.push_back(Effect::Tell(frame, FrameMessage::Load(link)));
            LinkState::Ready(wallet.id.clone())
        }
        None => {
            effects.push_back(Effect::Tell(frame, FrameMessage::Error(link)));
            LinkState::Failed
        }
    }
}
