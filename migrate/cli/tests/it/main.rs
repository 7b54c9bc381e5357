//! The isobar command as its users see it: arguments, output, exit status, and the processes it starts.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

mod change;
mod deploy;
mod events;
mod gateway;
mod legacy_notes;
mod local;
mod migrate;
mod migration;
mod port;
mod scan;
mod verify;
