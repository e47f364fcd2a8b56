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
    ($($(#[$doc:meta])* $name:ident = $code:literal, $sentence:literal;)*) => {
        /// The closed list of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// For a program.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// For a person: what happened, and what to do.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

problems! {
    /// What was typed is no wallet address.
    WalletAddressInvalid = "wallet_address_invalid", "This is not a wallet address. It looks like https://wallet.example/alice or $wallet.example/alice.";
    /// What was typed is no amount.
    AmountInvalid = "amount_invalid", "This amount cannot be used.";
    /// What was typed is no rate.
    RateInvalid = "rate_invalid", "This rate cannot be used.";
    /// What was typed is no site.
    SiteInvalid = "site_invalid", "This is not a site. It looks like example.org, example.org:8443, or *.example.org for all below it too.";
    /// There is no room for another rule.
    TooManySites = "too_many_sites", "You have chosen something for 500 sites already. Remove one of them first.";
    /// A file is no list of sites.
    ListInvalid = "list_invalid", "This is not a list of sites as Rivulet writes it, or a rule in it cannot be used. Nothing was changed.";
    /// What was typed is no URL of a proxy.
    ProxyUrlInvalid = "proxy_url_invalid", "This is not the address of a proxy.";
    /// There is no such wallet address.
    WalletNotFound = "wallet_not_found", "There is no wallet at this address. Check the spelling.";
    /// The wallet does not answer.
    WalletUnreachable = "wallet_unreachable", "The wallet cannot be reached right now.";
    /// What the wallet answered is not Open Payments.
    WalletUnreadable = "wallet_unreadable", "What answers at this address is not an Open Payments wallet.";
    /// The wallet names a host that must not be contacted.
    WalletForbidden = "wallet_forbidden", "The wallet sends us to a host inside a private network, which is not allowed.";
    /// The wallet refused.
    WalletRefused = "wallet_refused", "The wallet refused the request.";
    /// The wallet does not list our key.
    KeyMissing = "key_missing", "The wallet does not know this browser's key. Add the public key in your wallet's settings.";
    /// The connected wallet is not what it was.
    WalletChanged = "wallet_changed", "Your wallet has another currency or address than before. Disconnect it and connect it anew.";
    /// The user said no.
    Declined = "declined", "You declined the request in your wallet. Nothing has changed.";
    /// The wallet could not let the user decide.
    GrantInvalid = "grant_invalid", "The wallet could not complete the request. Please try again.";
    /// The user closed the consent page.
    TabClosed = "tab_closed", "The wallet's page was closed before you decided. Please try again.";
    /// The reference does not come from the wallet.
    HashWrong = "hash_wrong", "The answer did not come from your wallet, so it was not used.";
    /// A URL lies on another host than it must.
    WrongHost = "wrong_host", "We were sent to a host that does not belong to your wallet, and did not go there.";
    /// The proxy does not answer.
    ProxyUnreachable = "proxy_unreachable", "The proxy cannot be reached right now.";
    /// What the proxy answered makes no sense, or is not what was asked.
    ProxyUnreadable = "proxy_unreadable", "The proxy gave an answer that cannot be right, so it was not used.";
    /// The proxy refused.
    ProxyRefused = "proxy_refused", "The proxy refused the request.";
    /// Too many requests.
    RateLimited = "rate_limited", "There were too many requests. Payments go on in a moment.";
    /// The access token is gone for good.
    TokenLost = "token_lost", "The permission of your wallet is gone. Connect again to get a new one.";
    /// The budget is used up.
    OutOfFunds = "out_of_funds", "Your budget is used up.";
    /// What is left of the budget is too little for this site.
    RestTooSmall = "rest_too_small", "What is left of your budget is less than the smallest amount this site can be sent.";
    /// A one-time payment is larger than what is left of the budget.
    BudgetTooSmall = "budget_too_small", "This is more than what is left of your budget.";
    /// What is left of a one-time payment is too little for this page.
    AmountTooSmall = "amount_too_small", "The rest is less than the smallest amount this page can be sent, so you keep it.";
    /// There is nobody to pay.
    NothingToPay = "nothing_to_pay", "This page has nothing that can be paid right now.";
    /// A one-time payment is for a page that is not in front any more.
    OtherPage = "other_page", "Another page is in front now, so nothing was paid.";
    /// There is a one-time payment already.
    OnceRunning = "once_running", "The last payment is still on its way.";
    /// A one-time payment ended early.
    Interrupted = "interrupted", "The payment was interrupted, and the rest was not sent.";
    /// What is left of the budget is not known any more.
    BudgetUnreadable = "budget_unreadable", "What is left of your budget cannot be read. Connect again to set a new one.";
    /// What is known of the wallet cannot be read.
    AccountUnreadable = "account_unreadable", "What was stored of your wallet cannot be read, so nothing is paid. Connect it again, and end the earlier permission in the wallet.";
    /// Something that was stored cannot be read.
    StateSetAside = "state_set_aside", "Some of what this extension had stored cannot be read. It was put aside, not deleted. Payments that you had stopped stay stopped.";
    /// The account is empty.
    AccountEmpty = "account_empty", "Your wallet could not deliver the payment. Check its balance.";
    /// The site's wallet takes no money.
    ReceiverRefused = "receiver_refused", "This site's wallet does not accept the payment.";
}
