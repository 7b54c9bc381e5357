//! `isobar rollback`: routes go back to the legacy application.

use clap::Args;
use isobar_migrate_gateway::state::RouteState;

use crate::change::{ChangeArguments, change};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

/// Arguments of `isobar rollback`.
#[derive(Debug, Args)]
pub struct RollbackArguments {
    /// What all changes need.
    #[command(flatten)]
    pub change: ChangeArguments,
}

/// Runs the command.
pub fn run(arguments: RollbackArguments, printer: &Printer) -> Result<Exit, Failure> {
    if arguments.change.routes.is_empty() {
        let missing = anyhow::anyhow!("no route is named");
        return Err(Failure::usage(missing).with_hint(
            "name routes or groups, or say `all`; `isobar promote` shows where each stands",
        ));
    }
    change(arguments.change, RouteState::Legacy, printer)
}
