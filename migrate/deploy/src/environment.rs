//! The variables that a deployed application reads, for platforms that list them.

use serde_json::{Map, Value, json};

use crate::application::Application;
use crate::export::Source;
use crate::target::Waking;
use crate::yaml::Comment;

/// What a person must fill in.
pub(crate) const FILL_IN: &str = "FILL-IN";

/// Where documents and blobs are, as the URLs of the vendor's own stores; nothing where the vendor
/// has none that Isobar knows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stores {
    pub(crate) documents: Option<&'static str>,
    pub(crate) blobs: Option<&'static str>,
    pub(crate) topics: Option<&'static str>,
}

/// The variables that name them: of documents, blobs and topics.
pub(crate) const STORES: [&str; 3] = ["ISOBAR_DOCUMENTS", "ISOBAR_BLOBS", "ISOBAR_TOPICS"];

/// The path to which platforms that are HTTP servers send events, until somebody has chosen one.
const EVENTS_PATH: &str = "/FILL-IN";
const CHOOSE: &str = "\
Fill in, the same wherever events are sent from: `/events-` and what `openssl rand -hex 16` prints.";

/// What the container is called, behind the prefix, in which Azure keeps how far it is in the change feeds.
pub(crate) const LEASES: &str = "leases";

/// What goes before the names of tables, buckets and topics.
pub(crate) fn prefix(application: &Application) -> String {
    format!("{}-", application.name.to_ascii_lowercase())
}

/// What a bucket or a topic is called there.
pub(crate) fn named(application: &Application, name: &str) -> String {
    format!("{}{name}", prefix(application))
}

/// What the table of a collection is called there.
pub(crate) fn table(application: &Application, name: &str) -> String {
    let mut collections = application.collections.iter();
    match collections.find(|collection| collection.name == name) {
        Some(collection) if collection.named => collection.table.clone(),
        Some(collection) => named(application, &collection.table),
        None => named(application, name),
    }
}

/// The path to which events are sent.
pub(crate) fn events_path<'s>(source: &Source<'s>) -> &'s str {
    source.events_path.unwrap_or(EVENTS_PATH)
}

/// Whether anything but requests wakes the application.
pub(crate) fn waits_for_events(application: &Application) -> bool {
    let mut all = Waking::ALL.into_iter();
    all.any(|waking| !waiting(application, waking).is_empty())
}

/// The names of what the application waits for of one kind.
pub(crate) fn waiting(application: &Application, waking: Waking) -> Vec<&str> {
    let names = match waking {
        Waking::Schedules => {
            let schedules = application.schedules.iter();
            return schedules.map(|schedule| schedule.name.as_str()).collect();
        }
        Waking::Messages => &application.subscriptions,
        Waking::BlobEvents => &application.blob_triggers,
        Waking::ChangeEvents => &application.change_triggers,
    };
    names.iter().map(String::as_str).collect()
}

/// A variable with its value, and what a person should know of it.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) comment: Option<String>,
}

/// The variables of a platform that takes events at a path.
pub(crate) fn variables_with_events(source: &Source<'_>, stores: Stores) -> Vec<Variable> {
    let mut variables = variables(source.application, stores);
    if waits_for_events(source.application) {
        variables.push(Variable {
            name: "ISOBAR_EVENTS_PATH".to_owned(),
            value: events_path(source).to_owned(),
            comment: source.events_path.is_none().then(|| CHOOSE.to_owned()),
        });
    }
    variables
}

/// The variables without secrets: stores, prefix and settings.
pub(crate) fn variables(application: &Application, stores: Stores) -> Vec<Variable> {
    let mut variables = Vec::new();
    let [documents, blobs, topics] = STORES;
    if !application.collections.is_empty() {
        variables.push(store(documents, stores.documents));
    }
    if !application.buckets.is_empty() {
        variables.push(store(blobs, stores.blobs));
    }
    if !application.topics.is_empty() {
        variables.push(store(topics, stores.topics));
    }
    variables.push(Variable {
        name: "ISOBAR_PREFIX".to_owned(),
        value: prefix(application),
        comment: Some("What goes before the names of tables and buckets.".to_owned()),
    });
    for setting in &application.settings {
        let (value, comment) = match (&setting.default, setting.optional) {
            (Some(default), _) => (default.clone(), None),
            (None, true) => continue,
            (None, false) => (FILL_IN.to_owned(), Some("Fill in.")),
        };
        variables.push(Variable {
            name: setting.name.clone(),
            value,
            comment: comment.map(str::to_owned),
        });
    }
    variables
}

fn store(name: &str, url: Option<&str>) -> Variable {
    let comment = match url {
        Some(url) if url.contains(FILL_IN) => Some("Fill in the name in the URL."),
        Some(_) => None,
        None => Some("Fill in the URL of a store, as the help of the application lists them."),
    };
    Variable {
        name: name.to_owned(),
        value: url.unwrap_or(FILL_IN).to_owned(),
        comment: comment.map(str::to_owned),
    }
}

/// A mapping of names to values, and the comments of those at this place.
pub(crate) fn as_map(variables: &[Variable], at: &str) -> (Map<String, Value>, Vec<Comment>) {
    let map = variables
        .iter()
        .map(|variable| (variable.name.clone(), variable.value.as_str().into()));
    let comments = variables.iter().filter_map(|variable| {
        let comment = variable.comment.as_ref()?;
        Some(Comment::new(format!("{at}/{}", variable.name), comment))
    });
    (map.collect(), comments.collect())
}

/// A list of `name` and `value`, as Kubernetes has it, and the comments of those at this place.
pub(crate) fn as_list(variables: &[Variable], at: &str) -> (Vec<Value>, Vec<Comment>) {
    let list = variables
        .iter()
        .map(|variable| json!({ "name": variable.name, "value": variable.value }));
    let comments = variables
        .iter()
        .enumerate()
        .filter_map(|(number, variable)| {
            let comment = variable.comment.as_ref()?;
            Some(Comment::new(format!("{at}/{number}/name"), comment))
        });
    (list.collect(), comments.collect())
}

/// What the files do not tell the platform to wake the application for; a note for each.
pub(crate) fn unexported(application: &Application, kinds: &[Kind]) -> Vec<String> {
    let topics = application.subscriptions.iter();
    let topics = topics.map(|name| (Kind::Topics, "topic", name));
    let buckets = application.blob_triggers.iter();
    let buckets = buckets.map(|name| (Kind::Buckets, "bucket", name));
    let left_out = topics
        .chain(buckets)
        .filter(|(kind, _, _)| kinds.contains(kind));
    let note = |(_, what, name): (Kind, &str, &String)| {
        format!(
            "the {what} {name:?} is not in these files: set up by hand what wakes the application for it"
        )
    };
    left_out.map(note).collect()
}

/// What wakes an application besides requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Topics,
    Buckets,
}
