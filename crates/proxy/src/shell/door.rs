use std::net::IpAddr;
use std::num::NonZeroU32;

use open_payments::Timestamp;

use crate::store::{Answer, Key, MemoryStore, Operation, StoreDown};

/// How much one address may ask for, whoever is behind it. Install keys cost nothing to make, so a
/// limit for each of them stops nobody who makes many.
#[derive(Clone, Copy, Debug)]
pub struct AddressLimits {
    /// Requests a minute.
    pub requests: NonZeroU32,
    /// Wallet documents a minute that are not at hand. Each of them can lead to a host that was
    /// never asked before, so this also bounds the names that are looked up.
    pub documents: NonZeroU32,
}

impl Default for AddressLimits {
    /// A user makes some 130 requests a minute, and a house or an office has many behind one address.
    fn default() -> Self {
        Self {
            requests: const { NonZeroU32::new(6000).expect("it is not zero") },
            documents: const { NonZeroU32::new(600).expect("it is not zero") },
        }
    }
}

/// Counts addresses, in the memory of this process alone: it has to be cheaper than what it
/// protects, the verifying of a signature above all.
#[derive(Debug)]
pub(crate) struct Door {
    limits: AddressLimits,
    visits: MemoryStore,
}

impl Door {
    pub(crate) fn new(limits: AddressLimits) -> Self {
        Self { limits, visits: MemoryStore::default() }
    }

    /// Counts a request from this address.
    pub(crate) fn admit(&self, client: IpAddr, now: Timestamp) -> Result<Answer, StoreDown> {
        self.take("request", client, self.limits.requests, now)
    }

    /// Counts a document that is fetched for this address.
    pub(crate) fn admit_document(&self, client: IpAddr, now: Timestamp) -> Result<Answer, StoreDown> {
        self.take("document", client, self.limits.documents, now)
    }

    fn take(&self, purpose: &str, client: IpAddr, per_minute: NonZeroU32, now: Timestamp) -> Result<Answer, StoreDown> {
        // Whoever has an IPv6 address has all of its network.
        let key = match client.to_canonical() {
            IpAddr::V4(address) => Key::of(purpose, &[&address.octets()]),
            IpAddr::V6(address) => Key::of(purpose, &[&address.octets()[..8]]),
        };
        self.visits.apply(Operation::Take { key, per_minute }, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_apart_and_a_network_together() {
        let limits = AddressLimits { requests: NonZeroU32::new(2).unwrap(), documents: NonZeroU32::MIN };
        let (door, now) = (Door::new(limits), Timestamp::from_millis(0));
        let admit = |address: &str| door.admit(address.parse().unwrap(), now) == Ok(Answer::Done);
        assert!(admit("192.0.2.1") && admit("::ffff:192.0.2.1"));
        assert!(!admit("192.0.2.1") && admit("192.0.2.2"));
        assert!(admit("2001:db8:0:1::1") && admit("2001:db8:0:1:ffff::2"));
        assert!(!admit("2001:db8:0:1:1::3") && admit("2001:db8:0:2::1"));
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(door.admit_document(one, now), Ok(Answer::Done), "documents are counted apart");
        assert_eq!(door.admit_document(one, now), Ok(Answer::TooSoon { wait: 60_000 }));
        assert_eq!(door.admit(one, now.plus_millis(30_000)), Ok(Answer::Done));
    }
}
