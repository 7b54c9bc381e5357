//! The probe in a process of its own, which ends with this one.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::application::Application;
use crate::probe::callers::ISSUER;
use crate::{Failure, issuer, probe};

/// A running probe; dropping it ends it.
#[derive(Debug)]
pub struct ProbeProcess {
    child: Mutex<Child>,
    logs: Logs,
}

/// How long a line may take from the probe to where it is read.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a process may take to end; most platforms give it 10 s.
const ENDING: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

impl ProbeProcess {
    fn of(child: Child, logs: Logs) -> Self {
        let child = Mutex::new(child);
        Self { child, logs }
    }

    /// Tells it to end, as platforms do.
    pub(crate) async fn terminate(&self) -> Result<(), Failure> {
        let id = self.child.lock().await.id();
        let id = id.ok_or_else(|| Failure::new("the probe has ended already"))?;
        // Only a program of the system sends a signal without code that the compiler cannot check.
        let sent = Command::new("/bin/kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await;
        match sent {
            Ok(status) if status.success() => Ok(()),
            other => Err(Failure::new(format!("no signal reaches it: {other:?}"))),
        }
    }

    /// How it ended, once it has.
    pub(crate) async fn end(&self) -> Result<ExitStatus, Failure> {
        let mut child = self.child.lock().await;
        // Whoever waits closes it, and the probe ends with it.
        let _input = child.stdin.take();
        let Ok(ended) = tokio::time::timeout(ENDING, child.wait()).await else {
            return Err(Failure::new("the probe goes on 20 s after it was to end"));
        };
        ended.map_err(|error| Failure::new(format!("the probe is gone: {error}")))
    }

    /// Starts this very program as a probe on `platform`; its `main` must ask
    /// [`probe::requested`].
    pub(super) fn start(platform: &str, variables: &[(&str, String)]) -> Result<Self, Failure> {
        let logs = Logs::new()?;
        let child = Command::new(program()?)
            .env(probe::VARIABLE, platform)
            .env(ISSUER.name(), issuer::url())
            .env("ISOBAR_LOG_FORMAT", "json")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(logs.writer()?)
            .kill_on_drop(true)
            .spawn();
        child
            .map(|child| Self::of(child, logs))
            .map_err(|error| not_started(&error))
    }

    /// The lines with this text that one has logged which ends by itself, and how it ended.
    pub(super) async fn failed(self, text: &str) -> Result<(String, ExitStatus), Failure> {
        let ended = self.end().await?;
        let lines = self.logs.with(text)?;
        Ok((lines.join("\n"), ended))
    }

    /// Starts somebody's application in place of the probe, with its own variables and these.
    pub(super) fn start_application(
        application: &Application,
        variables: &[(&str, String)],
    ) -> Result<Self, Failure> {
        let mut command = Command::new(&application.program);
        let output = application.output()?;
        let errors = output.try_clone().map_err(|error| no_logs(&error))?;
        let child = application
            .prepare(&mut command, variables)
            .stdout(output)
            .stderr(errors)
            .spawn();
        // What it writes goes where the application's owner finds it.
        let logs = Logs::new()?;
        child
            .map(|child| Self::of(child, logs))
            .map_err(|error| application.not_started(&error))
    }

    /// Waits for its end, and says how it ended.
    pub(super) async fn ended(&mut self) -> String {
        let ended = self.child.get_mut().wait().await;
        ended.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Starts the probe with nothing but these variables, to find out by itself where it is.
    pub(super) fn start_alone(variables: &[(&str, String)]) -> Result<Self, Failure> {
        let logs = Logs::new()?;
        let mut command = Command::new(program()?);
        let child = alone(&mut command, probe::CONNECT, variables)
            .stdout(logs.writer()?)
            .stderr(logs.writer()?)
            .spawn();
        child
            .map(|child| Self::of(child, logs))
            .map_err(|error| not_started(&error))
    }

    /// The same, or somebody's application, with what it writes to standard output and standard error.
    pub(super) fn start_logging(
        application: Option<&Application>,
        variables: &[(&str, String)],
    ) -> Result<(Self, [Lines; 2]), Failure> {
        let mut command = Command::new(running(application)?);
        let mut child = started_as(application, &mut command, (probe::CONNECT, variables))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Failure::new("the probe has no output"));
        };
        let copy = || application.map(Application::output).transpose();
        let lines = [
            Lines::of(output).copied_to(copy()?),
            Lines::of(errors).copied_to(copy()?),
        ];
        let logs = Logs::new()?;
        Ok((Self::of(child, logs), lines))
    }

