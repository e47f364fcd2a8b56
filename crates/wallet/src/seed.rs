use std::collections::BTreeSet;
use std::net::SocketAddr;

use money::Asset;
use open_payments::Url;
use serde::Deserialize;

use crate::error::WalletError;
use crate::forms::digits;
use crate::settings::Settings;

/// What the sandbox consists of when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// The wallets, which can pay one another.
    pub wallets: Vec<WalletSeed>,
    /// How they behave.
    #[serde(default)]
    pub settings: Settings,
}

/// One wallet provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WalletSeed {
    /// What its pages call it: letters, digits, `-` and `_`.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address others reach it by, without a path; `http://` and [`listen`](Self::listen)
    /// if left out.
    #[serde(default)]
    pub public_url: Option<String>,
    /// What its amounts are counted in.
    pub asset: Asset,
    /// Its accounts.
    pub accounts: Vec<AccountSeed>,
}

/// An account of a wallet provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSeed {
    /// The path of its wallet address: `/alice`.
    pub path: String,
    /// A name for people.
    #[serde(default)]
    pub public_name: Option<String>,
    /// Its first balance, in minor units.
    #[serde(with = "digits")]
    pub balance: u64,
}

/// The beginnings of paths that belong to the wallet itself.
const RESERVED: [&str; 7] = ["admin", "auth", "op", "keys", "healthz", "assets", "favicon.ico"];

impl Seed {
    /// Reads a seed.
    ///
    /// # Errors
    /// [`WalletError`], in words that name the member.
    pub fn parse(json: &str) -> Result<Self, WalletError> {
        let seed: Self = serde_json::from_str(json).map_err(|error| WalletError::Shape(error.to_string()))?;
        seed.check()?;
        Ok(seed)
    }

    fn check(&self) -> Result<(), WalletError> {
        if self.wallets.is_empty() {
            return Err(WalletError::Empty);
        }
        let mut names = BTreeSet::new();
        for wallet in &self.wallets {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if wallet.name.is_empty() || !wallet.name.bytes().all(fits) || !names.insert(&wallet.name) {
                return Err(WalletError::Name(wallet.name.clone()));
            }
            wallet.base()?;
            let mut paths = BTreeSet::new();
            for account in &wallet.accounts {
                if !is_account_path(&account.path) || !paths.insert(&account.path) {
                    return Err(WalletError::Path(account.path.clone()));
                }
            }
        }
        self.settings.check().map_err(WalletError::Settings)
    }
}

impl Default for Seed {
    /// Two wallets in dollars with six decimals: `/alice` on port 4201 has 100, `/site` on port
    /// 4202 nothing.
    fn default() -> Self {
        let wallet = |name: &str, port: u16, path: &str, public_name: &str, balance| WalletSeed {
            name: name.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            public_url: None,
            asset: Asset::new("USD", 6).expect("six decimals are allowed"),
            accounts: vec![AccountSeed { path: path.to_owned(), public_name: Some(public_name.to_owned()), balance }],
        };
        Self {
            wallets: vec![
                wallet("alpha", 4201, "/alice", "Alice", 100_000_000),
                wallet("beta", 4202, "/site", "River Site", 0),
            ],
            settings: Settings::default(),
        }
    }
}

impl WalletSeed {
    /// The URL that everything of this wallet lies under.
    ///
    /// # Errors
    /// If it is not one, or has a path.
    pub fn base(&self) -> Result<Url, WalletError> {
        let text = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        match Url::parse(&text) {
            Ok(url) if url.path() == "/" && url.query().is_none() => Ok(url),
            _ => Err(WalletError::PublicUrl(text)),
        }
    }
}

/// Whether a wallet address may have this path.
pub(crate) fn is_account_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let segment = |segment: &str| {
        !segment.is_empty()
            && !matches!(segment, "." | ".." | "jwks.json")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
    };
    rest.split('/').all(segment) && rest.split('/').next().is_some_and(|first| !RESERVED.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(wallet: &str) -> Result<Seed, WalletError> {
        Seed::parse(&format!(r#"{{"wallets":[{wallet}]}}"#))
    }

    fn wallet(name: &str, url: &str, path: &str) -> String {
        format!(
            r#"{{"name":"{name}","listen":"127.0.0.1:1","publicUrl":{url},"asset":{{"code":"USD","scale":2}},
                "accounts":[{{"path":"{path}","balance":"1"}}]}}"#
        )
    }

    #[test]
    fn a_seed_is_read() {
        let seed = seed(&wallet("alpha", "null", "/alice")).unwrap();
        assert_eq!(seed.wallets[0].base().unwrap().as_str(), "http://127.0.0.1:1/");
        assert_eq!(seed.wallets[0].accounts[0].balance, 1);
        assert_eq!(seed.settings, Settings::default());
        assert_eq!(Seed::default().check(), Ok(()));
    }

    #[test]
    fn wrong_seeds_are_refused_by_name() {
        assert_eq!(Seed::parse(r#"{"wallets":[]}"#), Err(WalletError::Empty));
        let message = seed(r#"{"nam":"alpha"}"#).unwrap_err().to_string();
        assert!(message.contains("unknown field `nam`"), "{message}");
        assert_eq!(seed(&wallet("a b", "null", "/a")), Err(WalletError::Name("a b".to_owned())));
        let twice = wallet("a", "null", "/a");
        assert_eq!(seed(&format!("{twice},{twice}")), Err(WalletError::Name("a".to_owned())));
        for url in ["http://w.example", "https://w.example/path", "w.example"] {
            assert_eq!(seed(&wallet("a", &format!("\"{url}\""), "/a")), Err(WalletError::PublicUrl(url.to_owned())));
        }
        for path in ["alice", "/", "/admin", "/auth/alice", "/alice/", "/a/../b", "/jwks.json", "/a b"] {
            assert_eq!(seed(&wallet("a", "null", path)), Err(WalletError::Path(path.to_owned())), "{path}");
        }
        assert!(is_account_path("/.well-known/pay"));
    }
}
