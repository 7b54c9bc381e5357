//! The local platform: an application as an HTTP server, its schedules by this machine's clock.

mod schedule;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_util::future::{BoxFuture, Either};
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::{Answer, AppService, IdField, Origin};
use isobar::http::Response;
use isobar::{Capabilities, Capability, Error, Result};
use isobar_serve::{Options, RequestBody, Server};
use tower::Service;

/// Serves one application on one address until SIGTERM or SIGINT.
#[derive(Debug)]
pub struct LocalPlatform {
    address: SocketAddr,
    server: Mutex<Option<Server>>,
    #[cfg(feature = "blob")]
    blobs: Option<crate::SignedBlobs>,
}

impl LocalPlatform {
    /// Takes an address: `host:port`, where port 0 takes a free one.
    pub async fn bind(address: &str) -> Result<Self> {
        Self::bind_with(address, Options::default()).await
    }

    /// Takes an address, to serve there with other limits and timeouts.
    pub async fn bind_with(address: &str, options: Options) -> Result<Self> {
        let server = Server::bind(address, options).await?;
        Ok(Self {
            address: server.local_addr(),
            server: Mutex::new(Some(server)),
            #[cfg(feature = "blob")]
            blobs: None,
        })
    }

    /// Answers the requests that a store has signed, before the application sees them.
    #[cfg(feature = "blob")]
    #[must_use]
    pub fn with_signed_blobs(mut self, blobs: crate::SignedBlobs) -> Self {
        self.blobs = Some(blobs);
        self
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
            .run(Front {
                app,
                #[cfg(feature = "blob")]
                blobs: self.blobs.clone(),
            })
            .await;
        drop(schedules);
        result.map_err(Error::from)
    }
}

/// Takes a request from the server into the application.
#[derive(Debug, Clone)]
struct Front {
    app: AppService,
    #[cfg(feature = "blob")]
    blobs: Option<crate::SignedBlobs>,
}

impl Service<http::Request<RequestBody>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Answer, BoxFuture<'static, std::result::Result<Response, Infallible>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let arrival = request.body().arrival();
        let origin = Origin::default()
            .with_id(arrival.request_id.clone())
            .with_remote_address(Some(arrival.peer.ip()))
            .with_id_field(IdField::ByServer);
        let request = request.map(RequestBody::into_body);
        #[cfg(feature = "blob")]
        if let Some(blobs) = &self.blobs
            && crate::SignedBlobs::is_for(request.uri().path())
        {
            let blobs = blobs.clone();
            let answer = async move { Ok(blobs.answer(request).await) };
            return Either::Right(Box::pin(answer));
        }
        Either::Left(self.app.respond(request, origin))
    }
}
