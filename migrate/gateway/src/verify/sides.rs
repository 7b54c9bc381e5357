//! Both applications, started for one verification.

use http::uri::Authority;
use tempfile::TempDir;

use super::VerifyOptions;
use crate::config::{Application, Command, Migration};
use crate::error::{Error, ErrorKind, Result};
use crate::state::Side;
use crate::upstream::Upstream;

/// The applications, listening.
#[derive(Debug)]
pub(super) struct Sides {
    upstreams: [Upstream; 2],
    pub(super) legacy: Authority,
    pub(super) ported: Authority,
    /// Whether a request that changes something may be sent.
    pub(super) may_write: bool,
    /// Data of the ported application; removed at the end.
    _data: TempDir,
}

impl Sides {
    /// Starts both; each begins with what its code says.
    pub(super) async fn start(migration: &Migration, options: &VerifyOptions) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("isobar-verify-").tempdir();
        let data = data.map_err(|error| Error::file("create", &std::env::temp_dir(), error))?;
        let own = |application: &Application| matches!(application, Application::Command(_));
        let ported = with_own_data(&migration.ported, &data);
        let upstreams = [
            Upstream::new(Side::Legacy, &migration.legacy, &options.logs)?,
            Upstream::new(Side::Ported, &ported, &options.logs)?,
        ];
        let (legacy, ported) = tokio::join!(upstreams[0].authority(), upstreams[1].authority());
        let there = |authority: std::result::Result<Authority, _>| {
            authority.map_err(|error: crate::upstream::Unavailable| {
                Error::new(ErrorKind::Application, error.to_string())
            })
        };
        Ok(Self {
            legacy: there(legacy)?,
            ported: there(ported)?,
            may_write: options.allow_writes || (own(&migration.legacy) && own(&migration.ported)),
            upstreams,
            _data: data,
        })
    }

    /// Ends what was started.
    pub(super) async fn stop(&self) {
        let [legacy, ported] = &self.upstreams;
        tokio::join!(legacy.stop(), ported.stop());
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
