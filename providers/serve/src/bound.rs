//! A server that is bound when a platform is made, and runs when that serves its application.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use isobar::{Error, Result};

use crate::options::Options;
use crate::server::Server;

/// A server of a platform, which serves one application.
#[derive(Debug)]
pub struct BoundServer {
    address: SocketAddr,
    server: Mutex<Option<Server>>,
}

impl From<Server> for BoundServer {
    fn from(server: Server) -> Self {
        Self {
            address: server.local_addr(),
            server: Mutex::new(Some(server)),
        }
    }
}

impl BoundServer {
    /// Takes `address` (`host:port`; port 0 for a free one).
    pub async fn bind(address: &str, options: Options) -> Result<Self> {
        let server = Server::bind(address, options).await?;
        Ok(server.into())
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Changes the options of the server, unless it was taken.
    pub fn change_options(&mut self, change: impl FnOnce(Options) -> Options) {
        let server = self.server.get_mut();
        let server = server.unwrap_or_else(PoisonError::into_inner);
        *server = server.take().map(|server| server.with_options(change));
    }

    /// The server, to run it; `InvalidArgument` the second time.
    pub fn take(&self) -> Result<Server> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.take().ok_or_else(|| {
            Error::invalid("this platform serves an application already; bind another one")
        })
    }
}
