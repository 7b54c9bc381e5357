//! Finds the platform and the stores a process runs on, and runs an application there.
//!
//! ```no_run
//! # use isobar::App;
//! # fn app() -> App<()> { App::new("notes", |_| Ok(())) }
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     isobar_connect::run(app()).await
//! }
//! ```
//!
//! Platform, documents and blobs are resolved each on their own. The platform is the one whose
//! marker stands in the environment, or what `ISOBAR_PLATFORM` says; the stores are URLs. Local
//! storage is assumed only where no platform's marker is present: on a platform, a store that is
//! needed and not configured is an error at start that names the variable.
#![doc = include_str!("variables.md")]

mod arguments;
mod callers;
mod causes;
mod config;
mod logging;
mod machine;
mod platform;
#[cfg(feature = "machine")]
mod rehearsal;
mod report;
mod start;
mod store;
#[cfg(feature = "otlp")]
mod telemetry;
#[cfg(not(feature = "otlp"))]
#[path = "telemetry/absent.rs"]
mod telemetry;

use std::process::ExitCode;

use isobar::{App, Environment, Result};

use arguments::Request;
use config::Config;
use telemetry::Telemetry;

/// Runs the application on the platform this process finds itself on, until that ends it.
///
/// Prints the application's description as JSON with `--describe`, and with `--export` the vendor's
/// own definition of the tables it needs; neither touches a network. With `--as TARGET` it runs on this
/// machine behind the limits of another platform, in instances that live as long as there.
/// Fails with exit code 2 for wrong arguments or configuration and 3 where the environment fails.
pub async fn run<S>(app: App<S>) -> ExitCode
where
    S: Clone + Send + Sync + 'static,
{
    let description = app.describe();
    match arguments::parse(std::env::args_os().skip(1)) {
        Err(message) => report::misuse(&message),
        Ok(Request::Help) => report::help(&description),
        Ok(Request::Describe) => report::description(&description),
        Ok(Request::Export) => {
            let config = Config::from_process(&description);
            report::definition(start::definition(&description, &config))
        }
        #[cfg(feature = "machine")]
        Ok(Request::RunAs(target)) => {
            let config = Config::from_process(&description);
            let telemetry = logging::install(&config, description.name);
            // Whoever awaits this need not have room for every platform and store at once.
            let rehearsed = rehearsal::run(app, &target, config, telemetry.as_ref());
            let outcome = Box::pin(rehearsed).await;
            ended(outcome, telemetry).await
        }
        #[cfg(not(feature = "machine"))]
        Ok(Request::RunAs(target)) => {
            let here = format!("this machine as {target}");
            report::outcome(Err(platform::not_linked(&here, "machine")))
        }
        Ok(Request::Run) => {
            let config = Config::from_process(&description);
            let telemetry = logging::install(&config, description.name);
            let served = start::serve(app, &config, telemetry.as_ref());
            let outcome = Box::pin(served).await;
            ended(outcome, telemetry).await
        }
    }
}

/// Tells what is left of spans, and how the process ends.
async fn ended(outcome: Result<()>, telemetry: Option<Telemetry>) -> ExitCode {
    if let Some(telemetry) = telemetry {
        telemetry.end().await;
    }
    report::outcome(outcome)
}

/// The environment that [`run`] would build for an application, for tests and tools.
///
/// It goes by the variables of the process alone, and waits for no platform that tells some later, as OpenWhisk
/// does in a container.
pub async fn environment(description: &isobar::function::Description) -> Result<Environment> {
    let config = Config::from_process(description);
    Ok(start::connect(description, &config).await?.environment)
}

/// Installs the logs of [`run`], for programs that serve in another way; within a runtime.
pub fn log(description: &isobar::function::Description) {
    logging::install(&Config::from_process(description), description.name);
}
