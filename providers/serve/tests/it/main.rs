//! The server as its clients see it: through a socket.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test; one handler panics by purpose"
)]

mod address;
mod callers;
mod drain;
mod envelope;
mod events;
mod harness;
mod limits;
mod platform;
mod protocols;
mod readers;
mod request;
mod sender;
mod supervisor;
mod timeouts;
