//! The cases about blobs, one file per group.

mod attributes;
mod conditions;
mod copies;
mod deletes;
mod keys;
mod listing;
mod pages;
mod reads;
mod sample;
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
    pages::CASES,
    reads::CASES,
    writes::CASES,
];
