//! Every recognizer's file opens with a snippet and what the scan must report for it. This runs
//! them all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source_tree::{routes, scan_files, sites};

/// A fenced block of a module's documentation: its label and its lines.
type Block = (String, String);

#[test]
fn every_recognizer_finds_what_its_documentation_says() {
    let mut checked = 0;
    for file in recognizer_files() {
        let blocks = blocks(&read(&file));
        let (places, verdicts) = (text_of(&blocks, "routes"), text_of(&blocks, "verdicts"));
        let Some(expected) = places.clone().or(verdicts) else {
            continue;
        };
        let files: Vec<(String, String)> = blocks.iter().filter_map(source_file).collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_str()))
            .collect();
        let application = scan_files(&files);
        let shown = if places.is_some() {
            sites(&application)
        } else {
            routes(&application)
        };
        assert_eq!(
            shown,
            expected,
            "{}: {:#?}",
            file.display(),
            application.findings
        );
        checked += 1;
    }
    assert!(checked >= 14, "only {checked} recognizers have a snippet");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test reads its own crate's sources"
)]
fn recognizer_files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recognize");
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the recognizers are there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test reads its own crate's sources"
)]
fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a listed file can be read")
}

/// The fenced blocks in the `//!` lines of a file.
fn blocks(source: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(label)) => open = Some((label.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn text_of(blocks: &[Block], label: &str) -> Option<String> {
    blocks
        .iter()
        .find(|(found, _)| found == label)
        .map(|(_, text)| text.clone())
}

/// `js` is app.js, `ts` is app.ts, and `file NAME` is a file of that name.
fn source_file((label, text): &Block) -> Option<(String, String)> {
    let name = match label.as_str() {
        "js" => "app.js",
        "ts" => "app.ts",
        other => other.strip_prefix("file ")?,
    };
    Some((name.to_owned(), text.clone()))
}
