use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::client::Connection;
use crate::load::{Load, Outcome};
use crate::process::{Folder, Server};
use crate::users::{Half, User, Wire};

const USERS: u64 = 10_000;
/// All take turns, so that whatever else the machine does meets each of them.
const ROUNDS: u32 = 2;
const ROUND: Duration = Duration::from_secs(5);

const NOTE: &str = "Absolute figures drift with the machine and what else runs on it, and load generator and \
    wallet share its processors; the ratios are of payments for each second of the server's own processor time.";

/// One of those that are compared.
struct Contender<'a> {
    name: &'static str,
    wire: Wire,
    server: &'a Server,
    /// As fast as it goes.
    full: Figures,
    /// At half of what the proxy reaches.
    half: Figures,
}

#[derive(Default)]
struct Figures {
    outcome: Outcome,
    time: Duration,
    processor_time: Duration,
}

/// Measures, prints a table, and writes the same as JSON.
pub(crate) async fn run(program: &Path, file: Option<&Path>) -> Result<()> {
    let folder = Folder::new()?;
    let wallet = Server::stub()?;
    let nginx = Server::nginx(wallet.address, &folder)?;
    let forwarder = Server::forwarder(wallet.address)?;
    let proxy = Server::proxy(program, &folder)?;

    let idle = proxy.memory()?;
    let users = connect(USERS, &proxy, wallet.address).await?;
    let memory = proxy.memory()?.saturating_sub(idle);

    let contender =
        |name, wire, server| Contender { name, wire, server, full: Figures::default(), half: Figures::default() };
    let mut contenders = [
        contender("stub", Wire::Wallet, &wallet),
        contender("nginx", Wire::Wallet, &nginx),
        contender("forwarder", Wire::Wallet, &forwarder),
        contender("proxy", Wire::Proxy, &proxy),
    ];
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            contender.full.measure(contender.server, contender.wire, &users, None).await?;
        }
    }
    let rate = contenders[3].full.per_second() / 2;
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            contender.half.measure(contender.server, contender.wire, &users, Some(rate)).await?;
        }
    }

    let direct = [50, 99].map(|percent| contenders[0].half.outcome.percentile(percent));
    let rows: Vec<Value> = contenders.iter_mut().map(|contender| contender.row(direct)).collect();
    let cost = |index: usize| contenders[index].full.per_processor_second();
    let summary = json!({
        "note": NOTE,
        "usersOfMemory": USERS,
        "memoryKilobytes": memory,
        "idleKilobytes": idle,
        "halfLoadPaymentsPerSecond": rate,
        "ratioToNginx": ratio(cost(3), cost(1)),
        "ratioToForwarder": ratio(cost(3), cost(2)),
        "contenders": rows,
    });
    print(&summary);
    if let Some(file) = file {
        fs::write(file, format!("{summary:#}\n"))?;
    }
    Ok(())
}

/// Users who have connected and made one payment each.
pub(crate) async fn connect(count: u64, proxy: &Server, wallet: SocketAddr) -> Result<Arc<Vec<User>>> {
    let mut connection = Connection::to(proxy.address).await?;
    let mut users = Vec::new();
    for number in 0..count {
        let user = User::connect(number, wallet, &mut connection).await?;
        for half in [Half::Quote, Half::Payment] {
            connection.send(user.request(half, Wire::Proxy)).await?;
        }
        users.push(user);
    }
    Ok(Arc::new(users))
}

impl Figures {
    async fn measure(&mut self, server: &Server, wire: Wire, users: &Arc<Vec<User>>, rate: Option<u64>) -> Result<()> {
        let load = Load { address: server.address, wire, users: Arc::clone(users), time: ROUND, rate };
        let (before, start) = (server.processor_time()?, Instant::now());
        self.outcome.add(load.run().await?);
        self.time += start.elapsed();
        self.processor_time += server.processor_time()? - before;
        Ok(())
    }

    fn per_second(&self) -> u64 {
        self.per(self.time)
    }

    fn per_processor_second(&self) -> u64 {
        self.per(self.processor_time)
    }

    fn per(&self, time: Duration) -> u64 {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.outcome.payments * 1000 / millis
    }
}

impl Contender<'_> {
    /// With what it adds to the direct way, at the percentiles 50 and 99.
    fn row(&mut self, direct: [u64; 2]) -> Value {
        let [middle, high] = [50, 99].map(|percent| self.half.outcome.percentile(percent));
        json!({
            "name": self.name,
            "paymentsPerSecond": self.full.per_second(),
            "paymentsPerProcessorSecond": self.full.per_processor_second(),
            "failures": self.full.outcome.failures + self.half.outcome.failures,
            "halfLoadP50Microseconds": middle,
            "halfLoadP99Microseconds": high,
            "addedP50Microseconds": middle.saturating_sub(direct[0]),
            "addedP99Microseconds": high.saturating_sub(direct[1]),
        })
    }
}

fn ratio(ours: u64, theirs: u64) -> Value {
    let hundredths = ours * 100 / theirs.max(1);
    json!(f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0)
}

fn print(summary: &Value) {
    println!("{NOTE}\n");
    let columns = [
        ("payments/s", "paymentsPerSecond"),
        ("per CPU second", "paymentsPerProcessorSecond"),
        ("failures", "failures"),
        ("added p50 µs", "addedP50Microseconds"),
        ("added p99 µs", "addedP99Microseconds"),
    ];
    println!("{:12}{}", "", columns.map(|(title, _)| format!("{title:>16}")).concat());
    for row in summary["contenders"].as_array().into_iter().flatten() {
        let name = row["name"].as_str().unwrap_or_default();
        println!("{name:12}{}", columns.map(|(_, key)| format!("{:>16}", row[key].to_string())).concat());
    }
    println!("\nLatencies at {} payments/s.", summary["halfLoadPaymentsPerSecond"]);
    println!(
        "Payments per CPU second: {} × nginx, {} × forwarder.",
        summary["ratioToNginx"], summary["ratioToForwarder"]
    );
    println!("Memory for {USERS} users who have paid once: {} KB.", summary["memoryKilobytes"]);
}
