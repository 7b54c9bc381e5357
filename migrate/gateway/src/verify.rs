//! The proof that a route can move: both applications start fresh, get the same requests in the same order, and their
//! answers are compared.
//!
//! What is not hit is not verified; it is never taken for equal. Requests that could change something go only to
//! processes that were started for the purpose, unless that is allowed explicitly.

mod cookies;
mod derive;
mod exchange;
mod memory;
mod replay;
mod report;
mod request;
mod script;
mod sides;
mod substitute;
mod tally;

use std::path::{Path, PathBuf};

use isobar_migrate_model::Application;

pub use report::{Report, RequestDifference, RouteResult, Verdict};
pub use request::Request;
pub use script::read_script;

use derive::Deriver;
use replay::Replay;
use sides::Sides;

use crate::config::Migration;
use crate::error::Result;
use crate::record::RecordedRequest;
use crate::table::Table;

/// Where the requests come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Requests<'a> {
    /// Made from the routes and from what their code was seen to read.
    Derived(Sources<'a>),
    /// Given in a file.
    Script(Vec<Request>),
    /// Recorded by a gateway.
    Recorded(Vec<RecordedRequest>),
}

/// What is known of the legacy application's code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// What the scan saw routes read.
    pub application: Option<&'a Application>,
    /// Values that the code compares with or looks up, as [`crate::words_in_code`] finds them: they lead requests into
    /// branches that no guess would.
    pub words: &'a [String],
}

/// How a verification is run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Requests that could change something may go to applications that were not started here.
    pub allow_writes: bool,
    /// A folder for the output of the applications.
    pub logs: PathBuf,
}

impl VerifyOptions {
    /// Requests that could change something go only to processes that are started for the verification.
    pub fn new(logs: &Path) -> Self {
        Self {
            allow_writes: false,
            logs: logs.to_owned(),
        }
    }

    /// Sets [`VerifyOptions::allow_writes`].
    #[must_use]
    pub fn with_writes_allowed(mut self) -> Self {
        self.allow_writes = true;
        self
    }
}

/// Tells how far a verification is.
pub trait Progress: Send {
    /// A request is sent; `number` counts from 1.
    fn request(&mut self, number: usize, request: &str);
}

/// Compares the two applications of `migration` on `requests`.
///
/// Fails where an application cannot be started; what they answer is never a failure.
pub async fn verify(
    migration: &Migration,
    requests: Requests<'_>,
    options: &VerifyOptions,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let table = Table::new(migration)?;
    let mut sides = Sides::start(migration, options).await?;
    let mut replay = Replay::new(migration, &table, &mut sides, progress);
    match requests {
        Requests::Derived(sources) => {
            let mut deriver = Deriver::new(migration.matching.grammar, &table, sources);
            while let Some(request) = deriver.next() {
                let exchange = replay.send(&request).await;
                deriver.learn(&request, exchange.as_ref());
            }
        }
        Requests::Script(requests) => {
            for request in requests {
                replay.send_script(&request).await;
            }
        }
        Requests::Recorded(requests) => {
            for request in requests {
                replay.send_recorded(&request).await?;
            }
        }
    }
    let report = replay.finish();
    sides.stop().await;
    report
}
