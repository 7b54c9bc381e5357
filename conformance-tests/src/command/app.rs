//! `conformance app`: proves somebody's own application.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::progress::{print, say};
use super::session::{Verdict, write_file};
use crate::app::{self, Wanted};

/// Arguments of `conformance app`.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Plays a scenario on an application behind several doors and stores, and compares answers and state",
    after_help = "Exits with 0 where everything is the same, 1 where something differs or is not what the scenario expects, \
2 where the command or the scenario is wrong or a provider cannot be started. The application is what its program prints with \
--describe; docs/scenarios.md says what a scenario is."
)]
pub(crate) struct AppArgs {
    /// The application's program, whose main function is `isobar_connect::run`.
    program: PathBuf,
    /// The scenario, a file in JSON.
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "local,aws,postgres",
        help = format!("Where it is played; the first is what the others are compared with: {}", app::PROVIDERS.join(", "))
    )]
    provider: Vec<String>,
    /// Writes the report as JSON to this file; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Prints the table, or the JSON where that goes to standard output.
pub(crate) async fn run(args: &AppArgs) -> Result<Verdict> {
    let wanted = Wanted {
        program: &args.program,
        scenario: &args.scenario,
        providers: &args.provider,
    };
    let report = app::prove(&wanted, say).await?;
    if let Some(file) = &args.json {
        write_file(file, &report.json())?;
    }
    if args.json.as_deref() != Some("-".as_ref()) {
        print(&report.table());
    }
    Ok(Verdict::good_if(report.is_good()))
}
