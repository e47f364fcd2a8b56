//! The open connections to content scripts and to the extension's own pages.

use std::cell::{Cell, RefCell};

use engine::{Embedding, FrameId, FrameMessage, FrameReport, Input, TabId, View, ViewId};
use wasm_bindgen::JsValue;

use crate::chrome::{self, EXTENSION_ID, Port};
use crate::messages::{self, File, MAX_URL};

/// Who is at the other end, as far as the browser vouches for it.
enum Peer {
    /// With what its reports have in common.
    Frame(FrameReport),
    View(ViewId),
}

/// All open ports.
#[derive(Default)]
pub struct Ports {
    open: RefCell<Vec<(Port, Peer)>>,
    last_id: Cell<u32>,
}

impl Ports {
    /// Takes a new port in, or closes it at once if it is not one of ours.
    pub fn connected(&self, port: Port) -> Option<Input> {
        let Some(peer) = self.peer(&port) else {
            port.disconnect();
            return None;
        };
        let input = matches!(peer, Peer::View(_)).then_some(Input::ViewOpened);
        self.open.borrow_mut().push((port, peer));
        input
    }

    /// What a message says, if it is one that its sender may send.
    pub fn received(&self, port: &Port, message: &JsValue) -> Option<Input> {
        let open = self.open.borrow();
        match open.iter().find(|(known, _)| known == port)? {
            (_, Peer::Frame(frame)) => messages::report(message, frame.clone()),
            (_, Peer::View(id)) => messages::command(message, *id),
        }
    }

    /// Lets a port go that was closed at the other end.
    pub fn closed(&self, port: &Port) -> Option<Input> {
        let mut open = self.open.borrow_mut();
        let index = open.iter().position(|(known, _)| known == port)?;
        Some(match open.swap_remove(index) {
            (_, Peer::Frame(report)) => Input::FrameLeft(report.frame),
            (_, Peer::View(_)) => Input::ViewClosed,
        })
    }

    /// Tells one frame, if it is still there.
    pub(crate) fn tell(&self, frame: FrameId, message: &FrameMessage) {
        let is_it = |peer: &Peer| matches!(peer, Peer::Frame(report) if report.frame == frame);
        self.post(is_it, || messages::told(message));
    }

    /// Shows this to every view.
    pub(crate) fn publish(&self, view: &View) {
        self.post(|peer| matches!(peer, Peer::View(_)), || messages::object(view));
    }

    /// Hands a file to one view, if it is still there.
    pub(crate) fn export(&self, view: ViewId, file: &File<'_>) {
        self.post(|peer| matches!(peer, Peer::View(id) if *id == view), || messages::object(file));
    }

    fn post(&self, to: impl Fn(&Peer) -> bool, message: impl FnOnce() -> Option<JsValue>) {
        let open = self.open.borrow();
        let mut ports = open.iter().filter(|(_, peer)| to(peer)).peekable();
        if ports.peek().is_none() {
            return;
        }
        let Some(message) = message() else { return };
        for (port, _) in ports {
            // It fails only on a port that has just been closed, which `closed` will be told.
            let _ = port.post_message(&message);
        }
    }

    fn peer(&self, port: &Port) -> Option<Peer> {
        let sender = port.sender()?;
        if !EXTENSION_ID.with(|id| sender.id().as_ref() == Some(id)) {
            return None;
        }
        match port.name().as_str() {
            "frame" => {
                let (tab, origin) = (TabId(sender.tab()?.id()?), sender.origin()?);
                let url = sender.url().filter(|url| url.len() <= MAX_URL).unwrap_or_default();
                Some(Peer::Frame(FrameReport {
                    frame: FrameId(self.next_id()),
                    tab,
                    main: sender.frame_id() == Some(0),
                    origin,
                    url,
                    visible: false,
                    links: Vec::new(),
                    embedding: Embedding::default(),
                }))
            }
            "view" => {
                let is_ours = sender.url()?.starts_with(&chrome::extension_url(""));
                is_ours.then(|| Peer::View(ViewId(self.next_id())))
            }
            _ => None,
        }
    }

    fn next_id(&self) -> u32 {
        self.last_id.set(self.last_id.get() + 1);
        self.last_id.get()
    }
}
