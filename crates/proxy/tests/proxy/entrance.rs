//! Connections from strangers: TLS, and what nobody may hold on to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::program::{Program, file};
use crate::setup::{Setup, until};

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: pay.example\r\n\r\n";

/// The server with these options.
async fn serve(options: &[&str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let setup = Setup::with_wallet().await;
    tokio::spawn(setup.server(options).serve(listener));
    address
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).await.unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

/// Writes a certificate for localhost and its key; what a client has to trust.
fn issue(chain: &Path, key: &Path) -> CertificateDer<'static> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(chain, own.cert.pem()).unwrap();
    std::fs::write(key, own.signing_key.serialize_pem()).unwrap();
    own.cert.der().clone()
}

/// The protocol that is agreed on, if the server shows this certificate.
async fn greet(address: SocketAddr, trusted: &CertificateDer<'static>) -> Option<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
}

#[tokio::test]
async fn a_certificate_is_read_anew_at_a_signal_and_a_broken_one_is_not_taken() {
    let (chain, key) = (file("chain.pem"), file("chain.key"));
    let first = issue(&chain, &key);
    let options = ["--tls-cert", chain.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let mut program = Program::start("tls.key", &options).await;
    assert_eq!(greet(program.address, &first).await.as_deref(), Some(b"h2".as_slice()));

    let second = issue(&chain, &key);
    assert_eq!(greet(program.address, &second).await, None);
    program.signal("HUP");
    let (address, trusted) = (program.address, second.clone());
    timeout(Duration::from_secs(5), async { while greet(address, &trusted).await.is_none() {} }).await.unwrap();
    assert_eq!(greet(program.address, &first).await, None);

    std::fs::write(&key, "no key").unwrap();
    program.signal("HUP");
    until(|| program.has_said("the certificate stays as it was")).await;
    assert!(greet(program.address, &second).await.is_some());
    program.stop().await;
    for file in [chain, key] {
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_finish_a_request_is_not_waited_for() {
    let address = serve(&[]).await;
    for (begun, seconds) in
        [(&b""[..], 60), (b"P", 60), (b"PRI * HTTP/2.0\r\n\r\n", 60), (b"GET /healthz HTTP/1.1\r\nhost: ", 10)]
    {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let closed = async { while stream.read(&mut [0; 1024]).await.is_ok_and(|length| length > 0) {} };
        timeout(Duration::from_secs(1000), closed).await.unwrap();
        let waited = start.elapsed().as_secs();
        assert!((seconds..=2 * seconds + 75).contains(&waited), "{begun:?}: {waited} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_used_is_closed() {
    let address = serve(&[]).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let start = Instant::now();
    stream.write_all(GET).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(timeout(Duration::from_secs(1000), answer(&mut stream)).await.unwrap(), "");
    assert!(start.elapsed() <= Duration::from_secs(121), "{:?}", start.elapsed());
}

#[tokio::test]
async fn headers_that_are_too_long_are_refused() {
    let address = serve(&[]).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let long = [b"GET /healthz HTTP/1.1\r\nx: ", "x".repeat(20_000).as_bytes(), b"\r\n\r\n"].concat();
    stream.write_all(&long).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn only_so_many_connections_are_open_at_a_time() {
    let address = serve(&["--max-connections", "1"]).await;
    let first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(GET).await.unwrap();
    assert!(timeout(Duration::from_millis(300), answer(&mut second)).await.is_err());
    drop(first);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 "));
}
