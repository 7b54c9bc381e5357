//! The local platform: an application as an HTTP server, its schedules by this machine's clock.

mod schedule;

use async_trait::async_trait;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::http::{Body, Request};
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use isobar_serve::{Options, RequestBody, Server};
use tower::service_fn;

/// Serves an application on one address until SIGTERM or SIGINT.
#[derive(Debug, Clone)]
pub struct LocalPlatform {
    address: String,
    options: Options,
}

impl LocalPlatform {
    /// Listens on `ISOBAR_LISTEN`, or on `default` (`host:port`; port 0 takes a free one).
    pub fn from_env(default: &str) -> Self {
        Self {
            address: isobar_serve::listen_address(default),
            options: Options::default(),
        }
    }

    /// Serves with other limits and timeouts.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
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
        let server = Server::bind(&self.address, self.options.clone())
            .await
            .map_err(failed)?;
        tracing::info!(
            target: "isobar",
            "{} listens on http://{}",
            app.name(),
            server.local_addr()
        );
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
