//! An action in a process of its own, as the invoker and the proxy start it.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

mod action;
mod container;
mod pipes;
