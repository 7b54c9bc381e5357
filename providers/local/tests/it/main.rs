//! The local provider at its boundary: stores that are opened, killed, filled, damaged, and used.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what the tests share fails the test that uses it, and a child speaks to its parent"
)]

mod blob;
mod blob_events;
mod child;
mod config;
mod damage;
mod document;
mod document_changes;
mod events;
mod fixture;
mod full_disk;
mod index;
mod kill;
mod listing;
mod messages;
mod proxies;
mod replay;
mod versions;
