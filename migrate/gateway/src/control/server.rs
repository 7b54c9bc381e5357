//! The end of the control socket that a running gateway holds.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::protocol::{Answer, LONGEST_LINE, Question, report};
use crate::change::{Change, Wish, plan};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Ledger, Occasion};
use crate::places::Places;
use crate::proxy::{Closed, Proxy};
use crate::table::{States, Table};

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

    /// Fulfils a wish; in force for every request that is decided on after this returns. In a group with a writer that
    /// changes sides, no request that may write is then under way on the old one.
    pub(crate) async fn change(&self, wish: &Wish, occasion: &Occasion) -> Result<Change> {
        // One change after the other: each is planned from the states that the one before it left.
        let ledger = self.ledger.lock().await;
        let mut states = (*self.proxy.states()).clone();
        let _closed = self.close(&states, wish).await?;
        let change = ledger.change(self.proxy.table(), &mut states, wish, occasion)?;
        self.proxy.replace_states(states);
        for step in &change.steps {
            tracing::info!(route = step.route, from = %step.from, to = %step.to, "state changed");
        }
        Ok(change)
    }

    /// Lets the groups with a writer that would change sides come to rest.
    async fn close(&self, states: &States, wish: &Wish) -> Result<Closed> {
        let table = self.proxy.table();
        let groups = switched_groups(table, states, wish)?;
        self.proxy.close(groups).await.map_err(|name| {
            let shared = table.group(&name).map(|group| group.describe(&name));
            let message = format!(
                "requests that may write {} were still under way after {:?}: nothing was changed; try again, or raise \
                 timeouts.switch",
                shared.unwrap_or(name),
                self.proxy.switch_timeout()
            );
            Error::new(ErrorKind::Refused, message)
        })
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

/// The groups with a writer of which `wish` gives routes to the other side.
fn switched_groups(table: &Table, states: &States, wish: &Wish) -> Result<BTreeSet<String>> {
    let steps = plan(table, states, wish)?.steps;
    let moved = steps
        .iter()
        .filter(|step| step.from.answering() != step.to.answering())
        .filter_map(|step| table.group_of(table.by_key(&step.route)?));
    Ok(moved
        .filter(|(_, group)| group.written)
        .map(|(name, _)| name.to_owned())
        .collect())
}

async fn answer(stream: UnixStream, controlled: Arc<Controlled>) {
    if let Err(error) = talk(stream, &controlled).await {
        tracing::debug!(%error, "a control connection broke");
    }
}

async fn talk(mut stream: UnixStream, controlled: &Controlled) -> std::io::Result<()> {
    let mut line = String::new();
    let mut question = BufReader::new((&mut stream).take(LONGEST_LINE));
    timeout(PATIENCE, question.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(question) => controlled.reply(question).await,
        Err(error) => Answer::Failed(format!("the question is not in the protocol: {error}")),
    };
    let mut answer = serde_json::to_vec(&answer)?;
    answer.push(b'\n');
    timeout(PATIENCE, stream.write_all(&answer)).await?
}
