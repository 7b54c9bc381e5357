//! The contract of a platform: what waits for invocations and hands them to an application.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::capability::Capabilities;
use crate::error::Result;
use crate::function::AppService;

/// The target of the spans that are invocations.
pub const INVOCATION: &str = "isobar::invocation";

/// What a platform is and can do.
#[derive(Debug, Clone, Copy)]
pub struct FunctionDescription {
    /// The platform's name in errors, spans and reports, such as `lambda`.
    pub provider: &'static str,
    /// What it can do; each must pass its conformance cases.
    pub capabilities: Capabilities,
}

/// A platform.
#[async_trait]
pub trait FunctionDriver: fmt::Debug + Send + Sync + 'static {
    /// What this platform is and can do; must not touch the network.
    fn describe(&self) -> FunctionDescription;

    /// Hands invocations to the application until the platform ends the process. Must let
    /// invocations that have begun finish within the platform's grace, must report an event that
    /// it cannot decode as that event's failure, and must not end because of one.
    async fn serve(&self, app: AppService) -> Result<()>;
}

/// Who records what invocations do, and tells it to others.
#[async_trait]
pub trait Telemetry: fmt::Debug + Send + Sync + 'static {
    /// Whether a trace is recorded, where its caller has decided so or otherwise; must not block.
    fn samples(&self, trace_id: u128, told: Option<bool>) -> bool;

    /// Tells what has been recorded so far; must end within this time, whoever listens.
    async fn flush(&self, most: Duration);
}

/// When an application has its [`Telemetry`] tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// When the telemetry likes: the process runs between its invocations.
    InBackground,
    /// Before each answer: after that the process may be frozen.
    BeforeAnswer,
    /// When the platform asks it to, by [`AppService::flush`].
    ByPlatform,
}

/// Who reads what the processes of a platform log, and so prescribes the names in their lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogReader {
    /// Nobody in particular.
    Anybody,
    /// Cloud Logging of Google.
    CloudLogging,
    /// Function Compute, which reads standard output and finds what belongs to an invocation by a line at its start and one at
    /// its end.
    FunctionCompute,
    /// The Functions host of Azure, which tells levels by the stream, and warnings by their word.
    FunctionsHost,
}

/// Whether a vendor's resource is the declared one, whatever deployment it belongs to: its name is
/// `NAME` or ends with `-NAME`; for platforms.
///
/// ```
/// use isobar::driver::function::is_named;
///
/// assert!(is_named("staging-jobs", "jobs") && is_named("jobs", "jobs"));
/// assert!(!is_named("otherjobs", "jobs"));
/// ```
pub fn is_named(native: &str, name: &str) -> bool {
    native
        .strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with('-'))
}
