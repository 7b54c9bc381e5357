//! The cases about requests and responses, one file per group.

mod callers;
mod loads;
mod paths;
mod platform;
mod requests;
mod responses;
mod streams;

use crate::Case;

/// Every case about requests and responses.
pub(crate) const CASES: &[&[Case]] = &[
    callers::CASES,
    loads::CASES,
    paths::CASES,
    platform::CASES,
    requests::CASES,
    responses::CASES,
    streams::CASES,
];
