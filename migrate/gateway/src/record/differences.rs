//! The journal of differences between the two sides' answers to live requests.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::compare::Difference;
use crate::error::Result;

/// An open journal. It takes a limited number of records a run: a route that differs always differs the same way.
#[derive(Debug)]
pub struct Differences {
    lines: Lines,
    recorded: AtomicU64,
}

/// One request to which the sides answered differently.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowRecord {
    /// When the answers were compared.
    pub time: Timestamp,
    /// The request's id.
    pub request_id: String,
    /// The key of the route.
    pub route: String,
    /// The method.
    pub method: String,
    /// The path and query.
    pub target: String,
    /// Where the answers differ.
    pub differences: Vec<Difference>,
}

const MOST_RECORDS: u64 = 100_000;

impl Differences {
    /// Opens the journal at `path`, or begins it.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            lines: Lines::open(path)?,
            recorded: AtomicU64::new(0),
        })
    }

    /// Writes down one request.
    pub(crate) fn record(&self, record: &ShadowRecord) {
        tracing::info!(
            route = record.route,
            target = record.target,
            "the two sides differ"
        );
        if self.recorded.fetch_add(1, Ordering::Relaxed) >= MOST_RECORDS {
            return;
        }
        if let Err(error) = self.lines.append(record) {
            tracing::error!(%error, "a difference is not recorded");
        }
    }
}
