use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use open_payments::HostKind;
use thiserror::Error;
use tower::Service;

use crate::core::allows;

/// Resolves a name once and hands over the addresses only if the proxy may connect to each of
/// them. The connection is made to these very addresses, so a name that resolves otherwise a
/// moment later (DNS rebinding) gains nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckedResolver {
    pub(crate) loopback_allowed: bool,
}

/// A name leads to an address that is not public.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the name leads to an address that is not public")]
pub(crate) struct PrivateAddress;

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for CheckedResolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = *self;
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            resolver.check(addresses)
        })
    }
}

impl CheckedResolver {
    /// One address that is not allowed condemns the name: an honest one does not mix them.
    fn check(self, addresses: Vec<SocketAddr>) -> io::Result<Addresses> {
        let allowed = |address: &SocketAddr| allows(HostKind::of_ip(address.ip()), self.loopback_allowed);
        if addresses.iter().all(allowed) {
            Ok(addresses.into_iter())
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, PrivateAddress))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(loopback_allowed: bool, addresses: &[&str]) -> bool {
        let addresses = addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
        CheckedResolver { loopback_allowed }.check(addresses).is_ok()
    }

    #[test]
    fn one_private_address_condemns_the_name() {
        assert!(allowed(false, &["8.8.8.8", "2606:4700::1111"]));
        assert!(!allowed(false, &["8.8.8.8", "10.0.0.1"]));
        for private in ["169.254.169.254", "192.168.0.1", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0", "100.64.0.1"] {
            assert!(!allowed(true, &[private]), "{private}");
        }
    }

    #[test]
    fn loopback_is_for_the_sandbox() {
        for loopback in ["127.0.0.1", "127.9.9.9", "::1"] {
            assert!(allowed(true, &[loopback]) && !allowed(false, &[loopback]), "{loopback}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_and_checked() {
        let resolve = |loopback_allowed| CheckedResolver { loopback_allowed }.call("localhost".parse().unwrap());
        assert!(resolve(true).await.unwrap().all(|address| address.ip().is_loopback()));
        let error = resolve(false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
