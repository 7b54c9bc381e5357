//! Text with `${name}` in it, for which a value stands that an earlier step has saved.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The values that steps have saved: text, numbers, `true` and `false`.
pub(in super::super) type Names = BTreeMap<String, Value>;

/// Text with names in it; `$${` is written where `${` is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Name(String),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parts(&text).map(Self)
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        let inside = after.get(2..).unwrap_or_default();
        let name = inside.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, left)) = name else {
            return Err(format!(
                "{text:?} has a ${{ that no name and }} follow; $${{ stands for the characters themselves"
            ));
        };
        literal.push_str(before);
        parts.push(Part::Literal(std::mem::take(&mut literal)));
        parts.push(Part::Name(name.to_owned()));
        rest = left;
    }
    literal.push_str(rest);
    parts.push(Part::Literal(literal));
    Ok(parts)
}

/// Whether values can be saved under it.
pub(super) fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Template {
    /// The text as it stands, between its names.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Name(_) => None,
        })
    }

    /// Its names.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.clone()),
            Part::Literal(_) => None,
        })
    }

    /// The text with values in place of names, each written by `write`.
    pub(in super::super) fn fill(&self, names: &Names, write: impl Fn(&str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Name(name) => write(&text_of(names.get(name))),
        });
        parts.collect()
    }

    /// As it is written, for people.
    pub(super) fn written(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Name(name) => format!("${{{name}}}"),
        });
        parts.collect()
    }

    /// The value of a text that is nothing but one name.
    fn alone(&self, names: &Names) -> Option<Value> {
        let mut literals = self.literals();
        match (self.0.as_slice(), literals.all(str::is_empty)) {
            ([_, Part::Name(name), _], true) => names.get(name).cloned(),
            _ => None,
        }
    }
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// JSON with values in place of names, in texts and names of fields; a text that is one name becomes
/// the value itself.
pub(in super::super) fn fill_json(json: &Value, names: &Names) -> Value {
    match json {
        Value::String(text) => match Template::try_from(text.clone()) {
            Ok(template) => template
                .alone(names)
                .unwrap_or_else(|| template.fill(names, str::to_owned).into()),
            Err(_) => json.clone(),
        },
        Value::Array(items) => items.iter().map(|item| fill_json(item, names)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let filled = fields.map(|(name, value)| {
                let name = Template::try_from(name.clone())
                    .map_or_else(|_| name.clone(), |name| name.fill(names, str::to_owned));
                (name, fill_json(value, names))
            });
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

/// The names in JSON; an error is of a text that is no template.
pub(super) fn names_in(json: &Value) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    collect(json, &mut names)?;
    Ok(names)
}

fn collect(json: &Value, names: &mut Vec<String>) -> Result<(), String> {
    match json {
        Value::String(text) => names.extend(Template::try_from(text.clone())?.names()),
        Value::Array(items) => {
            for item in items {
                collect(item, names)?;
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                names.extend(Template::try_from(name.clone())?.names());
                collect(value, names)?;
            }
        }
        _ => {}
    }
    Ok(())
}
