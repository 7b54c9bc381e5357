//! Scores `isobar scan` against the routes that real applications registered when they ran.
//!
//! See `docs/scan-score.md`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use isobar_cli::disk_tree::DiskTree;
use isobar_cli::printer::Printer;
use isobar_migrate_analyze::{ScanOptions, Silent, SourceTree, scan};

mod compare;
mod table;
mod truth;

use compare::{Score, compare};
use truth::{Exclusions, Truth};

/// Compares scans with recorded truth.
#[derive(Debug, Parser)]
struct Arguments {
    /// A directory with one subdirectory per application, named as in the truth. May be given
    /// several times; an application that none of them has is not run.
    #[arg(long, required = true)]
    apps: Vec<PathBuf>,

    /// The directory with the recorded routes.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../analyze/tests/truth"))]
    truth: PathBuf,

    /// The routes that are left out of the static subset, with reasons.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../analyze/tests/truth-exclusions.json"))]
    exclusions: PathBuf,

    /// Only applications whose name contains this.
    #[arg(long)]
    only: Option<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    /// Fail when fewer full paths of the static subset are found than this percentage, or when
    /// any route is wrong.
    #[arg(long, value_name = "PERCENT")]
    require: Option<f64>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let printer = Printer::new();
    let exclusions = Exclusions::read(&arguments.exclusions)?;
    let mut scores = Vec::new();
    for truth in Truth::read_all(&arguments.truth)? {
        if arguments
            .only
            .as_ref()
            .is_none_or(|only| truth.app.contains(only))
        {
            scores.push(score(&arguments, &truth, &exclusions)?);
        }
    }
    let summary = table::Summary::of(&scores);
    printer.data(&if arguments.json {
        serde_json::to_string_pretty(&serde_json::json!({ "apps": scores, "total": summary }))?
    } else {
        table::text(&scores, &summary)
    });
    let failed = arguments
        .require
        .is_some_and(|percent| summary.static_percent() < percent || summary.wrong > 0);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn score(arguments: &Arguments, truth: &Truth, exclusions: &Exclusions) -> anyhow::Result<Score> {
    let directory = arguments
        .apps
        .iter()
        .map(|apps| apps.join(&truth.app))
        .find(|path| path.is_dir());
    let Some(directory) = directory else {
        return Ok(Score::not_run(truth, exclusions));
    };
    let tree: Arc<dyn SourceTree> = Arc::new(DiskTree);
    let started = std::time::Instant::now();
    let application = scan(&tree, &directory, &ScanOptions::default(), &Silent)
        .with_context(|| format!("scanning {}", directory.display()))?;
    let mut score = compare(truth, exclusions, &application);
    score.milliseconds = started.elapsed().as_millis();
    Ok(score)
}
