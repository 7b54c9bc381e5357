//! The local platform: an application as an HTTP server, its schedules by this machine's clock.

mod schedule;

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::http::{Body, Request};
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use isobar_serve::{Options, RequestBody, Server};
use tower::service_fn;

/// Serves one application on one address until SIGTERM or SIGINT.
#[derive(Debug)]
pub struct LocalPlatform {
    address: SocketAddr,
    server: Mutex<Option<Server>>,
}

impl LocalPlatform {
    /// Takes `ISOBAR_LISTEN`, or `default` (`host:port`; port 0 takes a free one).
    pub async fn from_env(default: &str) -> Result<Self> {
        Self::bind(&isobar_serve::listen_address(default), Options::default()).await
    }

    /// Takes an address and serves there with these limits and timeouts.
    pub async fn bind(address: &str, options: Options) -> Result<Self> {
        let server = Server::bind(address, options).await.map_err(failed)?;
        Ok(Self {
            address: server.local_addr(),
            server: Mutex::new(Some(server)),
        })
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    fn take_server(&self) -> Result<Server> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.take().ok_or_else(|| {
            Error::invalid("this platform serves an application already; bind another one")
        })
    }
}

#[async_trait]
impl FunctionDriver for LocalPlatform {
    fn describe(&self) -> FunctionDescription {
        let capabilities =
            Capabilities::of(&[Capability::ResponseStreaming, Capability::Schedules]);
        FunctionDescription {
            provider: "local",
            capabilities,
        }
    }

    async fn serve(&self, app: AppService) -> Result<()> {
        let schedules = schedule::start(&app)?;
        let server = self.take_server()?;
        tracing::info!(target: "isobar", "{} listens on http://{}", app.name(), self.address);
        let result = server
            .run(service_fn(move |request| answer(app.clone(), request)))
            .await;
        drop(schedules);
        result.map_err(failed)
    }
}

async fn answer(
    app: AppService,
    request: http::Request<RequestBody>,
) -> std::result::Result<isobar::http::Response, std::convert::Infallible> {
    let id = Some(request.body().arrival().request_id.clone());
    let request: Request = request.map(Body::new);
    Ok(app.respond(request, id, None).await)
}

fn failed(error: isobar_serve::Error) -> Error {
    let message = error.to_string();
    Error::new(ErrorKind::Unavailable, message)
        .with_retryable(false)
        .with_source(error)
}
