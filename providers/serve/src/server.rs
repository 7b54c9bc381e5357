//! Binding, accepting, and coming to an end without dropping a request.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service;

use crate::body::RequestBody;
use crate::connection::{Connections, Phase};
use crate::error::Error;
use crate::options::Options;
use crate::socket::{HERE, Listener, Stream};
use crate::stop::StopSignals;
use crate::supervisor::Supervision;

/// A bound server that does not accept yet: its address can be told to others first.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    address: SocketAddr,
    options: Options,
}

/// How long a failed `accept` for want of file descriptors waits before the next.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

impl Server {
    /// Takes `address` (`host:port`; port 0 for a free one).
    pub async fn bind(address: &str, options: Options) -> Result<Self, Error> {
        let failed = |source| Error::bind(address, source);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener: Listener::Tcp(listener),
            address,
            options,
        })
    }

    /// Listens on a Unix socket that the caller has bound, and whose file it removes.
    pub fn on_socket(listener: UnixListener, options: Options) -> Self {
        Self {
            listener: Listener::Unix(listener),
            address: HERE,
            options,
        }
    }

    /// The address it is bound to, with the port that was chosen; on a Unix socket this machine with port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The same server with other options.
    #[must_use]
    pub fn with_options(self, change: impl FnOnce(Options) -> Options) -> Self {
        Self {
            options: change(self.options),
            ..self
        }
    }

    /// Serves until SIGTERM, SIGINT, or the end of the supervising process; a second signal ends the grace period.
    ///
    /// Tells the supervisor named by `ISOBAR_SUPERVISOR`, where there is one, that it is ready.
    pub async fn run<S, B>(self, service: S) -> Result<(), Error>
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.run_noting_stop(service, || {}).await
    }

    /// The same, where somebody wants to know as soon as a stop is requested.
    pub(crate) async fn run_noting_stop<S, B>(
        self,
        service: S,
        stopping: impl FnOnce() + Send,
    ) -> Result<(), Error>
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let mut signals = StopSignals::catch()?;
        let mut supervision = Supervision::announce(self.address).await?;
        let delay = self.options.drain_delay;
        let running = Running::new(self.options);
        let stop = async {
            tokio::select! {
                () = signals.next() => {}
                () = supervision.gone() => {}
            }
            stopping();
            if !delay.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = signals.next() => {}
                }
            }
        };
        running.accept_until(self.listener, service, stop).await;
        running.drain(signals.next()).await;
        Ok(())
    }

    /// Serves until `stop` resolves, then finishes what is under way.
    pub async fn run_until<S, B>(self, service: S, stop: impl Future<Output = ()>)
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let running = Running::new(self.options);
        running.accept_until(self.listener, service, stop).await;
        running.drain(std::future::pending()).await;
    }
}

/// A server that accepts: each connection holds one of the permits, so that all of them free means all are done.
struct Running {
    permits: Arc<Semaphore>,
    max_connections: u32,
    grace: Duration,
    phase: watch::Sender<Phase>,
    connections: Arc<Connections>,
}

impl Running {
    fn new(options: Options) -> Self {
        let max_connections = options.max_connections.max(1);
        Self {
            permits: Arc::new(Semaphore::new(max_connections as usize)),
            max_connections,
            grace: options.grace,
            phase: watch::Sender::new(Phase::Running),
            connections: Arc::new(Connections::new(options)),
        }
    }

    async fn accept_until<S, B>(
        &self,
        listener: Listener,
        service: S,
        stop: impl Future<Output = ()>,
    ) where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let mut stop = pin!(stop);
        loop {
            let (stream, peer, permit) = tokio::select! {
                biased;
                () = &mut stop => return,
                accepted = self.accept(&listener) => accepted,
            };
            let connections = Arc::clone(&self.connections);
            let serving = connections.serve(stream, peer, service.clone(), self.phase.subscribe());
            tokio::spawn(async move {
                serving.await;
                drop(permit);
            });
        }
    }

    async fn accept(&self, listener: &Listener) -> (Stream, SocketAddr, OwnedSemaphorePermit) {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("nobody closes this semaphore");
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections; trying again in a second");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits for the requests under way, at most for the grace period or until `hurry` resolves.
    async fn drain(&self, hurry: impl Future<Output = ()>) {
        self.phase.send_replace(Phase::Draining);
        tokio::select! {
            () = self.all_done() => return,
            () = tokio::time::sleep(self.grace) => {}
            () = hurry => {}
        }
        let open = self.max_connections as usize - self.permits.available_permits();
        tracing::warn!(
            connections = open,
            "closing connections whose requests did not end in time"
        );
        self.phase.send_replace(Phase::Closing);
        self.all_done().await;
    }

    async fn all_done(&self) {
        let all = self.permits.acquire_many(self.max_connections).await;
        drop(all.expect("nobody closes this semaphore"));
    }
}

/// The client gave up before it was accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
