//! The two applications as the gateway reaches them: at a fixed address, or as a process that it starts and watches.

mod process;
mod readiness;
mod tail;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use http::uri::Authority;

pub(crate) use process::Process;

use crate::config::Application;
use crate::error::Result;
use crate::state::Side;

/// One application.
#[derive(Debug)]
pub(crate) enum Upstream {
    Fixed(Authority),
    Process(Process),
}

/// Why an application cannot be asked right now.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable {
    pub(crate) code: &'static str,
    /// What happened, for anybody.
    pub(crate) detail: String,
    /// The end of what the process wrote, for those who run it.
    pub(crate) output: Option<String>,
    /// When it may be worth another try.
    pub(crate) retry_after: Duration,
}

impl Upstream {
    /// Prepares `application`; a process is started when it is needed first. Its output goes to a file in `logs`.
    pub(crate) fn new(side: Side, application: &Application, logs: &Path) -> Result<Self> {
        Self::writing_to(side, application, Some(logs))
    }

    /// The same; without `logs` its output goes where the errors of this process go.
    pub(crate) fn writing_to(
        side: Side,
        application: &Application,
        logs: Option<&Path>,
    ) -> Result<Self> {
        match application {
            Application::Url(authority) => Ok(Self::Fixed(authority.clone())),
            Application::Command(command) => {
                Process::new(side, command.clone(), logs).map(Self::Process)
            }
        }
    }

    /// Where it listens; starts it where that is to be done.
    pub(crate) async fn authority(&self) -> std::result::Result<Authority, Unavailable> {
        match self {
            Self::Fixed(authority) => Ok(authority.clone()),
            Self::Process(process) => process.authority().await,
        }
    }

    /// Ends the process, if it is one, and waits for its end.
    pub(crate) async fn stop(&self) {
        if let Self::Process(process) = self {
            process.stop().await;
        }
    }
}

/// With the output.
impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.output {
            Some(output) => write!(f, "{}; {output}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}
