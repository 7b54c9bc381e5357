//! An application as a child process: started when it is needed, watched, restarted after a pause that grows.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Unavailable;
use super::readiness::{Announcement, Announcements, Supervisor, answers, listens};
use super::tail::tail;
use crate::config::Command;
use crate::error::{Error, Result};
use crate::state::Side;
use crate::tether::Guard;

/// A process that is started when it is needed first.
#[derive(Debug)]
pub(crate) struct Process {
    condition: watch::Receiver<Condition>,
    wanted: Arc<Notify>,
    stopping: watch::Sender<bool>,
    watching: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Debug)]
enum Condition {
    /// Nobody has asked for it yet, or it is on its way.
    Coming,
    Ready(Authority),
    Failed(Unavailable),
}

/// What the watching task works with.
struct Watch {
    side: Side,
    command: Command,
    /// Where its output goes; nothing where that is where the errors of this process go.
    log: Option<PathBuf>,
    supervisor: Supervisor,
    condition: watch::Sender<Condition>,
    stopping: watch::Receiver<bool>,
}

/// One run of the process.
struct Run {
    child: Child,
    group: Option<Pid>,
    /// Ends the group if this process is killed: only Node and Isobar applications notice that themselves.
    _guard: Option<Guard>,
    announcements: Announcements,
}

/// Why a run ended.
enum Ended {
    Stopped,
    Failed(Unavailable),
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A process that ran this long was well; the next pause is the first again.
const WELL: Duration = Duration::from_secs(10);
/// How long a process may take to end itself before it is killed.
const END: Duration = Duration::from_secs(5);

impl Process {
    pub(super) fn new(side: Side, command: Command, logs: Option<&Path>) -> Result<Self> {
        let log = logs.map(|logs| logs.join(format!("{side}.log")));
        if let Some(log) = &log {
            File::create(log).map_err(|error| Error::file("create", log, error))?;
        }
        let (condition, seen) = watch::channel(Condition::Coming);
        let (stopping, stop_seen) = watch::channel(false);
        let wanted = Arc::new(Notify::new());
        let watch = Watch {
            side,
            command,
            log,
            supervisor: Supervisor::new()?,
            condition,
            stopping: stop_seen,
        };
        let watching = tokio::spawn(watch.run(Arc::clone(&wanted)));
        Ok(Self {
            condition: seen,
            wanted,
            stopping,
            watching: Some(watching).into(),
        })
    }

    /// Where it listens; waits while it starts, but not while it pauses after a failure.
    pub(super) async fn authority(&self) -> std::result::Result<Authority, Unavailable> {
        self.wanted.notify_one();
        let mut condition = self.condition.clone();
        let settled = condition
            .wait_for(|condition| !matches!(condition, Condition::Coming))
            .await;
        match settled.map(|condition| condition.clone()) {
            Ok(Condition::Ready(authority)) => Ok(authority),
            Ok(Condition::Failed(unavailable)) => Err(unavailable),
            Ok(Condition::Coming) | Err(_) => Err(Unavailable {
                code: "stopping",
                detail: "the gateway is stopping".to_owned(),
                output: None,
                retry_after: FIRST_PAUSE,
            }),
        }
    }

    pub(super) async fn stop(&self) {
        self.stopping.send_replace(true);
        let watching = self
            .watching
            .lock()
            .ok()
            .and_then(|mut watching| watching.take());
        if let Some(Err(error)) = match watching {
            Some(watching) => Some(watching.await),
            None => None,
        } {
            tracing::error!(%error, "a watching task failed");
        }
    }
}

impl Watch {
    async fn run(mut self, wanted: Arc<Notify>) {
        tokio::select! {
            () = wanted.notified() => {}
            () = stopped(&mut self.stopping) => return,
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            let Ended::Failed(mut unavailable) = self.run_once().await else {
                return;
            };
            if begun.elapsed() >= WELL {
                pause = FIRST_PAUSE;
            }
            unavailable.retry_after = pause;
            tracing::warn!(side = %self.side, "{unavailable}; it is started again in {pause:?}");
            self.condition.send_replace(Condition::Failed(unavailable));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopped(&mut self.stopping) => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.condition.send_replace(Condition::Coming);
        }
    }

    /// Starts the process, tells where it listens, and waits for its end.
    async fn run_once(&mut self) -> Ended {
        if let Some(taken) = self.taken().await {
            return Ended::Failed(taken);
        }
        let mut run = match self.start() {
            Ok(run) => run,
            Err(error) => return Ended::Failed(self.cannot_start(&error)),
        };
        let ended = self.follow(&mut run).await;
        run.end().await;
        ended
    }

    /// Whoever listens at the configured address before the start is not the application, but may be an earlier run of it.
    async fn taken(&self) -> Option<Unavailable> {
        let authority = self.command.address.as_ref()?;
        if !answers(authority).await {
            return None;
        }
        let detail = format!("another process listens at {authority} already; end that first");
        Some(self.unavailable("address_taken", &detail))
    }

