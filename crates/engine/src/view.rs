#[cfg(test)]
use crate::problem::ProblemCode;

/// Everything that the popup and the pages of the extension show.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct View {
    /// The key to be added to the wallet, once it is made.
    pub public_key: Option<PublicKeyView>,
    /// The proxy in use.
    pub proxy_url: String,
    /// Whether payments are on at all.
    pub enabled: bool,
    /// The wallet.
    pub connection: ConnectionView,
    /// What was wrong with the last command, or why the attempt that it began has ended.
    pub notice: Option<ProblemView>,
    /// The rate per hour where no site has its own.
    pub rate: Option<MoneyView>,
    /// What the user has chosen beyond that.
    pub settings: SettingsView,
    /// The page in front.
    pub page: Option<PageView>,
    /// What of the extension's own memory is lost; the detail names it.
    pub memory_problem: Option<ProblemView>,
    /// How well the loop keeps time.
    pub diagnostics: DiagnosticsView,
}

/// The install's public key.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "PublicKey"))]
pub struct PublicKeyView {
    /// As a JSON Web Key.
    pub jwk: String,
    /// The base64 of that.
    pub base64: String,
    /// Its id.
    pub kid: String,
}

/// An amount for people: the value is in whole units.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Money"))]
pub struct MoneyView {
    /// A decimal number.
    pub value: String,
    /// The currency.
    pub asset_code: String,
    /// Its decimals.
    pub asset_scale: u8,
}

/// How far connecting has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ConnectionState {
    /// There is no wallet.
    Disconnected,
    /// Its document is being read.
    CheckingWallet,
    /// Its list of keys does not contain ours yet.
    AwaitingKey,
    /// The grant is being requested.
    RequestingGrant,
    /// The user decides on the wallet's page.
    AwaitingConsent,
    /// The grant is being continued.
    Finishing,
    /// Connected.
    Connected,
    /// Connected, but what was stored of the wallet cannot be read.
    Unreadable,
}

/// The wallet, connected or on its way.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Connection"))]
pub struct ConnectionView {
    /// How far; a wallet that is being topped up is connected.
    pub state: ConnectionState,
    /// Which wallet, once its document is read.
    pub wallet: Option<WalletView>,
    /// What may be spent.
    pub budget: Option<MoneyView>,
    /// Whether that starts anew each month.
    pub monthly: bool,
    /// What is spent of it.
    pub spent: Option<MoneyView>,
    /// What is left of it.
    pub left: Option<MoneyView>,
    /// How far a new grant from the connected wallet has come, while one is asked for. Until the
    /// user has accepted, the old one goes on paying.
    pub top_up: Option<ConnectionState>,
    /// What keeps a connected wallet from paying.
    pub problem: Option<ProblemView>,
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Wallet"))]
pub struct WalletView {
    /// Its address.
    pub address: String,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// Its currency.
    pub asset_code: String,
    /// The decimals of that.
    pub asset_scale: u8,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Problem"))]
pub struct ProblemView {
    /// One of a closed list.
    #[cfg_attr(test, ts(as = "ProblemCode"))]
    pub code: &'static str,
    /// A host, or the wallet's own words.
    pub detail: Option<String>,
}

/// Why the page in front is or is not being paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum PageState {
    /// It has no usable link.
    NotMonetized,
    /// It is being paid.
    Paying,
    /// It is not looked at, or the rate is zero.
    Paused,
    /// Payments are off for this site.
    SiteOff,
    /// Payments are off.
    Off,
    /// There is no wallet.
    NotConnected,
    /// The budget is used up.
    OutOfFunds,
    /// Something is wrong.
    Problem,
}

/// The page in front.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Page"))]
pub struct PageView {
    /// Its host and port.
    pub site: String,
    /// Whether payments are on for it.
    pub site_enabled: bool,
    /// The rate per hour that holds for it.
    pub rate: Option<MoneyView>,
    /// Whether that comes from a rule for its site.
    pub has_own_rate: bool,
    /// Why it is or is not being paid.
    pub state: PageState,
    /// What it got in this visit.
    pub paid: Option<MoneyView>,
    /// The last one-time payment to it.
    pub once: Option<OnceView>,
    /// The wallets behind its links.
    pub receivers: Vec<String>,
    /// What is wrong.
    pub problem: Option<ProblemView>,
}

/// A one-time payment.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Once"))]
pub struct OnceView {
    /// Whether it is still on its way.
    pub running: bool,
    /// What the user wanted to give.
    pub asked: MoneyView,
    /// What was paid of it so far.
    pub sent: MoneyView,
    /// What was sent, but perhaps not paid: the wallet is being asked.
    pub unsettled: Option<MoneyView>,
    /// Why it is over and not all of it was paid.
    pub problem: Option<ProblemView>,
}

/// What the user has chosen.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Settings"))]
pub struct SettingsView {
    /// What is different for some sites.
    pub sites: Vec<SiteRuleView>,
    /// The most that one wallet may get per hour, if there is such a limit; in another currency than
    /// the wallet's it does not count.
    pub maximum_rate: Option<MoneyView>,
    /// After how many minutes of doing nothing the user counts as away; nothing if never. A page
    /// that can be heard is paid all the same.
    pub idle_minutes: Option<u32>,
}

/// What is different for some sites. Where several rules cover a site, the most specific one that
/// says something decides.
#[derive(Clone, Debug, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SiteRule"))]
pub struct SiteRuleView {
    /// Host and port, or `*.example.org` for a domain and all below it.
    pub site: String,
    /// Whether payments are on for them, if this rule says so.
    pub enabled: Option<bool>,
    /// Their rate per hour, if this rule says so; in another currency than the wallet's it does
    /// not count.
    pub rate: Option<MoneyView>,
}

/// How well the loop keeps time.
#[derive(Clone, Debug, Default, PartialEq, Eq, json::Write)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Diagnostics"))]
pub struct DiagnosticsView {
    /// Seconds counted in this life of the worker.
    pub ticks: u64,
    /// Payments made in it.
    pub payments: u64,
    /// By how many milliseconds each of the last seconds came late.
    pub deviations_ms: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use ts_rs::{Config, TS};

