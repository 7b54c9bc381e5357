//! The proxy itself: where it listens, what it is told, what it has seen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::fault::{Fault, Gate};
use crate::http::Upstream;
use crate::plan::{Plan, Shared};
use crate::postgres;

/// What client and server speak, without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// gRPC, over HTTP/2 from the first byte on.
    Grpc,
    /// PostgreSQL's, version 3.
    Postgres,
}

/// A proxy on a port of its own; dropping it closes the port.
///
/// Requests of one connection are carried out one after another, unless the protocol is gRPC.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before this server, which is only connected to for requests.
    pub async fn before(upstream: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let front = match protocol {
            Protocol::Http1 | Protocol::Grpc => Front::Http(Box::new(Upstream::new(
                upstream,
                protocol,
                Arc::clone(&shared),
            ))),
            Protocol::Postgres => Front::Postgres(upstream, Arc::clone(&shared)),
        };
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(front.clone().serve(client));
            }
        });
        Ok(Self {
            address,
            shared,
            listening,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL of HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets something happen to requests that come from now on.
    pub fn plan(&self, plan: impl Into<Plan>) {
        self.shared.plan(plan.into());
    }

    /// Holds the next request that has `text` in it.
    pub fn hold(&self, text: impl Into<String>) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        self.plan(Fault::Hold(Arc::clone(&gate)).on(text));
        gate
    }

    /// Lets everything pass from now on; gives how many requests have met a fault since the last
    /// time.
    pub fn clear(&self) -> usize {
        self.shared.clear()
    }

    /// Waits until a request has met a fault, since everything was let pass the last time.
    pub async fn one_met(&self) {
        self.shared.one_met().await;
    }

    /// How many requests had `text` in them, whatever became of them.
    pub fn count(&self, text: &str) -> usize {
        self.shared.count(text)
    }

    /// Every request, as it was sent: of HTTP the head and the content, of PostgreSQL the messages
    /// up to the one that asks for an answer.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.shared.requests()
    }

    /// Waits until requests that are [late](Fault::Late) have been carried out.
    pub async fn all_arrived(&self) {
        self.shared.all_arrived().await;
    }
}

/// What stands before the server.
#[derive(Debug, Clone)]
enum Front {
    Http(Box<Upstream>),
    Postgres(SocketAddr, Arc<Shared>),
}

impl Front {
    async fn serve(self, client: TcpStream) {
        match self {
            Self::Http(upstream) => upstream.serve(client).await,
            Self::Postgres(server, shared) => {
                // A connection that breaks on either side has ended.
                let _ = postgres::serve(client, server, shared).await;
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
