/// What keeps the user's money from flowing, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which of the known problems.
    pub code: ProblemCode,
    /// What it is about: a host, or the wallet's own words.
    pub detail: Option<String>,
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self { code, detail: None }
    }
}

impl ProblemCode {
    /// This problem, with what it is about.
    pub fn about(self, detail: impl Into<String>) -> Problem {
        Problem { code: self, detail: Some(detail.into()) }
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// The closed list of problems. What happened and what to do, the views say in the user's
        /// language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, json::Read, json::Write)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// For a program.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

problems! {
    /// What was typed is no wallet address.
    WalletAddressInvalid = "wallet_address_invalid";
    /// What was typed is no amount.
    AmountInvalid = "amount_invalid";
    /// What was typed is no rate.
    RateInvalid = "rate_invalid";
    /// What was typed is no site.
    SiteInvalid = "site_invalid";
    /// There is no room for another rule.
    TooManySites = "too_many_sites";
    /// A file is no list of sites.
    ListInvalid = "list_invalid";
    /// What was typed is no URL of a proxy.
    ProxyUrlInvalid = "proxy_url_invalid";
    /// There is no such wallet address.
    WalletNotFound = "wallet_not_found";
    /// The wallet does not answer.
    WalletUnreachable = "wallet_unreachable";
    /// What the wallet answered is not Open Payments.
    WalletUnreadable = "wallet_unreadable";
    /// The wallet names a host that must not be contacted.
    WalletForbidden = "wallet_forbidden";
    /// The wallet refused.
    WalletRefused = "wallet_refused";
    /// The wallet does not list our key.
    KeyMissing = "key_missing";
    /// The connected wallet is not what it was.
    WalletChanged = "wallet_changed";
    /// The user said no.
    Declined = "declined";
    /// The wallet could not let the user decide.
    GrantInvalid = "grant_invalid";
    /// The user closed the consent page.
    TabClosed = "tab_closed";
    /// The reference does not come from the wallet.
    HashWrong = "hash_wrong";
    /// A URL lies on another host than it must.
    WrongHost = "wrong_host";
    /// The proxy does not answer.
    ProxyUnreachable = "proxy_unreachable";
    /// What the proxy answered makes no sense, or is not what was asked.
    ProxyUnreadable = "proxy_unreadable";
    /// The proxy refused.
    ProxyRefused = "proxy_refused";
    /// Too many requests.
    RateLimited = "rate_limited";
    /// The access token is gone for good.
    TokenLost = "token_lost";
    /// The budget is used up.
    OutOfFunds = "out_of_funds";
    /// What is left of the budget is too little for this site.
    RestTooSmall = "rest_too_small";
    /// A one-time payment is larger than what is left of the budget.
    BudgetTooSmall = "budget_too_small";
    /// What is left of a one-time payment is too little for this page.
    AmountTooSmall = "amount_too_small";
    /// There is nobody to pay.
    NothingToPay = "nothing_to_pay";
    /// A one-time payment is for a page that is not in front any more.
    OtherPage = "other_page";
    /// There is a one-time payment already.
    OnceRunning = "once_running";
    /// A one-time payment ended early.
    Interrupted = "interrupted";
    /// What is left of the budget is not known any more.
    BudgetUnreadable = "budget_unreadable";
    /// What is known of the wallet cannot be read.
    AccountUnreadable = "account_unreadable";
    /// Something that was stored cannot be read.
    StateSetAside = "state_set_aside";
    /// The account is empty.
    AccountEmpty = "account_empty";
    /// The site's wallet takes no money.
    ReceiverRefused = "receiver_refused";
}
