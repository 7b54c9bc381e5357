//! What an application declares, as it prints it with `--describe`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use isobar::document::{CollectionSpec, IndexSpec, SortType, Value};
use serde::Deserialize;
use tokio::process::Command;

/// What the stores are read for in the end.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) collections: Vec<CollectionSpec<Value>>,
    pub(super) buckets: Vec<String>,
    /// The names of schedules.
    pub(super) schedules: Vec<String>,
    /// The topics whose messages it takes.
    pub(super) topics: Vec<String>,
}

#[derive(Deserialize)]
struct Printed {
    name: String,
    #[serde(default)]
    collections: Vec<Collection>,
    #[serde(default)]
    buckets: Vec<String>,
    #[serde(default)]
    schedules: Vec<Schedule>,
    #[serde(default)]
    subscriptions: Vec<String>,
}

#[derive(Deserialize)]
struct Schedule {
    name: String,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is declared, as it is printed"
)]
struct Collection {
    name: String,
    table: String,
    #[serde(default)]
    named: bool,
    partition: String,
    sort: Option<(String, SortType)>,
    #[serde(default)]
    indexes: Vec<Index>,
    adopted: bool,
    native_limits: bool,
    change_feed: bool,
}

#[derive(Deserialize)]
struct Index {
    name: String,
    partition: Option<String>,
    sort: Option<(String, SortType)>,
}

/// How long a program may take to say it.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_INDEXES: usize = 20;

/// Asks the program.
pub(super) async fn of(program: &Path) -> Result<Declared> {
    let shown = program.display();
    let mut command = Command::new(program);
    command
        .arg("--describe")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let asked = tokio::time::timeout(PATIENCE, command.output()).await;
    let asked = asked.with_context(|| format!("{shown} --describe does not end"))?;
    let output = asked.with_context(|| format!("{shown} cannot be started"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let first = errors.lines().next().unwrap_or("it said nothing");
        bail!("{shown} --describe failed ({}): {first}", output.status);
    }
    let printed: Printed = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("what {shown} prints with --describe is not what an application of Isobar declares")
    })?;
    let collections = printed.collections.into_iter().map(spec);
    Ok(Declared {
        name: printed.name,
        collections: collections.collect::<Result<_>>()?,
        buckets: printed.buckets,
        schedules: printed.schedules.into_iter().map(|it| it.name).collect(),
        topics: printed.subscriptions,
    })
}

fn spec(collection: Collection) -> Result<CollectionSpec<Value>> {
    if collection.indexes.len() > MOST_INDEXES {
        bail!("{} has more than {MOST_INDEXES} indexes", collection.name);
    }
    let mut spec = CollectionSpec::new(kept(collection.name)).partition(kept(collection.partition));
    if collection.named {
        spec = spec.table(kept(collection.table));
    }
    if let Some((field, sort_type)) = collection.sort {
        spec = spec.sort(kept(field), sort_type);
    }
    for index in collection.indexes {
        let mut declared = IndexSpec::new(kept(index.name));
        if let Some(field) = index.partition {
            declared = declared.partition(kept(field));
        }
        if let Some((field, sort_type)) = index.sort {
            declared = declared.sort(kept(field), sort_type);
        }
        spec = spec.index(declared);
    }
    if collection.adopted {
        spec = spec.adopt();
    }
    if collection.native_limits {
        spec = spec.native_limits();
    }
    if collection.change_feed {
        spec = spec.change_feed();
    }
    Ok(spec)
}

/// Declarations are constants of programs, so their names live as long as one: these few are read
/// once in a run.
fn kept(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}
