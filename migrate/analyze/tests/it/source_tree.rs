//! Scans of applications that are written down in a test.

use std::path::Path;
use std::sync::Arc;

use isobar_migrate_analyze::{MemoryTree, ScanOptions, Silent, SourceTree, scan};
use isobar_migrate_model::Application;

/// Where the applications of tests lie.
pub(crate) const ROOT: &str = "/app";

/// The scan of `files`, by name below the root.
pub(crate) fn scan_files(files: &[(&str, &str)]) -> Application {
    let tree = files
        .iter()
        .fold(MemoryTree::new(), |tree, (name, content)| {
            tree.with_file(format!("{ROOT}/{name}"), *content)
        });
    scan_tree(tree)
}

/// The scan of a tree.
pub(crate) fn scan_tree(tree: MemoryTree) -> Application {
    let tree: Arc<dyn SourceTree> = Arc::new(tree);
    scan(&tree, Path::new(ROOT), &ScanOptions::default(), &Silent).expect("the root is readable")
}

/// Routes as text: method, path and place.
pub(crate) fn sites(application: &Application) -> String {
    lines(
        application
            .routes
            .iter()
            .map(|route| format!("{route} {}", route.place())),
    )
}

/// Routes as text: method, path, place, and the code and subject of each reason.
pub(crate) fn routes(application: &Application) -> String {
    lines(application.routes.iter().map(|route| {
        let reasons = route
            .reasons
            .iter()
            .map(|reason| format!(" {} {}", reason.code, reason.subject));
        format!(
            "{route} {}{}",
            route.place(),
            reasons.collect::<Vec<_>>().concat()
        )
    }))
}

/// Findings as text.
pub(crate) fn findings(application: &Application) -> String {
    lines(application.findings.iter().map(ToString::to_string))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines
        .flat_map(|line| {
            [
                line,
                "
"
                .to_owned(),
            ]
        })
        .collect()
}
