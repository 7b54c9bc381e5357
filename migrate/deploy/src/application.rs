//! What an application declares, as it prints it with `--describe`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// What is declared of a collection and is the store's affair, or in the tables that the application prints.
const OF_STORES: [&str; 4] = ["partition", "sort", "withdrawn", "native_limits"];
/// What is declared of a route and is the application's own affair everywhere.
const OF_APPLICATIONS: [&str; 1] = ["body_limit"];

/// A declared application.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its collections.
    pub collections: Vec<Collection>,
    /// Its buckets, by name.
    pub buckets: BTreeSet<String>,
    /// The topics to which it sends, by name.
    #[serde(default)]
    pub topics: BTreeSet<String>,
    /// The issuers whose tokens let callers in.
    #[serde(default)]
    pub authorizers: Vec<Authorizer>,
    /// Its settings, without values.
    pub settings: Vec<Setting>,
    /// Its secrets, without values.
    pub secrets: Vec<Secret>,
    /// Its route table.
    pub routes: Vec<Route>,
    /// Its schedules.
    pub schedules: Vec<Schedule>,
    /// The topics whose messages wake it.
    #[serde(default)]
    pub subscriptions: BTreeSet<String>,
    /// Those of its topics whose groups of messages must come in their order.
    #[serde(default, rename = "orderedTopics")]
    pub ordered_topics: BTreeSet<String>,
    /// The buckets whose events wake it.
    #[serde(default, rename = "blobTriggers")]
    pub blob_triggers: BTreeSet<String>,
    /// The collections whose changes wake it.
    #[serde(default, rename = "changeTriggers")]
    pub change_triggers: BTreeSet<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A collection.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// What the store calls it, without a prefix.
    pub table: String,
    /// Its indexes.
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// The table has a name of its own, before which no prefix goes.
    #[serde(default)]
    pub named: bool,
    /// Other code owns the table, so that nobody here creates it.
    pub adopted: bool,
    /// Its changes are read.
    pub change_feed: bool,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// An index of a collection.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Index {
    /// Its name.
    pub name: String,
}

/// An issuer whose tokens let callers in.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Authorizer {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub issuer: Given,
    /// What its tokens are for.
    pub audience: Option<Given>,
    /// Where its keys are, where discovery does not tell.
    #[serde(default)]
    pub keys: Option<Given>,
}

/// A value, or the setting that tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Given {
    /// The value.
    Value(String),
    /// The name of the setting.
    Setting(String),
}

/// What a route asks of its callers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The authorizer.
    pub authorizer: String,
    /// All of these must be in the token.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// A setting.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Setting {
    /// The variable it is read from.
    pub name: String,
    /// The value where none is given.
    #[serde(default)]
    pub default: Option<String>,
    /// The application starts without a value.
    #[serde(default)]
    pub optional: bool,
}

/// A secret.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Secret {
    /// The variable it is read from.
    pub name: String,
}

/// A schedule.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Schedule {
    /// The name that events carry.
    pub name: String,
    /// Five fields of cron, in UTC.
    pub cron: String,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// How many requests a route takes in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Rate {
    /// Requests in each second.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// A route.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Route {
    /// The methods it answers; `*` stands for all.
    pub methods: Vec<String>,
    /// Its path in axum's syntax of patterns.
    pub path: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The most time its handler takes.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// What it asks of its callers.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// How many requests to it are under way at most, in one instance.
    #[serde(default, rename = "maxConcurrent")]
    pub max_concurrent: Option<u64>,
    /// How many requests it takes in a time, in one instance.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// Everything below the path belongs to it.
    pub opaque: bool,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl Application {
    /// Reads what an application has printed; everything that has a name is in its order then.
    pub fn parse(description: &[u8]) -> Result<Self> {
        let mut application: Self = serde_json::from_slice(description).map_err(|error| {
            let message = "this is no description of an Isobar application";
            Error::new(ErrorKind::Description, message).with_source(error)
        })?;
        if !is_name(&application.name) {
            let message = format!(
                "the application is called {:?}: platforms take letters, digits and `-` only, a letter first",
                application.name
            );
            return Err(Error::new(ErrorKind::Description, message));
        }
        application.check_triggers()?;
        application.collections.sort_by(|a, b| a.name.cmp(&b.name));
        application.authorizers.sort_by(|a, b| a.name.cmp(&b.name));
        application.settings.sort_by(|a, b| a.name.cmp(&b.name));
        application.secrets.sort_by(|a, b| a.name.cmp(&b.name));
        application.schedules.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(application)
    }

    /// Refuses handlers for what is not declared: nobody would make it, or tell of it.
    fn check_triggers(&self) -> Result<()> {
        let undeclared = |bucket: &&String| !self.buckets.contains(*bucket);
        let buckets = self.blob_triggers.iter().filter(undeclared);
        let buckets = buckets.map(|name| ("events of the bucket", name, "App::bucket"));
        let is_known = |name: &String| self.collections.iter().any(|one| one.name == *name);
        let collections = self.change_triggers.iter().filter(|name| !is_known(name));
        let collections =
            collections.map(|name| ("changes of the collection", name, "App::collection"));
        let Some((what, name, how)) = buckets.chain(collections).next() else {
            return Ok(());
        };
        let message = format!(
            "the application has a handler for {what} {name:?}, which it does not declare: declare it with {how}, or \
             nothing would tell of it"
        );
        Err(Error::new(ErrorKind::Description, message))
    }

    /// What is declared that this version does not know, each with what declares it.
    pub(crate) fn unknown(&self) -> Vec<String> {
        let told = |what: String, name: &String| {
            format!("{what} declares {name:?}, which this version of isobar does not export")
        };
        let own = self.other.keys();
        let mut unknown: Vec<String> = own
            .map(|name| told("the application".to_owned(), name))
            .collect();
        for route in &self.routes {
            let names = route.other.keys();
            let names = names.filter(|name| !OF_APPLICATIONS.contains(&name.as_str()));
            let shown = format!("the route {} {}", route.methods.join(", "), route.path);
            unknown.extend(names.map(|name| told(shown.clone(), name)));
        }
        for collection in &self.collections {
            let names = collection.other.keys();
            let names = names.filter(|name| !OF_STORES.contains(&name.as_str()));
            let shown = format!("the collection {:?}", collection.name);
            unknown.extend(names.map(|name| told(shown.clone(), name)));
        }
        for schedule in &self.schedules {
            let shown = format!("the schedule {:?}", schedule.name);
            let names = schedule.other.keys();
            unknown.extend(names.map(|name| told(shown.clone(), name)));
        }
        unknown
    }

    /// Every topic, whether the application sends to it or is woken by it.
    pub(crate) fn all_topics(&self) -> BTreeSet<&str> {
        let topics = self.topics.iter().chain(&self.subscriptions);
        topics.map(String::as_str).collect()
    }

    /// Whether what it sends goes to places that keep an order: all of them do where one has to, as one
    /// URL names them all.
    pub(crate) fn sends_in_order(&self) -> bool {
        !self.topics.is_disjoint(&self.ordered_topics)
    }
}

/// What every platform takes as the name of a function or a service.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(plain)
}
