//! A scenario as it is written, and as it is used.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::checked::{
    Bytes64, FieldName, FieldPointer, HeaderFields, MethodName, SavedName, Target, VariableName,
};
use super::template::{Template, names_in};

/// What is played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct Scenario {
    /// Environment variables of the application, everywhere.
    #[serde(default)]
    pub(in super::super) variables: BTreeMap<VariableName, String>,
    /// And at one provider.
    #[serde(default)]
    pub(in super::super) providers: BTreeMap<String, ProviderEntry>,
    /// What may differ in every step.
    #[serde(default)]
    pub(in super::super) ignore: Ignored,
    /// Saved numbers that may be others at each provider, wherever they stand.
    #[serde(default)]
    pub(in super::super) may_differ: Vec<SavedName>,
    pub(in super::super) steps: Vec<Step>,
    #[serde(default)]
    pub(in super::super) state: StateEntry,
}

/// What one provider has beside the others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ProviderEntry {
    #[serde(default)]
    pub(in super::super) variables: BTreeMap<VariableName, String>,
}

/// What may differ.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Ignored {
    /// Fields of answers.
    #[serde(default)]
    pub(in super::super) headers: Vec<FieldName>,
    /// Parts of content that is JSON.
    #[serde(default)]
    pub(in super::super) fields: Vec<FieldPointer>,
}

/// What is looked at in the end.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct StateEntry {
    /// Collections and buckets that are not looked at.
    #[serde(default)]
    pub(in super::super) leave_out: Vec<String>,
    /// Parts of documents that may differ.
    #[serde(default)]
    pub(in super::super) fields: Vec<FieldPointer>,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(try_from = "StepEntry")]
pub(in super::super) struct Step {
    pub(in super::super) name: Option<String>,
    pub(in super::super) action: Action,
    pub(in super::super) expect: Expected,
    pub(in super::super) save: BTreeMap<SavedName, FieldPointer>,
    pub(in super::super) ignore: Ignored,
}

/// What happens in a step.
#[derive(Debug)]
pub(in super::super) enum Action {
    Request(Sent),
    /// A schedule is due.
    Tick(String),
    Message(MessageEntry),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    name: Option<String>,
    request: Option<Sent>,
    tick: Option<String>,
    message: Option<MessageEntry>,
    #[serde(default)]
    expect: Expected,
    #[serde(default)]
    save: BTreeMap<SavedName, FieldPointer>,
    #[serde(default)]
    ignore: Ignored,
}

/// A message of a topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MessageEntry {
    pub(in super::super) topic: String,
    pub(in super::super) body: Template,
    #[serde(default)]
    pub(in super::super) attributes: BTreeMap<String, Template>,
}

/// A request.
#[derive(Debug, Deserialize)]
#[serde(try_from = "SentEntry")]
pub(in super::super) struct Sent {
    pub(in super::super) method: MethodName,
    pub(in super::super) path: Target,
    pub(in super::super) headers: HeaderFields,
    pub(in super::super) content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SentEntry {
    method: MethodName,
    path: Target,
    #[serde(default)]
    headers: HeaderFields,
    text: Option<Template>,
    #[serde(default, deserialize_with = "also_null")]
    json: Option<Value>,
    base64: Option<Bytes64>,
}

/// Content in one of the forms in which it is written.
#[derive(Debug, PartialEq)]
pub(in super::super) enum Content {
    Text(Template),
    Json(Value),
    Bytes(Vec<u8>),
}

/// What an answer must be, at every provider.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "ExpectedEntry")]
pub(in super::super) struct Expected {
    pub(in super::super) status: Option<u16>,
    pub(in super::super) headers: HeaderFields,
    pub(in super::super) content: Option<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedEntry {
    status: Option<u16>,
    #[serde(default)]
    headers: HeaderFields,
    text: Option<Template>,
    #[serde(default, deserialize_with = "also_null")]
    json: Option<Value>,
    base64: Option<Bytes64>,
}

impl TryFrom<StepEntry> for Step {
    type Error = String;

