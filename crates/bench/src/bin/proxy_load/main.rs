//! Loads the release build of the proxy, on loopback alone: beside nginx and beside a bare
//! forwarder, or for minutes to see whether it stays as it is.

#![allow(clippy::print_stdout, reason = "a command line tool talks to whoever typed the command")]
#![allow(clippy::float_arithmetic, reason = "figures of a benchmark are ratios")]

mod client;
mod comparison;
mod forwarder;
mod load;
mod process;
mod soak;
mod stub;
mod users;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// What this process is.
#[derive(Parser)]
enum Role {
    /// Compares the proxy with nginx and with a forwarder.
    Compare {
        /// The proxy's program.
        #[arg(long)]
        proxy: PathBuf,
        /// Write the figures into this file.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Keeps the proxy busy for some time.
    Soak {
        /// The proxy's program.
        #[arg(long)]
        proxy: PathBuf,
        /// For so many seconds.
        #[arg(long)]
        seconds: u64,
    },
    /// The wallet that everybody asks.
    Stub {
        /// Where it listens.
        listen: SocketAddr,
    },
    /// Verifies one signature and passes on.
    Forwarder {
        /// Where it listens.
        listen: SocketAddr,
        /// Whom it asks.
        wallet: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Role::parse() {
        Role::Compare { proxy, json } => comparison::run(&proxy, json.as_deref()).await,
        Role::Soak { proxy, seconds } => soak::run(&proxy, seconds).await,
        Role::Stub { listen } => stub::run(listen).await,
        Role::Forwarder { listen, wallet } => forwarder::run(listen, wallet).await,
    }
}
