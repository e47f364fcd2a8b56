use open_payments::Timestamp;
use open_payments_client::Signer;

use crate::calls::CallId;
use crate::snapshot::Snapshot;

/// When an input happened, and fresh randomness for what it sets off.
#[derive(Clone, Copy)]
pub struct Now {
    /// The machine's clock, which may be wrong and may jump.
    pub wall: Timestamp,
    /// Milliseconds on a clock that never goes back within one life of the worker.
    pub monotonic: u64,
    /// Thirty-two bytes that nobody can guess, other ones each time.
    pub entropy: [u8; 32],
}

/// A browser tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, json::Read, json::Write)]
pub struct TabId(pub i32);

impl Snapshot for TabId {}

/// A browser window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(pub i32);

/// One connection of a frame's content script; a frame that reconnects gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub u32);

/// One connection of a popup or page of the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(pub u32);

/// One processing of a link, numbered by the content script; unique within its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// What the browser knows of the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idle {
    /// At work.
    #[default]
    Active,
    /// Without keys or pointer for as long as [`Effect::WatchIdle`](crate::Effect::WatchIdle) said.
    Idle,
    /// The screen is locked.
    Locked,
}

/// Something that happened.
pub enum Input {
    /// The worker started; always the first input of a life.
    Woke(Stored),
    /// The extension was installed just now (not updated).
    Installed,
    /// The answer to [`Effect::MakeKey`](crate::Effect::MakeKey).
    KeyMade(Box<dyn Signer>),
    /// A tab appeared, moved, or went to another page.
    TabChanged(Tab),
    /// A tab came to the front of its window.
    TabActivated(TabId, WindowId),
    /// A tab was closed.
    TabRemoved(TabId),
    /// The answer to [`Effect::OpenTab`](crate::Effect::OpenTab) with [`Page::Consent`](crate::Page::Consent).
    ConsentTabOpened(TabId),
    /// The other answer to it: the tab could not be opened.
    ConsentTabFailed,
    /// A window came to the front; or none of the browser's is.
    WindowFocused(Option<WindowId>),
    /// The user went idle, came back, or locked the screen; also the answer to
    /// [`Effect::WatchIdle`](crate::Effect::WatchIdle).
    IdleChanged(Idle),
    /// A content script says what its frame looks like now.
    FrameReported(FrameReport),
    /// A content script's port was closed.
    FrameLeft(FrameId),
    /// A popup or page of the extension wants views.
    ViewOpened,
    /// It does not any more.
    ViewClosed,
    /// The answer to [`Effect::Call`](crate::Effect::Call); there is always one, in time.
    Answered(CallId, Result<Answer, Unreachable>),
    /// The time that [`Effect::Wake`](crate::Effect::Wake) asked for has come, or an alarm rang.
    Elapsed,
    /// The user asked for something.
    Command(Command),
}

/// What the worker finds when it starts.
pub struct Stored {
    /// What was persisted in [`Area::Local`](crate::Area::Local).
    pub local: Vec<(String, String)>,
    /// What was persisted in [`Area::Session`](crate::Area::Session) since the browser started.
    pub session: Vec<(String, String)>,
    /// The key, if there is one that can still be read.
    pub signer: Option<Box<dyn Signer>>,
    /// The tabs that are open.
    pub tabs: Vec<Tab>,
    /// The window in front.
    pub focused_window: Option<WindowId>,
}

/// What is known of a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Which.
    pub id: TabId,
    /// The window that it is in.
    pub window: WindowId,
    /// Whether it is in front of its window.
    pub active: bool,
    /// Whether it can be heard.
    pub audible: bool,
    /// The page in it, if there is one that may be known.
    pub url: Option<String>,
}

