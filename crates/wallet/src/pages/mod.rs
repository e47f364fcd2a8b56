//! What a person sees: accounts, keys, and the question whether a client may spend.

mod consent;
mod keys;
mod overview;

use maud::{DOCTYPE, Markup, html};

use crate::message::Response;

pub(crate) use consent::consent;
pub(crate) use keys::keys;
pub(crate) use overview::overview;

/// A file that pages load.
pub(crate) fn asset(name: &str) -> Response {
    match name {
        "style.css" => Response::asset("text/css; charset=utf-8", include_str!("style.css")),
        "live.js" => Response::asset("text/javascript; charset=utf-8", include_str!("live.js")),
        _ => not_found(),
    }
}

/// The consent page of a grant that does not exist.
pub(crate) fn unknown_interaction() -> Response {
    notice(404, "Unknown request", "There is no such request, or it has been withdrawn. You can close this page.")
}

/// The end of a consent whose client does not wait anywhere.
pub(crate) fn decided() -> Response {
    notice(200, "Done", "Your decision is recorded. You can close this page.")
}

/// A form that some other site sent.
pub(crate) fn foreign_form() -> Response {
    notice(403, "Refused", "This was sent from another site. Use the pages of this wallet.")
}

/// A page that does not exist.
pub(crate) fn not_found() -> Response {
    notice(404, "Not found", "There is nothing here.")
}

fn notice(status: u16, title: &str, text: &str) -> Response {
    Response::page(status, layout(title, html! { p { (text) } }))
}

fn layout(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/assets/style.css";
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    }
}
