//! `isobar scan DIR`: the routes of an application, its state and what holds it back.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use isobar_migrate_analyze::{ErrorKind, ScanOptions, SourceTree};
use isobar_migrate_model::{Application, Severity, Verdict};

use crate::disk_tree::DiskTree;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::progress::Spinner;

mod openapi;
mod report;

/// Arguments of `isobar scan`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 every route can move, 1 a route is held back or a part of \
the application was not understood (see the findings), 2 wrong usage or not a directory, 3 the \
directory cannot be read, 70 a fault of isobar itself."
)]
pub struct ScanArguments {
    /// The directory that holds the application's package.json.
    pub directory: PathBuf,

    /// Print the whole model as JSON.
    #[arg(long, conflicts_with = "openapi")]
    pub json: bool,

    /// Print an OpenAPI 3.1 document: the contract as far as the code shows it.
    #[arg(long)]
    pub openapi: bool,

    /// A variable of the environment that the application is assumed to start in. All others are
    /// absent, except for `NODE_ENV=development`.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub environment: Vec<(String, String)>,
}

/// Runs the command.
pub fn run(arguments: &ScanArguments, printer: &Printer) -> Result<Exit, Failure> {
    let application = scan(arguments)?;
    if arguments.json {
        printer.data(&serde_json::to_string_pretty(&application).map_err(Failure::environment)?);
    } else if arguments.openapi {
        let document = openapi::document(&application);
        printer.data(&serde_json::to_string_pretty(&document).map_err(Failure::environment)?);
    } else {
        printer.data(&report::text(&application, printer.width()));
    }
    Ok(exit_of(&application))
}

/// Scans the directory that the arguments name.
pub fn scan(arguments: &ScanArguments) -> Result<Application, Failure> {
    let options = arguments
        .environment
        .iter()
        .fold(ScanOptions::default(), |options, (name, value)| {
            options.with_variable(name, value)
        });
    let tree: Arc<dyn SourceTree> = Arc::new(DiskTree);
    let spinner = Spinner::start("reading");
    let scanned = isobar_migrate_analyze::scan(&tree, &arguments.directory, &options, &spinner);
    scanned.map_err(|error| match error.kind() {
        ErrorKind::NotADirectory => Failure::usage(error)
            .with_hint("name the directory that holds the package.json of the server"),
        _ => Failure::environment(error),
    })
}

/// Something to act on: a route that cannot move, or a part that was not understood.
fn exit_of(application: &Application) -> Exit {
    let blocked = application
        .routes
        .iter()
        .any(|route| route.verdict == Verdict::Blocked);
    let incomplete = application
        .findings
        .iter()
        .any(|finding| finding.code.severity() == Severity::Incomplete);
    if blocked || incomplete {
        Exit::Findings
    } else {
        Exit::Done
    }
}

pub(crate) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not of the form NAME=VALUE")),
    }
}
