//! The cases about documents, one file per group.

mod atomic;
mod batch;
mod conditions;
mod deletes;
mod expiry;
mod invalid;
mod keys;
mod numbers;
mod pages;
mod queries;
mod races;
mod reads;
mod refused;
mod sample;
mod transactions;
mod typed;
mod updates;
mod values;
mod versions;
mod writes;

use crate::Case;

/// Every case about documents.
pub(crate) const CASES: &[&[Case]] = &[
    atomic::CASES,
    batch::CASES,
    conditions::CASES,
    deletes::CASES,
    expiry::CASES,
    invalid::CASES,
    keys::CASES,
    numbers::CASES,
    pages::CASES,
    queries::CASES,
    races::CASES,
    reads::CASES,
    refused::CASES,
    transactions::CASES,
    typed::CASES,
    updates::CASES,
    values::CASES,
    versions::CASES,
    writes::CASES,
];
