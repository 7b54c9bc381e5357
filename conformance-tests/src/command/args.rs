//! The command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use super::Program;
use super::app::AppArgs;
use crate::{Case, Topic, catalogue, harness};

/// Runs the conformance cases against providers and reports how each ended.
///
/// Exits with 0 when nothing failed, 1 when something did (with --strict also when something was
/// not run), 2 when the command is wrong.
#[derive(Debug, Parser)]
#[command(name = "conformance", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "local",
        help = format!("Providers to run against: {}", harness::PROVIDERS.join(", "))
    )]
    pub(crate) provider: Vec<String>,
    /// Only cases of these topics: document, blob, gateway, function, fault, blob-fault, publish.
    #[arg(long, value_delimiter = ',')]
    topic: Vec<Topic>,
    /// Only these cases, such as D-200.
    #[arg(long, value_delimiter = ',')]
    case: Vec<String>,
    /// Writes the report as JSON to this file; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the report as JUnit XML to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Writes the report as Markdown to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Writes the report as it is published, `conformance.json` and `conformance.md`, into this
    /// directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) publish: Option<PathBuf>,
    /// Fails also when something was not run.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Lists the cases and runs nothing.
    #[arg(long)]
    pub(crate) list: bool,
    /// Breaks one rule at a time in the local provider and names the cases that notice.
    #[arg(long)]
    pub(crate) self_test: bool,
    /// A service to use instead of an emulator, for every provider that has one.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Where random keys and values come from.
    #[arg(long, default_value_t = 20_261_121)]
    pub(crate) seed: u64,
    /// How many writers race in the cases about races.
    #[arg(long, default_value_t = 16, value_name = "WRITERS")]
    pub(crate) race_width: usize,
}

/// What else the program does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    App(AppArgs),
    /// Compares the outcomes of two reports in JSON; exits with 1 where they differ.
    Diff {
        /// The earlier report.
        before: PathBuf,
        /// The later report.
        after: PathBuf,
    },
}

impl Args {
    /// The cases asked for.
    pub(crate) fn cases(&self) -> Result<Vec<Case>> {
        let all = catalogue();
        for id in &self.case {
            if !all.iter().any(|case| case.id == id) {
                bail!("there is no case {id}; --list shows all");
            }
        }
        let wanted = |case: &Case| {
            (self.topic.is_empty() || self.topic.contains(&case.topic))
                && (self.case.is_empty() || self.case.iter().any(|id| id == case.id))
        };
        let cases: Vec<Case> = all.into_iter().filter(wanted).collect();
        if cases.is_empty() {
            bail!("no case is of this topic and has this id");
        }
        Ok(cases)
    }

    /// The providers asked for, under their proper names.
    pub(crate) fn providers(&self, program: &Program) -> Result<Vec<&'static str>> {
        let all = harness::PROVIDERS.into_iter();
        let all: Vec<&'static str> = all
            .chain(program.others.iter().map(|harness| harness.name))
            .collect();
        let known = |name: &String| {
            let found = all.iter().find(|known| *known == name);
            let all = all.join(", ");
            found
                .copied()
                .ok_or_else(|| anyhow::anyhow!("there is no provider {name:?}, only {all}"))
        };
        self.provider.iter().map(known).collect()
    }
}
