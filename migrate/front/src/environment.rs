//! The environment variables that this program reads.

use std::path::PathBuf;

/// Where the states of routes and their journal are kept; else in a new temporary folder.
pub(crate) const STATES: &str = "ISOBAR_GATEWAY_STATES";

/// What names the stores of the ported application.
pub(crate) const STORES: [&str; 3] = ["ISOBAR_DOCUMENTS", "ISOBAR_BLOBS", "ISOBAR_TOPICS"];

pub(crate) fn states() -> Option<PathBuf> {
    std::env::var_os(STATES).map(PathBuf::from)
}

pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}
