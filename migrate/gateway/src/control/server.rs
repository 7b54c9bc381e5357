//! The end of the control socket that a running gateway holds.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;

use super::protocol::{Answer, LONGEST_LINE, Question, report};
use crate::change::{Change, Wish};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Ledger, Occasion};
use crate::places::Places;
use crate::proxy::Proxy;

/// The socket; removed when the gateway ends.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

/// What changes act on.
#[derive(Debug)]
pub(crate) struct Controlled {
    proxy: Arc<Proxy>,
    ledger: Mutex<Ledger>,
}

/// `sun_path` of a Unix socket, without the final zero byte.
const LONGEST_PATH: usize = 107;
const PATIENCE: Duration = Duration::from_secs(10);

impl Control {
    /// Listens. The caller holds the migration, so that a socket that is there belongs to a gateway that was killed.
    pub(crate) fn listen(places: &Places) -> Result<Self> {
        let path = places.control.clone();
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(Error::invalid(format!(
                "the path {} is too long for a socket; run the command in the folder of the migration",
                path.display()
            )));
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &path, error));
            }
            _ => {}
        }
        let failed = |error| Error::file("listen on", &path, error);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        // Its folder lets nobody else in, so there is no moment at which others could connect.
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(&self, controlled: Arc<Controlled>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(answer(stream, Arc::clone(&controlled)));
                }
                Err(error) => {
                    tracing::error!(%error, "cannot accept on the control socket");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

impl Controlled {
    pub(crate) fn new(proxy: Arc<Proxy>, ledger: Ledger) -> Self {
        Self {
            proxy,
            ledger: Mutex::new(ledger),
        }
    }

    /// Fulfils a wish; in force for every request that is decided on after this returns.
    pub(crate) async fn change(&self, wish: &Wish, occasion: &Occasion) -> Result<Change> {
        // One change after the other: each is planned from the states that the one before it left.
        let ledger = self.ledger.lock().await;
        let mut states = (*self.proxy.states()).clone();
        let change = ledger.change(self.proxy.table(), &mut states, wish, occasion)?;
        self.proxy.replace_states(states);
        for step in &change.steps {
            tracing::info!(route = step.route, from = %step.from, to = %step.to, "state changed");
        }
        Ok(change)
    }

    async fn reply(&self, question: Question) -> Answer {
        match question {
            Question::Report => {
                let (table, states) = (self.proxy.table(), self.proxy.states());
                Answer::Report(report(table, &states, &self.proxy.shadow_counts()))
            }
            Question::Change { wish, occasion } => match self.change(&wish, &occasion).await {
                Ok(change) => Answer::Changed(change),
                Err(error) if error.kind() == ErrorKind::Refused => {
                    Answer::Refused(error.to_string())
                }
                Err(error) => Answer::Failed(error.to_string()),
            },
        }
    }
}

async fn answer(stream: UnixStream, controlled: Arc<Controlled>) {
    let talked = tokio::time::timeout(PATIENCE, talk(stream, &controlled)).await;
    match talked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a control connection broke"),
        Err(_) => tracing::debug!("a control connection said nothing"),
    }
}

async fn talk(mut stream: UnixStream, controlled: &Controlled) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut stream).take(LONGEST_LINE))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str(&line) {
        Ok(question) => controlled.reply(question).await,
        Err(error) => Answer::Failed(format!("the question is not in the protocol: {error}")),
    };
    let mut answer = serde_json::to_vec(&answer)?;
    answer.push(b'\n');
    stream.write_all(&answer).await
}
