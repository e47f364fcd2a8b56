//! A Redis server of a test's own.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio, id};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::sqlite::Folder;

/// A server on a free port of this machine, which ends with the test.
pub(crate) struct RedisServer {
    folder: Folder,
    port: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl RedisServer {
    pub(crate) fn start(name: &str) -> Self {
        let port = free_port();
        let arguments = vec!["--port".to_owned(), port.to_string()];
        Self::begin(Self { folder: Folder::new(name), port, arguments, process: None })
    }

    /// One that speaks TLS alone, and the file with its certificate.
    pub(crate) fn start_with_tls(name: &str) -> (Self, PathBuf) {
        let (folder, port) = (Folder::new(name), free_port());
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (folder.0.join("certificate.pem"), folder.0.join("key.pem"));
        std::fs::write(&certificate, own.cert.pem()).unwrap();
        std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
        let mut arguments = ["--port", "0", "--tls-auth-clients", "no"].map(str::to_owned).to_vec();
        arguments.extend(["--tls-port".to_owned(), port.to_string()]);
        for (name, path) in
            [("--tls-cert-file", &certificate), ("--tls-ca-cert-file", &certificate), ("--tls-key-file", &key)]
        {
            arguments.extend([name.to_owned(), path.display().to_string()]);
        }
        (Self::begin(Self { folder, port, arguments, process: None }), certificate)
    }

    fn begin(mut server: Self) -> Self {
        server.start_again();
        server
    }

    /// The same one, with what it had written when it was stopped.
    pub(crate) fn start_again(&mut self) {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "3600 1"])
            .args(&self.arguments)
            .arg("--dir")
            .arg(&self.folder.0)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (./build.sh test proxy does it)");
        self.process = Some(process);
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "redis-server does not start");
            sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("rediss://localhost:{}/", self.port)
    }

    /// Lets it write and end.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            signal(&process, "TERM");
            process.wait().unwrap();
        }
    }

    /// It keeps its connections and answers nothing, until it goes on.
    pub(crate) fn freeze(&self) {
        signal(self.process.as_ref().unwrap(), "STOP");
    }

    pub(crate) fn go_on(&self) {
        signal(self.process.as_ref().unwrap(), "CONT");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A port that the system gives to nobody by itself, so that it is still free when a server that was
/// stopped comes back.
pub(crate) fn free_port() -> u16 {
    static SERVERS: AtomicU32 = AtomicU32::new(0);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let next = || id().wrapping_mul(97).wrapping_add(SERVERS.fetch_add(1, Ordering::Relaxed)) % 10_000;
    std::iter::repeat_with(|| 20_000 + u16::try_from(next()).unwrap()).take(10_000).find(free).unwrap()
}

fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), process.id().to_string()]).status().unwrap();
    assert!(status.success());
}
