//! Both applications, started for one verification.

use std::path::{Path, PathBuf};

use http::uri::Authority;
use tempfile::TempDir;

use super::VerifyOptions;
use crate::config::{Application, Command, Migration};
use crate::error::{Error, ErrorKind, Result};
use crate::state::Side;
use crate::upstream::{Unavailable, Upstream};

/// The applications, listening.
#[derive(Debug)]
pub(super) struct Sides {
    started: Started,
    pub(super) legacy: Authority,
    pub(super) ported: Authority,
    /// Whether a request that changes something may be sent.
    pub(super) may_write: bool,
    /// Whether both are processes that were started here, and so can be started again.
    own: bool,
    logs: PathBuf,
}

#[derive(Debug)]
struct Started {
    upstreams: [Upstream; 2],
    /// Data of the ported application; removed at the end.
    _data: TempDir,
}

impl Sides {
    /// Starts both; each begins with what its code says.
    pub(super) async fn start(migration: &Migration, options: &VerifyOptions) -> Result<Self> {
        let is_own = |application: &Application| matches!(application, Application::Command(_));
        let own = is_own(&migration.legacy) && is_own(&migration.ported);
        let (started, [legacy, ported]) = Started::new(migration, &options.logs).await?;
        Ok(Self {
            started,
            legacy,
            ported,
            may_write: options.allow_writes || own,
            own,
            logs: options.logs.clone(),
        })
    }

    /// Starts both again, without anything that they knew: one that has crashed or hangs has lost its state, and both
    /// must have the same. Applications that were not started here stay as they are.
    pub(super) async fn start_again(&mut self, migration: &Migration) -> Result<()> {
        if !self.own {
            return Ok(());
        }
        self.stop().await;
        (self.started, [self.legacy, self.ported]) = Started::new(migration, &self.logs).await?;
        Ok(())
    }

    /// Ends what was started.
    pub(super) async fn stop(&self) {
        let [legacy, ported] = &self.started.upstreams;
        tokio::join!(legacy.stop(), ported.stop());
    }
}

impl Started {
    async fn new(migration: &Migration, logs: &Path) -> Result<(Self, [Authority; 2])> {
        let data = tempfile::Builder::new().prefix("isobar-verify-").tempdir();
        let data = data.map_err(|error| Error::file("create", &std::env::temp_dir(), error))?;
        let ported = with_own_data(&migration.ported, &data);
        let upstreams = [
            Upstream::new(Side::Legacy, &migration.legacy, logs)?,
            Upstream::new(Side::Ported, &ported, logs)?,
        ];
        let (legacy, ported) = tokio::join!(upstreams[0].authority(), upstreams[1].authority());
        let there = |authority: std::result::Result<Authority, Unavailable>| {
            authority.map_err(|error| Error::new(ErrorKind::Application, error.to_string()))
        };
        let authorities = [there(legacy)?, there(ported)?];
        let started = Self {
            upstreams,
            _data: data,
        };
        Ok((started, authorities))
    }
}

/// A process gets an empty local store, whatever store it is configured with: a verification starts from the seed, and
/// touches nobody's data.
fn with_own_data(application: &Application, data: &TempDir) -> Application {
    let Application::Command(command) = application else {
        return application.clone();
    };
    let store = format!("local:{}", data.path().display());
    let mut command: Command = command.clone();
    command
        .environment
        .retain(|(name, _)| !STORES.contains(&name.as_str()));
    command
        .environment
        .extend(STORES.map(|name| (name.to_owned(), store.clone())));
    Application::Command(command)
}

const STORES: [&str; 2] = ["ISOBAR_DOCUMENTS", "ISOBAR_BLOBS"];
