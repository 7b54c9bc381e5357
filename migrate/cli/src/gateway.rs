//! `isobar gateway`: the proxy that moves routes from one application to the other.

use std::path::{Path, PathBuf};

use clap::Args;
use isobar_migrate_gateway::config::{Application, Migration};
use isobar_migrate_gateway::install::{self, Permission};
use isobar_migrate_gateway::{Gateway, GatewayOptions, Places};

use crate::exit::{Exit, Failure};
use crate::logging;
use crate::printer::Printer;
use crate::runtime::{block_on, failed};

/// Arguments of `isobar gateway`.
#[derive(Debug, Args)]
pub struct GatewayArguments {
    /// The file that says how requests move.
    #[arg(long, value_name = "FILE", default_value = "migration.toml")]
    pub config: PathBuf,

    /// Listen here instead of where the file says; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// Write requests and answers down, to be replayed by `isobar verify --recorded`. The file holds whatever clients
    /// send, secrets included, and only you can read it.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Fail when packages of the legacy application are missing, instead of running npm.
    #[arg(long)]
    pub no_install: bool,
}

/// Runs the command.
pub fn run(arguments: GatewayArguments, printer: &Printer) -> Result<Exit, Failure> {
    logging::install();
    block_on(async {
        let migration = Migration::read(&arguments.config).map_err(failed)?;
        install_packages(&migration, arguments.no_install, printer).await?;
        let mut options = GatewayOptions::default();
        options.listen = arguments.listen;
        options.record = arguments.record;
        let gateway = Gateway::open(&Places::of(&arguments.config), options)
            .await
            .map_err(failed)?;
        printer.note(&format!("listening on http://{}", gateway.local_addr()));
        gateway.run().await.map_err(failed)?;
        Ok(Exit::Done)
    })
}

/// Installs what a legacy application that the gateway starts needs.
pub(crate) async fn install_packages(
    migration: &Migration,
    never: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    match &migration.legacy {
        Application::Command(command) => install_in(&command.folder, never, printer).await,
        Application::Url(_) => Ok(()),
    }
}

/// Installs what the application in `folder` needs.
pub(crate) async fn install_in(
    folder: &Path,
    never: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let permission = if never {
        Permission::Never
    } else {
        Permission::Install
    };
    let installed = install::ensure(folder, permission, |what| printer.note(what)).await;
    installed.map_err(failed)
}
