//! Guesses which files start the application, best guess first.
//!
//! A wrong guess costs time only: a file that starts nothing registers no routes, and the next
//! stage is tried.

use std::path::{Path, PathBuf};

use crate::project::{OwnFiles, Package};
use crate::tree::{EntryKind, SourceTree};

/// Scripts that start a server, most telling first.
const START_SCRIPTS: [&str; 12] = [
    "start",
    "serve",
    "server",
    "start:server",
    "start:dev",
    "start:prod",
    "dev",
    "develop",
    "dev:server",
    "watch",
    "local",
    "build",
];

/// Names that people give to the file that starts a server.
const CONVENTIONAL: [&str; 7] = ["server", "app", "index", "main", "www", "start", "api"];

/// Directories that hold such a file.
const CONVENTIONAL_DIRECTORIES: [&str; 9] = [
    "",
    "src",
    "server",
    "backend",
    "api",
    "bin",
    "app",
    "lib",
    "src/server",
];

const EXTENSIONS: [&str; 7] = ["", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"];

/// Directories that hold what a build makes from `src`.
const BUILD_OUTPUT: [&str; 5] = ["dist", "build", "out", "lib", ".build"];

/// Candidates in stages. A stage is tried when those before it led to no route.
#[derive(Debug, Default)]
pub(crate) struct EntryPoints {
    pub(crate) stages: Vec<Vec<PathBuf>>,
}

impl EntryPoints {
    pub(crate) fn of(tree: &dyn SourceTree, package: &Package, own: &OwnFiles) -> Self {
        let search = Search {
            tree,
            root: &package.directory,
        };
        let nested = own
            .manifests
            .iter()
            .filter(|path| path.parent() != Some(search.root));
        let nested = nested.filter_map(|path| Package::read(tree, path));
        let nested: Vec<Package> = nested.filter(|inner| inner.runs_on("express")).collect();
        let of_nested = nested.iter().flat_map(|inner| {
            let search = Search {
                tree,
                root: &inner.directory,
            };
            let mut files = search.declared(inner);
            if files.is_empty() {
                files = search.conventional();
            }
            files
        });
        Self {
            stages: vec![
                search.declared(package),
                search.handlers_of_functions(),
                search.conventional(),
                of_nested.collect(),
                mentions_express(tree, own),
                installed_applications(tree, package),
            ],
        }
    }
}

struct Search<'s> {
    tree: &'s dyn SourceTree,
    root: &'s Path,
}

impl Search<'_> {
    /// What package.json and nodemon.json name.
    fn declared(&self, package: &Package) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for script in START_SCRIPTS.iter().filter_map(|name| package.script(name)) {
            for word in script.split(|c: char| c.is_whitespace() || "'\"&;|".contains(c)) {
                self.push_file(word, &mut found);
            }
        }
        for field in package.entry_fields() {
            self.push_file(field, &mut found);
        }
        let nodemon = self.tree.read(&self.root.join("nodemon.json")).ok();
        let nodemon: Option<serde_json::Value> =
            nodemon.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        for field in ["exec", "script"] {
            let words = nodemon
                .as_ref()
                .and_then(|json| json.get(field)?.as_str())
                .unwrap_or("");
            for word in words.split_whitespace() {
                self.push_file(word, &mut found);
            }
        }
        found
    }

    /// The modules that a serverless.yml or a SAM template names as handlers.
    fn handlers_of_functions(&self) -> Vec<PathBuf> {
        let names = [
            "serverless.yml",
            "serverless.yaml",
            "template.yaml",
            "template.yml",
            "sam-template.yaml",
        ];
        let mut found = Vec::new();
        for name in names {
            let Ok(bytes) = self.tree.read(&self.root.join(name)) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            let handlers = text.lines().filter_map(|line| {
                let line = line.trim();
                let value = line
                    .strip_prefix("handler:")
                    .or_else(|| line.strip_prefix("Handler:"))?;
                value
                    .trim()
                    .trim_matches(['"', '\''])
                    .rsplit_once('.')
                    .map(|(module, _)| module)
            });
            for module in handlers {
                self.push_module(module, &mut found);
                self.push_module(&format!("src/{module}"), &mut found);
            }
        }
        found
    }

    fn conventional(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for directory in CONVENTIONAL_DIRECTORIES {
            for name in CONVENTIONAL {
                self.push_module(
                    format!("{directory}/{name}").trim_start_matches('/'),
                    &mut found,
                );
            }
        }
        found
    }

    /// Adds the file that a word of a command names, or the source that a build makes it from.
    fn push_file(&self, word: &str, found: &mut Vec<PathBuf>) {
        let word = word.trim_start_matches("./").trim_end_matches('/');
        if word.is_empty() || word.starts_with('-') || word.contains('*') || word == ".." {
            return;
        }
        if let Some((first, rest)) = word.split_once('/')
            && BUILD_OUTPUT.contains(&first)
        {
            let stem = rest.rsplit_once('.').map_or(rest, |(stem, _)| stem);
            let stem = stem.strip_prefix("src/").unwrap_or(stem);
            self.push_module(&format!("src/{stem}"), found);
            if found.is_empty() {
                self.push_module(stem, found);
            }
        }
        self.push_module(word, found);
    }

    fn push_module(&self, module: &str, found: &mut Vec<PathBuf>) {
        let base = self.root.join(module);
        let direct = EXTENSIONS
            .iter()
            .map(|extension| with_suffix(&base, extension));
        let indexes = EXTENSIONS
            .iter()
            .skip(1)
            .map(|extension| base.join(format!("index{extension}")));
        let file = direct.chain(indexes).find(|path| {
            self.tree
                .metadata(path)
                .is_ok_and(|metadata| metadata.kind == EntryKind::File)
        });
        if let Some(file) = file.filter(|file| is_code(self.tree, file))
            && !found.contains(&file)
        {
            found.push(file);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether a file can be a program: a known extension, or none and a first line that names node.
fn is_code(tree: &dyn SourceTree, path: &Path) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) => EXTENSIONS
            .iter()
            .any(|known| known.strip_prefix('.') == Some(extension)),
        None => tree.read(path).is_ok_and(|bytes| {
            let first = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            first.starts_with(b"#!") && first.windows(4).any(|word| word == b"node")
        }),
    }
}

/// Entries of the dependencies that run on Express, for a directory that only installs them.
fn installed_applications(tree: &dyn SourceTree, package: &Package) -> Vec<PathBuf> {
    let manifests = package.dependencies().into_iter().map(|name| {
        package
            .directory
            .join("node_modules")
            .join(name)
            .join("package.json")
    });
    let packages: Vec<Package> = manifests
        .filter_map(|path| Package::read(tree, &path))
        .collect();
    let on_express = packages.iter().filter(|package| package.runs_on("express"));
    on_express
        .flat_map(|package| {
            Search {
                tree,
                root: &package.directory,
            }
            .declared(package)
        })
        .collect()
}

/// Own files whose text names Express, so that they may hold an application nobody points to.
fn mentions_express(tree: &dyn SourceTree, own: &OwnFiles) -> Vec<PathBuf> {
    let names_express = |path: &&PathBuf| {
        let small = tree
            .metadata(path)
            .is_ok_and(|metadata| metadata.len < 2_000_000);
        small
            && tree
                .read(path)
                .is_ok_and(|bytes| bytes.windows(7).any(|word| word == b"express"))
    };
    own.files.iter().filter(names_express).cloned().collect()
}
