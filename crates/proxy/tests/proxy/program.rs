//! The program itself, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use proxy::core::Incoming;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::setup::until;

/// The program with these options, and nothing from the environment of the tests.
pub(crate) fn command(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rivulet-proxy"));
    command.env_clear().args(options);
    command
}

/// A file of this test alone.
pub(crate) fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("rivulet-proxy-{}-{name}", std::process::id()))
}

/// A proxy for the sandbox that runs until it is dropped.
pub(crate) struct Program {
    child: Child,
    log: Arc<Mutex<String>>,
    collectors: Vec<JoinHandle<()>>,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    pub(crate) key_file: PathBuf,
}

impl Program {
    pub(crate) async fn start(name: &str, options: &[&str]) -> Self {
        Self::start_with(&[], name, options).await
    }

    pub(crate) async fn start_with(environment: &[(&str, &Path)], name: &str, options: &[&str]) -> Self {
        let key_file = file(name);
        let mut command = command(&["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]);
        command.args(["--public-url", "https://pay.example", "--allow-private-hosts", "--key-file"]).arg(&key_file);
        let mut child = command
            .args(options)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let collectors = vec![collect(child.stdout.take().unwrap(), &log), collect(child.stderr.take().unwrap(), &log)];
        let address = |message: &str| {
            let log = log.lock().unwrap();
            let line = log.lines().find(|line| line.contains(message))?;
            serde_json::from_str::<serde_json::Value>(line).unwrap()["address"]
                .as_str()
                .map(|text| text.parse().unwrap())
        };
        until(|| address(r#""message":"listening""#).is_some()).await;
        let (metrics, address) = (address("serving metrics").unwrap(), address(r#""message":"listening""#).unwrap());
        Self { child, log, collectors, address, metrics, key_file }
    }

    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.log.lock().unwrap().contains(words)
    }

    /// Tells it to stop; all that it has written.
    pub(crate) async fn stop(&mut self) -> String {
        self.signal("TERM");
        self.ended(Duration::from_secs(10)).await
    }

    /// Waits for it to end by itself, and well; all that it has written.
    pub(crate) async fn ended(&mut self, time: Duration) -> String {
        let mut status = None;
        let wait = async {
            while status.is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
                status = self.child.try_wait().unwrap();
            }
        };
        timeout(time, wait).await.unwrap();
        for collector in self.collectors.drain(..) {
            collector.join().unwrap();
        }
        let log = self.log.lock().unwrap().clone();
        assert!(status.unwrap().success(), "{log}");
        log
    }

    pub(crate) fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap().success());
    }

    pub(crate) async fn connect(&self) -> std::io::Result<Connection> {
        Connection::to(self.address).await
    }

    /// The body of an answer to a GET.
    pub(crate) async fn get(&self, address: SocketAddr, path: &str) -> (u16, String) {
        let answer = Connection::to(address).await.unwrap().get(path).await.unwrap();
        (answer.status, answer.body)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.key_file);
    }
}

fn collect(output: impl Read + Send + 'static, log: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            log.lock().unwrap().extend([line.as_str(), "\n"]);
        }
    })
}

/// A connection that stays open for one request after another, if the server lets it.
pub(crate) struct Connection(BufStream<TcpStream>);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn is_last(&self) -> bool {
        self.headers.contains("connection: close")
    }
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> std::io::Result<Self> {
        TcpStream::connect(address).await.map(BufStream::new).map(Self)
    }

    pub(crate) async fn get(&mut self, path: &str) -> std::io::Result<Answer> {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: pay.example\r\n\r\n"), &[]).await
    }

    pub(crate) async fn send(&mut self, incoming: &Incoming) -> std::io::Result<Answer> {
        let headers: String = incoming.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST {} HTTP/1.1\r\nhost: pay.example\r\n{headers}\r\n", incoming.endpoint.path());
        self.exchange(&head, &incoming.body).await
    }

    async fn exchange(&mut self, head: &str, body: &[u8]) -> std::io::Result<Answer> {
        let Self(stream) = self;
        stream.write_all(&[head.as_bytes(), body].concat()).await?;
        stream.flush().await?;
        let mut headers = String::new();
        while !headers.ends_with("\r\n\r\n") {
            if stream.read_line(&mut headers).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let headers = headers.to_lowercase();
        let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Answer { status, headers, body: String::from_utf8(body).unwrap() })
    }
}
