//! `isobar local check DIR`: a store is looked over and not changed.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use isobar_local::CheckReport;
use serde_json::json;

use super::failed;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

/// Arguments of `isobar local check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 in order, 1 damaged, or damaged messages were put aside, 2 there is no store, 3 it cannot be read, or a process has \
it open. The problems name keys, which may be personal data."
)]
pub struct CheckArguments {
    /// The directory of the store; no process may have it open.
    pub directory: PathBuf,

    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &CheckArguments, printer: &Printer) -> Result<Exit, Failure> {
    let report = isobar_local::check(&arguments.directory).map_err(failed)?;
    if arguments.json {
        printer.data(&as_json(&report).to_string());
    } else {
        printer.data(&as_text(&report));
    }
    if !report.problems.is_empty() {
        printer.note("hint: restore the directory from a copy");
    } else if !report.put_aside.is_empty() {
        printer.note("hint: `isobar local drop-damaged DIR` removes what was put aside; the rest is in order");
    } else {
        return Ok(Exit::Done);
    }
    Ok(Exit::Findings)
}

fn as_json(report: &CheckReport) -> serde_json::Value {
    json!({
        "documents": report.documents,
        "blobs": report.blobs,
        "indexEntries": report.index_entries,
        "changes": report.changes,
        "events": report.events,
        "putAside": report.put_aside,
        "unreferencedFiles": report.unreferenced_files,
        "stoppedUncleanly": report.stopped_uncleanly,
        "problems": report.problems,
    })
}

fn as_text(report: &CheckReport) -> String {
    let mut text = format!(
        "{} documents, {} index entries, {} changes, {} blobs, {} logged events\n",
        report.documents, report.index_entries, report.changes, report.blobs, report.events
    );
    if report.unreferenced_files > 0 {
        let count = report.unreferenced_files;
        // Writing to text cannot fail.
        let _ = writeln!(
            text,
            "{count} files that nothing refers to; the next start removes them"
        );
    }
    if report.stopped_uncleanly {
        text.push_str("its last process was killed; the next start repairs what that left\n");
    }
    for (queue, count) in &report.put_aside {
        let _ = writeln!(
            text,
            "{count} damaged messages of {queue:?} were put aside: nobody can be given them, and no other waits for them"
        );
    }
    for problem in &report.problems {
        let _ = writeln!(text, "problem: {problem}");
    }
    text.push_str(if report.problems.is_empty() {
        "in order"
    } else {
        "damaged"
    });
    text
}
