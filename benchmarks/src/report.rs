//! What the comparisons print.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the printer"
)]

use std::process::ExitCode;

pub(crate) fn measured(program: &str, what: &str, value: f64) {
    println!("{program}: {value:.1} {what}");
}

pub(crate) fn ratio(name: &str, value: f64) {
    println!("ratio: {name} = {value:.3}");
}

pub(crate) fn progress(message: &str) {
    eprintln!("{message}");
}

pub(crate) fn outcome(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(3)
        }
    }
}
