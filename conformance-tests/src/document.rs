//! The cases about documents, one file per group.

mod abandoned;
mod across;
mod atomic;
mod batch;
mod conditions;
mod deletes;
mod expiry;
mod feed;
mod filters;
mod indexes;
mod invalid;
mod keys;
mod numbers;
mod pages;
mod projections;
mod queries;
mod races;
mod reads;
mod refused;
pub(crate) mod sample;
mod scans;
mod spans;
mod told;
mod transactions;
mod typed;
mod updates;
mod values;
mod versions;
mod writes;

use crate::Case;

/// Every case about documents.
pub(crate) const CASES: &[&[Case]] = &[
    abandoned::CASES,
    across::CASES,
    atomic::CASES,
    batch::CASES,
    conditions::CASES,
    deletes::CASES,
    expiry::CASES,
    feed::CASES,
    filters::CASES,
    indexes::CASES,
    invalid::CASES,
    keys::CASES,
    numbers::CASES,
    pages::CASES,
    projections::CASES,
    queries::CASES,
    races::CASES,
    reads::CASES,
    refused::CASES,
    scans::CASES,
    spans::CASES,
    told::CASES,
    transactions::CASES,
    typed::CASES,
    updates::CASES,
    values::CASES,
    versions::CASES,
    writes::CASES,
];
