//! The command line of the `conformance` program, and of others that have one more provider.

mod app;
mod args;
mod diff;
mod progress;
mod self_test;
mod session;

use std::process::ExitCode;

use clap::Parser as _;

use crate::harness::Harness;
use crate::probe;
use args::Args;

/// What tells one such program from another.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The providers that it has besides those of this crate.
    pub others: &'static [Harness],
    /// The lock file that it was built with.
    pub lock: &'static str,
}

/// Does what the arguments of the process say, or is the function that a front door starts.
pub fn run(program: &Program) -> ExitCode {
    match probe::requested() {
        Ok(false) => run_command(program),
        Ok(true) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run_command(program: &Program) -> ExitCode {
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
        ended = session::run(program, &args) => ended,
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