    fn try_from(entry: StepEntry) -> Result<Self, String> {
        let action = match (entry.request, entry.tick, entry.message) {
            (Some(request), None, None) => Action::Request(request),
            (None, Some(schedule), None) => Action::Tick(schedule),
            (None, None, Some(message)) => Action::Message(message),
            _ => return Err("a step is one of request, tick and message".to_owned()),
        };
        let answers = matches!(action, Action::Request(_));
        if !answers && (!entry.save.is_empty() || !entry.expect.is_empty()) {
            return Err("an event has no answer to expect or to save of".to_owned());
        }
        if entry.save.values().any(|pointer| pointer.0.contains("/*")) {
            return Err("what is saved is in one place, not in all that a * stands for".to_owned());
        }
        Ok(Self {
            name: entry.name,
            action,
            expect: entry.expect,
            save: entry.save,
            ignore: entry.ignore,
        })
    }
}

impl TryFrom<SentEntry> for Sent {
    type Error = String;

    fn try_from(entry: SentEntry) -> Result<Self, String> {
        Ok(Self {
            method: entry.method,
            path: entry.path,
            headers: entry.headers,
            content: content((entry.text, entry.json, entry.base64))?,
        })
    }
}

impl TryFrom<ExpectedEntry> for Expected {
    type Error = String;

    fn try_from(entry: ExpectedEntry) -> Result<Self, String> {
        Ok(Self {
            status: entry.status,
            headers: entry.headers,
            content: content((entry.text, entry.json, entry.base64))?,
        })
    }
}

/// `null` is content; only what is not written is none.
fn also_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

type Forms = (Option<Template>, Option<Value>, Option<Bytes64>);

fn content(forms: Forms) -> Result<Option<Content>, String> {
    match forms {
        (None, None, None) => Ok(None),
        (Some(text), None, None) => Ok(Some(Content::Text(text))),
        (None, Some(json), None) => {
            names_in(&json)?;
            Ok(Some(Content::Json(json)))
        }
        (None, None, Some(bytes)) => Ok(Some(Content::Bytes(bytes.0))),
        _ => Err("content is one of text, json and base64".to_owned()),
    }
}

impl Content {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Text(text) => text.names().collect(),
            Self::Json(json) => names_in(json).unwrap_or_default(),
            Self::Bytes(_) => Vec::new(),
        }
    }
}

impl Expected {
    fn is_empty(&self) -> bool {
        self.status.is_none() && self.headers.0.is_empty() && self.content.is_none()
    }
}

impl Action {
    /// What it is called in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Tick(_) => "tick of a schedule",
            Self::Message(_) => "message",
        }
    }
}

impl Step {
    /// The names that it sends the values of.
    pub(super) fn names_sent(&self) -> Vec<String> {
        match &self.action {
            Action::Request(sent) => {
                let content = sent.content.iter().flat_map(Content::names);
                let path = sent.path.0.names();
                path.chain(names_of(&sent.headers)).chain(content).collect()
            }
            Action::Tick(_) => Vec::new(),
            Action::Message(message) => {
                let attributes = message.attributes.values().flat_map(Template::names);
                message.body.names().chain(attributes).collect()
            }
        }
    }

    /// The names that it expects the values of.
    pub(super) fn names_expected(&self) -> Vec<String> {
        let content = self.expect.content.iter().flat_map(Content::names);
        names_of(&self.expect.headers).chain(content).collect()
    }

    /// What it does, in one line.
    pub(in super::super) fn title(&self) -> String {
        match (&self.name, &self.action) {
            (Some(name), _) => name.clone(),
            (None, Action::Request(sent)) => {
                let path = sent.path.0.written();
                format!("{} {path}", sent.method.0)
            }
            (None, Action::Tick(schedule)) => format!("tick of {schedule}"),
            (None, Action::Message(message)) => format!("message to {}", message.topic),
        }
    }
}

fn names_of(headers: &HeaderFields) -> impl Iterator<Item = String> {
    headers.0.iter().flat_map(|(_, value)| value.names())
}
