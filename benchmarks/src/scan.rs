//! `isobar scan` of an application and the parser alone over the files that the scan read.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use isobar_migrate_analyze::{ScanOptions, Silent, SourceTree, scan};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::{Scanning, report};
use recorded_tree::RecordedTree;

mod recorded_tree;

/// A file that the scan read, with what the parser needs to know.
struct SourceFile {
    text: String,
    source_type: SourceType,
}

pub(crate) fn compare(scanning: &Scanning) -> Result<()> {
    let app = &scanning.app;
    ensure!(
        app.join("node_modules").is_dir(),
        "{} has no node_modules; install them: (cd {} && npm ci --ignore-scripts)",
        app.display(),
        app.display()
    );
    let recorded = Arc::new(RecordedTree::default());
    let shared = Arc::clone(&recorded);
    let tree: Arc<dyn SourceTree> = shared;
    let first = timed(|| scan(&tree, app, &ScanOptions::default(), &Silent));
    let routes = first.1.context("scanning")?.routes.len();
    let files = source_files(&recorded.read_files())?;
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    report::measured("application", "routes", to_f64(routes));
    report::measured("application", "files read", to_f64(files.len()));
    report::measured("application", "lines read", to_f64(lines));
    let (mut scanned, mut parsed) = (first.0, Duration::MAX);
    for round in 1..=scanning.rounds {
        report::progress(&format!("round {round} of {}", scanning.rounds));
        let (time, outcome) = timed(|| scan(&tree, app, &ScanOptions::default(), &Silent));
        outcome.context("scanning")?;
        scanned = scanned.min(time);
        parsed = parsed.min(timed(|| parse(&files)).0);
    }
    let seconds = scanned.as_secs_f64();
    report::measured("scan", "ms", seconds * 1e3);
    report::measured("parser", "ms", parsed.as_secs_f64() * 1e3);
    report::measured("scan", "lines/s", to_f64(lines) / seconds);
    report::ratio("scan/parser", seconds / parsed.as_secs_f64());
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let outcome = work();
    (began.elapsed(), outcome)
}

/// The files that a parser takes, out of all that were read.
fn source_files(paths: &[impl AsRef<Path>]) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let Ok(source_type) = SourceType::from_path(path) else {
            continue;
        };
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        files.push(SourceFile {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            // Most `.js` files do not say whether they are modules.
            source_type: if source_type.is_typescript() {
                source_type
            } else {
                SourceType::unambiguous().with_jsx(true)
            },
        });
    }
    Ok(files)
}

/// Parses every file, each into memory of its own.
fn parse(files: &[SourceFile]) -> usize {
    let statements = files.iter().map(|file| {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &file.text, file.source_type).parse();
        std::hint::black_box(parsed.program.body.len())
    });
    statements.sum()
}

/// Exact for every count of files or lines.
fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
