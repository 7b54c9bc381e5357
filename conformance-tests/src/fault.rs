//! The cases about what a network and a busy service do to requests, with a proxy between the
//! driver and its store.

mod answers;
mod connections;
mod operation;
mod verdict;
mod walk;
mod weather;

use crate::Case;

/// Every case about faults.
pub(crate) const CASES: &[&[Case]] = &[answers::CASES, connections::CASES, weather::CASES];
