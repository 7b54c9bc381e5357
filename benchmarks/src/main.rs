//! Runs Isobar and its peers side by side and prints `ratio: name = value` for each comparison.

mod hello;
mod report;
mod server;
mod wrk;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Measures Isobar against its peers, both in this run on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    comparison: Comparison,
}

#[derive(Debug, Subcommand)]
enum Comparison {
    /// A constant JSON document over HTTP: Isobar, bare axum, Express 4.
    Hello(Load),
}

/// How the load is made.
#[derive(Debug, Args)]
struct Load {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds, of which each program's best counts, so that a busy moment of the machine does not.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// The folder in which `npm ci` installed express4.
    #[arg(long, default_value = "conformance-tests/emulators/express")]
    express: PathBuf,
}

impl Load {
    fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().comparison {
        Comparison::Hello(load) => hello::compare(&load),
    };
    report::outcome(result)
}
