//! The processes of the application, one after another.

use std::fmt;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use isobar::{Error, ErrorKind, Result};
use isobar_serve::{LISTEN_VARIABLE, SUPERVISOR_VARIABLE};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Child;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Set for a process of a rehearsal, so that it serves and rehearses nothing itself.
pub const INSTANCE_VARIABLE: &str = "ISOBAR_INSTANCE";

/// How long a process may take to be there; Lambda gives it 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may go on when it is to end.
const GRACE: Duration = Duration::from_secs(12);

type Program = Box<dyn Fn() -> Command + Send + Sync>;

/// The processes, of which one is there at a time.
pub(super) struct Troupe {
    program: Program,
    current: Arc<Mutex<Option<Instance>>>,
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

#[derive(Debug, Deserialize)]
struct Announcement {
    address: SocketAddr,
}

impl Troupe {
    pub(super) fn new(program: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        Self {
            program: Box::new(program),
            current: Arc::default(),
        }
    }

    /// Where the process listens, once there is one.
    pub(super) async fn prepare(&self) -> Result<SocketAddr> {
        self.ready(&mut *self.current.lock().await).await
    }

    /// The process for one request alone, once there is one.
    pub(super) async fn turn(self: &Arc<Self>) -> Result<Turn> {
        let mut current = Arc::clone(&self.current).lock_owned().await;
        let address = self.ready(&mut current).await?;
        Ok(Turn {
            troupe: Arc::clone(self),
            address,
            current,
        })
    }

    /// Ends the process and waits for that.
    pub(super) async fn end(&self) {
        if let Some(last) = self.current.lock().await.take() {
            last.end().await;
        }
    }

    async fn ready(&self, current: &mut Option<Instance>) -> Result<SocketAddr> {
        let gone = |instance: &mut Instance| !matches!(instance.child.try_wait(), Ok(None));
        if current.as_mut().is_some_and(gone) {
            tracing::warn!(target: "isobar", "the process of the application has ended");
            *current = None;
        }
        if let Some(instance) = current {
            return Ok(instance.address);
        }
        let instance = Instance::start((self.program)()).await?;
        Ok(current.insert(instance).address)
    }
}

impl Turn {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the process and starts the next one, while whoever waits for a turn goes on waiting.
    pub(super) fn replace(mut self) {
        tokio::spawn(async move {
            if let Some(last) = self.current.take() {
                last.end().await;
            }
            if let Err(error) = self.troupe.ready(&mut self.current).await {
                tracing::error!(target: "isobar", ?error, "the next process does not start");
            }
        });
    }
}

impl Instance {
    async fn start(command: Command) -> Result<Self> {
        let begin = Instant::now();
        let folder = Folder::new()?;
        let socket = folder.0.join("tie");
        let listener = UnixListener::bind(&socket).map_err(|error| no_place(&error))?;
        let mut command = tokio::process::Command::from(command);
        command
            .env(SUPERVISOR_VARIABLE, &socket)
            .env(LISTEN_VARIABLE, "127.0.0.1:0")
            .env(INSTANCE_VARIABLE, "rehearsed")
            .kill_on_drop(true);
        let child = command.spawn();
        let mut child =
            child.map_err(|error| not_there(&format!("it cannot be started: {error}")))?;
        let announced = tokio::select! {
            announced = announced(&listener) => announced?,
            status = child.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Err(not_there(&format!("it ended with {status}, see above")));
            }
            () = tokio::time::sleep(PATIENCE) => {
                return Err(not_there(&format!("it does not listen within {PATIENCE:?}")));
            }
        };
        let (tie, address) = announced;
        let took = begin.elapsed();
        tracing::debug!(target: "isobar", ?took, "a process of the application is there");
        Ok(Self {
            child,
            address,
            tie,
        })
    }

    /// Lets it end by itself for a while, so that its store is closed.
    async fn end(mut self) {
        drop(self.tie);
        if tokio::time::timeout(GRACE, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(target: "isobar", "the process of the application is killed");
            let _ = self.child.kill().await;
        }
    }
}

/// What the process says when it listens, and the connection on which it has said it.
async fn announced(listener: &UnixListener) -> Result<(UnixStream, SocketAddr)> {
    let unread = |error: &dyn fmt::Display| not_there(&format!("it does not say where: {error}"));
    let (stream, _) = listener.accept().await.map_err(|error| unread(&error))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let read = reader.read_line(&mut line).await;
    read.map_err(|error| unread(&error))?;
    let told: Announcement = serde_json::from_str(&line).map_err(|error| unread(&error))?;
    Ok((reader.into_inner(), told.address))
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
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("isobar-{}-{number}", std::process::id());
        let path: &Path = &std::env::temp_dir().join(name);
        let made = DirBuilder::new().mode(0o700).create(path);
        made.map_err(|error| no_place(&error))?;
        Ok(Self(path.to_owned()))
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
