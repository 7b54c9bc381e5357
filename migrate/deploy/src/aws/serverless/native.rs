//! Parameters of the template in the framework's words, which are `${param:NAME}`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{PREFIX, Template};
use crate::aws::names::NO_PREFIX_LEFT;
use crate::yaml::Comment;

/// What the framework finds itself: where the package is.
const OF_FRAMEWORK: [&str; 2] = ["CodeBucket", "CodeKey"];

/// What the framework makes itself, and the template does not.
const AUTHORIZER: &str = "Authorizer";

const NO_PREFIX: &str = "\
The command line takes no empty value: for no prefix write `Prefix: \"\"` below `params`, for the stage.";

/// The parameters of a template.
pub(super) struct Parameters {
    all: Map<String, Value>,
    /// Those that may be left out, with what they are for.
    optional: BTreeSet<String>,
}

impl Parameters {
    pub(super) fn of(template: &Template<'_>) -> Self {
        let mut all = template.parameters.clone();
        all.retain(|name, _| !OF_FRAMEWORK.contains(&name.as_str()));
        if all[PREFIX]["AllowedPattern"] == NO_PREFIX_LEFT {
            all[PREFIX]["Default"] = "".into();
        }
        let optional = all.keys().filter(|name| {
            let given = format!("Has{name}");
            template.conditions.contains_key(&given)
        });
        let optional = optional.cloned().collect();
        Self { all, optional }
    }

    /// The values where none are given.
    pub(super) fn defaults(&self) -> Option<Map<String, Value>> {
        let mut defaults = Map::new();
        for (name, parameter) in &self.all {
            let default = parameter["Default"].as_str();
            if let Some(default) = default.filter(|_| !self.optional.contains(name)) {
                defaults.insert(name.clone(), escaped(default).into());
            }
        }
        (!defaults.is_empty()).then_some(defaults)
    }

    /// The prefix as a parameter of the stack: the framework has no patterns for its own.
    pub(super) fn checked(&self) -> Value {
        let mut prefix = self.all[PREFIX].clone();
        prefix["Default"] = variable(PREFIX).into();
        json!({ PREFIX: prefix })
    }

    /// The comments of those that have a value.
    pub(super) fn comments(&self, template: &Template<'_>) -> Vec<Comment> {
        let comments = self.defaults().into_iter().flatten().map(|(name, _)| {
            let text = self.told(template, &name);
            Comment::new(format!("/params/default/{name}"), text)
        });
        comments.collect()
    }

    /// The arguments of those that have none, and what each is.
    pub(super) fn asked(&self, template: &Template<'_>) -> String {
        let defaults = self.defaults().unwrap_or_default();
        let asked = self.all.keys().filter(|name| !defaults.contains_key(*name));
        let (mut arguments, mut meant) = (String::new(), String::new());
        for name in asked {
            let told = self.told(template, name);
            meant = format!("{meant}\n{name}: {told}");
            if !self.optional.contains(name) {
                arguments = format!("{arguments} --param \"{name}=VALUE\"");
            }
        }
        format!("{arguments}\n\nThe values may also stand below `params`, for each stage.\n{meant}")
    }

    fn told(&self, template: &Template<'_>, name: &str) -> String {
        if name == AUTHORIZER {
            return "Who checks callers: api-gateway by the authorizers below, or application; lambda-authorizer or iam \
                    where every route has one that is made by hand."
                .to_owned();
        }
        let described = self.all[name]["Description"].as_str().unwrap_or_default();
        let at = format!("/Parameters/{name}");
        let comments = template.comments.iter().filter(|comment| comment.at == at);
        let comments: Vec<&str> = comments.map(|comment| comment.text.as_str()).collect();
        let pattern = self.all[name]["AllowedPattern"].as_str();
        let shown = pattern.map_or_else(String::new, |pattern| format!(" ({pattern})"));
        let told = [format!("{described}{shown}.")];
        let may_be_empty = pattern.is_some_and(|pattern| pattern.ends_with("?$"));
        let told = told.iter().map(String::as_str).chain(comments);
        let told = told.chain(may_be_empty.then_some(NO_PREFIX));
        told.collect::<Vec<_>>().join(" ")
    }

    /// A value of the template as the framework reads it.
    pub(super) fn said(&self, value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.said(item)).collect(),
            Value::Object(map) => self.function(&map).unwrap_or_else(|| {
                let entries = map.into_iter();
                entries
                    .map(|(name, value)| (name, self.said(value)))
                    .collect()
            }),
            other => other,
        }
    }

    /// A function of CloudFormation that is about parameters.
    fn function(&self, map: &Map<String, Value>) -> Option<Value> {
        if let Some(name) = map.get("Ref").and_then(Value::as_str) {
            return self.all.contains_key(name).then(|| variable(name).into());
        }
        if let Some(text) = map.get("Fn::Sub").and_then(Value::as_str) {
            let names = self.all.keys();
            let text = names.fold(text.to_owned(), |text, name| {
                text.replace(&format!("${{{name}}}"), &variable(name))
            });
            if !text.replace("${param:", "").contains("${") {
                return Some(text.into());
            }
            return Some(Map::from_iter([("Fn::Sub".to_owned(), text.into())]).into());
        }
        // What may be left out is null then, and the framework leaves out what is null.
        let chosen = map.get("Fn::If")?.as_array()?;
        let name = chosen.get(1)?["Ref"].as_str()?;
        let is_optional = self.optional.contains(name);
        is_optional.then(|| format!("${{param:{name}, null}}").into())
    }
}

fn variable(name: &str) -> String {
    format!("${{param:{name}}}")
}

/// Text as it stands: a `$` and a brace would begin a variable, once where a parameter is read and once where it stands.
///
/// <https://github.com/serverless/serverless/blob/v3.40.0/lib/configuration/variables/parse.js>
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut parts = text.split("${");
    escaped.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let before = escaped.len() - escaped.trim_end_matches('\\').len();
        escaped.push_str(&"\\".repeat(3 * before + 3));
        escaped.push_str("${");
        escaped.push_str(part);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_variable_in_it_stays_text() {
        for (text, expected) in [
            ("plain \\ text", "plain \\ text"),
            ("${env:HOME}", "\\\\\\${env:HOME}"),
            ("a\\${b}", "a\\\\\\\\\\\\\\${b}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
