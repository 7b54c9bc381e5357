//! Runs the conformance cases against providers and reports how each ended.

use std::process::ExitCode;

use isobar_conformance::command::{Program, run};

fn main() -> ExitCode {
    run(&Program {
        others: &[],
        lock: include_str!("../../../Cargo.lock"),
    })
}
