use maud::{Markup, html};
use open_payments::Interval;

use super::layout;
use crate::access::{Access, Limits};
use crate::clients::Client;
use crate::grants::Grant;
use crate::message::Response;
use crate::sandbox::{Call, Sandbox};

/// Who asks for what, how much and how often; the two answers.
pub(crate) fn consent(sandbox: &Sandbox, call: &Call<'_>, grant: &Grant) -> Response {
    let content = html! {
        p data-testid="client" { (asker(sandbox, &grant.client)) " asks to make payments for you." }
        @for access in &grant.access {
            @if let Access::OutgoingPayment { identifier, limits, .. } = access {
                dl {
                    dt { "From" }
                    dd { code { (identifier) } }
                    (terms(limits.as_deref()))
                }
            }
        }
        form.decision method="post" action=(call.request.target.path()) {
            button.primary type="submit" name="decision" value="accept" data-testid="accept" { "Accept" }
            button type="submit" name="decision" value="decline" data-testid="decline" { "Decline" }
        }
    };
    Response::page(200, layout("Allow payments?", content))
}

fn asker(sandbox: &Sandbox, client: &Client) -> Markup {
    match client {
        Client::WalletAddress(address) => {
            let name = sandbox.accounts.get(address.as_str()).and_then(|account| account.public_name.as_deref());
            html! {
                @if let Some(name) = name { strong { (name) } " (" }
                code { (address) }
                @if name.is_some() { ")" }
            }
        }
        Client::Jwk(jwk) => html! { "The holder of the key " code { (jwk.kid) } },
    }
}

fn terms(limits: Option<&Limits>) -> Markup {
    let Some(limits) = limits else {
        return html! { dt { "Limit" } dd { "none: all that is in the account" } };
    };
    html! {
        dt { "At most" }
        dd data-testid="limit" {
            @match (&limits.debit_amount, &limits.receive_amount) {
                (Some(debit), _) => strong { (debit) },
                (None, Some(receive)) => { strong { (receive) } ", as the receiver counts it" },
                (None, None) => "all that is in the account",
            }
        }
        dt { "How often" }
        dd data-testid="interval" { (limits.interval.as_ref().map_or("once".to_owned(), how_often)) }
        @if let Some(receiver) = &limits.receiver {
            dt { "Only to" }
            dd { code { (receiver.as_str()) } }
        }
    }
}

fn how_often(interval: &Interval) -> String {
    let text = interval.to_string();
    let period = match text.rsplit('/').next() {
        Some("PT1H") => "every hour",
        Some("P1D") => "every day",
        Some("P1W" | "P7D") => "every week",
        Some("P1M") => "every month",
        Some("P1Y") => "every year",
        _ => return format!("repeatedly, in the interval {text}"),
    };
    match text.split('/').next().and_then(|repeat| repeat.strip_prefix('R')).and_then(|count| count.parse::<u32>().ok())
    {
        Some(repetitions) => format!("{period}, {} times", u64::from(repetitions) + 1),
        None => period.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_put_into_words() {
        for (text, words) in [
            ("R/2026-11-22T06:24:19.275Z/P1M", "every month"),
            ("R11/2026-11-22T06:24:19Z/P1D", "every day, 12 times"),
            ("R/2026-11-22T00:00:00Z/P3D", "repeatedly, in the interval R/2026-11-22T00:00:00Z/P3D"),
        ] {
            assert_eq!(how_often(&Interval::parse(text).unwrap()), words);
        }
    }
}
