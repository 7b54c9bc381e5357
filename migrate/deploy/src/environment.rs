//! The variables that a deployed application reads, for platforms that list them.

use serde_json::{Map, Value, json};

use crate::application::{Application, Schedule};
use crate::export::Source;
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

/// The path to which platforms that are HTTP servers send events, until somebody has chosen one.
const EVENTS_PATH: &str = "/FILL-IN";
const CHOOSE: &str = "\
Fill in, the same wherever events are sent from: `/events-` and what `openssl rand -hex 16` prints.";

/// The path to which events are sent.
pub(crate) fn events_path<'s>(source: &Source<'s>) -> &'s str {
    source.events_path.unwrap_or(EVENTS_PATH)
}

/// Whether anything but requests wakes the application.
pub(crate) fn waits_for_events(application: &Application) -> bool {
    !(application.schedules.is_empty()
        && application.subscriptions.is_empty()
        && application.blob_triggers.is_empty()
        && application.change_triggers.is_empty())
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
    if !application.collections.is_empty() {
        variables.push(store("ISOBAR_DOCUMENTS", stores.documents));
    }
    if !application.buckets.is_empty() {
        variables.push(store("ISOBAR_BLOBS", stores.blobs));
    }
    if !application.topics.is_empty() {
        variables.push(store("ISOBAR_TOPICS", stores.topics));
    }
    let prefix = format!("{}-", application.name.to_ascii_lowercase());
    variables.push(Variable {
        name: "ISOBAR_PREFIX".to_owned(),
        value: prefix,
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

/// What has to be made by hand for each topic to which the application sends: the text with `NAME` for
/// what it is called there.
pub(crate) fn topics_by_hand(application: &Application, how: &str) -> Vec<String> {
    let prefix = format!("{}-", application.name.to_ascii_lowercase());
    let named = |topic: &String| how.replace("NAME", &format!("{prefix}{topic}"));
    application.topics.iter().map(named).collect()
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

/// What is to be known of timers that are the platform's own.
pub(crate) fn timers(application: &Application) -> Vec<String> {
    let note = |schedule: &Schedule| {
        format!(
            "the schedule {:?} is one of the platform's own timers: docs/platforms.md says whether those reach an \
             application; elsewhere a scheduler sends it CloudEvents at ISOBAR_EVENTS_PATH",
            schedule.name
        )
    };
    application.schedules.iter().map(note).collect()
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
