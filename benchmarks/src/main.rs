//! Runs Isobar and its peers side by side and prints `ratio: name = value` for each comparison.

mod cold_start;
mod crud;
mod hello;
mod in_process;
mod invoke;
mod report;
mod scan;
mod server;
mod size;
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
    /// A ported CRUD resource: reads, writes and memory, on the durable local store against Express 4 with an array.
    Crud(Load),
    /// From exec to the first poll of the Lambda Runtime API: Isobar, lambda_http, Node with Express 4.
    ColdStart(Start),
    /// One invocation of a Lambda function with 1 KiB and 1 MiB of JSON: Isobar, lambda_http.
    Invoke(Invoking),
    /// One GET of an HTTP API in process: Isobar, Express 4 behind serverless-express.
    InProcess(InProcess),
    /// The stripped size of the example `notes` with every platform and with Lambda alone, which it builds.
    Size,
    /// `isobar scan` of Parse Server with its dependencies: the parser alone over the same files.
    Scan(Scanning),
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

/// How often a start is measured.
#[derive(Debug, Args)]
struct Start {
    /// Starts of each program, of which the median counts.
    #[arg(long, default_value_t = 40)]
    rounds: u32,
    /// The folder in which `npm ci` installed express4.
    #[arg(long, default_value = "conformance-tests/emulators/express")]
    express: PathBuf,
}

/// How often a function is invoked.
#[derive(Debug, Args)]
struct Invoking {
    /// Invocations of each program with 1 KiB, of which the median counts; a tenth as many with 1 MiB.
    #[arg(long, default_value_t = 5_000)]
    rounds: u32,
}

/// How often a handler is called in process.
#[derive(Debug, Args)]
struct InProcess {
    /// Calls of each program, of which the median counts.
    #[arg(long, default_value_t = 20_000)]
    rounds: u32,
    /// The folder in which `npm ci` installed express4 and serverless-express.
    #[arg(long, default_value = "conformance-tests/emulators/express")]
    express: PathBuf,
}

/// What is scanned.
#[derive(Debug, Args)]
struct Scanning {
    /// Scans, of which the fastest counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The application, with its packages installed by `npm ci --ignore-scripts`.
    #[arg(long, default_value = "benchmarks/peers/parse-server")]
    app: PathBuf,
}

impl Load {
    fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().comparison {
        Comparison::Hello(load) => hello::compare(&load),
        Comparison::Crud(load) => crud::compare(&load),
        Comparison::ColdStart(start) => cold_start::compare(&start),
        Comparison::Invoke(invoking) => invoke::compare(&invoking),
        Comparison::InProcess(calls) => in_process::compare(&calls),
        Comparison::Size => size::compare(),
        Comparison::Scan(scanning) => scan::compare(&scanning),
    };
    report::outcome(result)
}
