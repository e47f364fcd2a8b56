//! Whom a connection is from, when there may be balancers in between.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::FORWARDED;
use clap::ValueEnum;
use ipnet::IpNet;

/// Where a balancer says whom it speaks for. There is one such header, as a balancer passes on
/// what a stranger has written into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses.
    XForwardedFor,
    /// `Forwarded` (RFC 7239): addresses in `for=`.
    Forwarded,
}

/// The balancers that are believed.
#[derive(Clone, Debug)]
pub(crate) struct Balancers {
    pub(crate) trusted: Vec<IpNet>,
    pub(crate) header: ForwardedHeader,
}

impl Balancers {
    /// The address that a request comes from: the peer's, or the nearest one behind it that is no
    /// trusted balancer. What stands further left anybody may have written.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in self.hops(headers).rev() {
            match hop {
                Some(address) if self.trusts(client) => client = address,
                _ => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The addresses in the header, the nearest one last; nothing in place of what is none.
    fn hops(&self, headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedHeader::XForwardedFor => ("x-forwarded-for", address),
            ForwardedHeader::Forwarded => (FORWARDED.as_str(), forwarded_for),
        };
        let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let hops: Vec<_> = values.iter().flat_map(|value| value.split(',')).map(read).collect();
        hops.into_iter()
    }
}

/// `for=192.0.2.1`, `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().and_then(|(_, value)| address(value.trim().trim_matches('"')))
}

/// An address, with a port or without, in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse();
    bare.or_else(|_| text.parse().map(|address: SocketAddr| address.ip())).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(header: ForwardedHeader, peer: &str, values: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).to_vec();
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        Balancers { trusted, header }.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let client = |peer: &str, values: &[&'static str]| client(ForwardedHeader::XForwardedFor, peer, values);
        assert_eq!(client("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn the_nearest_address_that_is_no_balancer_counts() {
        let client = |values: &[&'static str]| client(ForwardedHeader::XForwardedFor, "10.0.0.1", values);
        assert_eq!(client(&["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&["203.0.113.9, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&["203.0.113.9", "198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client(&["::ffff:198.51.100.1,fd00::1"]), "198.51.100.1");
        assert_eq!(client(&["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client(&["203.0.113.9, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client(&["10.0.0.3"]), "10.0.0.3");
        assert_eq!(client(&[]), "10.0.0.1");
    }

    #[test]
    fn only_the_header_that_the_balancer_writes_is_read() {
        let client = |values: &[&'static str]| client(ForwardedHeader::Forwarded, "10.0.0.1", values);
        assert_eq!(client(&["for=203.0.113.9, For=198.51.100.1;proto=https;by=10.0.0.1"]), "198.51.100.1");
        assert_eq!(client(&[r#"proto=https;for="[2001:db8::1]:4711""#]), "2001:db8::1");
        assert_eq!(client(&["for=_hidden"]), "10.0.0.1");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        let balancers = Balancers { trusted: vec!["10.0.0.0/8".parse().unwrap()], header: ForwardedHeader::Forwarded };
        assert_eq!(balancers.client("10.0.0.1".parse().unwrap(), &headers).to_string(), "10.0.0.1");
    }
}
