//! How state is kept as text: `[version, value]`, each entry with a version of its own.
//!
//! What cannot be read, be it broken or of a later version, stays where it is until something new
//! takes its place, and is copied aside before that. So nothing is lost by going back to an earlier
//! version of the extension, and what each part does without its entry stands where it is restored.
//!
//! Each collection is bounded where it is kept: the pages of the ledger, its sums, the unsettled
//! payments, the smallest amounts, the sites with rules. All of them full, of the longest URLs that
//! there can be, and each copied aside, are less than 5 MB; `chrome.storage.local` holds 10 MB.

use json::Value;

/// State that is kept as text.
pub(crate) trait Snapshot: json::Read + json::Write {
    /// The version written today.
    const VERSION: u32 = 1;

    /// Makes it of what an earlier version wrote; nothing of what a later one did.
    fn migrate(_version: u32, _value: Value) -> Option<Self> {
        None
    }
}

impl Snapshot for bool {}

/// Names of the entries in the local area.
pub(crate) mod local {
    pub(crate) const SETTINGS: &str = "settings";
    pub(crate) const ACCOUNT: &str = "account";
    pub(crate) const SPENDING: &str = "spending";
    pub(crate) const INTENT: &str = "intent";
    pub(crate) const UNSETTLED: &str = "unsettled";
    pub(crate) const MINIMUMS: &str = "minimums";
    pub(crate) const ONCE: &str = "once";
    pub(crate) const ATTEMPT: &str = "attempt";
    /// The wallet is disconnected, and its key is still to be replaced.
    pub(crate) const LEAVING: &str = "leaving";
    /// What can still be paid from of a wallet that was disconnected.
    pub(crate) const FORMER: &str = "former";
    pub(crate) const SUMS: &str = "sums";

    /// Those that are about one wallet.
    pub(crate) const WALLET: [&str; 7] = [ACCOUNT, SPENDING, INTENT, UNSETTLED, MINIMUMS, ONCE, ATTEMPT];
}

/// Names of the entries in the session area.
pub(crate) mod session {
    pub(crate) const CONSENT_TAB: &str = "consentTab";
    pub(crate) const PURSE: &str = "purse";
    pub(crate) const RECEIVERS: &str = "receivers";
}

/// What a name stands for.
pub(crate) enum Entry<T> {
    Absent,
    Readable(T),
    Unreadable,
}

