//! The messages of both kinds of ports. What comes in is hostile until it is parsed; what is not
//! understood is dropped.

use engine::{Command, EmbeddedFrame, Embedding, Format, FrameMessage, FrameReport, Input, Link, LinkId, ViewId};
use js_sys::{JSON, JsString};
use wasm_bindgen::prelude::*;

/// The links of one report that are passed on.
pub const MAX_LINKS: usize = 64;
/// The frames of one report that are passed on.
pub const MAX_FRAMES: usize = 64;
/// The longest URL that is passed on, in bytes.
pub(crate) const MAX_URL: usize = 2_048;
/// The longest message that is read at all, in UTF-16 units of its JSON.
const MAX_MESSAGE: u32 = 262_144;

/// A content script's message.
#[derive(json::Read)]
struct Report {
    r#type: ReportType,
    visible: bool,
    links: Vec<ReportedLink>,
    mark: Option<String>,
    frames: Option<Vec<ReportedFrame>>,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
enum ReportType {
    State,
}

#[derive(json::Read)]
struct ReportedLink {
    id: u32,
    href: String,
}

#[derive(json::Read)]
struct ReportedFrame {
    mark: String,
    allow: String,
    source: String,
}

/// A view's message; its other members depend on the command. (An enum with its tag inside would
/// say so by itself, but reading one costs four times the code.)
#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
struct Asked {
    command: Verb,
    wallet_address: Option<String>,
    amount: Option<String>,
    monthly: Option<bool>,
    enabled: Option<bool>,
    site: Option<String>,
    per_hour: Option<String>,
    minutes: Option<u32>,
    url: Option<String>,
    format: Option<AskedFormat>,
    text: Option<String>,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
enum Verb {
    Connect,
    TopUp,
    CancelConnect,
    Disconnect,
    SetEnabled,
    SetSiteEnabled,
    SetSiteRate,
    ForgetSite,
    ImportSites,
    SetRate,
    SetMaximumRate,
    SetIdle,
    PayOnce,
    SetProxyUrl,
    ExportLedger,
    ForgetLedger,
}

#[derive(json::Read)]
#[serde(rename_all = "camelCase")]
enum AskedFormat {
    Csv,
    Json,
}

/// A file for a view; anything else that a view gets is an [`engine::View`].
#[derive(json::Write)]
#[serde(tag = "kind", rename = "export", rename_all = "camelCase")]
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) text: &'a str,
}

/// What a content script is told.
#[derive(json::Write)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Told<'a> {
    Load { link: u32 },
    Error { link: u32 },
    Monetization { link: u32, amount_sent: AmountSent<'a>, payment_pointer: &'a str, incoming_payment: &'a str },
}

/// `MonetizationCurrencyAmount` of the Web Monetization specification: whole units, in decimals.
#[derive(json::Write)]
struct AmountSent<'a> {
    currency: &'a str,
    value: String,
}

/// Reads a content script's message, as one of the frame that the browser says it is. At most
/// [`MAX_LINKS`] links and [`MAX_FRAMES`] frames are passed on.
pub fn report(message: &JsValue, frame: FrameReport) -> Option<Input> {
    let Report { r#type: ReportType::State, visible, links, mark, frames } = json::from_str(&json(message)?).ok()?;
    let link = |ReportedLink { id, href }| Link {
        id: LinkId(id),
        // No wallet has an empty address either, so the link gets its `error` like any bad one.
        href: if href.len() <= MAX_URL { href } else { String::new() },
    };
    let links = links.into_iter().take(MAX_LINKS).map(link).collect();
    let embedded = |ReportedFrame { mark, allow, source }| EmbeddedFrame { mark, allow, source };
    let frames = frames.unwrap_or_default().into_iter().take(MAX_FRAMES).map(embedded).collect();
    let embedding = Embedding { mark, frames };
    Some(Input::FrameReported(FrameReport { visible, links, embedding, ..frame }))
}

/// Reads a view's message.
pub fn command(message: &JsValue, view: ViewId) -> Option<Input> {
    let Asked { command, wallet_address, amount, monthly, enabled, site, per_hour, minutes, url, format, text } =
        json::from_str(&json(message)?).ok()?;
    let command = match command {
        Verb::Connect => Command::Connect { wallet_address: wallet_address?, amount: amount?, monthly: monthly? },
        Verb::TopUp => Command::TopUp { amount: amount?, monthly: monthly? },
        Verb::CancelConnect => Command::CancelConnect,
        Verb::Disconnect => Command::Disconnect,
        Verb::SetEnabled => Command::SetEnabled(enabled?),
        Verb::SetSiteEnabled => Command::SetSiteEnabled { site: site?, enabled: enabled? },
        // Without one the site has none of its own.
        Verb::SetSiteRate => Command::SetSiteRate { site: site?, rate: per_hour },
        Verb::ForgetSite => Command::ForgetSite(site?),
        Verb::ImportSites => Command::ImportSites(text?),
        Verb::SetRate => Command::SetRate(per_hour?),
        // Without one there is none.
        Verb::SetMaximumRate => Command::SetMaximumRate(per_hour),
        // Without minutes nobody counts as away.
        Verb::SetIdle => Command::SetIdle(minutes),
        Verb::PayOnce => Command::PayOnce { site: site?, amount: amount? },
        Verb::SetProxyUrl => Command::SetProxyUrl(url?),
        Verb::ExportLedger => {
            let format = match format? {
                AskedFormat::Csv => Format::Csv,
                AskedFormat::Json => Format::Json,
            };
            Command::ExportLedger { format, view }
        }
        Verb::ForgetLedger => Command::ForgetLedger,
    };
    Some(Input::Command(command))
}

/// The object to post for what a content script is told.
pub(crate) fn told(message: &FrameMessage) -> Option<JsValue> {
    object(&match message {
        FrameMessage::Load(LinkId(link)) => Told::Load { link: *link },
        FrameMessage::Error(LinkId(link)) => Told::Error { link: *link },
        FrameMessage::Monetization { link: LinkId(link), amount, wallet_address, incoming_payment } => {
            Told::Monetization {
                link: *link,
                amount_sent: AmountSent { currency: amount.asset.code.as_str(), value: amount.to_decimal() },
                payment_pointer: wallet_address.as_str(),
                incoming_payment: incoming_payment.as_str(),
            }
        }
    })
}

/// A value as an object on the JavaScript side; all of ours have one.
pub(crate) fn object(value: &impl json::Write) -> Option<JsValue> {
    JSON::parse(&json::to_string(value)).ok()
}

fn json(message: &JsValue) -> Option<String> {
    // What has no JSON, such as `undefined`, comes out as no string.
    let text: JsString = JsValue::from(JSON::stringify(message).ok()?).dyn_into().ok()?;
    (text.length() <= MAX_MESSAGE).then(|| text.into())
}
