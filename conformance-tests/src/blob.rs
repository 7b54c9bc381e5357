//! The cases about blobs, one file per group.

mod attributes;
mod conditions;
mod copies;
mod deletes;
mod keys;
mod listing;
mod missing;
mod moves;
mod pages;
mod pinned;
mod policies;
mod presigned;
mod random;
mod reads;
pub(crate) mod sample;
mod streams;
mod uploads;
mod versions;
mod writes;

use crate::Case;

/// Every case about blobs.
pub(crate) const CASES: &[&[Case]] = &[
    attributes::CASES,
    conditions::CASES,
    copies::CASES,
    deletes::CASES,
    keys::CASES,
    listing::CASES,
    missing::CASES,
    moves::CASES,
    pages::CASES,
    pinned::CASES,
    policies::CASES,
    presigned::CASES,
    random::CASES,
    reads::CASES,
    streams::CASES,
    uploads::CASES,
    versions::CASES,
    writes::CASES,
];
