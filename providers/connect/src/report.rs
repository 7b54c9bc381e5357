//! What an application says on its own command line, and its exit codes.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the printer"
)]

use std::error::Error as _;
use std::path::PathBuf;
use std::process::ExitCode;

use isobar::function::Description;
use isobar::{ErrorKind, Result};

/// Wrong arguments or configuration.
const MISUSE: u8 = 2;
/// The network, a store or a platform.
const ENVIRONMENT: u8 = 3;

pub(crate) fn help(description: &Description) -> ExitCode {
    println!(
        "{}: an Isobar application\n\n\
         usage: {} [--as TARGET | --describe | --export | --help]\n\n  \
         --as        run on this machine behind the limits of another platform, in processes as short-lived as there:\n              \
                     {}; aws is its HTTP API, lambda a function URL\n  \
         --describe  print what the application declares, as JSON, and end\n  \
         --export    print the tables it needs, as the vendor of ISOBAR_DOCUMENTS defines them\n  \
         --help      print this help and end\n\n\
         Without arguments it serves on the platform it finds itself on.\n\
         {}",
        description.name,
        program(),
        targets(),
        include_str!("variables.md").trim_end()
    );
    ExitCode::SUCCESS
}

/// What `--as` takes.
#[cfg(feature = "machine")]
fn targets() -> String {
    crate::rehearsal::targets().join(", ")
}

#[cfg(not(feature = "machine"))]
fn targets() -> String {
    "none in this build, which left out the feature \"machine\"".to_owned()
}

/// What the caller has called this program.
fn program() -> String {
    let name = std::env::args_os().next().map(PathBuf::from);
    let name = name.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    name.unwrap_or_else(|| "PROGRAM".to_owned())
}

pub(crate) fn description(description: &Description) -> ExitCode {
    match serde_json::to_string_pretty(description) {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the description is not JSON: {error}");
            ExitCode::from(70)
        }
    }
}

pub(crate) fn definition(definition: Result<String>) -> ExitCode {
    match definition {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => outcome(Err(error)),
    }
}

pub(crate) fn misuse(message: &str) -> ExitCode {
    eprintln!("error: {message}\n\nhint: --help lists what there is");
    ExitCode::from(MISUSE)
}

pub(crate) fn outcome(result: Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    match error.kind() {
        ErrorKind::InvalidArgument | ErrorKind::Unsupported => ExitCode::from(MISUSE),
        _ => ExitCode::from(ENVIRONMENT),
    }
}
