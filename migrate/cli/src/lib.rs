//! The isobar command as a library, so that the binary, the examples and the tests share it.
//!
//! One file per command, each with its arguments and one `run`. Commands return what to exit
//! with; [`printer`] is the only place that prints.

pub mod args;
mod bundle;
pub mod change;
pub mod disk_tree;
pub mod exit;
pub mod export;
pub mod gateway;
pub mod local;
mod logging;
pub mod migrate;
pub mod package;
pub mod port;
pub mod printer;
pub mod program;
pub mod progress;
pub mod promote;
pub mod rollback;
mod runtime;
pub mod scan;
pub mod triple;
pub mod verify;
pub mod written;

use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser;
use exit::{Exit, Failure};
use printer::Printer;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let printer = Printer::new();
    let outcome = std::panic::catch_unwind(|| run(arguments.command, &printer));
    let exit = match outcome {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            printer.failure(&failure);
            failure.exit
        }
        // The panic hook has shown message and place already.
        Err(_) => {
            printer.bug();
            Exit::Bug
        }
    };
    exit.into()
}

fn run(command: Command, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        Command::Scan(arguments) => scan::run(&arguments, printer),
        Command::Gateway(arguments) => gateway::run(arguments, printer),
        Command::Promote(arguments) => promote::run(arguments, printer),
        Command::Rollback(arguments) => rollback::run(arguments, printer),
        Command::Verify(arguments) => verify::run(&arguments, printer),
        Command::Port(arguments) => port::run(&arguments, printer),
        Command::Local(arguments) => local::run(&arguments, printer),
        Command::Migrate(arguments) => migrate::run(&arguments, printer),
        Command::Export(arguments) => export::run(&arguments, printer),
        Command::Package(arguments) => package::run(&arguments, printer),
    }
}

/// Help and version go to stdout and are no error; everything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    if error.use_stderr() || shown.is_err() {
        Exit::Usage.into()
    } else {
        Exit::Done.into()
    }
}
