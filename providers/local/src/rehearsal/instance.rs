//! The processes of the application, one after another.

use std::fmt;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use isobar::{Error, ErrorKind, Result};
use isobar_serve::{LISTEN_VARIABLE, SUPERVISOR_VARIABLE, announced};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Child;
#[cfg(feature = "blob")]
use tokio::sync::OwnedRwLockReadGuard;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock, watch};

/// Set for a process of a rehearsal, so that it serves and rehearses nothing itself: the instant from which its schedules
/// count, in microseconds since 1970.
pub const INSTANCE_VARIABLE: &str = "ISOBAR_INSTANCE";

/// How long a process may take to be there; Lambda gives it 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may go on when all is to end.
const GRACE: Duration = Duration::from_secs(12);
/// What a process needs beyond the time of its handlers to close its store.
const CLOSING: Duration = Duration::from_secs(2);
/// How often somebody looks whether the process is still there, and how often at least where it does not start.
const LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_mins(1);
/// How long a process that is to be replaced waits for requests that have no turn.
const TRANSFERS: Duration = Duration::from_mins(1);

type Program = Box<dyn Fn() -> Command + Send + Sync>;

/// The processes, of which one is there at a time.
pub(super) struct Troupe {
    program: Program,
    /// How long a process may go on that is replaced.
    grace: Duration,
    current: Arc<Mutex<Option<Instance>>>,
    /// Where the process listens that is there.
    place: watch::Sender<Option<SocketAddr>>,
    /// Held for reading by requests that have no turn.
    transfers: Arc<RwLock<()>>,
    stop: watch::Sender<bool>,
}

/// The process that nobody else sends requests to.
#[derive(Debug)]
pub(super) struct Turn {
    troupe: Arc<Troupe>,
    address: SocketAddr,
    current: OwnedMutexGuard<Option<Instance>>,
}

#[derive(Debug)]
struct Instance {
    child: Child,
    address: SocketAddr,
    /// As long as it is held, the process has somebody who wants it.
    tie: UnixStream,
}

impl Troupe {
    /// Handlers of events have `time` to end when their process is replaced.
    pub(super) fn new(
        program: impl Fn() -> Command + Send + Sync + 'static,
        time: Option<Duration>,
    ) -> Self {
        Self {
            program: Box::new(program),
            grace: time.unwrap_or(GRACE).saturating_add(CLOSING),
            current: Arc::default(),
            place: watch::Sender::new(None),
            transfers: Arc::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// Where the process listens, once there is one.
    pub(super) async fn prepare(&self) -> Result<SocketAddr> {
        let mut current = self.unless_stopped(self.current.lock()).await?;
        self.ready(&mut current, SystemTime::now()).await
    }

    /// The process for one request alone, once there is one.
    pub(super) async fn turn(self: &Arc<Self>) -> Result<Turn> {
        let lock = Arc::clone(&self.current).lock_owned();
        let mut current = self.unless_stopped(lock).await?;
        let address = self.ready(&mut current, SystemTime::now()).await?;
        Ok(Turn {
            troupe: Arc::clone(self),
            address,
            current,
        })
    }

    /// The process beside whoever has a turn, which is not replaced for a while as long as the guard is held.
    #[cfg(feature = "blob")]
    pub(super) async fn beside(&self) -> Result<(SocketAddr, OwnedRwLockReadGuard<()>)> {
        let guard = self
            .unless_stopped(Arc::clone(&self.transfers).read_owned())
            .await?;
        if let Ok(mut current) = self.current.try_lock() {
            let address = self.ready(&mut current, SystemTime::now()).await?;
            return Ok((address, guard));
        }
        let mut place = self.place.subscribe();
        let there = async {
            place
                .wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|at| *at)
        };
        let there = tokio::time::timeout(PATIENCE, there);
        let address = self.unless_stopped(there).await?.ok().flatten();
        let address = address.ok_or_else(|| not_there("nobody has started it"))?;
        Ok((address, guard))
    }

    /// Starts the next process where one has ended by itself, until all is to end: messages and schedules wait for it, and
    /// bring no request.
    pub(super) async fn keep(&self) {
        let mut pause = LOOK;
        loop {
            let since = SystemTime::now();
            let slept = self.unless_stopped(tokio::time::sleep(pause)).await;
            if slept.is_err() {
                return;
            }
            // Whoever has it sees to it.
            let Ok(mut current) = self.current.try_lock() else {
                continue;
            };
            pause = match self.ready(&mut current, since).await {
                Ok(_) => LOOK,
                Err(error) => {
                    tracing::error!(target: "isobar", ?error, "the next process does not start");
                    LONGEST_LOOK.min(pause * 2)
                }
            };
        }
    }

    /// Ends the process and waits for that; nobody has a turn afterwards.
    pub(super) async fn end(&self) {
        self.stop.send_replace(true);
        let mut current = self.current.lock().await;
        self.end_current(&mut current).await;
    }

    /// What comes of a step, unless all is to end before.
    pub(super) async fn unless_stopped<T>(&self, step: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(not_there("the rehearsal ends")),
            done = step => Ok(done),
        }
    }

