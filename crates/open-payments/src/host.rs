use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a host is, as far as its name tells. A public name may still resolve to a private
/// address: whoever connects has to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// This machine: `localhost`, names under it, 127.0.0.0/8, `[::1]`.
    Loopback,
    /// A private, link-local, shared or otherwise special address, or a name that only a local
    /// network can know.
    Private,
    /// Everything else.
    Public,
}

impl HostKind {
    /// The kind of a host as it stands in a [`Url`](crate::Url).
    pub fn of(host: &str) -> Self {
        if let Some(literal) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            return literal.parse().map_or(Self::Private, |ip| Self::of_ip(IpAddr::V6(ip)));
        }
        if let Ok(ip) = host.parse::<Ipv4Addr>() {
            return Self::of_ip(IpAddr::V4(ip));
        }
        match host.rsplit('.').next() {
            Some("localhost") => Self::Loopback,
            Some("local" | "internal" | "lan" | "home" | "corp" | "intranet") => Self::Private,
            Some(last) if last == host || host.ends_with(".home.arpa") => Self::Private,
            _ => Self::Public,
        }
    }

    /// The kind of an address, also of an IPv4 address inside an IPv6 one.
    pub fn of_ip(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) if ip.is_loopback() => Self::Loopback,
            IpAddr::V4(ip) => Self::when(is_special_v4(ip)),
            IpAddr::V6(Ipv6Addr::LOCALHOST) => Self::Loopback,
            IpAddr::V6(ip) => Self::when(is_special_v6(ip)),
        }
    }

    fn when(special: bool) -> Self {
        if special { Self::Private } else { Self::Public }
    }
}

/// The blocks of the IANA special-purpose registry that are not globally reachable, multicast, and
/// the one public address behind which a cloud (Azure) keeps services for its machines alone.
fn is_special_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || ip == Ipv4Addr::new(168, 63, 129, 16)
        || matches!(
            (a, b, c),
            (0 | 240..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
        )
}

/// Only global unicast (2000::/3) is public, without the blocks in it that carry an IPv4
/// address or nothing: documentation, 6to4, Teredo and benchmarking.
fn is_special_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let global = segments[0] & 0xe000 == 0x2000;
    !global || matches!((segments[0], segments[1]), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_hosts_are_told_apart() {
        for host in ["localhost", "wallet.localhost", "127.0.0.1", "127.8.9.1", "[::1]"] {
            assert_eq!(HostKind::of(host), HostKind::Loopback, "{host}");
        }
        for host in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "[fe80::1]",
            "[fc00::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[64:ff9b::a00:1]",
            "[2002:a00:1::]",
            "[2001:db8::1]",
            "[::]",
            "printer.local",
            "router",
            "a.home.arpa",
            "db.internal",
        ] {
            assert_eq!(HostKind::of(host), HostKind::Private, "{host}");
        }
        for host in ["wallet.example", "8.8.8.8", "[2606:4700::1111]", "localhost.example", "local.example"] {
            assert_eq!(HostKind::of(host), HostKind::Public, "{host}");
        }
    }
}