    use super::*;
    use crate::export::{History, Payment, Total};
    use crate::ledger::Outcome;

    /// An amount as in Open Payments.
    const AMOUNT: &str = "\n/** An amount in minor units. */\nexport type Amount = { value: string, assetCode: string, assetScale: number };\n";
    const DECLARATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../extension/view.d.ts");

    fn declaration<T: TS>() -> String {
        // As in JSON, where every number is one of JavaScript's.
        let config = Config::new().with_large_int("number");
        format!("\n{}export {}\n", T::docs().unwrap_or_default(), T::decl(&config))
    }

    /// With `UPDATE_DECLARATIONS=1` in the environment it writes them instead.
    #[test]
    fn the_declarations_that_the_views_are_checked_against_are_current() {
        let current = [
            "// Made from crates/engine/src/view.rs by its test; do not edit.\n".to_owned(),
            declaration::<View>(),
            declaration::<PublicKeyView>(),
            declaration::<MoneyView>(),
            declaration::<ConnectionState>(),
            declaration::<ConnectionView>(),
            declaration::<WalletView>(),
            declaration::<ProblemView>(),
            declaration::<ProblemCode>(),
            declaration::<PageState>(),
            declaration::<PageView>(),
            declaration::<OnceView>(),
            declaration::<SettingsView>(),
            declaration::<SiteRuleView>(),
            declaration::<DiagnosticsView>(),
            declaration::<History<'static>>(),
            declaration::<Payment<'static>>(),
            declaration::<Total<'static>>(),
            declaration::<Outcome>(),
            AMOUNT.to_owned(),
        ]
        .concat()
        .replace("/**\n * ", "/** ")
        .replace("\n */", " */")
        .replace(" \n", "\n");
        if env::var_os("UPDATE_DECLARATIONS").is_some() {
            fs::write(DECLARATIONS, &current).unwrap();
        }
        let written = fs::read_to_string(DECLARATIONS).unwrap();
        assert_eq!(written, current, "run this test again with UPDATE_DECLARATIONS=1");
    }
}
