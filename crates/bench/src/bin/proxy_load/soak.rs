use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::comparison::connect;
use crate::load::{Load, Outcome};
use crate::process::{Folder, Server};
use crate::users::Wire;

const USERS: u64 = 1_000;
const TRIAL: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
/// Until what was kept first has expired, memory has to grow: replies are kept for two minutes. And
/// some time after that the table that they are in doubles once more, for the gaps that they leave.
const SETTLING: Duration = Duration::from_secs(300);
/// Of a hundred parts of what the proxy reaches.
const SHARE: u64 = 70;
/// By so many parts of a hundred the last minute's memory may differ from the first one's.
const DRIFT: u64 = 5;

/// Keeps the proxy busy, and fails if its memory grows or a request does.
pub(crate) async fn run(program: &Path, seconds: u64) -> Result<()> {
    let folder = Folder::new()?;
    let wallet = Server::stub()?;
    let proxy = Server::proxy(program, &folder)?;
    let users = connect(USERS, &proxy, wallet.address).await?;
    let load = |time, rate| Load { address: proxy.address, wire: Wire::Proxy, users: Arc::clone(&users), time, rate };

    let trial = load(TRIAL, None).run().await?;
    let ceiling = trial.payments / TRIAL.as_secs();
    let rate = ceiling * SHARE / 100;
    println!("{ceiling} payments/s at most; {rate} for {seconds} s, after {} s to settle", SETTLING.as_secs());

    let mut total = load(SETTLING, Some(rate)).run().await?;
    let mut memory = Vec::new();
    for minute in 1..=(seconds / MINUTE.as_secs()).max(2) {
        let minute_of_load = load(MINUTE, Some(rate));
        let (outcome, kilobytes) = tokio::join!(minute_of_load.run(), average_memory(&proxy));
        let (mut outcome, kilobytes): (Outcome, u64) = (outcome?, kilobytes?);
        let [middle, high] = [50, 99].map(|percent| outcome.percentile(percent));
        println!(
            "minute {minute}: {} payments, {} failures, p50 {middle} µs, p99 {high} µs, {kilobytes} KB",
            outcome.payments, outcome.failures
        );
        memory.push(kilobytes);
        total.payments += outcome.payments;
        total.failures += outcome.failures;
    }
    let (first, last) = (memory[0], memory[memory.len() - 1]);
    println!(
        "{} payments, {} failures; {first} KB in the first minute, {last} KB in the last",
        total.payments, total.failures
    );
    ensure!(total.failures == 0, "requests have failed");
    ensure!(first.abs_diff(last) * 100 <= first * DRIFT, "memory is not flat");
    Ok(())
}

/// Over most of a minute.
async fn average_memory(server: &Server) -> Result<u64> {
    const SAMPLES: u64 = 50;
    let mut sum = 0;
    for _ in 0..SAMPLES {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sum += server.memory()?;
    }
    Ok(sum / SAMPLES)
}
