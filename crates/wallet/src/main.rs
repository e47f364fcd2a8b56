//! The sandbox wallet as a program.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;
use wallet::{KeyFetcher, Mode, Sandbox, Seed, Service, Store, Vault, app};

/// Sandbox wallets that speak Open Payments, with play money.
///
/// Without a seed there are two in dollars: alice with 100 on port 4201, site with nothing on
/// port 4202.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The JSON file that describes wallets, accounts and settings.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Accept what reference wallets accept: stale signatures, and bodies whose digest is not signed.
    #[arg(long)]
    lenient: bool,
    /// Keep accounts, payments and grants in this file (SQLite); without it they are forgotten.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let options = Options::parse();
    let mut seed = match &options.seed {
        Some(file) => {
            let json = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Seed::parse(&json)?
        }
        None => Seed::default(),
    };
    let mut listeners = Vec::new();
    for wallet in &mut seed.wallets {
        let listener =
            TcpListener::bind(wallet.listen).await.with_context(|| format!("cannot listen on {}", wallet.listen))?;
        // Port 0 asks for any free one.
        wallet.listen = listener.local_addr()?;
        listeners.push(listener);
    }
    let mode = if options.lenient { Mode::Lenient } else { Mode::Strict };
    let vault = Arc::new(Mutex::new(open_vault(&seed, mode, options.data.as_deref())?));
    let keys = KeyFetcher::new()?;

    let mut servers = JoinSet::new();
    for (index, (wallet, listener)) in seed.wallets.iter().zip(listeners).enumerate() {
        let base = wallet.base()?;
        for account in &wallet.accounts {
            tracing::info!("wallet address {}{}", base.origin(), account.path);
        }
        tracing::info!("wallet {} is at {base}", wallet.name);
        let service = Service { vault: Arc::clone(&vault), wallet: index, base, keys: keys.clone() };
        let service = app(service).into_make_service_with_connect_info::<SocketAddr>();
        servers.spawn(async move { axum::serve(listener, service).await });
    }
    tokio::select! {
        ended = servers.join_next() => {
            if let Some(ended) = ended {
                ended.context("a wallet has stopped")??;
            }
        }
        stop = stop_asked() => stop?,
    }
    Ok(())
}

/// The sandbox of the seed, as the data file knows it.
fn open_vault(seed: &Seed, mode: Mode, data: Option<&Path>) -> Result<Vault> {
    let Some(file) = data else { return Ok(Vault::in_memory(Sandbox::new(seed, mode)?)) };
    let store = Store::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let sandbox = Sandbox::restored(seed, mode, store.load()?)?;
    Ok(Vault::kept(sandbox, store))
}

/// Waits until the program is to end: Ctrl-C, or a polite kill.
async fn stop_asked() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
