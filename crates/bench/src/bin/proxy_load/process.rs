use std::env::{current_exe, temp_dir};
use std::fs::{self, read_to_string};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What extensions know the proxy by.
pub(crate) const PUBLIC_URL: &str = "https://pay.example";

/// The kernel counts processor time in hundredths of a second for whoever asks.
const TICK: Duration = Duration::from_millis(10);

const START_TIME: Duration = Duration::from_secs(10);

/// A folder that goes with the benchmark.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Self> {
        let folder = temp_dir().join(format!("rivulet-load-{}", id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server in a process of its own, which ends with this value.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The wallet.
    pub(crate) fn stub() -> Result<Self> {
        let address = free_address()?;
        Self::start(Command::new(current_exe()?).arg("stub").arg(address.to_string()), address)
    }

    pub(crate) fn forwarder(wallet: SocketAddr) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(current_exe()?);
        Self::start(command.arg("forwarder").args([address.to_string(), wallet.to_string()]), address)
    }

    /// Nginx as it is set up to pass on and do nothing else: connections stay open on both sides,
    /// and there is no log.
    pub(crate) fn nginx(wallet: SocketAddr, Folder(folder): &Folder) -> Result<Self> {
        let address = free_address()?;
        let configuration = format!(
            "daemon off;
            worker_processes auto;
            pid nginx.pid;
            error_log stderr;
            events {{ worker_connections 1024; }}
            http {{
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                upstream wallet {{ server {wallet}; keepalive 128; keepalive_requests 100000000; }}
                server {{
                    listen {address};
                    keepalive_requests 100000000;
                    location / {{
                        proxy_pass http://wallet;
                        proxy_http_version 1.1;
                        proxy_set_header Connection \"\";
                    }}
                }}
            }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration)?;
        Self::start(Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(file), address)
    }

    /// The proxy, with limits that one machine's load does not reach. Without a line for each
    /// request, as the others write none either.
    pub(crate) fn proxy(program: &Path, Folder(folder): &Folder) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(program);
        command.env_clear().arg("--listen").arg(address.to_string()).arg("--key-file").arg(folder.join("proxy.key"));
        command.args(["--public-url", PUBLIC_URL, "--allow-private-hosts", "--log-level", "warn"]);
        command.args(["--requests-per-minute", "100000000", "--payments-per-minute", "100000000"]);
        Self::start(command.args(["--requests-per-address", "100000000"]), address)
    }

    fn start(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let process = command.stdout(Stdio::null()).spawn().with_context(|| format!("cannot run {command:?}"))?;
        let server = Self { process, address };
        let end = Instant::now() + START_TIME;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > end {
                bail!("{command:?} does not listen");
            }
            sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// The processor time of the process and of those it has started, for user and system.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        self.processes()?.into_iter().map(processor_time).sum()
    }

    /// The memory that it holds, in kilobytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    fn processes(&self) -> Result<Vec<u32>> {
        let own = self.process.id();
        let children = read_to_string(format!("/proc/{own}/task/{own}/children"))?;
        let children = children.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        Ok([vec![own], children].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nginx ends its workers when it is told to stop, and would leave them when it is killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

fn processor_time(process: u32) -> Result<Duration> {
    let stat = read_to_string(format!("/proc/{process}/stat"))?;
    // Behind the name, which may hold anything: state, and ten more until user and system time.
    let (_, fields) = stat.rsplit_once(") ").context("no name")?;
    let times = fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    Ok(TICK * times.iter().sum::<u32>())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
