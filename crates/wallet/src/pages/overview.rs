use maud::{Markup, html};
use money::Amount;

use super::layout;
use crate::accounts::Account;
use crate::message::Response;
use crate::outgoing::Progress;
use crate::sandbox::{Call, Sandbox};

/// How many payments of an account are shown.
const SHOWN: usize = 10;

/// `GET /`: the accounts with their balances and latest payments, kept up to date by a script.
pub(crate) fn overview(sandbox: &Sandbox, call: &Call<'_>) -> Response {
    let accounts = sandbox.accounts.values().filter(|account| account.wallet == call.wallet.index);
    let content = html! {
        p { "A sandbox wallet. Its money is play money in " (call.wallet.asset.code) "." }
        div data-live {
            @for account in accounts {
                (account_section(sandbox, call, account))
            }
        }
        script src="/assets/live.js" type="module" {}
    };
    Response::page(200, layout(&format!("Wallet {}", call.wallet.name), content))
}

fn account_section(sandbox: &Sandbox, call: &Call<'_>, account: &Account) -> Markup {
    let balance = sandbox.ledger.balance(&call.wallet.asset, &account.holder());
    let balance = Amount::new(u64::try_from(balance).unwrap_or_default(), call.wallet.asset.clone());
    let path = account.address.url().path();
    html! {
        section {
            h2 { (account.public_name.as_deref().unwrap_or(path)) }
            p.balance data-testid="balance" { (balance) }
            dl {
                dt { "Wallet address" }
                dd { code { (account.address) } }
                dt { "Keys" }
                dd { a href={ "/keys" (path) } data-testid="keys-link" { (key_count(account.keys.len())) } }
            }
            (outgoing_table(sandbox, account))
            (incoming_table(sandbox, account))
        }
    }
}

fn key_count(count: usize) -> String {
    match count {
        0 => "none yet: add one".to_owned(),
        1 => "1 key".to_owned(),
        _ => format!("{count} keys"),
    }
}

fn outgoing_table(sandbox: &Sandbox, account: &Account) -> Markup {
    let own = sandbox.outgoing_payments.values().filter(|payment| payment.address == account.address);
    let mut payments: Vec<_> = own.collect();
    payments.sort_by_key(|payment| std::cmp::Reverse(payment.created));
    html! {
        @if !payments.is_empty() {
            table {
                caption { "Paid: " (payments.len()) }
                thead { tr { th { "When" } th { "To" } th { "Amount" } th { "State" } } }
                tbody {
                    @for payment in payments.iter().take(SHOWN) {
                        tr {
                            td { (payment.created) }
                            td { (payment.receiver.url().authority()) }
                            td.amount { (payment.debit) }
                            td { (state(&payment.progress)) }
                        }
                    }
                }
            }
        }
    }
}

fn incoming_table(sandbox: &Sandbox, account: &Account) -> Markup {
    let own = sandbox.incoming_payments.values().filter(|payment| payment.address == account.address);
    let mut payments: Vec<_> = own.filter(|payment| payment.received.value > 0).collect();
    payments.sort_by_key(|payment| std::cmp::Reverse(payment.created));
    html! {
        @if !payments.is_empty() {
            table {
                caption { "Received" }
                thead { tr { th { "Since" } th { "Amount" } } }
                tbody {
                    @for payment in payments.iter().take(SHOWN) {
                        tr { td { (payment.created) } td.amount { (payment.received) } }
                    }
                }
            }
        }
    }
}

fn state(progress: &Progress) -> &str {
    match progress {
        Progress::Underway => "on its way",
        Progress::Arrived => "arrived",
        Progress::Failed { reason } => reason,
    }
}
