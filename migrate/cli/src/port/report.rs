//! What became of each route, for people and for programs.

use std::fmt::Write;
use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};
use isobar_migrate_model::{Reason, Route, Verdict};
use serde::Serialize;

use super::{FileOutcome, Ported};
use crate::exit::Failure;

/// The report that people read.
pub(super) fn text(ported: &Ported, out: &Path, width: usize) -> String {
    let routes = &ported.application.routes;
    let moved = routes
        .iter()
        .filter(|route| route.verdict == Verdict::Ported)
        .count();
    let mut report = format!(
        "{}: {moved} of {} routes ported to {}\n",
        ported.application.name,
        routes.len(),
        out.display()
    );
    report.push_str(&table(routes, width));
    if !ported.port.notes.is_empty() {
        report.push_str("\nNotes\n");
        for (place, note) in &ported.port.notes {
            append(&mut report, format_args!("  {place}: {note}\n"));
        }
    }
    files(&mut report, ported);
    if moved > 0 {
        append(
            &mut report,
            format_args!(
                "\nRun it: cargo run --manifest-path {}/Cargo.toml\n",
                out.display()
            ),
        );
    }
    report
}

fn table(routes: &[Route], width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for route in routes {
        let why: Vec<String> = route.reasons.iter().map(ToString::to_string).collect();
        let verdict = if route.verdict == Verdict::Ported {
            "ported"
        } else {
            "legacy"
        };
        table.add_row(vec![
            verdict.to_owned(),
            route.method.clone(),
            route.path.clone(),
            route.place().to_string(),
            why.join("; "),
        ]);
    }
    format!("\n{}\n", table.trim_fmt())
}

fn files(report: &mut String, ported: &Ported) {
    let kept: Vec<_> = ported
        .files
        .iter()
        .filter(|file| file.outcome == FileOutcome::Kept)
        .collect();
    if kept.is_empty() {
        return;
    }
    report.push_str("\nKept as they were changed by hand (--overwrite replaces them)\n");
    for file in kept {
        append(report, format_args!("  {}\n", file.path));
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonReport<'a> {
    application: &'a str,
    routes: Vec<JsonRoute<'a>>,
    notes: Vec<String>,
    files: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRoute<'a> {
    method: &'a str,
    path: &'a str,
    file: &'a str,
    line: u32,
    verdict: Verdict,
    reasons: &'a [Reason],
}

#[derive(Serialize)]
struct JsonFile<'a> {
    path: &'a str,
    outcome: String,
}

/// The report that programs read.
pub(super) fn json(ported: &Ported) -> Result<String, Failure> {
    let routes = ported.application.routes.iter().map(|route| JsonRoute {
        method: &route.method,
        path: &route.path,
        file: &route.file,
        line: route.line,
        verdict: route.verdict,
        reasons: &route.reasons,
    });
    let files = ported.files.iter().map(|file| JsonFile {
        path: &file.path,
        outcome: format!("{:?}", file.outcome).to_lowercase(),
    });
    let report = JsonReport {
        application: &ported.application.name,
        routes: routes.collect(),
        notes: ported
            .port
            .notes
            .iter()
            .map(|(place, note)| format!("{place}: {note}"))
            .collect(),
        files: files.collect(),
    };
    serde_json::to_string_pretty(&report).map_err(Failure::environment)
}

fn append(report: &mut String, line: std::fmt::Arguments<'_>) {
    report
        .write_fmt(line)
        .expect("writing to a String cannot fail");
}
