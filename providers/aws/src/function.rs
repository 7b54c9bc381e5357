//! Lambda: waits for invocations and hands them to the application.

mod accounts;
mod event;
mod extension;
#[cfg(test)]
mod hostile;
mod in_flight;
mod init;
mod invocation;
mod invoked;
mod item;
mod mode;
#[cfg(test)]
mod published;
mod request;
mod runtime_api;
mod settings;
mod stream;
mod trace;

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::driver::SystemClock;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::de::IgnoredAny;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::variable;
use in_flight::InFlight;
use invocation::Invocations;
use settings::Settings;

pub use extension::SIGTERM;
pub use init::report_init_error;
pub use invoked::LambdaFunction;
pub use mode::{INVOKE_MODE, InvokeMode};
pub use settings::{API_GATEWAY_TIMEOUT, FRONT_DOORS, request_time};

/// The Lambda platform of this process.
#[derive(Debug, Clone)]
pub struct LambdaPlatform {
    settings: Arc<Settings>,
}

/// The clock of the platform's runtime.
pub fn clock() -> SystemClock {
    SystemClock(|span| Box::pin(tokio::time::sleep(span)))
}

impl LambdaPlatform {
    /// What Lambda can do behind any front door; [`InvokeMode::ResponseStream`] adds
    /// [`Capability::ResponseStreaming`].
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
        Capability::ChangeEvents,
        Capability::OrderedChangeEvents,
        Capability::DeleteChangeEvents,
    ]);

    /// The platform that the environment describes; `InvalidArgument` where it describes none, or where a variable is wrong
    /// that says how invocations are taken, such as [`INVOKE_MODE`] or [`API_GATEWAY_TIMEOUT`].
    pub fn from_environment() -> Result<Self> {
        init::check()?;
        let settings = Settings::from_variables(&variable)?;
        Ok(Self {
            settings: Arc::new(settings),
        })
    }
}

#[async_trait]
impl FunctionDriver for LambdaPlatform {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: "lambda",
            capabilities: self.settings.mode.capabilities(),
        }
    }

    /// Ends with SIGTERM or SIGINT, when the invocations under way have been answered. Lambda sends SIGTERM where the
    /// extension is registered that [`SIGTERM`] is about, or where the function has another.
    async fn serve(&self, app: AppService) -> Result<()> {
        let failed = |error| {
            Error::new(ErrorKind::Internal, "signals cannot be received").with_source(error)
        };
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let told_to_end = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        if self.settings.sigterm.unwrap_or(app.is_recorded()) {
            extension::register().await;
        }
        let in_flight = InFlight::default();
        let settings = Arc::clone(&self.settings);
        let invocations = Invocations::new(app, settings, in_flight.clone());
        tokio::select! {
            ended = answer(invocations) => ended.map_err(|error| {
                let message = "the Lambda runtime API failed";
                Error::new(ErrorKind::Unavailable, message).with_source(error)
            }),
            () = in_flight.drained_after(told_to_end) => Ok(()),
        }
    }
}

type Loop = Pin<Box<dyn Future<Output = Result<(), lambda_runtime::Error>> + Send>>;

/// The runtime's loop, of as many invocations at once as `AWS_LAMBDA_MAX_CONCURRENCY` says; boxed because the compiler
/// does not find its type to be `Send` in place.
fn answer(invocations: Invocations) -> Loop {
    // The runtime's own way with events is replaced below: it copies them, and cannot end a stream with an error.
    let unused = service_fn(async |_: LambdaEvent<IgnoredAny>| Ok::<(), Diagnostic>(()));
    Box::pin(Runtime::new(unused).layer(invocations).run_concurrent())
}
