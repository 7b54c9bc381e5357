//! The parts of a CloudFormation template while it is made.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::names;
use crate::application::{Application, Collection};
use crate::error::Result;
use crate::names::Names;
use crate::yaml::{self, Comment};

/// The logical id of the queue of events that failed for good.
pub(super) const FAILED_EVENTS: &str = "FailedEvents";
/// The logical id of the function.
pub(super) const FUNCTION: &str = "Function";
/// The parameter with what goes before names.
pub(super) const PREFIX: &str = "Prefix";

pub(super) struct Template<'a> {
    pub(super) application: &'a Application,
    pub(super) parameters: Map<String, Value>,
    pub(super) conditions: Map<String, Value>,
    pub(super) resources: Map<String, Value>,
    pub(super) outputs: Map<String, Value>,
    /// What the function may do, a statement for each resource.
    pub(super) statements: Vec<Value>,
    pub(super) comments: Vec<Comment>,
    ids: Names,
    /// What is declared behind logical ids: its kind, and its name.
    declared: BTreeMap<String, (&'static str, String)>,
}

impl<'a> Template<'a> {
    pub(super) fn new(application: &'a Application) -> Self {
        let mut template = Self {
            application,
            parameters: Map::new(),
            conditions: Map::new(),
            resources: Map::new(),
            outputs: Map::new(),
            statements: Vec::new(),
            comments: Vec::new(),
            ids: Names::default(),
            declared: BTreeMap::new(),
        };
        // A vendor's resource is told by what follows the last dash, so a prefix ends with one.
        let prefix = json!({
            "Type": "String",
            "Description": "What goes before the names of tables, buckets, queues and rules; it ends with a dash",
        });
        template.parameter(
            PREFIX,
            prefix,
            "Names of buckets are taken worldwide: choose a prefix that nobody else has.",
        );
        for (name, what) in [
            ("CodeBucket", "The bucket that holds the package"),
            ("CodeKey", "The key of the package in it"),
        ] {
            let parameter = json!({ "Type": "String", "Description": what, "MinLength": 1 });
            template.parameters.insert(name.to_owned(), parameter);
        }
        template
    }

    /// A logical id that no other resource has.
    pub(super) fn id(&mut self, kind: &'static str, name: &str) -> String {
        let id = self.ids.logical_id(kind, name);
        self.declared.insert(id.clone(), (kind, name.to_owned()));
        id
    }

    /// What is declared behind a logical id, and its name.
    pub(super) fn declared(&self, id: &str) -> (&'static str, &str) {
        let (kind, name) = self
            .declared
            .get(id)
            .map_or(("", ""), |(kind, name)| (kind, name));
        let what = match kind {
            "Queue" | "DeadQueue" | "Topic" => "topic",
            "Bucket" => "bucket",
            "Table" => "table",
            "Schedule" => "schedule",
            _ => "resource",
        };
        (what, name)
    }

    /// The logical id of what is declared.
    pub(super) fn id_of(&self, kind: &str, name: &str) -> Option<&str> {
        let mut all = self.declared.iter();
        let found = all.find(|(_, (other, declared))| *other == kind && declared == name);
        found.map(|(id, _)| id.as_str())
    }

    /// Refuses names that AWS does not take, and lets in no prefix with which it would not; for the last, once all
    /// resources are there.
    pub(super) fn check_names(&mut self) -> Result<()> {
        let prefixes = names::check(self)?;
        self.parameters[PREFIX]["AllowedPattern"] = prefixes.pattern().into();
        Ok(())
    }

    pub(super) fn parameter(&mut self, id: &str, parameter: Value, comment: &str) {
        self.comment(format!("/Parameters/{id}"), comment);
        self.parameters.insert(id.to_owned(), parameter);
    }

    pub(super) fn resource(&mut self, id: impl Into<String>, kind: &str, properties: Value) {
        let mut resource = json!({ "Type": kind });
        resource["Properties"] = properties;
        self.resources.insert(id.into(), resource);
    }

    /// A resource that outlives its stack, because it holds data.
    pub(super) fn kept(&mut self, id: &str, kind: &str, properties: Value) {
        let mut resource = json!({
            "Type": kind,
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
        });
        resource["Properties"] = properties;
        self.resources.insert(id.to_owned(), resource);
    }

    pub(super) fn output(&mut self, id: &str, what: &str, value: Value) {
        let mut output = json!({ "Description": what });
        output["Value"] = value;
        self.outputs.insert(id.to_owned(), output);
    }

    /// Lets the function do this, and nothing else, with these resources.
    pub(super) fn allow(&mut self, actions: &[&str], resources: Vec<Value>) {
        let mut statement = json!({ "Effect": "Allow", "Action": actions });
        statement["Resource"] = resources.into();
        self.statements.push(statement);
    }

    pub(super) fn comment(&mut self, at: impl Into<String>, text: &str) {
        self.comments.push(Comment::new(at, text));
    }

    pub(super) fn text(mut self, head: &str) -> String {
        self.comments.push(Comment::new("", head));
        let mut whole = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("The application {}", self.application.name),
            "Parameters": self.parameters,
        });
        if !self.conditions.is_empty() {
            whole["Conditions"] = self.conditions.into();
        }
        whole["Resources"] = self.resources.into();
        if !self.outputs.is_empty() {
            whole["Outputs"] = self.outputs.into();
        }
        yaml::document(&whole, &self.comments)
    }
}

pub(super) fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

pub(super) fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

/// Text with `${…}` in it.
pub(super) fn sub(text: impl Into<String>) -> Value {
    json!({ "Fn::Sub": text.into() })
}

/// A name that the environment's prefix goes before.
pub(super) fn prefixed(name: &str) -> Value {
    sub(format!("${{Prefix}}{name}"))
}

/// What a table is called there.
pub(super) fn table_name(collection: &Collection) -> String {
    let prefix = if collection.named { "" } else { "${Prefix}" };
    format!("{prefix}{}", collection.table)
}

/// The ARN of a resource of this account and region, whose name the prefix goes before.
pub(super) fn arn(service: &str, name: &str) -> Value {
    own_arn(service, &format!("${{Prefix}}{name}"))
}

/// The same of what is named as it is.
pub(super) fn own_arn(service: &str, resource: &str) -> Value {
    sub(format!(
        "arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    ))
}
