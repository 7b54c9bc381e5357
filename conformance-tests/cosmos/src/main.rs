//! The conformance program with one more provider: Cosmos DB on Microsoft's in-memory emulator.

use std::process::ExitCode;

use isobar_conformance::command::{Program, run};
use isobar_conformance_cosmos::harness::COSMOS;

fn main() -> ExitCode {
    run(&Program {
        others: &[COSMOS],
        lock: include_str!("../Cargo.lock"),
    })
}