/// The whole truth about a frame's links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameReport {
    /// Which connection this came through.
    pub frame: FrameId,
    /// The tab that the browser says it is in.
    pub tab: TabId,
    /// Whether the browser says that it is the tab's main frame.
    pub main: bool,
    /// The origin that the browser says it has; `null` if it is opaque.
    pub origin: String,
    /// The URL that the browser says it has: of a document whose origin is opaque it still tells
    /// the site.
    pub url: String,
    /// Whether the page can be seen.
    pub visible: bool,
    /// Its monetization links in document order.
    pub links: Vec<Link>,
    /// How it is embedded, and what it embeds.
    pub embedding: Embedding,
}

/// What the content scripts of a page's frames say of one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embedding {
    /// What the frame has shown to the one around it, and nobody can guess; none for a main frame.
    pub mark: Option<String>,
    /// The frames in it that have shown their marks.
    pub frames: Vec<EmbeddedFrame>,
}

/// An `iframe`, as the content script of the page around it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedFrame {
    /// What the document in it has shown.
    pub mark: String,
    /// Its attribute `allow`.
    pub allow: String,
    /// The origin that its attributes declare, Permissions Policy 9.6; `null` if it is opaque.
    pub source: String,
}

/// A monetization link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which processing of which link.
    pub id: LinkId,
    /// Its resolved `href`.
    pub href: String,
}

/// A reply to a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `rivulet-session`, if the proxy sent one.
    pub session: Option<String>,
    /// The body.
    pub body: String,
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// No connection, a redirect, or a broken or too large reply.
    Failed,
    /// Nothing came in time.
    TimedOut,
}

/// What the user can ask for. Texts are as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect a wallet.
    Connect {
        /// Its address or payment pointer.
        wallet_address: String,
        /// The budget.
        amount: String,
        /// Whether it starts anew each month.
        monthly: bool,
    },
    /// Ask the connected wallet for a new grant, which takes the place of the one there is.
    TopUp {
        /// The new budget, of which nothing is spent yet.
        amount: String,
        /// Whether it starts anew each month.
        monthly: bool,
    },
    /// Give up connecting, or topping up.
    CancelConnect,
    /// Forget the wallet and its key.
    Disconnect,
    /// Turn payments on or off everywhere.
    SetEnabled(bool),
    /// Turn payments on or off for one site.
    SetSiteEnabled {
        /// Host and port, as in the view; or `*.example.org` for a domain and all below it.
        site: String,
        /// Whether to pay it.
        enabled: bool,
    },
    /// Give a site a rate per hour of its own, in the wallet's currency.
    SetSiteRate {
        /// As for `SetSiteEnabled`.
        site: String,
        /// The rate; or nothing, and what holds for more sites holds for it again.
        rate: Option<String>,
    },
    /// Remove the rule for a site: what holds for more sites holds for it again.
    ForgetSite(String),
    /// Add the rules in a file, in place of those for the same sites: all of them or none. Its text
    /// is an object whose member `sites` is a list of `SiteRule` in `extension/view.d.ts`.
    ImportSites(String),
    /// Set the rate per hour, in the wallet's currency.
    SetRate(String),
    /// Let no wallet get more than this per hour, in the wallet's currency; or as much as there is.
    SetMaximumRate(Option<String>),
    /// Pay only while the user has been active within so many minutes, from 1 to 240; or always.
    SetIdle(Option<u32>),
    /// Pay the page in front once, beside what it gets each second.
    PayOnce {
        /// Its host and port, as in the view: by now it may be another one.
        site: String,
        /// How much, in the wallet's currency.
        amount: String,
    },
    /// Use another proxy.
    SetProxyUrl(String),
    /// Hand over all that is known of payments, with [`Effect::Export`](crate::Effect::Export).
    ExportLedger {
        /// In which form.
        format: Format,
        /// To whom.
        view: ViewId,
    },
    /// Forget all that is known of payments, but for what the budget needs.
    ForgetLedger,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, RFC 4180: amounts in whole units, as decimals.
    Csv,
    /// `History` in `extension/view.d.ts`: amounts in minor units, as texts.
    Json,
}
