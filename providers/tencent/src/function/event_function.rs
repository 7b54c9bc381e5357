//! The loop of an event function with a custom runtime: it says that it is ready, then asks for one event after another.
//!
//! <https://www.tencentcloud.com/document/product/583/38130>

use async_trait::async_trait;
use bytes::Bytes;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{StopSignals, Variables};

use super::invocation::{Invocations, Settings};
use super::runtime_api::RuntimeApi;
use crate::config::{EVENT_FUNCTION, RUNTIME_API, RUNTIME_API_PORT};

/// An event function; it has one event at a time.
#[derive(Debug)]
pub struct EventFunction {
    api: RuntimeApi,
    settings: Settings,
}

/// Finds the runtime API; fails with `InvalidArgument` where a variable that tells it is missing or wrong, naming it.
pub fn open_events(variables: &Variables<'_>) -> Result<EventFunction> {
    let told = |name: &str| {
        let value = variables(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            let title = EVENT_FUNCTION.title;
            Error::invalid(format!("{name} is not set: this is no {title}"))
        })
    };
    let (host, port) = (told(RUNTIME_API)?, told(RUNTIME_API_PORT)?);
    let port: u16 = port.parse().map_err(|error: std::num::ParseIntError| {
        let message = format!("{RUNTIME_API_PORT} is {port:?}, it must be the number of a port");
        Error::invalid(message).with_source(error)
    })?;
    Ok(EventFunction {
        api: RuntimeApi::at(&host, port)?,
        settings: Settings::from_variables(variables)?,
    })
}

impl EventFunction {
    /// Ends an invocation by its answer, else by a failure.
    async fn tell(&self, answered: Result<Bytes>) -> Result<()> {
        let failure = match answered {
            Ok(answer) => {
                if self.api.respond(answer).await? {
                    return Ok(());
                }
                let message = "SCF did not take the answer of the invocation";
                Error::new(ErrorKind::Internal, message)
            }
            Err(error) => error,
        };
        tracing::error!(target: "isobar", error = ?failure, "an invocation failed");
        self.api.fail(&failure).await
    }
}

#[async_trait]
impl FunctionDriver for EventFunction {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: EVENT_FUNCTION.name,
            capabilities: EVENT_FUNCTION.capabilities,
        }
    }

    /// Ends at SIGTERM or SIGINT, after the event under way, and with `Unavailable` where the runtime API does not answer,
    /// or takes neither the answer nor the failure of an invocation.
    async fn serve(&self, app: AppService) -> Result<()> {
        let mut signals = StopSignals::catch()?;
        let settings = self.settings.clone();
        let invocations = Invocations { app, settings };
        self.api.ready().await?;
        loop {
            let invocation = tokio::select! {
                invocation = self.api.next() => invocation?,
                () = signals.next() => return Ok(()),
            };
            self.tell(invocations.run(invocation).await).await?;
        }
    }
}
