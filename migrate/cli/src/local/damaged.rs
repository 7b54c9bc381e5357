//! `isobar local drop-damaged DIR`: damaged messages that were put aside are removed.

use std::path::PathBuf;

use clap::Args;

use super::failed;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

/// Arguments of `isobar local drop-damaged`.
#[derive(Debug, Args)]
#[command(
    after_help = "They are gone for good: copy the directory before, if somebody is to look at their bytes. \
`isobar local check` says how many there are. Exit status: 0 done, 2 there is no store, 3 it cannot be read, or a \
process has it open."
)]
pub struct DropDamagedArguments {
    /// The directory of the store; no process may have it open.
    pub directory: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &DropDamagedArguments, printer: &Printer) -> Result<Exit, Failure> {
    let count = isobar_local::drop_damaged(&arguments.directory).map_err(failed)?;
    printer.data(&format!("{count} damaged messages were removed"));
    Ok(Exit::Done)
}