    /// The same, with its standard input, and what it writes to descriptor 3.
    pub(super) fn start_on_pipes(
        application: Option<&Application>,
        variables: &[(&str, String)],
    ) -> Result<(Self, ChildStdin, Lines), Failure> {
        let logs = Logs::new()?;
        let errors = match application {
            Some(application) => application.output()?.into(),
            None => logs.writer()?,
        };
        let mut command = Command::new("/bin/sh");
        // Only a shell opens a descriptor by its number without code that the compiler cannot check.
        command
            .args(["-c", "exec \"$0\" 3>&1 1>&2"])
            .arg(running(application)?);
        let run = (probe::CONNECT_ON_PIPES, variables);
        let mut child = started_as(application, &mut command, run)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(input), Some(results)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("the probe has no pipes"));
        };
        Ok((Self::of(child, logs), input, Lines::of(results)))
    }

    /// The lines with this text that it has logged, once there is one; a last one without an end is still being written.
    pub(super) async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        let start = Instant::now();
        loop {
            let found = self.logs.with(text)?;
            if !found.is_empty() {
                return Ok(found);
            }
            if start.elapsed() > PATIENCE {
                return Err(Failure::new(format!("the probe has not logged {text:?}")));
            }
            sleep(PAUSE).await;
        }
    }

    /// The first line that it writes.
    pub(super) async fn first_line(&mut self) -> Result<String, Failure> {
        let output = self.child.get_mut().stdout.take();
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

/// Somebody's application, else this very program.
fn running(application: Option<&Application>) -> Result<std::path::PathBuf, Failure> {
    application.map_or_else(program, |application| Ok(application.program.clone()))
}

/// With the environment of somebody's application, else of the probe.
fn started_as<'c>(
    application: Option<&Application>,
    command: &'c mut Command,
    (run, variables): (&str, &[(&str, String)]),
) -> &'c mut Command {
    match application {
        Some(application) => application.prepare(command, variables),
        None => alone(command, run, variables),
    }
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

/// What a process writes to its streams, in one file.
#[derive(Debug)]
struct Logs(NamedTempFile);

impl Logs {
    fn new() -> Result<Self, Failure> {
        NamedTempFile::new()
            .map(Self)
            .map_err(|error| no_logs(&error))
    }

    fn writer(&self) -> Result<Stdio, Failure> {
        let appending = File::options().append(true).open(self.0.path());
        appending.map(Stdio::from).map_err(|error| no_logs(&error))
    }

    fn with(&self, text: &str) -> Result<Vec<String>, Failure> {
        let content = std::fs::read(self.0.path()).map_err(|error| no_logs(&error))?;
        let content = String::from_utf8_lossy(&content);
        let whole = content.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().filter(|line| line.contains(text));
        Ok(lines.map(str::to_owned).collect())
    }
}

fn no_logs(error: &io::Error) -> Failure {
    Failure::new(format!("no place for the logs of the probe: {error}"))
}

/// The lines that a process writes.
pub(super) struct Lines {
    stream: BufReader<Box<dyn AsyncRead + Send + Sync + Unpin>>,
    heard: Vec<String>,
    /// Where they are written as well.
    copy: Option<File>,
}

impl Lines {
    fn of(stream: impl AsyncRead + Send + Sync + Unpin + 'static) -> Self {
        Self {
            stream: BufReader::new(Box::new(stream)),
            heard: Vec::new(),
            copy: None,
        }
    }

    fn copied_to(mut self, copy: Option<File>) -> Self {
        self.copy = copy;
        self
    }

    /// Those with this text that were passed over.
    pub(super) fn heard(&self, text: &str) -> Vec<String> {
        let lines = self.heard.iter().filter(|line| line.contains(text));
        lines.cloned().collect()
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(1..) => {
                if let Some(copy) = &mut self.copy {
                    copy.write_all(line.as_bytes())
                        .map_err(|error| no_logs(&error))?;
                }
                Ok(line.trim_end().to_owned())
            }
            Ok(0) => Err(Failure::new("the probe has ended")),
            Err(error) => Err(Failure::new(format!("the probe is gone: {error}"))),
        }
    }

    /// Reads on until one of them is this.
    pub(super) async fn until(&mut self, wanted: &str) -> Result<(), Failure> {
        loop {
            let line = self.next().await?;
            if line == wanted {
                return Ok(());
            }
            self.heard.push(line);
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}
