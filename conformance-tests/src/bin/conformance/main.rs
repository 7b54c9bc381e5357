//! Runs the conformance cases against providers and reports how each ended.

mod args;
mod diff;
mod progress;
mod self_test;
mod session;

use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use isobar_conformance::probe;

fn main() -> ExitCode {
    match probe::requested() {
        Ok(false) => run(),
        Ok(true) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let stopped = async {
        let interrupted = tokio::signal::ctrl_c();
        let mut terminated =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = interrupted => result,
            _ = terminated.recv() => Ok(()),
        }
    };
    // Whichever ends first drops the other, and with it the emulators it has started.
    let ended = tokio::select! {
        ended = session::run(&args) => ended,
        _ = stopped => {
            progress::say("stopped");
            return ExitCode::from(130);
        }
    };
    match ended {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            progress::say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}
