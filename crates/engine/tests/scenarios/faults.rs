//! What can go wrong on the way to a server and back.

use protocol::{ErrorBody, ErrorCode};
use serde_json::Value;

/// One way for a call to fail.
pub(crate) enum Fault {
    /// Nothing is done, and the proxy says why.
    Refuse(ErrorBody),
    /// It is done, but the proxy says it was not.
    Lie(ErrorCode),
    /// It is done, but something else is told of it.
    Forge(Box<dyn Fn(&mut Value)>),
    /// It never arrives.
    LoseRequest,
    /// It is done, but the reply never arrives.
    LoseReply,
    /// The reply takes so many milliseconds more.
    Delay(u64),
    /// Nothing is done; the server answers with this status and a page for people.
    Status(u16),
}

impl Fault {
    pub(crate) fn refuse(code: ErrorCode) -> Self {
        Self::Refuse(ErrorBody::new(code, "No."))
    }
}

/// The faults that wait for a call to befall.
#[derive(Default)]
pub(crate) struct Faults(Vec<(&'static str, u32, Fault)>);

impl Faults {
    /// The next so many calls whose URL contains this text fail.
    pub(crate) fn add(&mut self, url: &'static str, times: u32, fault: Fault) {
        self.0.push((url, times, fault));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls a call to this URL.
    pub(crate) fn take(&mut self, url: &str) -> Option<&Fault> {
        self.0.retain(|(_, times, _)| *times > 0);
        let (_, times, fault) = self.0.iter_mut().find(|(part, ..)| url.contains(part))?;
        *times -= 1;
        Some(fault)
    }
}
