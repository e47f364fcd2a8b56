//! A name server that says what a test tells it to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// The type of record that is asked for: an IPv4 or an IPv6 address.
pub(crate) const A: u16 = 1;
pub(crate) const AAAA: u16 = 28;

pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<HashMap<(String, u16), usize>>>,
}

impl NameServer {
    /// Answers until the test is over: with these addresses for a name that is asked for so many
    /// times before, and with how many seconds they may be kept.
    pub(crate) async fn start(seconds: u32, answer: impl Fn(&str, usize) -> Vec<IpAddr> + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked: Arc<Mutex<HashMap<(String, u16), usize>>> = Arc::default();
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut packet = [0; 1500];
            loop {
                let (length, peer) = socket.recv_from(&mut packet).await.unwrap();
                let (name, kind, end) = question(&packet[..length]);
                let before = {
                    let mut asked = log.lock().unwrap();
                    let count = asked.entry((name.clone(), kind)).or_default();
                    *count += 1;
                    *count - 1
                };
                let reply = reply(&packet[..end], kind, seconds, &answer(&name, before));
                socket.send_to(&reply, peer).await.unwrap();
            }
        });
        Self { address, asked }
    }

    /// How often it was asked for a name.
    pub(crate) fn asked(&self, name: &str, kind: u16) -> usize {
        self.asked.lock().unwrap().get(&(name.to_owned(), kind)).copied().unwrap_or_default()
    }
}

/// The name and the type that are asked for, and where the question ends (RFC 1035, section 4).
fn question(packet: &[u8]) -> (String, u16, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while packet[at] != 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(String::from_utf8(packet[at + 1..end].to_vec()).unwrap().to_lowercase());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([packet[at + 1], packet[at + 2]]), at + 5)
}

fn reply(asked: &[u8], kind: u16, seconds: u32, addresses: &[IpAddr]) -> Vec<u8> {
    let octets = |address: &IpAddr| match address {
        IpAddr::V4(address) if kind == A => Some(address.octets().to_vec()),
        IpAddr::V6(address) if kind == AAAA => Some(address.octets().to_vec()),
        _ => None,
    };
    let records: Vec<Vec<u8>> = addresses.iter().filter_map(octets).collect();
    let mut reply = asked.to_vec();
    // An answer, with recursion; one question, so many answers and nothing more.
    reply[2..4].copy_from_slice(&[0x81, 0x80]);
    reply[4..12].copy_from_slice(&[0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    for record in records {
        reply.extend([0xc0, 12]);
        reply.extend([kind, 1].map(u16::to_be_bytes).concat());
        reply.extend(seconds.to_be_bytes());
        reply.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
        reply.extend(record);
    }
    reply
}