impl<T> Entry<T> {
    /// The value, if there is one that can be read.
    pub(crate) fn readable(self) -> Option<T> {
        match self {
            Self::Readable(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

/// The entries that an area held when the worker started.
pub(crate) struct Entries {
    stored: Vec<(String, String)>,
    unreadable: Vec<&'static str>,
}

/// The longest text that is copied aside whole, in bytes; of a longer one it is the beginning.
const LONGEST_ASIDE: usize = 64 * 1024;

impl Entries {
    pub(crate) fn new(stored: Vec<(String, String)>) -> Self {
        Self { stored, unreadable: Vec::new() }
    }

    /// What stands under a name. One that cannot be read is remembered.
    pub(crate) fn load<T: Snapshot>(&mut self, name: &'static str) -> Entry<T> {
        let Some(text) = self.text(name) else { return Entry::Absent };
        match read(text) {
            Some(value) => Entry::Readable(value),
            None => {
                self.unreadable.push(name);
                Entry::Unreadable
            }
        }
    }

    /// What stands under a name, if nothing is missed when it cannot be read.
    pub(crate) fn find<T: Snapshot>(&self, name: &str) -> Option<T> {
        self.text(name).and_then(read)
    }

    /// The names that begin with a prefix, without it, and their texts.
    pub(crate) fn beginning_with(&self, prefix: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.stored.iter().filter_map(move |(name, text)| Some((name.strip_prefix(prefix)?, text.as_str())))
    }

    /// Remembers that what stands there cannot be read, and stays.
    pub(crate) fn blame(&mut self, name: &'static str) {
        if !self.unreadable.contains(&name) {
            self.unreadable.push(name);
        }
    }

    /// The names of what could not be read.
    pub(crate) fn into_unreadable(self) -> Vec<&'static str> {
        self.unreadable
    }

    /// The entries to persist before any that could not be read is written anew.
    pub(crate) fn copies(&self) -> Vec<(String, Option<String>)> {
        let copy = |name: &&str| {
            let text = self.text(name)?;
            let text = &text[..text.floor_char_boundary(LONGEST_ASIDE)];
            let aside = aside(name);
            (self.text(&aside) != Some(text)).then(|| (aside, Some(text.to_owned())))
        };
        self.unreadable.iter().filter_map(copy).collect()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.stored.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// Where the text of an entry goes that cannot be read: there is one place for each.
pub(crate) fn aside(name: &str) -> String {
    ["aside.", name].concat()
}

/// The text of a value.
pub(crate) fn save<T: Snapshot>(value: &T) -> String {
    json::to_string(&(T::VERSION, value))
}

/// The value of a text; nothing if neither this version nor an earlier one wrote it.
pub(crate) fn read<T: Snapshot>(text: &str) -> Option<T> {
    let (version, value) = parse(text)?;
    if version == T::VERSION { value.read().ok() } else { T::migrate(version, value) }
}

// Apart from the above it is compiled once.
fn parse(text: &str) -> Option<(u32, Value)> {
    let Value::List(parts) = text.parse().ok()? else { return None };
    match <[Value; 2]>::try_from(parts).ok()? {
        [Value::Unsigned(version), value] => Some((u32::try_from(version).ok()?, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use money::{Amount, Asset};
    use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress};

    use super::*;
    use crate::ledger::tests::write;
    use crate::ledger::{Intent, Ledger, Row};
    use crate::settling;
    use crate::table::Table;

    /// A list of texts; in version 1 it was one text.
    #[derive(Debug, PartialEq, Eq, json::Read, json::Write)]
    #[serde(transparent)]
    struct Words(Vec<String>);

    impl Snapshot for Words {
        const VERSION: u32 = 2;

        fn migrate(version: u32, value: Value) -> Option<Self> {
            (version == 1).then(|| Some(Self(vec![value.as_text()?.to_owned()])))?
        }
    }

    fn load(text: &str) -> (Entry<Words>, Vec<(String, Option<String>)>) {
        let mut entries = Entries::new(vec![("words".to_owned(), text.to_owned())]);
        (entries.load("words"), entries.copies())
    }

    #[test]
    fn what_an_earlier_version_wrote_is_migrated() {
        for text in [r#"[1,"a"]"#, r#"[2,["a"]]"#, &save(&Words(vec!["a".to_owned()]))] {
            let (entry, copies) = load(text);
            assert_eq!((entry.readable(), copies), (Some(Words(vec!["a".to_owned()])), vec![]), "{text}");
        }
    }

    #[test]
    fn what_is_broken_or_of_a_later_version_is_copied_aside_once() {
        let texts = ["", "[2]", "[2,[1]]", "[1,1]", r#"[3,["a"]]"#, r#"[-2,["a"]]"#, r#"[4294967298,["a"]]"#];
        for text in texts {
            let (entry, copies) = load(text);
            assert!(matches!(entry, Entry::Unreadable), "{text}");
            assert_eq!(copies, [("aside.words".to_owned(), Some(text.to_owned()))]);
            let stored = ["words", "aside.words"].map(|name| (name.to_owned(), text.to_owned()));
            let mut entries = Entries::new(stored.into());
            assert!(matches!(entries.load::<Words>("words"), Entry::Unreadable));
            assert_eq!(entries.copies(), []);
        }
    }

    #[test]
    fn of_a_text_that_is_too_long_the_beginning_is_kept() {
        let text = "é".repeat(LONGEST_ASIDE);
        let (_, copies) = load(&format!("x{text}"));
        let copy = copies[0].1.as_ref().unwrap();
        assert!(copy.len() == LONGEST_ASIDE - 1 && text.contains(&copy[1..]));
    }

    #[test]
    fn what_was_never_stored_is_absent() {
        let mut entries = Entries::new(Vec::new());
        assert!(matches!(entries.load::<Words>("words"), Entry::Absent));
        assert_eq!(entries.copies(), []);
    }

    #[test]
    fn everything_that_is_kept_fits_twice_into_what_the_browser_allows() {
        // The longest URLs that are read, and the longest names that hosts can have.
        let url = |number: u64| format!("https://w.example/{number:04}{}", "a".repeat(2_048 - 22));
        let site = |number: u64| format!("{number:04}{}:65535", "a".repeat(253 - 4));
        let row = |number| Row {
            id: Url::parse(&url(number)).unwrap(),
            wallet_address: WalletAddress::parse(&url(number)).unwrap(),
            site: site(number),
            receive: Some(Amount::new(u64::MAX, Asset::new("ABCDEFGHIJKL", 18).unwrap())),
            debit: Amount::new(u64::MAX, Asset::new("ABCDEFGHIJKL", 18).unwrap()),
            at: Timestamp::from_millis(i64::try_from(number).unwrap() * 10_000_000),
            ..crate::ledger::tests::row(number)
        };
        let mut ledger = Ledger::default();
        let mut stored = Table::default();
        for number in 0..1_700 {
            ledger.add(row(number));
            write(&mut ledger, &mut stored);
        }
        let ledger: usize = stored.values().map(String::len).sum();
        let row = row(0);
        let intent = Intent {
            quote: row.id,
            debit: row.debit,
            receive: row.receive,
            receiver: IncomingPaymentUrl::parse(&url(0).replacen("/0000", "/incoming-payments/", 1)[..2_048]).unwrap(),
            wallet_address: row.wallet_address,
            site: row.site,
            at: row.at,
            once: Some(row.at),
        };
        let intents = (settling::MOST + 2) * (save(&intent).len() + r#"{"intent":,"refused":false},"#.len());
        // Addresses that are paid, names of sites, and tokens and URLs of the account and an attempt.
        let (minimums, settings, account) = (200 * 2_200, 500 * 500, 64 * 1024);
        let asides = 8 * LONGEST_ASIDE;
        let all = ledger + intents + minimums + settings + account + asides;
        assert!(ledger > 1_500_000 && all < 5_000_000, "{all} bytes, {ledger} of them the ledger, {intents} intents");
    }
}
