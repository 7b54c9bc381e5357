//! The cases about blobs, one file per group.

mod attributes;
mod conditions;
mod copies;
mod deletes;
mod keys;
mod listing;
mod moves;
mod pages;
mod pinned;
mod presigned;
mod reads;
pub(crate) mod sample;
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
    moves::CASES,
    pages::CASES,
    pinned::CASES,
    presigned::CASES,
    reads::CASES,
    uploads::CASES,
    versions::CASES,
    writes::CASES,
];
