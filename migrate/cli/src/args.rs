//! The command line.

use clap::{Parser, Subcommand};

use crate::export::ExportArguments;
use crate::gateway::GatewayArguments;
use crate::local::LocalArguments;
use crate::migrate::MigrateArguments;
use crate::package::PackageArguments;
use crate::port::PortArguments;
use crate::promote::PromoteArguments;
use crate::rollback::RollbackArguments;
use crate::scan::ScanArguments;
use crate::verify::VerifyArguments;

/// Moves a legacy application to portable handlers, route by route.
#[derive(Debug, Parser)]
#[command(name = "isobar", version, about, propagate_version = true)]
#[command(
    after_help = "Exit status: 0 done, 1 something to act on, 2 wrong usage or input, \
3 something needed is missing, 4 the applications answer differently, 70 a fault of isobar itself, 130 interrupted."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the routes of an Express application, its state and what holds it back.
    Scan(ScanArguments),
    /// Serve clients from both applications, each route from the one that its state names.
    Gateway(GatewayArguments),
    /// Move routes towards the ported application, also while the gateway runs.
    Promote(PromoteArguments),
    /// Move routes back to the legacy application, also while the gateway runs.
    Rollback(RollbackArguments),
    /// Send both applications the same requests and compare their answers.
    Verify(VerifyArguments),
    /// Translate routes into a crate of portable handlers.
    Port(PortArguments),
    /// Port an application, run both sides, compare them, and serve both: all of the above in order.
    Migrate(MigrateArguments),
    /// Write what a platform deploys, from what an application declares.
    Export(ExportArguments),
    /// Pack an application's program as a platform takes it.
    Package(PackageArguments),
    /// Care for the store that the local provider keeps in a directory.
    Local(LocalArguments),
}
