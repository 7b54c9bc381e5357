//! Events of each platform as requests and events, and answers back: time and allocations of one.
//!
//! A program of its own, since its allocator counts.

#[path = "../../report.rs"]
#[expect(dead_code, reason = "other programs tell their progress")]
mod report;

mod cost;
mod deliveries;
mod lambda;
mod requests;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use axum::body::Bytes;
use clap::Parser;

/// Measures one event or answer of each platform, beside the peer's where it has the same.
#[derive(Debug, Parser)]
#[command(version)]
struct Coding {
    /// Calls of each, in ten rounds of which the median counts.
    #[arg(long, default_value_t = 20_000)]
    rounds: u32,
}

fn main() -> ExitCode {
    report::outcome(compare(&Coding::parse()))
}

fn compare(coding: &Coding) -> Result<()> {
    requests::compare(coding)?;
    lambda::compare(coding)?;
    deliveries::compare(coding)
}

/// A file of the repository; the events that the conformance suite replays are in `conformance-tests/fixtures/events`.
fn captured(name: &str) -> Result<Bytes> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join(name);
    let read = std::fs::read(&path);
    let read = read.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(read.into())
}
