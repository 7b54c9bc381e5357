//! How a started process says where it listens: over a Unix socket that also tells it when its supervisor is gone.
//!
//! The protocol is that of isobar-serve (`ISOBAR_SUPERVISOR`), which every isobar application speaks; the preload script
//! speaks it for Node applications. A process that speaks neither is found by trying its configured address.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::uri::Authority;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// A private folder with the socket and the preload script, removed at the end.
#[derive(Debug)]
pub(super) struct Supervisor {
    folder: TempDir,
}

/// The open end: as long as it exists, the processes that connected know that they are wanted.
pub(super) struct Announcements {
    lines: mpsc::UnboundedReceiver<Announcement>,
    _held: JoinSet<()>,
}

/// A server of the started process.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Announcement {
    address: String,
    /// Set by the preload script: whether the server's handler is an Express application.
    express: Option<bool>,
}

const PRELOAD: &str = include_str!("../../preload/isobar-preload.cjs");
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// How long somebody may take to accept a connection.
const ANSWER: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Makes the folder, which only this user may enter.
    pub(super) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("isobar-").tempdir();
        let folder = folder.map_err(|error| Error::file("create", &std::env::temp_dir(), error))?;
        let supervisor = Self { folder };
        let preload = supervisor.preload();
        std::fs::write(&preload, PRELOAD).map_err(|error| Error::file("write", &preload, error))?;
        Ok(supervisor)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("supervisor.sock")
    }

    /// `NODE_OPTIONS` that load the script before the application, beside the options that are set already.
    pub(super) fn node_options(&self, already: Option<&str>) -> String {
        let script = self.preload();
        let quoted = script
            .display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        let load = format!("--require \"{quoted}\"");
        already.map_or(load.clone(), |already| format!("{already} {load}"))
    }

    /// Listens for one run of the process.
    pub(super) fn listen(&self) -> Result<Announcements> {
        let socket = self.socket();
        remove_if_there(&socket)?;
        let listener = UnixListener::bind(&socket);
        let listener = listener.map_err(|error| Error::file("listen on", &socket, error))?;
        let (sender, lines) = mpsc::unbounded_channel();
        let mut held = JoinSet::new();
        held.spawn(accept(listener, sender));
        Ok(Announcements { lines, _held: held })
    }

    fn preload(&self) -> PathBuf {
        self.folder.path().join("isobar-preload.cjs")
    }
}

impl Announcements {
    pub(super) async fn next(&mut self) -> Announcement {
        match self.lines.recv().await {
            Some(line) => line,
            // The accepting task ended, which it does only when the process is gone as well.
            None => std::future::pending().await,
        }
    }
}

impl Announcement {
    pub(super) fn authority(&self) -> Option<Authority> {
        self.address.parse().ok()
    }

    /// Of several servers of one process, the one that serves Express is meant; without Express, the first.
    pub(super) fn goes_before(&self, other: &Self) -> bool {
        self.express == Some(true) && other.express != Some(true)
    }
}

/// Resolves when something listens at `authority`.
pub(super) async fn listens(authority: &Authority) {
    while TcpStream::connect(authority.as_str()).await.is_err() {
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Whether something listens there now.
pub(super) async fn answers(authority: &Authority) -> bool {
    let connected = tokio::time::timeout(ANSWER, TcpStream::connect(authority.as_str())).await;
    matches!(connected, Ok(Ok(_)))
}

/// Holds each connection until the process ends it; a process may have children that connect too.
async fn accept(listener: UnixListener, lines: mpsc::UnboundedSender<Announcement>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(read(stream, lines.clone()));
    }
}

async fn read(stream: UnixStream, announcements: mpsc::UnboundedSender<Announcement>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(announcement) => {
                // Nobody is interested any more once the process is being ended.
                let _ = announcements.send(announcement);
            }
            Err(error) => {
                tracing::warn!(line, %error, "a supervised process said something unknown");
            }
        }
    }
}

fn remove_if_there(socket: &Path) -> Result<()> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", socket, error))
        }
        _ => Ok(()),
    }
}
