use money::Amount;
use open_payments::{IncomingPaymentUrl, Url, WalletAddress};
use open_payments_client::HttpRequest;

use crate::calls::CallId;
use crate::input::{FrameId, LinkId, TabId, ViewId};
use crate::view::View;

/// Something to be done, in the order in which it is handed out.
#[derive(Debug)]
pub enum Effect {
    /// Forget the key, make another, and answer with [`Input::KeyMade`](crate::Input::KeyMade).
    MakeKey,
    /// Send a request without credentials, referrer or redirects, and answer with
    /// [`Input::Answered`](crate::Input::Answered) by the deadline.
    Call {
        /// Goes into the answer.
        call: CallId,
        /// What to send, byte for byte.
        request: HttpRequest,
        /// Milliseconds until [`Unreachable::TimedOut`](crate::Unreachable::TimedOut).
        deadline: u32,
        /// The largest body to read, in bytes.
        limit: u32,
    },
    /// Write or remove entries, all or none, and finish before the next effect.
    Persist {
        /// Where.
        area: Area,
        /// Keys with their new text, or nothing.
        entries: Vec<(String, Option<String>)>,
    },
    /// Call with [`Input::Elapsed`](crate::Input::Elapsed) at this time of the monotonic clock;
    /// replaces the time asked for before.
    Wake(Option<u64>),
    /// Whether an alarm is to ring every half minute, with [`Input::Elapsed`](crate::Input::Elapsed),
    /// which also wakes the worker if it died.
    Alarm(bool),
    /// Tell with [`Input::IdleChanged`](crate::Input::IdleChanged) when the user has been idle for
    /// so many seconds, is back, or locks the screen; and answer with how it is now.
    WatchIdle(u32),
    /// Tell a frame's content script; nothing happens if the frame is gone.
    Tell(FrameId, FrameMessage),
    /// Open a tab in front.
    OpenTab(Page),
    /// Close a tab if it is still there.
    CloseTab(TabId),
    /// Set the toolbar button's state.
    Badge(Badge),
    /// Show this to every view that is open.
    Publish(Box<View>),
    /// Hand a file to one view; nothing happens if it is gone.
    Export {
        /// Which.
        view: ViewId,
        /// What to call the file.
        name: String,
        /// Its media type.
        media_type: &'static str,
        /// What is in it.
        text: String,
    },
}

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// On disk, until removed.
    Local,
    /// In memory, until the browser ends.
    Session,
}

/// A page that the engine opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The extension's own first page.
    Welcome,
    /// The wallet's consent page. Answered with
    /// [`Input::ConsentTabOpened`](crate::Input::ConsentTabOpened).
    Consent(Url),
}

/// What the toolbar button says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// This page has nothing to pay.
    Idle,
    /// This page is being paid.
    Paying,
    /// This page could be paid, but is not.
    Paused,
    /// The user has to do something.
    Attention,
}

/// What a content script is told about one of its links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameMessage {
    /// The wallet address is good: fire `load`.
    Load(LinkId),
    /// It is not: fire `error`.
    Error(LinkId),
    /// A payment went out: fire `monetization`.
    Monetization {
        /// At this link.
        link: LinkId,
        /// What the user gave.
        amount: Amount,
        /// To whom.
        wallet_address: WalletAddress,
        /// Into which incoming payment.
        incoming_payment: IncomingPaymentUrl,
    },
}
