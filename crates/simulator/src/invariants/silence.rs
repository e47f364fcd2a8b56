//! Nothing is sent that need not be: while payments are off, without a wallet, or for a page that
//! is not looked at. Excepted is what connecting, disconnecting and reading back need.

use open_payments_client::HttpRequest;
use protocol::Endpoint;

use crate::breach::Rule;
use crate::browser::OpenTab;
use crate::proxy::PROXY;
use crate::wallets::BASES;
use crate::world::World;

/// What a request is for, as far as silence goes.
enum Need {
    /// Connecting a wallet.
    Connecting,
    /// Knowing whether the user's wallet lists the key: for connecting, or while it is missed.
    Keys,
    /// Giving a grant back: at any time.
    Farewell,
    /// Paying the page that is looked at.
    Paying,
    /// Knowing what became of a payment or a quote.
    Knowing,
    /// Knowing whom a link names.
    Link,
}

impl World {
    pub(crate) fn check_silence(&mut self, request: &HttpRequest) {
        let Some(need) = need(request) else {
            return self.break_rule(Rule::Silence, format!("nobody needs {}", request.url));
        };
        if !self.is_needed(&need, request) {
            let front = self.fronts().next().map_or("nothing", |tab| &tab.url);
            let idle = self.browser.idle;
            let what = format!("{} {}", request.method.as_str(), request.url);
            let detail = format!("{what} is sent for nothing, while the person is {idle:?} and looks at {front}");
            return self.break_rule(Rule::Silence, detail);
        }
        let frames = self.fronts().flat_map(|tab| &tab.frames);
        let hrefs = frames.flat_map(|frame| &frame.links).map(|(_, href)| href);
        let new: Vec<String> = hrefs.filter(|href| !self.watch.seen.contains(*href)).cloned().collect();
        self.watch.seen.extend(new);
    }

    fn is_needed(&self, need: &Need, request: &HttpRequest) -> bool {
        let chosen = &self.watch.chosen;
        let connecting = self.storage.local.contains_key("attempt");
        let has_links = || self.fronts().any(|tab| chosen.links(tab).next().is_some());
        match need {
            Need::Farewell => true,
            Need::Connecting => connecting,
            Need::Keys => connecting || chosen.connected && (self.is_watched() || has_links()),
            Need::Paying => has_links() || self.is_giving(),
            Need::Knowing => chosen.connected && chosen.enabled,
            Need::Link => {
                let is_named = |tab: &OpenTab| chosen.links(tab).any(|(_, href)| href == request.url.as_str());
                self.fronts().any(is_named) || (connecting && request.url.origin() == BASES[0])
            }
        }
    }

    /// The page that is looked at, and those that were until this very moment.
    pub(crate) fn fronts(&self) -> impl Iterator<Item = &OpenTab> {
        let (until, last) = &self.watch.fronts;
        self.browser.looked_at().into_iter().chain(last.iter().filter(|_| *until >= self.elapsed))
    }
}

fn need(request: &HttpRequest) -> Option<Need> {
    if request.url.origin() != PROXY {
        let path = request.url.path();
        return Some(match request.header("signature") {
            Some(_) => Need::Knowing,
            None if path.ends_with("/jwks.json") => Need::Keys,
            None => Need::Link,
        });
    }
    let endpoint = Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == request.url.path())?;
    Some(match endpoint {
        Endpoint::RequestGrant | Endpoint::ContinueGrant => Need::Connecting,
        Endpoint::CancelGrant => Need::Farewell,
        Endpoint::CreateIncomingPayment | Endpoint::CreateQuote | Endpoint::CreatePayment | Endpoint::RotateToken => {
            Need::Paying
        }
        Endpoint::ReadPayment => Need::Knowing,
    })
}
