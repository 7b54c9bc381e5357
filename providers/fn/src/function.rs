//! The loop: calls over the Unix socket, one at a time.

mod call;
mod socket;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::{Error, Result};
use isobar_serve::{BoundServer, Server, Variables, trusted_hops};
use tower::service_fn;

use crate::config::Settings;
use call::Calls;
use socket::Socket;

pub use crate::config::FN;

/// Fn, which calls the function over a Unix socket until it ends the process.
#[derive(Debug)]
pub struct FnPlatform {
    server: BoundServer,
    app_name: Option<String>,
    trusted_hops: usize,
    limit: Option<Duration>,
    _socket: Socket,
}

/// The agent keeps its connection while the function is frozen, and takes a closed one for a failure ("The FDK should
/// not enforce any read or write timeouts").
const NEVER: Duration = Duration::from_hours(365 * 24);
/// A refusal of the server itself would be one of the function as a whole, so the limits that count are those of calls.
const HEAD_BYTES: usize = 1_024 * 1_024;
const FIELDS: usize = 2_048;

/// Makes the socket of `FN_LISTENER`, within a runtime; fails with `InvalidArgument` where a variable breaks the contract.
pub fn bind(variables: &Variables<'_>) -> Result<FnPlatform> {
    let settings = Settings::from_variables(variables)?;
    let trusted_hops = trusted_hops(variables)?.unwrap_or(FN.trusted_hops);
    let limit = FN.deadline.limit(variables)?;
    let options = FN
        .options()
        .with_head_timeout(NEVER)
        .with_body_idle_timeout(NEVER)
        .with_response_idle_timeout(NEVER)
        .with_max_head_bytes(HEAD_BYTES)
        .with_max_headers(FIELDS)
        .with_max_body_bytes(u64::MAX);
    let (listener, socket) = Socket::bind(&settings.socket)?;
    Ok(FnPlatform {
        server: Server::on_socket(listener, options).into(),
        app_name: settings.app_name,
        trusted_hops,
        limit,
        _socket: socket,
    })
}

#[async_trait]
impl FunctionDriver for FnPlatform {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: FN.name,
            capabilities: FN.capabilities,
        }
    }

    async fn serve(&self, app: AppService) -> Result<()> {
        let server = self.server.take()?;
        tracing::info!(target: "isobar", "{} waits for calls of {}", app.name(), FN.title);
        let calls = Arc::new(Calls {
            app,
            app_name: self.app_name.clone(),
            trusted_hops: self.trusted_hops,
            limit: self.limit,
        });
        let service = service_fn(move |call| {
            let calls = Arc::clone(&calls);
            async move { Ok::<_, Infallible>(calls.answer(call).await) }
        });
        server.run(service).await.map_err(Error::from)
    }
}
