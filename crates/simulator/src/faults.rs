/// Where a request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// From the extension to the proxy.
    ToProxy,
    /// From the extension to a wallet.
    ToWallet,
    /// From the proxy to a wallet.
    ProxyToWallet,
}

/// What can befall a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never arrives, and nobody says so.
    LoseRequest,
    /// It never arrives, and the connection breaks at once.
    Break,
    /// Its reply never arrives.
    LoseReply,
    /// Its reply breaks off.
    BreakReply,
    /// It takes so many milliseconds more.
    Delay(u64),
    /// Its reply takes so many milliseconds more.
    DelayReply(u64),
    /// It arrives once more, so many milliseconds later; only the second reply may come back.
    Duplicate { milliseconds: u64, first_reply_is_lost: bool },
    /// Something in between answers in its place.
    Status(u16),
}

/// The faults that wait for a request to befall.
#[derive(Default)]
pub(crate) struct Faults(Vec<(Route, Fault, u32)>);

impl Faults {
    /// The next so many requests of a route.
    pub(crate) fn add(&mut self, route: Route, fault: Fault, times: u32) {
        self.0.push((route, fault, times));
    }

    /// What befalls the next request of a route.
    pub(crate) fn take(&mut self, route: Route) -> Option<Fault> {
        self.0.retain(|(_, _, times)| *times > 0);
        let (_, fault, times) = self.0.iter_mut().find(|(known, ..)| *known == route)?;
        *times -= 1;
        Some(*fault)
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, _, times)| *times == 0)
    }

    /// Everything works again.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
