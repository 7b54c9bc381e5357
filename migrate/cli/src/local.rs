//! `isobar local`: care for the store that the local provider keeps in a directory, and for the events of its applications.

mod check;
mod damaged;
mod events;
mod text;

use clap::{Args, Subcommand};
use isobar::ErrorKind;

use crate::exit::{Exit, Failure};
use crate::printer::Printer;
pub use check::CheckArguments;
pub use damaged::DropDamagedArguments;
pub use events::{EventArguments, EventsArguments, ReplayArguments};

/// Arguments of `isobar local`.
#[derive(Debug, Args)]
pub struct LocalArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: LocalCommand,
}

/// The commands about a local store.
#[derive(Debug, Subcommand)]
pub enum LocalCommand {
    /// Look over every page, record and blob of a store, and change nothing.
    Check(CheckArguments),
    /// Remove the damaged messages that were put aside, which nobody can be given.
    DropDamaged(DropDamagedArguments),
    /// List the events that applications were woken by, the newest first.
    Events(EventsArguments),
    /// Show one event whole, with its content and what became of it.
    Event(EventArguments),
    /// Have an event delivered again as it was, also while the program runs.
    Replay(ReplayArguments),
}

/// Runs the command.
pub fn run(arguments: &LocalArguments, printer: &Printer) -> Result<Exit, Failure> {
    match &arguments.command {
        LocalCommand::Check(arguments) => check::run(arguments, printer),
        LocalCommand::DropDamaged(arguments) => damaged::run(arguments, printer),
        LocalCommand::Events(arguments) => events::list(arguments, printer),
        LocalCommand::Event(arguments) => events::show(arguments, printer),
        LocalCommand::Replay(arguments) => events::replay(arguments, printer),
    }
}

fn failed(error: isobar::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::InvalidArgument => Failure::usage(error),
        _ => Failure::environment(error),
    }
}
