//! The recorded routes, and those of them that no static scan can find.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// What one application registered when it ran.
#[derive(Debug, Deserialize)]
pub(crate) struct Truth {
    pub(crate) app: String,
    /// Where the application lay; files are relative to it.
    root: String,
    pub(crate) express: String,
    pub(crate) routes: Vec<TrueRoute>,
}

/// One registered route.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TrueRoute {
    pub(crate) method: String,
    pub(crate) path: String,
    at: String,
    pub(crate) inherited_middleware: usize,
}

impl Truth {
    pub(crate) fn read_all(directory: &Path) -> anyhow::Result<Vec<Self>> {
        let mut files: Vec<_> = fs::read_dir(directory)
            .with_context(|| format!("listing {}", directory.display()))?
            .collect::<Result<_, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        files.iter().map(|file| read(&file.path())).collect()
    }

    /// The folder below the application's directory that the recorded files are relative to.
    pub(crate) fn base(&self) -> &str {
        if self.root.ends_with("/node_modules") {
            "node_modules/"
        } else {
            ""
        }
    }
}

impl TrueRoute {
    pub(crate) fn site(&self) -> (&str, u32) {
        let (file, line) = self.at.rsplit_once(':').unwrap_or((&self.at, "0"));
        (file, line.parse().unwrap_or(0))
    }
}

/// Routes outside the static subset.
#[derive(Debug)]
pub(crate) struct Exclusions(BTreeMap<(String, String), usize>);

#[derive(Debug, Deserialize)]
struct Exclusion {
    app: String,
    route: String,
    reason: String,
}

impl Exclusions {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let list: Vec<Exclusion> = read(path)?;
        let mut counted = BTreeMap::new();
        for exclusion in list {
            anyhow::ensure!(
                !exclusion.reason.is_empty(),
                "{} has no reason",
                exclusion.route
            );
            *counted.entry((exclusion.app, exclusion.route)).or_insert(0) += 1;
        }
        Ok(Self(counted))
    }

    /// How often `route` of `app` is left out.
    pub(crate) fn count(&self, app: &str, route: &str) -> usize {
        self.0
            .get(&(app.to_owned(), route.to_owned()))
            .copied()
            .unwrap_or(0)
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("in {}", path.display()))
}