    async fn follow(&mut self, run: &mut Run) -> Ended {
        let timeout = self.command.ready_timeout;
        let configured = self.command.address.clone();
        let first = tokio::select! {
            announcement = run.announcements.next() => Some(announcement),
            () = opens(configured.as_ref()) => None,
            status = run.child.wait() => return Ended::Failed(self.ended_early(status)),
            () = tokio::time::sleep(timeout) => return Ended::Failed(self.never_listened(timeout)),
            () = stopped(&mut self.stopping) => return Ended::Stopped,
        };
        let announced = first.as_ref().and_then(Announcement::authority);
        let Some(authority) = configured.or(announced) else {
            return Ended::Failed(self.never_listened(timeout));
        };
        tracing::info!(side = %self.side, %authority, "listening");
        self.condition.send_replace(Condition::Ready(authority));
        let mut current = first;
        loop {
            tokio::select! {
                next = run.announcements.next() => self.take_over(&mut current, next),
                status = run.child.wait() => return Ended::Failed(self.ended(status)),
                () = stopped(&mut self.stopping) => return Ended::Stopped,
            }
        }
    }

    /// A second server of the process may be the one that is meant.
    fn take_over(&self, current: &mut Option<Announcement>, next: Announcement) {
        let meant = current
            .as_ref()
            .is_some_and(|current| next.goes_before(current));
        if let Some(authority) = next.authority().filter(|_| meant) {
            self.condition.send_replace(Condition::Ready(authority));
            *current = Some(next);
        }
    }

    fn start(&self) -> Result<Run> {
        let announcements = self.supervisor.listen()?;
        let [output, errors] = self.outputs()?;
        let (program, arguments) = self
            .command
            .words
            .split_first()
            .expect("the file was checked");
        let mut command = tokio::process::Command::new(program);
        let node_options = crate::environment::node_options();
        command
            .args(arguments)
            .current_dir(&self.command.folder)
            .env(
                "NODE_OPTIONS",
                self.supervisor.node_options(node_options.as_deref()),
            )
            .env(isobar_serve::LISTEN_VARIABLE, "127.0.0.1:0")
            .env(isobar_serve::SUPERVISOR_VARIABLE, self.supervisor.socket())
            .envs(self.command.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // Its own group, so that it can be ended with its children, and Ctrl-C reaches the gateway alone.
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(|error| {
            let place = self.command.folder.display();
            Error::new(
                crate::ErrorKind::Application,
                format!("cannot run {program} in {place}"),
            )
            .with_source(error)
        })?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let guard = group.and_then(|group| {
            let guard = Guard::of(group);
            let guard = guard.inspect_err(|error| {
                tracing::warn!(%error, "without a shell an application may outlive a gateway that is killed");
            });
            guard.ok()
        });
        Ok(Run {
            child,
            group,
            _guard: guard,
            announcements,
        })
    }

    /// Where standard output and standard error go.
    fn outputs(&self) -> Result<[Stdio; 2]> {
        let Some(path) = &self.log else {
            let errors = std::io::stderr().as_fd().try_clone_to_owned();
            let errors = errors.map_err(|error| {
                let message = "standard error cannot be handed on";
                Error::new(crate::ErrorKind::Application, message).with_source(error)
            })?;
            return Ok([errors.into(), Stdio::inherit()]);
        };
        let failed = |error| Error::file("open", path, error);
        let log = File::options().append(true).open(path).map_err(failed)?;
        let errors = log.try_clone().map_err(failed)?;
        Ok([log.into(), errors.into()])
    }

    fn cannot_start(&self, error: &Error) -> Unavailable {
        let cause = std::error::Error::source(error).map(|cause| format!("{error}: {cause}"));
        let mut unavailable = self.unavailable("cannot_start", "it cannot be started");
        unavailable.output = cause.or_else(|| Some(error.to_string()));
        unavailable
    }

    fn ended_early(&self, status: std::io::Result<ExitStatus>) -> Unavailable {
        let detail = format!("it ended before it listened, with {}", describe(status));
        self.unavailable("ended_early", &detail)
    }

    fn ended(&self, status: std::io::Result<ExitStatus>) -> Unavailable {
        self.unavailable("ended", &format!("it ended with {}", describe(status)))
    }

    fn never_listened(&self, timeout: Duration) -> Unavailable {
        self.unavailable(
            "never_listened",
            &format!("it did not listen within {timeout:?}"),
        )
    }

    fn unavailable(&self, code: &'static str, detail: &str) -> Unavailable {
        Unavailable {
            code,
            detail: format!("the {} application is not there: {detail}", self.side),
            output: Some(self.output()),
            retry_after: FIRST_PAUSE,
        }
    }

    /// The last lines of output say why better than a status does.
    fn output(&self) -> String {
        let Some(log) = &self.log else {
            return "what it said is in the log of the gateway".to_owned();
        };
        let (tail, log) = (tail(log), log.display());
        if tail.is_empty() {
            return format!("it said nothing (log: {log})");
        }
        format!("it said (log: {log}):\n{tail}")
    }
}

impl Run {
    /// Asks the process and its children to end, and kills what does not.
    async fn end(mut self) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(END, self.child.wait()).await.is_err() {
            tracing::warn!("a process did not end when asked to; it is killed");
        }
        self.signal(Signal::KILL);
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "cannot wait for the end of a process");
        }
    }

    /// The group outlives its first process as long as it has members.
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error means that nobody of the group is left.
            let _ = kill_process_group(group, signal);
        }
    }
}

async fn opens(authority: Option<&Authority>) {
    match authority {
        Some(authority) => listens(authority).await,
        None => std::future::pending().await,
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the owner was dropped, which ends the process as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => format!("an unknown status ({error})"),
    }
}
