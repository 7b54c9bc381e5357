//! The cases about what a network and a busy service do to requests, with a proxy between the
//! driver and its store.

mod answers;
mod blobs;
mod bodies;
mod connections;
mod documents;
mod operation;
mod storms;
mod uploads;
mod verdict;
mod walk;
mod weather;

use crate::Case;

/// Every case about faults.
pub(crate) const CASES: &[&[Case]] = &[
    answers::CASES,
    bodies::CASES,
    connections::CASES,
    storms::CASES,
    uploads::CASES,
    weather::CASES,
];
