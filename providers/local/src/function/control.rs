//! The socket at which this process answers for the store that it has open, to its own user alone.

use std::collections::HashSet;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::wakers::{Phase, reached};
use crate::events::answer::{Question, Reply, answer};
use crate::events::{DOOR, EventLog, GREETING, Place, SOCKET};
use crate::store::LocalStore;

/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a question may take to be there, and all exchanges when the platform ends.
const QUESTION: Duration = Duration::from_secs(1);
/// Exchanges at once; others wait to be let in.
const EXCHANGES: usize = 16;
/// How long nobody is let in after the system refused.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Bytes of a question.
const QUESTION_BYTES: u64 = 64 << 10;

/// Answers questions about the log of events, until it is dropped.
#[derive(Debug)]
pub(super) struct Control {
    listener: UnixListener,
    log: EventLog,
    /// The queues from which this process delivers.
    queues: HashSet<String>,
    socket: PathBuf,
    /// Which file that is: another platform on the store has put its own there.
    file: Option<(u64, u64)>,
}

impl Control {
    /// Listens in the directory of the store; nothing for one in memory, or where there can be no sockets.
    pub(super) fn bind(store: &LocalStore, queues: HashSet<String>) -> Option<Self> {
        let door = store.directory()?.join(DOOR);
        match listen(&door) {
            Ok(listener) => {
                let socket = door.join(SOCKET);
                Some(Self {
                    listener,
                    log: store.event_log(),
                    queues,
                    file: identity(&socket),
                    socket,
                })
            }
            Err(error) => {
                tracing::warn!(
                    target: "isobar", ?error,
                    "events cannot be replayed while this process runs: there is no socket in {}",
                    door.display()
                );
                None
            }
        }
    }

    pub(super) async fn run(self, mut phase: watch::Receiver<Phase>) {
        let control = Arc::new(self);
        let mut exchanges = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = ends(&mut phase) => break,
                Some(_) = exchanges.join_next() => continue,
                accepted = control.listener.accept(), if exchanges.len() < EXCHANGES => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let exchange = Arc::clone(&control).exchange(stream, phase.clone());
                    exchanges.spawn(exchange);
                }
                Err(error) => {
                    tracing::warn!(target: "isobar", ?error, "nobody can ask for events");
                    tokio::select! {
                        () = ends(&mut phase) => break,
                        () = tokio::time::sleep(AFTER_FAILURE) => {}
                    }
                }
            }
        }
        let all = async { while exchanges.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(QUESTION, all).await;
    }

    /// One question, which is given up where it is not there and all is to end.
    async fn exchange(self: Arc<Self>, stream: UnixStream, phase: watch::Receiver<Phase>) {
        let served = tokio::time::timeout(PATIENCE, self.serve(stream, phase)).await;
        let served = served.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Err(error) = served {
            tracing::debug!(target: "isobar", ?error, "a question was not answered");
        }
    }

    async fn serve(
        &self,
        mut stream: UnixStream,
        mut phase: watch::Receiver<Phase>,
    ) -> io::Result<()> {
        // The folder keeps others out, unless somebody has opened it to them.
        let asker = stream.peer_cred()?.uid();
        if asker != 0 && asker != rustix::process::geteuid().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let (reading, mut writing) = stream.split();
        writing.write_all(GREETING).await?;
        let mut line = String::new();
        let mut reading = BufReader::new(reading.take(QUESTION_BYTES));
        tokio::select! {
            read = tokio::time::timeout(QUESTION, reading.read_line(&mut line)) => read??,
            () = ends(&mut phase) => return Err(io::ErrorKind::ConnectionAborted.into()),
        };
        let question: Question = serde_json::from_str(&line)?;
        let has_handler = |queue: &str| self.queues.contains(queue);
        let reply = Reply::from(answer(&self.log, question, has_handler).await);
        let mut reply = serde_json::to_vec(&reply)?;
        reply.push(b'\n');
        writing.write_all(&reply).await?;
        writing.shutdown().await
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if self.file.is_some() && self.file == identity(&self.socket) {
            let _ = std::fs::remove_file(&self.socket);
        }
    }
}

/// By which a file is known, whatever its name is.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = std::fs::symlink_metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Waits until all is to end.
async fn ends(phase: &mut watch::Receiver<Phase>) {
    reached(phase, |phase| phase != Phase::Running).await;
}

/// Listens in a folder that only this user may enter, in place of a process that had the store before.
fn listen(door: &Path) -> io::Result<UnixListener> {
    match DirBuilder::new().mode(0o700).create(door) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => std::fs::set_permissions(door, Permissions::from_mode(0o700))?,
    }
    match std::fs::remove_file(door.join(SOCKET)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let place = Place::of(door)?;
    let listener = UnixListener::bind(place.path())?;
    std::fs::set_permissions(place.path(), Permissions::from_mode(0o600))?;
    Ok(listener)
}
