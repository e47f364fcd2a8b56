use open_payments::{IncomingPaymentUrl, Timestamp, Url, WalletAddress, WalletDocument};

use crate::problem::Problem;
use crate::snapshot::Snapshot;
use crate::table::Table;

/// The wallets that pages name, by the address they name, and what they can be paid into. Kept
/// while the browser runs, so that a page reloaded or seen again asks for nothing anew.
///
/// By the address, not by the id that its document claims: that may be anybody's.
#[derive(Default, json::Read, json::Write)]
#[serde(transparent)]
pub(crate) struct Receivers {
    known: Table<WalletAddress, Receiver>,
    /// Grows with each document that is read.
    #[serde(skip)]
    revision: u64,
}

impl Snapshot for Receivers {}

/// One of them.
#[derive(json::Read, json::Write)]
pub(crate) struct Receiver {
    wallet: WalletDocument,
    read_at: Timestamp,
    incoming: Option<(IncomingPaymentUrl, Timestamp)>,
    /// Whether it is one of the targets.
    #[serde(skip)]
    pub(crate) is_target: bool,
    /// Payments since its link came into view.
    #[serde(skip)]
    pub(crate) payments: u32,
    /// The last of them, if it has not been read back.
    #[serde(skip)]
    pub(crate) unread: Option<Url>,
    #[serde(skip)]
    failures: Failures,
}

#[derive(Default)]
struct Failures {
    problem: Option<Problem>,
    in_a_row: u32,
    rests_until: u64,
}

/// A document is believed for ten minutes.
const DOCUMENT_LIFE: i64 = 10 * 60 * 1000;
/// An incoming payment is not used in its last ten seconds.
const MARGIN: i64 = 10 * 1000;
/// After so many equal failures in a row …
const EQUAL_FAILURES: u32 = 10;
/// … a receiver is tried once in so many seconds.
const LONG_REST: u64 = 60;
/// How many are remembered.
const REMEMBERED: usize = 64;

impl Receivers {
    /// What an address stands for, if its document was read lately.
    pub(crate) fn resolve(&self, address: &WalletAddress, now: Timestamp) -> Option<&WalletDocument> {
        let receiver = self.known.get(address)?;
        let age = now.millis() - receiver.read_at.millis();
        (0..DOCUMENT_LIFE).contains(&age).then_some(&receiver.wallet)
    }

    /// Remembers a document that was just read. Of those that no page needs only some are kept.
    pub(crate) fn learn(
        &mut self,
        address: WalletAddress,
        wallet: WalletDocument,
        now: Timestamp,
        is_needed: impl Fn(&WalletAddress) -> bool,
    ) {
        self.revision += 1;
        match self.known.get_mut(&address) {
            Some(known) => {
                if !is_same_account(&known.wallet, &wallet) {
                    known.drop_incoming();
                }
                (known.wallet, known.read_at) = (wallet, now);
            }
            None => {
                self.known.insert(address, Receiver::new(wallet, now));
                let others = self.known.iter().filter(|(address, _)| !is_needed(address));
                let oldest = others.min_by_key(|(_, receiver)| receiver.read_at).map(|(address, _)| address.clone());
                if let Some(oldest) = oldest.filter(|_| self.known.len() > REMEMBERED) {
                    self.known.remove(&oldest);
                }
            }
        }
    }

    /// Another one, if there is another document of any of them.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn at(&self, address: &WalletAddress) -> Option<&Receiver> {
        self.known.get(address)
    }

    pub(crate) fn at_mut(&mut self, address: &WalletAddress) -> Option<&mut Receiver> {
        self.known.get_mut(address)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&WalletAddress, &Receiver)> {
        self.known.iter()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Receiver> {
        self.known.values_mut()
    }

    /// Marks those that are targets.
    pub(crate) fn mark(&mut self, is_target: impl Fn(&WalletAddress) -> bool) {
        for (address, receiver) in self.known.iter_mut() {
            receiver.is_target = is_target(address);
        }
    }

    /// Another proxy is used: what the last one made or told of may not be true.
    pub(crate) fn forget_the_proxy(&mut self) {
        for receiver in self.known.values_mut() {
            receiver.drop_incoming();
            receiver.succeed();
        }
    }

    /// Another wallet will pay: what was learned with the last one does not hold for it.
    pub(crate) fn forget_the_payer(&mut self) {
        for receiver in self.known.values_mut() {
            *receiver = Receiver {
                incoming: receiver.incoming.take(),
                is_target: receiver.is_target,
                ..Receiver::new(receiver.wallet.clone(), receiver.read_at)
            };
        }
    }
}

/// Whether two documents speak of the same wallet. One that claims another's id has other servers.
pub(crate) fn is_same_account(one: &WalletDocument, other: &WalletDocument) -> bool {
    one.hosts() == other.hosts()
}

impl Receiver {
    fn new(wallet: WalletDocument, read_at: Timestamp) -> Self {
        Self {
            wallet,
            read_at,
            incoming: None,
            is_target: false,
            payments: 0,
            unread: None,
            failures: Failures::default(),
        }
    }

    /// What its document says, which only [`Receivers::learn`] changes.
    pub(crate) fn wallet(&self) -> &WalletDocument {
        &self.wallet
    }

    /// Where it can be paid into now.
    pub(crate) fn incoming(&self, now: Timestamp) -> Option<&IncomingPaymentUrl> {
        self.incoming.as_ref().filter(|(_, expires)| now.plus_millis(MARGIN) < *expires).map(|(url, _)| url)
    }

    pub(crate) fn receive_into(&mut self, url: IncomingPaymentUrl, expires: Timestamp) {
        self.incoming = Some((url, expires));
    }

    /// Its wallet does not take money there any more.
    pub(crate) fn drop_incoming(&mut self) {
        self.incoming = None;
    }

    /// Counts a failed attempt. It is not repeated before the next second, and after ten equal
    /// ones in a row once a minute.
    pub(crate) fn fail(&mut self, problem: Problem, tick: u64) {
        let same = self.failures.problem.as_ref().is_some_and(|last| last.code == problem.code);
        let in_a_row = if same { self.failures.in_a_row.saturating_add(1) } else { 1 };
        let rest = if in_a_row >= EQUAL_FAILURES { LONG_REST } else { 1 };
        self.failures = Failures { problem: Some(problem), in_a_row, rests_until: tick + rest };
    }

    pub(crate) fn succeed(&mut self) {
        self.failures = Failures::default();
    }

    pub(crate) fn is_resting(&self, tick: u64) -> bool {
        tick < self.failures.rests_until
    }

    /// What is wrong with it, once it is more than a hiccup.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        self.failures.problem.as_ref().filter(|_| self.failures.in_a_row >= 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemCode;

    #[test]
    fn equal_failures_in_a_row_thin_out_the_attempts() {
        let document = r#"{"id":"https://w.example/site","assetCode":"USD","assetScale":2,"authServer":"https://a.example","resourceServer":"https://r.example"}"#;
        let mut receiver = Receiver::new(WalletDocument::parse(document).unwrap(), Timestamp::from_millis(0));
        for tick in 0..9 {
            receiver.fail(ProblemCode::WalletUnreachable.into(), tick);
            assert!(receiver.is_resting(tick) && !receiver.is_resting(tick + 1));
        }
        receiver.fail(ProblemCode::WalletUnreachable.into(), 9);
        assert!(receiver.is_resting(68) && !receiver.is_resting(69));
        receiver.fail(ProblemCode::WalletRefused.into(), 69);
        assert!(!receiver.is_resting(70));
        receiver.succeed();
        assert_eq!(receiver.problem(), None);
    }
}
