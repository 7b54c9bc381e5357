//! The probe in a process of its own, which ends with this one.

use std::fmt;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::application::Application;
use crate::probe::callers::ISSUER;
use crate::{Failure, issuer, probe};

/// A running probe; dropping it ends it.
#[derive(Debug)]
pub(super) struct ProbeProcess {
    child: Child,
}

impl ProbeProcess {
    /// Starts this very program as a probe on `platform`; its `main` must ask
    /// [`probe::requested`].
    pub(super) fn start(platform: &str, variables: &[(&str, String)]) -> Result<Self, Failure> {
        let child = Command::new(program()?)
            .env(probe::VARIABLE, platform)
            .env(ISSUER.name(), issuer::url())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        child
            .map(|child| Self { child })
            .map_err(|error| not_started(&error))
    }

    /// Starts somebody's application in place of the probe, with its own variables and these.
    pub(super) fn start_application(
        application: &Application,
        variables: &[(&str, String)],
    ) -> Result<Self, Failure> {
        let child = application.command(variables)?.spawn();
        child.map(|child| Self { child }).map_err(|error| {
            let program = application.program.display();
            Failure::new(format!("{program} cannot be started: {error}"))
        })
    }

    /// Waits for its end, and says how it ended.
    pub(super) async fn ended(&mut self) -> String {
        let ended = self.child.wait().await;
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Starts the probe with nothing but these variables, to find out by itself where it is.
    pub(super) fn start_alone(variables: &[(&str, String)]) -> Result<Self, Failure> {
        let mut command = Command::new(program()?);
        let child = alone(&mut command, probe::CONNECT, variables)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child
            .map(|child| Self { child })
            .map_err(|error| not_started(&error))
    }

    /// The same, with what it writes to standard output and standard error.
    pub(super) fn start_logging(
        variables: &[(&str, String)],
    ) -> Result<(Self, [Lines; 2]), Failure> {
        let mut command = Command::new(program()?);
        let mut child = alone(&mut command, probe::CONNECT, variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Failure::new("the probe has no output"));
        };
        let logs = [Lines::of(output), Lines::of(errors)];
        Ok((Self { child }, logs))
    }

    /// The same, with its standard input, and what it writes to descriptor 3.
    pub(super) fn start_on_pipes(
        variables: &[(&str, String)],
    ) -> Result<(Self, ChildStdin, Lines), Failure> {
        let mut command = Command::new("/bin/sh");
        // Only a shell opens a descriptor by its number without code that the compiler cannot check.
        command
            .args(["-c", "exec \"$0\" 3>&1 1>&2"])
            .arg(program()?);
        let mut child = alone(&mut command, probe::CONNECT_ON_PIPES, variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(input), Some(results)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("the probe has no pipes"));
        };
        Ok((Self { child }, input, Lines::of(results)))
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

fn program() -> Result<std::path::PathBuf, Failure> {
    std::env::current_exe().map_err(|error| not_started(&error))
}

fn not_started(error: &std::io::Error) -> Failure {
    Failure::new(format!("the probe did not start: {error}"))
}

/// With nothing in its environment but how it runs, and these variables.
fn alone<'c>(command: &'c mut Command, run: &str, variables: &[(&str, String)]) -> &'c mut Command {
    command
        .env_clear()
        .env(probe::VARIABLE, run)
        .env(ISSUER.name(), issuer::url())
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .kill_on_drop(true)
}

/// The lines that a process writes.
pub(super) struct Lines(BufReader<Box<dyn AsyncRead + Send + Sync + Unpin>>);

impl Lines {
    fn of(stream: impl AsyncRead + Send + Sync + Unpin + 'static) -> Self {
        Self(BufReader::new(Box::new(stream)))
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            Ok(0) => Err(Failure::new("the probe has ended")),
            Err(error) => Err(Failure::new(format!("the probe is gone: {error}"))),
        }
    }

    /// Reads on until one of them is this.
    pub(super) async fn until(&mut self, wanted: &str) -> Result<(), Failure> {
        while self.next().await? != wanted {}
        Ok(())
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}
