use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::Reception;
use super::driver::Driver;
use super::keyfile::{load_keys, read_keys};
use super::options::Options;
use super::routes::{app, metrics_app};
use super::tls::Certificate;
use super::wallets::Wallets;
use crate::ProxyError;
use crate::core::Core;

/// After a connection could not be taken, as there are too many files open, some may have closed.
const PAUSE: Duration = Duration::from_secs(1);

/// So many connections may wait to be taken in: as many as the listener of the runtime asks for.
const BACKLOG: u32 = 1024;

/// Starts the proxy and runs it until SIGTERM or SIGINT. SIGHUP reads the certificate anew.
///
/// # Errors
/// Whatever keeps it from starting.
pub async fn run(options: &Options) -> Result<(), ProxyError> {
    let core = Core::new(options.settings()?, load_keys(&options.key_file)?);
    let wallets = Wallets::new(&options.way_out())?;
    let driver = Driver::new(core, options.store.open()?, wallets).limiting(options.address_limits());
    let driver = Arc::new(driver);
    let server = Server::new(driver, options)?;
    server.obey_signals().map_err(ProxyError::Signals)?;
    if let Some(address) = options.metrics_listen {
        let metrics = metrics_app(Arc::clone(&server.driver));
        let (listener, address) = bind(address).await?;
        tracing::info!(%address, "serving metrics");
        tokio::spawn(async move { axum::serve(listener, metrics).await });
    }
    let (listener, address) = bind(options.listen).await?;
    tracing::info!(%address, public_url = %options.public_url, "listening");
    server.serve(listener).await;
    Ok(())
}

/// Listens; tells the address too, as the operator may leave the port to the system.
async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ProxyError> {
    let failed = |reason| ProxyError::Listen { address, reason };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Reads everything that a start reads; changes nothing, and listens to nobody.
///
/// # Errors
/// Whatever would keep the proxy from starting, unless it is about the network.
pub fn check(options: &Options) -> Result<(), ProxyError> {
    options.settings()?;
    options.certificate()?;
    read_keys(&options.key_file)?;
    Wallets::new(&options.way_out())?;
    Ok(())
}

/// Takes connections in, and ends in good order.
pub struct Server {
    driver: Arc<Driver>,
    reception: Arc<Reception>,
    places: Arc<Semaphore>,
    drain_delay: Duration,
    drain_deadline: Duration,
}

impl Server {
    /// A server around this driver.
    ///
    /// # Errors
    /// [`ProxyError::Certificate`] if there is to be TLS and its files cannot be used.
    pub fn new(driver: Arc<Driver>, options: &Options) -> Result<Self, ProxyError> {
        let reception = Reception {
            driver: Arc::clone(&driver),
            router: app(Arc::clone(&driver)),
            certificate: options.certificate()?.map(Arc::new),
            balancers: options.balancers(),
            closing: CancellationToken::new(),
        };
        Ok(Self {
            driver,
            reception: Arc::new(reception),
            places: Arc::new(Semaphore::new(options.max_connections.get() as usize)),
            drain_delay: Duration::from_secs(options.drain_delay),
            drain_deadline: Duration::from_secs(options.drain_deadline),
        })
    }

    /// Serves until the driver is told to drain. Connections are still taken for the delay, and
    /// what is under way after that may end by the deadline.
    pub async fn serve(self, listener: TcpListener) {
        let connections = TaskTracker::new();
        let drain = async {
            self.driver.draining().cancelled().await;
            sleep(self.drain_delay).await;
        };
        tokio::select! {
            () = self.take_in(&listener, &connections) => {}
            () = drain => {}
        }
        self.take_in_the_last(listener, &connections);
        self.reception.closing.cancel();
        connections.close();
        let finished = async {
            connections.wait().await;
            self.driver.finish().await;
        };
        if timeout(self.drain_deadline, finished).await.is_err() {
            tracing::warn!("requests were still under way when the time to stop was over");
        }
        tracing::info!("stopped");
    }

    async fn take_in(&self, listener: &TcpListener, connections: &TaskTracker) {
        while let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => self.receive(stream, peer, Some(place), connections),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Who has connected already would be cut off when the listener closes.
    fn take_in_the_last(&self, listener: TcpListener, connections: &TaskTracker) {
        let Ok(listener) = listener.into_std() else { return };
        for (stream, peer) in (0..BACKLOG).map_while(|_| listener.accept().ok()) {
            if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
                self.receive(stream, peer, None, connections);
            }
        }
    }

    fn receive(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Option<OwnedSemaphorePermit>,
        connections: &TaskTracker,
    ) {
        let reception = Arc::clone(&self.reception);
        connections.spawn(async move {
            reception.receive(stream, peer).await;
            drop(place);
        });
    }

    /// From here on the process does not end by itself at these signals.
    fn obey_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let draining = self.driver.draining().clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            draining.cancel();
        });
        tokio::spawn(reload_at(signal(SignalKind::hangup())?, self.reception.certificate.clone()));
        Ok(())
    }
}

async fn reload_at(mut hangup: Signal, certificate: Option<Arc<Certificate>>) {
    while hangup.recv().await.is_some() {
        match certificate.as_ref().map(|certificate| certificate.reload()) {
            Some(Ok(())) => tracing::info!("read the certificate anew"),
            Some(Err(error)) => tracing::error!("the certificate stays as it was: {error}"),
            None => {}
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
