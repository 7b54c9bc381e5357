//! The probe in a process of its own, which ends with this one.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{Failure, probe};

/// A running probe; dropping it ends it.
#[derive(Debug)]
pub(super) struct ProbeProcess {
    child: Child,
}

impl ProbeProcess {
    /// Starts this very program as a probe on `platform`; its `main` must ask
    /// [`probe::requested`].
    pub(super) fn start(platform: &str, variables: &[(&str, String)]) -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("the probe did not start: {error}"));
        let program = std::env::current_exe().map_err(failed)?;
        let child = Command::new(program)
            .env(probe::VARIABLE, platform)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        child.map(|child| Self { child }).map_err(failed)
    }

    /// Starts the probe with nothing but these variables, to find out by itself where it is.
    pub(super) fn start_alone(variables: &[(&str, String)]) -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("the probe did not start: {error}"));
        let program = std::env::current_exe().map_err(failed)?;
        let child = Command::new(program)
            .env_clear()
            .env(probe::VARIABLE, probe::CONNECT)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        child.map(|child| Self { child }).map_err(failed)
    }

    /// The first line that it writes.
    pub(super) async fn first_line(&mut self) -> Result<String, Failure> {
        let output = self.child.stdout.take();
        let output = output.ok_or_else(|| Failure::new("the probe has no output"))?;
        let mut line = String::new();
        match BufReader::new(output).read_line(&mut line).await {
            Ok(1..) => Ok(line.trim().to_owned()),
            Ok(0) => Err(Failure::new("the probe ended before it was ready")),
            Err(error) => Err(Failure::new(format!("the probe is gone: {error}"))),
        }
    }
}
