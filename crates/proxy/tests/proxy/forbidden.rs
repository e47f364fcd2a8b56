//! Hosts that the proxy does not connect to, however they are written or found.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use open_payments::{Url, UrlError};
use open_payments_client::{HttpRequest, Method};
use proxy::core::Unreachable;
use proxy::shell::{Wallets, WayOut};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::dns::{A, AAAA, NameServer};
use crate::setup::sandbox;

/// Addresses that are not on the public internet, and why.
const ADDRESSES: [(&str, &str); 47] = [
    ("0.0.0.0", "this network"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "shared with the provider"),
    ("100.100.100.200", "metadata, in a shared block"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "a cloud's own services"),
    ("169.254.0.1", "link-local"),
    ("169.254.169.254", "metadata"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.192", "metadata, in a block for protocols"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "relays of 6to4"),
    ("192.168.0.1", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.19.255.255", "benchmarks"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "IPv4-compatible loopback"),
    ("::ffff:127.0.0.1", "IPv4-mapped loopback"),
    ("::ffff:10.0.0.1", "IPv4-mapped private"),
    ("::ffff:169.254.169.254", "IPv4-mapped metadata"),
    ("::ffff:8.8.8.8", "IPv4-mapped, though public: nobody honest has such a record"),
    ("64:ff9b::10.0.0.1", "NAT64 of a private address"),
    ("64:ff9b::a9fe:a9fe", "NAT64 of metadata"),
    ("64:ff9b:1::1", "NAT64 of a local network"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:2::1", "benchmarks"),
    ("2001:10::1", "ORCHID"),
    ("2001:db8::1", "documentation"),
    ("2002:a00:1::1", "6to4 of a private address"),
    ("2002:7f00:1::1", "6to4 of loopback"),
    ("3fff::1", "documentation"),
    ("fd00:ec2::254", "metadata, in a unique local block"),
    ("fc00::1", "unique local"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
];

/// Names that only a machine or a network of its own knows.
const NAMES: [&str; 12] = [
    "https://localhost/",
    "https://wallet.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.home.arpa/",
    "https://nas.lan/",
    "https://db.corp/",
    "https://pages.intranet/",
    "https://box.home/",
    "https://router/",
    "https://kubernetes/",
    "https://metadata/latest/",
];

/// What some programs read as an address or a host, and we read as nothing.
const SPELLINGS: [(&str, UrlError); 22] = [
    ("http://2130706433/", UrlError::Host),
    ("https://2130706433/", UrlError::Host),
    ("https://0x7f000001/", UrlError::Host),
    ("https://0177.0.0.1/", UrlError::Host),
    ("https://0x7f.1/", UrlError::Host),
    ("https://127.1/", UrlError::Host),
    ("https://127.0.1/", UrlError::Host),
    ("https://10.0.0.0x1/", UrlError::Host),
    ("https://127.0.0.1./", UrlError::Host),
    ("https://localhost./", UrlError::Host),
    ("https://wallet.example./", UrlError::Host),
    ("https://[::ffff:127.0.0.1%25lo]/", UrlError::Host),
    ("https://[::FFFF:7F00:1]/", UrlError::Host),
    ("https://[0:0:0:0:0:0:0:1]/", UrlError::Host),
    ("https://wallet.example@127.0.0.1/", UrlError::Host),
    ("https://127.0.0.1\\@wallet.example/", UrlError::Character),
    ("https://wallet.example:pass@10.0.0.1/", UrlError::Port),
    ("https://wallet.example:443/", UrlError::Port),
    ("https://wallet.example:0/", UrlError::Port),
    ("https://wallet.example:65536/", UrlError::Port),
    ("https://127\u{3002}0.0.1/", UrlError::Character),
    ("http://10.0.0.1/", UrlError::Scheme),
];

fn get(url: &str) -> HttpRequest {
    HttpRequest { method: Method::Get, url: Url::parse(url).unwrap(), headers: Vec::new(), body: None }
}

async fn outcome(wallets: &Wallets, url: &str) -> Result<u16, Unreachable> {
    let deadline = Instant::now() + Duration::from_secs(10);
    wallets.send(get(url), deadline).await.map(|reply| reply.status)
}

/// Not connected to, even if something listens there, and no matter whether it is told by name.
#[tokio::test]
async fn no_address_that_is_not_public_is_connected_to() {
    let named = NameServer::start(60, |name, _| {
        let nth: usize = name.trim_start_matches('n').trim_end_matches(".example").parse().unwrap();
        vec![ADDRESSES[nth].0.parse().unwrap()]
    });
    let name_servers = vec![named.await.address];
    let wallets = Wallets::new(&WayOut { name_servers, ..WayOut::default() }).unwrap();
    for (nth, (address, reason)) in ADDRESSES.iter().enumerate() {
        let ip: IpAddr = address.parse().unwrap();
        let literal = if ip.is_ipv6() { format!("https://[{ip}]/") } else { format!("https://{ip}/") };
        assert_eq!(outcome(&wallets, &literal).await, Err(Unreachable::Private), "{literal}: {reason}");
        let named = format!("https://n{nth}.example/");
        assert_eq!(outcome(&wallets, &named).await, Err(Unreachable::Private), "{address} by name: {reason}");
    }
}

#[tokio::test]
async fn no_name_of_a_local_network_is_looked_up() {
    let server = NameServer::start(60, |_, _| vec!["8.8.8.8".parse().unwrap()]).await;
    let wallets = Wallets::new(&WayOut { name_servers: vec![server.address], ..WayOut::default() }).unwrap();
    for url in NAMES {
        assert_eq!(outcome(&wallets, url).await, Err(Unreachable::Private), "{url}");
        assert_eq!(server.asked(Url::parse(url).unwrap().host(), A), 0, "{url}");
    }
}

#[test]
fn no_other_spelling_of_a_host_is_read() {
    for (url, reason) in SPELLINGS {
        assert_eq!(Url::parse(url).err(), Some(reason), "{url}");
    }
}

/// A listener that counts who connects, on an address of this machine.
async fn listen(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connected = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connected);
    tokio::spawn(async move {
        // Closed at once: whoever comes to agree on TLS finds nobody.
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    (port, connected)
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked() {
    let (port, first) = listen("127.0.0.1:0").await;
    let (_, second) = listen(&format!("127.0.0.2:{port}")).await;
    let server = NameServer::start(0, |_, before| match before {
        0 => vec!["127.0.0.1".parse().unwrap()],
        1 => vec!["127.0.0.2".parse().unwrap()],
        _ => vec!["10.0.0.1".parse().unwrap()],
    })
    .await;
    let wallets = Wallets::new(&WayOut { name_servers: vec![server.address], ..sandbox() }).unwrap();
    let url = format!("https://rebinding.example:{port}/");
    let connected = || (first.load(Ordering::Relaxed), second.load(Ordering::Relaxed));
    assert_eq!(outcome(&wallets, &url).await, Err(Unreachable::Connection));
    assert_eq!((server.asked("rebinding.example", A), connected()), (1, (1, 0)));
    assert_eq!(outcome(&wallets, &url).await, Err(Unreachable::Connection));
    assert_eq!((server.asked("rebinding.example", A), connected()), (2, (1, 1)), "it may not be kept");
    assert_eq!(outcome(&wallets, &url).await, Err(Unreachable::Private), "now it leads inside");
    assert_eq!(connected(), (1, 1));
}

#[tokio::test]
async fn one_private_address_beside_others_condemns_a_name_in_either_family() {
    let (port, connected) = listen("127.0.0.1:0").await;
    let server = NameServer::start(60, |name, _| {
        let other = if name.starts_with("four") { "192.168.0.1" } else { "fd00::1" };
        vec!["127.0.0.1".parse().unwrap(), other.parse().unwrap()]
    })
    .await;
    let wallets = Wallets::new(&WayOut { name_servers: vec![server.address], ..sandbox() }).unwrap();
    for name in ["four.example", "six.example"] {
        assert_eq!(outcome(&wallets, &format!("https://{name}:{port}/")).await, Err(Unreachable::Private), "{name}");
        assert_eq!((server.asked(name, A), server.asked(name, AAAA)), (1, 1));
    }
    assert_eq!(connected.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_name_is_kept_for_as_long_as_it_says_and_one_that_leads_nowhere_harms_nothing() {
    let (port, connected) = listen("127.0.0.1:0").await;
    let server = NameServer::start(60, |name, _| match name {
        "kept.example" => vec!["127.0.0.1".parse().unwrap()],
        _ => Vec::new(),
    })
    .await;
    let wallets = Wallets::new(&WayOut { name_servers: vec![server.address], ..sandbox() }).unwrap();
    for n in 1..=3 {
        let kept = outcome(&wallets, &format!("https://kept.example:{port}/")).await;
        assert_eq!((kept, connected.load(Ordering::Relaxed)), (Err(Unreachable::Connection), n));
    }
    assert_eq!(server.asked("kept.example", A), 1);
    assert_eq!(outcome(&wallets, "https://nowhere.example/").await, Err(Unreachable::Connection));
}
