//! What package.json and its neighbours say before any code is read.

use std::path::{Path, PathBuf};

use crate::tree::{EntryKind, SourceTree};

mod entry;
mod package;

pub(crate) use entry::EntryPoints;
pub(crate) use package::Package;

/// Files that are never part of the running application.
const NOT_SERVER_CODE: [&str; 16] = [
    "node_modules",
    "bower_components",
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "spec",
    "e2e",
    "cypress",
    "coverage",
    "docs",
    "public",
    "assets",
    "client",
    "frontend",
    "migrations",
];

/// The major version and the exact version or range of the Express that `root` uses.
pub(crate) fn express_version(
    tree: &dyn SourceTree,
    root: &Path,
    package: &Package,
) -> (Option<u8>, Option<String>) {
    let root = tree.canonical(root).unwrap_or_else(|_| root.to_owned());
    let installed = root.ancestors().find_map(|above| {
        let manifest = above.join("node_modules/express/package.json");
        let package = Package::read(tree, &manifest).or_else(|| {
            // An application inside of Express's own repository, as its examples are.
            let own = Package::read(tree, &above.join("package.json"))?;
            (own.name.as_deref() == Some("express")).then_some(own)
        });
        package?.version
    });
    with_major(installed.or_else(|| package.range("express").map(str::to_owned)))
}

/// The version of a package as Node finds it from `root`, in one of the folders `places` below some `node_modules`.
pub(crate) fn installed_version(
    tree: &dyn SourceTree,
    root: &Path,
    places: &[&str],
) -> Option<String> {
    let root = tree.canonical(root).unwrap_or_else(|_| root.to_owned());
    root.ancestors().find_map(|above| {
        let modules = above.join("node_modules");
        let manifests = places
            .iter()
            .map(|place| modules.join(place).join("package.json"));
        manifests
            .filter_map(|manifest| Package::read(tree, &manifest))
            .find_map(|it| it.version)
    })
}

fn with_major(version: Option<String>) -> (Option<u8>, Option<String>) {
    let digits = |text: &str| {
        let from = text.find(|c: char| c.is_ascii_digit())?;
        text[from..]
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse::<u8>()
            .ok()
    };
    (version.as_deref().and_then(digits), version)
}

/// Source files of the application below `root`, breadth first, and what could not be listed.
pub(crate) struct OwnFiles {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) manifests: Vec<PathBuf>,
    pub(crate) unreadable: Vec<PathBuf>,
}

/// Walks `root` without its dependencies. Links are followed once, so a circle of them ends.
pub(crate) fn own_files(tree: &dyn SourceTree, root: &Path) -> OwnFiles {
    let mut found = OwnFiles {
        files: Vec::new(),
        manifests: Vec::new(),
        unreadable: Vec::new(),
    };
    let mut seen = std::collections::HashSet::new();
    let mut pending = std::collections::VecDeque::from([(root.to_owned(), 0_u32)]);
    while let Some((directory, depth)) = pending.pop_front() {
        let Ok(canonical) = tree.canonical(&directory) else {
            found.unreadable.push(directory);
            continue;
        };
        if !seen.insert(canonical) {
            continue;
        }
        let Ok(mut entries) = tree.list(&directory) else {
            found.unreadable.push(directory);
            continue;
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in entries {
            let path = directory.join(&entry.name);
            match entry.kind {
                EntryKind::Directory if depth < 24 && is_server_directory(&entry.name) => {
                    pending.push_back((path, depth + 1));
                }
                EntryKind::File if entry.name == "package.json" => found.manifests.push(path),
                EntryKind::File if is_source_name(&entry.name) => found.files.push(path),
                EntryKind::File | EntryKind::Directory | EntryKind::Other => {}
            }
        }
    }
    found
}

fn is_server_directory(name: &str) -> bool {
    !name.starts_with('.') && !NOT_SERVER_CODE.contains(&name)
}

fn is_source_name(name: &str) -> bool {
    let extensions = [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"];
    let generated = [
        ".min.js", ".d.ts", ".test.js", ".test.ts", ".spec.js", ".spec.ts",
    ];
    extensions.iter().any(|extension| name.ends_with(extension))
        && !generated.iter().any(|extension| name.ends_with(extension))
}
