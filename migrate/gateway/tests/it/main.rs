//! The gateway as clients, applications and operators see it: through sockets and files.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

mod changes;
mod failures;
mod forwarding;
mod harness;
mod processes;
mod routing;
mod shadow;
mod smuggling;
mod streaming;
mod switch;
mod verify;
