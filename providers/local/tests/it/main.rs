//! The local provider at its boundary: stores that are opened, killed, filled, damaged, and used.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share fails the test that uses it"
)]

mod blob;
mod document;
mod fixture;
mod listing;
