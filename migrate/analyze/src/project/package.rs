//! The parts of a package.json that a scan needs.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::tree::SourceTree;

/// One package.json. Fields of an unexpected type read as absent: a scan must not fail on them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    /// The directory that holds the file.
    pub(crate) directory: PathBuf,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    json: Value,
}

impl Package {
    /// The package.json at `path`, when it is there and is an object.
    pub(crate) fn read(tree: &dyn SourceTree, path: &Path) -> Option<Self> {
        let json: Value = serde_json::from_slice(&tree.read(path).ok()?).ok()?;
        let text = |field: &str| json.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            directory: path.parent()?.to_owned(),
            name: text("name"),
            version: text("version"),
            json,
        })
    }

    /// The version range under which the package asks for `dependency`.
    pub(crate) fn range(&self, dependency: &str) -> Option<&str> {
        [
            "dependencies",
            "peerDependencies",
            "optionalDependencies",
            "devDependencies",
        ]
        .iter()
        .find_map(|table| self.json.get(table)?.get(dependency)?.as_str())
    }

    /// The names of the packages that it needs to run.
    pub(crate) fn dependencies(&self) -> Vec<&str> {
        let table = self.json.get("dependencies").and_then(Value::as_object);
        table
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Whether the package needs `dependency` to run.
    pub(crate) fn runs_on(&self, dependency: &str) -> bool {
        ["dependencies", "peerDependencies"].iter().any(|table| {
            self.json
                .get(table)
                .and_then(|table| table.get(dependency))
                .is_some()
        })
    }

    /// The commands under `scripts`, by name.
    pub(crate) fn script(&self, name: &str) -> Option<&str> {
        self.json.get("scripts")?.get(name)?.as_str()
    }

    /// The files that `main`, `module`, `exports["."]` and `bin` name.
    pub(crate) fn entry_fields(&self) -> Vec<&str> {
        let mut found: Vec<&str> = ["main", "module"]
            .iter()
            .filter_map(|field| self.json.get(field)?.as_str())
            .collect();
        if let Some(exports) = self.json.get("exports") {
            collect_text(exports.get(".").unwrap_or(exports), 0, &mut found);
        }
        if let Some(bin) = self.json.get("bin") {
            collect_text(bin, 0, &mut found);
        }
        found
    }
}

fn collect_text<'v>(value: &'v Value, depth: u32, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Object(fields) if depth < 4 => {
            for (key, field) in fields {
                if key != "types" && !(depth == 0 && key.starts_with("./")) {
                    collect_text(field, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}
