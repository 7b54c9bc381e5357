//! `isobar verify`: the same requests to both applications, and whether they answer the same.

mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use isobar_migrate_analyze::{Port, ScanOptions, Selection, SourceTree};
use isobar_migrate_gateway::config::{Application, Migration};
use isobar_migrate_gateway::record::read_requests;
use isobar_migrate_gateway::verify::{
    Progress, Report, Requests, Sources, Verdict, VerifyOptions, read_script, verify,
};
use isobar_migrate_gateway::{Places, words_in_code};
use isobar_migrate_model::Application as Model;

use crate::disk_tree::DiskTree;
use crate::exit::{Exit, Failure};
use crate::gateway::install_packages;
use crate::printer::Printer;
use crate::progress::Spinner;
use crate::runtime::{block_on, failed};

pub(crate) use report::differences;
use report::text;

/// Arguments of `isobar verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The file that says how both applications are reached.
    #[arg(long, value_name = "FILE", default_value = "migration.toml")]
    pub config: PathBuf,

    /// Requests in a file, in the order in which they are sent.
    #[arg(long, value_name = "FILE", conflicts_with = "recorded")]
    pub requests: Option<PathBuf>,

    /// Requests that a gateway wrote down (`isobar gateway --record`).
    #[arg(long, value_name = "FILE")]
    pub recorded: Option<PathBuf>,

    /// The source of the legacy application, from which requests are made; the folder in which it is started by default.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["requests", "recorded"])]
    pub source: Option<PathBuf>,

    /// Send requests that could change something to applications that were not started for this.
    #[arg(long)]
    pub allow_writes: bool,

    /// Fail when packages of the legacy application are missing, instead of running npm.
    #[arg(long)]
    pub no_install: bool,

    /// Print the whole report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(arguments: &VerifyArguments, printer: &Printer) -> Result<Exit, Failure> {
    block_on(async {
        let migration = Migration::read(&arguments.config).map_err(failed)?;
        install_packages(&migration, arguments.no_install, printer).await?;
        let source = arguments
            .source
            .clone()
            .or_else(|| legacy_folder(&migration));
        let code = match (&arguments.requests, &arguments.recorded, source) {
            (None, None, Some(source)) => Some(read_code(&source)?),
            _ => None,
        };
        let words = code.as_ref().map(|(_, port)| words_in_code(&port.program));
        let words = words.unwrap_or_default();
        let requests = match (&arguments.requests, &arguments.recorded) {
            (Some(path), _) => Requests::Script(read_script(path).map_err(failed)?),
            (None, Some(path)) => Requests::Recorded(read_requests(path).map_err(failed)?),
            (None, None) => Requests::Derived(Sources {
                application: code.as_ref().map(|(application, _)| application),
                words: &words,
            }),
        };
        let report = verified(&migration, requests, arguments).await?;
        if arguments.json {
            printer.data(&serde_json::to_string_pretty(&report).map_err(Failure::environment)?);
        } else {
            printer.data(&text(&report, printer.width()));
        }
        Ok(exit_of(&report, &migration))
    })
}

async fn verified(
    migration: &Migration,
    requests: Requests<'_>,
    arguments: &VerifyArguments,
) -> Result<Report, Failure> {
    let places = Places::of(&arguments.config);
    std::fs::create_dir_all(&places.running).map_err(Failure::environment)?;
    let options = VerifyOptions::new(&places.running);
    let options = if arguments.allow_writes {
        options.with_writes_allowed()
    } else {
        options
    };
    let spinner = Spinner::start("asking both applications");
    let mut progress = Asking(&spinner);
    verify(migration, requests, &options, &mut progress)
        .await
        .map_err(failed)
}

/// Shows the request that is under way.
pub(crate) struct Asking<'a>(pub(crate) &'a Spinner);

impl Progress for Asking<'_> {
    fn request(&mut self, number: usize, request: &str) {
        self.0.show(&format!("{request}, {number} requests"));
    }
}

fn legacy_folder(migration: &Migration) -> Option<PathBuf> {
    match &migration.legacy {
        Application::Command(command) => Some(command.folder.clone()),
        Application::Url(_) => None,
    }
}

/// What the code reads, and the values that it knows.
fn read_code(directory: &Path) -> Result<(Model, Port), Failure> {
    let tree: Arc<dyn SourceTree> = Arc::new(DiskTree);
    let spinner = Spinner::start("reading");
    let options = ScanOptions::default();
    let all = Selection::default();
    isobar_migrate_analyze::port(&tree, directory, &options, &all, &spinner)
        .map_err(Failure::environment)
}

/// Something to act on: a route that could move and has not been shown to be equal.
fn exit_of(report: &Report, migration: &Migration) -> Exit {
    use isobar_migrate_gateway::config::Availability;
    let proven = report
        .routes
        .iter()
        .zip(&migration.routes)
        .all(|(result, route)| {
            result.verdict == Verdict::Equal
                || matches!(route.availability, Availability::LegacyOnly(_))
        });
    match proven {
        true => Exit::Done,
        false if report.count(Verdict::Different) > 0 => Exit::Different,
        false => Exit::Findings,
    }
}
