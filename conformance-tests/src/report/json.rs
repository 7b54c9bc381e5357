//! The report as one JSON object: `manifest` and `results`.

use serde::Serialize;

use super::{Manifest, Report};
use crate::CaseResult;

#[derive(Serialize)]
struct Document<'r> {
    manifest: &'r Manifest,
    results: &'r [CaseResult],
}

/// The report, ending in a line feed.
pub fn render(report: &Report) -> String {
    let document = Document {
        manifest: &report.manifest,
        results: &report.results,
    };
    let text = serde_json::to_string_pretty(&document);
    // Nothing in a report can fail to serialize; if it ever does, the text says so.
    text.unwrap_or_else(|error| error.to_string()) + "\n"
}
