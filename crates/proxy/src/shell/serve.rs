use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use super::driver::Driver;
use super::keyfile::load_keys;
use super::options::Options;
use super::routes::app;
use super::wallets::Wallets;
use crate::ProxyError;
use crate::core::Core;
use crate::store::MemoryStore;

/// After the signal to stop, requests that are under way have this long to end.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// Starts the proxy and runs it until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps it from starting.
pub async fn run(options: &Options) -> Result<(), ProxyError> {
    let core = Core::new(options.settings()?, load_keys(&options.key_file)?);
    let wallets = Wallets::new(options.allow_private_hosts, options.extra_ca.as_deref())?;
    let driver = Arc::new(Driver::new(core, Box::new(MemoryStore::default()), wallets));
    let listen_failed = |reason| ProxyError::Listen { address: options.listen, reason };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_failed)?;
    let address = listener.local_addr().map_err(listen_failed)?;
    tracing::info!(%address, public_url = %options.public_url, "listening");

    let draining = driver.draining().clone();
    let mut terminate = signal(SignalKind::terminate()).map_err(ProxyError::Serve)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ProxyError::Serve)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        draining.cancel();
    });
    serve(listener, driver).await
}

/// Serves until the driver is told to drain, and then finishes what is under way.
///
/// # Errors
/// [`ProxyError::Serve`] if the listener breaks.
pub async fn serve(listener: TcpListener, driver: Arc<Driver>) -> Result<(), ProxyError> {
    let draining = driver.draining().clone();
    let server =
        axum::serve(listener, app(Arc::clone(&driver))).with_graceful_shutdown(draining.clone().cancelled_owned());
    let drain = async {
        draining.cancelled().await;
        tokio::time::sleep(DRAIN_TIME).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map_err(ProxyError::Serve)?,
        () = drain => tracing::warn!("connections were still open when the time to stop was over"),
    }
    if timeout(DRAIN_TIME, driver.finish()).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
    }
    tracing::info!("stopped");
    Ok(())
}
