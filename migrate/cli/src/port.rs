//! `isobar port DIR --out PORTED`: translates routes into a crate of portable handlers.

mod crate_files;
mod format;
mod lock;
mod manifest;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use isobar_migrate_analyze::{ErrorKind, Port, ScanOptions, Selection, SourceTree};
use isobar_migrate_generate::{Options, generate};
use isobar_migrate_model::{Application, Verdict};

use crate::disk_tree::DiskTree;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::progress::Spinner;
use crate::scan::parse_variable;

use crate_files::ByHand;
pub use crate_files::{FileOutcome, Written};
use manifest::Manifest;

/// Arguments of `isobar port`.
#[derive(Debug, Args)]
pub struct PortArguments {
    /// The directory that holds the application's package.json.
    pub directory: PathBuf,

    /// A route to port, as in `GET /notes/:id`; all of them unless one is named. Routes that were ported before stay ported.
    #[arg(long = "route", value_name = "METHOD PATH")]
    pub routes: Vec<String>,

    /// The directory of the crate; it is created, or added to.
    #[arg(long, value_name = "PORTED")]
    pub out: PathBuf,

    /// Replace files of the crate that were changed by hand.
    #[arg(long)]
    pub overwrite: bool,

    /// Print what became of each route as JSON.
    #[arg(long)]
    pub json: bool,

    /// A variable of the environment that the application is assumed to start in. All others are
    /// absent, except for `NODE_ENV=development`.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub environment: Vec<(String, String)>,
}

/// What a port gave.
#[derive(Debug)]
pub struct Ported {
    /// The application, with what holds back each route that stays.
    pub application: Application,
    /// The translation.
    pub port: Port,
    /// What became of each file.
    pub files: Vec<Written>,
}

/// Runs the command.
pub fn run(arguments: &PortArguments, printer: &Printer) -> Result<Exit, Failure> {
    let ported = port(arguments)?;
    if arguments.json {
        printer.data(&report::json(&ported)?);
    } else {
        printer.data(&report::text(&ported, &arguments.out, printer.width()));
    }
    let stays = |route: &isobar_migrate_model::Route| {
        route.verdict == Verdict::Blocked && is_selected(arguments, route)
    };
    let kept = ported
        .files
        .iter()
        .any(|file| file.outcome == FileOutcome::Kept);
    let something = ported.application.routes.iter().any(stays) || kept;
    Ok(if something {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// Translates the routes that the arguments name and writes the crate.
pub fn port(arguments: &PortArguments) -> Result<Ported, Failure> {
    let manifest = Manifest::read(&arguments.out)?;
    let spinner = Spinner::start("porting");
    let (application, port) = translate(arguments, &manifest, &spinner)?;
    check_selection(arguments, &application)?;
    spinner.show("writing");
    let options = Options::new(checkout().to_string_lossy());
    let files = generate(&port.program, &options);
    let files = format::format_all(files)?;
    let routes = ported_routes(&application);
    let by_hand = if arguments.overwrite {
        ByHand::Replace
    } else {
        ByHand::Keep
    };
    let written = crate_files::write(&arguments.out, &files, manifest, routes, by_hand)?;
    lock::lock(&arguments.out, &checkout())?;
    Ok(Ported {
        application,
        port,
        files: written,
    })
}

fn translate(
    arguments: &PortArguments,
    manifest: &Manifest,
    spinner: &Spinner,
) -> Result<(Application, Port), Failure> {
    let options = arguments
        .environment
        .iter()
        .fold(ScanOptions::default(), |options, (name, value)| {
            options.with_variable(name, value)
        });
    let mut routes = arguments.routes.clone();
    if !routes.is_empty() {
        routes.extend(manifest.routes.iter().cloned());
    }
    let tree: Arc<dyn SourceTree> = Arc::new(DiskTree);
    let selection = Selection::of(routes);
    let ported =
        isobar_migrate_analyze::port(&tree, &arguments.directory, &options, &selection, spinner);
    ported.map_err(|error| match error.kind() {
        ErrorKind::NotADirectory => Failure::usage(error)
            .with_hint("name the directory that holds the package.json of the server"),
        _ => Failure::environment(error),
    })
}

/// A route that was named must be one that the scan has found.
fn check_selection(arguments: &PortArguments, application: &Application) -> Result<(), Failure> {
    for named in &arguments.routes {
        if !application.routes.iter().any(|route| route.key() == *named) {
            let error = anyhow::anyhow!("the application has no route `{named}`");
            return Err(Failure::usage(error)
                .with_hint("`isobar scan` lists the routes; write one as `GET /notes/:id`"));
        }
    }
    Ok(())
}

fn is_selected(arguments: &PortArguments, route: &isobar_migrate_model::Route) -> bool {
    arguments.routes.is_empty() || arguments.routes.contains(&route.key())
}

fn ported_routes(application: &Application) -> Vec<String> {
    let ported = application
        .routes
        .iter()
        .filter(|route| route.verdict == Verdict::Ported);
    ported.map(isobar_migrate_model::Route::key).collect()
}

/// The checkout of Isobar that this program was built from, until the crates are published.
pub fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
