//! The platforms as their front ends see them: a process, its port, its files, its end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod fission;
mod openfaas;
mod process;