    async fn stopped(&self) {
        // It fails where the sender is gone, which is here.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }

    async fn end_current(&self, current: &mut Option<Instance>) {
        self.place.send_replace(None);
        if let Some(last) = current.take() {
            last.end(self.grace, self.stopped()).await;
        }
    }

    async fn ready(&self, current: &mut Option<Instance>, since: SystemTime) -> Result<SocketAddr> {
        let gone = |instance: &mut Instance| !matches!(instance.child.try_wait(), Ok(None));
        if current.as_mut().is_some_and(gone) {
            tracing::warn!(target: "isobar", "the process of the application has ended");
            self.place.send_replace(None);
            *current = None;
        }
        if let Some(instance) = current {
            return Ok(instance.address);
        }
        let instance = Instance::start((self.program)(), since, self.stopped()).await?;
        let address = current.insert(instance).address;
        self.place.send_replace(Some(address));
        Ok(address)
    }
}

impl Turn {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the process and starts the next one, while whoever waits for a turn goes on waiting.
    pub(super) fn replace(mut self) {
        tokio::spawn(async move {
            let troupe = Arc::clone(&self.troupe);
            let transfers = Arc::clone(&troupe.transfers).write_owned();
            let transfers = tokio::time::timeout(TRANSFERS, transfers);
            // Held until the next process is there; whatever has not ended by then is cut short.
            let _transfers = troupe.unless_stopped(transfers).await;
            let since = SystemTime::now();
            troupe.end_current(&mut self.current).await;
            if *troupe.stop.borrow() {
                return;
            }
            if let Err(error) = troupe.ready(&mut self.current, since).await {
                tracing::error!(target: "isobar", ?error, "the next process does not start");
            }
        });
    }
}

impl Instance {
    /// Starts a process, unless `stopped` comes before it is there.
    async fn start(
        command: Command,
        since: SystemTime,
        stopped: impl Future<Output = ()>,
    ) -> Result<Self> {
        let begin = Instant::now();
        let folder = Folder::new()?;
        let socket = folder.0.join("tie");
        let listener = UnixListener::bind(&socket).map_err(|error| no_place(&error))?;
        let since = since.duration_since(SystemTime::UNIX_EPOCH);
        let mut command = tokio::process::Command::from(command);
        command
            .env(SUPERVISOR_VARIABLE, &socket)
            .env(LISTEN_VARIABLE, "127.0.0.1:0")
            .env(
                INSTANCE_VARIABLE,
                since.unwrap_or_default().as_micros().to_string(),
            )
            .kill_on_drop(true);
        let child = command.spawn();
        let mut child =
            child.map_err(|error| not_there(&format!("it cannot be started: {error}")))?;
        let announced = tokio::select! {
            biased;
            announced = announced(&listener) => {
                announced.map_err(|error| not_there(&format!("it does not say where: {error}")))
            }
            status = child.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(not_there(&format!("it ended with {status}, see above")))
            }
            () = stopped => Err(not_there("the rehearsal ends")),
            () = tokio::time::sleep(PATIENCE) => {
                Err(not_there(&format!("it does not listen within {PATIENCE:?}")))
            }
        };
        let (tie, address) = match announced {
            Ok(announced) => announced,
            Err(error) => {
                // It fails where it has ended already.
                let _ = child.kill().await;
                return Err(error);
            }
        };
        let took = begin.elapsed();
        tracing::debug!(target: "isobar", ?took, "a process of the application is there");
        Ok(Self {
            child,
            address,
            tie,
        })
    }

    /// Lets it end by itself for a while, so that its store is closed: for a shorter one once `stopped` comes.
    async fn end(mut self, grace: Duration, stopped: impl Future<Output = ()>) {
        drop(self.tie);
        let ended = tokio::select! {
            ended = tokio::time::timeout(grace, self.child.wait()) => ended.is_ok(),
            () = stopped => tokio::time::timeout(GRACE, self.child.wait()).await.is_ok(),
        };
        if !ended {
            tracing::warn!(target: "isobar", "the process of the application is killed");
            let _ = self.child.kill().await;
        }
    }
}

fn not_there(why: &str) -> Error {
    let message = format!("a process of the application is not there: {why}");
    Error::new(ErrorKind::Unavailable, message)
}

fn no_place(error: &std::io::Error) -> Error {
    not_there(&format!("there is no place for its socket: {error}"))
}

/// A folder that only this user may enter, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("isobar-{}-{number}", std::process::id());
            let path: &Path = &std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(path) {
                Ok(()) => return Ok(Self(path.to_owned())),
                // A process with this id was killed here, as the first one of a container each time has the same.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(no_place(&error)),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl fmt::Debug for Troupe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Troupe").finish_non_exhaustive()
    }
}
