use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use open_payments::HostKind;
use thiserror::Error;
use tower::Service;

use crate::core::allows;

/// A name server has so long to answer, and as often a second time.
const PATIENCE: Duration = Duration::from_secs(2);

/// A name is looked up again after this time, also if it says that it may be kept for longer.
const LONGEST_LIFE: Duration = Duration::from_secs(300);

/// Names that are kept in mind.
const MOST: u64 = 4096;

/// Resolves a name once and hands over the addresses only if the proxy may connect to each of
/// them. The connection is made to these very addresses, so a name that resolves otherwise a
/// moment later (DNS rebinding) gains nothing.
#[derive(Clone)]
pub(crate) struct CheckedResolver {
    names: TokioResolver,
    loopback_allowed: bool,
}

/// A name leads to an address that is not public.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the name leads to an address that is not public")]
pub(crate) struct PrivateAddress;

type Addresses = std::vec::IntoIter<SocketAddr>;

impl CheckedResolver {
    /// Asks these name servers, or those of the system if there are none.
    ///
    /// # Errors
    /// If no resolver can be made of them.
    pub(crate) fn new(name_servers: &[SocketAddr], loopback_allowed: bool) -> io::Result<Self> {
        let mut builder = if name_servers.is_empty() {
            TokioResolver::builder_tokio().unwrap_or_else(|error| {
                // A sandbox needs none.
                tracing::warn!(%error, "the system has no name servers: only hosts that its file lists are found");
                asking(&[])
            })
        } else {
            asking(name_servers)
        };
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.timeout = PATIENCE;
        options.attempts = 1;
        options.cache_size = MOST;
        options.positive_max_ttl = Some(LONGEST_LIFE);
        options.negative_max_ttl = Some(PATIENCE);
        // Also beside others that hang.
        options.max_active_requests = 1024;
        Ok(Self { names: builder.build().map_err(io::Error::other)?, loopback_allowed })
    }

    async fn resolve(self, name: Name) -> io::Result<Addresses> {
        // With a dot behind it, nothing that the operator's network searches in is put there.
        let found = self.names.lookup_ip(format!("{name}.")).await.map_err(io::Error::other)?;
        self.check(found.iter().map(|ip| SocketAddr::new(ip, 0)).collect())
    }

    /// One address that is not allowed condemns the name: an honest one does not mix them.
    fn check(&self, addresses: Vec<SocketAddr>) -> io::Result<Addresses> {
        let allowed = |address: &SocketAddr| allows(HostKind::of_ip(address.ip()), self.loopback_allowed);
        if addresses.iter().all(allowed) {
            Ok(addresses.into_iter())
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, PrivateAddress))
        }
    }
}

impl Service<Name> for CheckedResolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().resolve(name))
    }
}

fn asking(name_servers: &[SocketAddr]) -> ResolverBuilder<TokioRuntimeProvider> {
    let servers = name_servers.iter().map(|address| name_server(*address)).collect();
    TokioResolver::builder_with_config(ResolverConfig::from_name_servers(servers), TokioRuntimeProvider::default())
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(loopback_allowed: bool, addresses: &[&str]) -> bool {
        let addresses = addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
        CheckedResolver::new(&[], loopback_allowed).unwrap().check(addresses).is_ok()
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
        let resolve =
            |loopback_allowed| CheckedResolver::new(&[], loopback_allowed).unwrap().call("localhost".parse().unwrap());
        assert!(resolve(true).await.unwrap().all(|address| address.ip().is_loopback()));
        let error = resolve(false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[tokio::test]
    async fn without_name_servers_this_machine_is_found_all_the_same() {
        let names = asking(&[]).build().unwrap();
        let mut resolver = CheckedResolver { names, loopback_allowed: true };
        assert!(resolver.call("localhost".parse().unwrap()).await.unwrap().all(|address| address.ip().is_loopback()));
        assert!(resolver.call("wallet.example".parse().unwrap()).await.is_err());
    }
}
