//! What the answers so far have shown: values by the names of their fields, and ids by the paths where they live.

use std::collections::BTreeMap;

use http::header::ETAG;
use serde_json::Value;

use crate::verify::exchange::Exchange;
use crate::verify::request::Request;

/// Everything shown so far.
#[derive(Debug, Default)]
pub(super) struct Knowledge<'a> {
    /// Values that the code compares with.
    words: &'a [String],
    /// Entity tags by target, where both sides have the same.
    entity_tags: BTreeMap<String, String>,
    /// Values by field name, in the order in which they were seen.
    fields: BTreeMap<String, Vec<Value>>,
    /// Ids of what a path lists, in order.
    listed: BTreeMap<String, Vec<String>>,
    /// Ids of what was created under a path; the latest last.
    created: BTreeMap<String, Vec<String>>,
}

/// The names under which things carry their id, best first.
const ID_FIELDS: [&str; 6] = ["id", "_id", "uuid", "slug", "key", "name"];
const VALUES_PER_FIELD: usize = 8;

impl<'a> Knowledge<'a> {
    pub(super) fn new(words: &'a [String]) -> Self {
        Self {
            words,
            ..Self::default()
        }
    }

    pub(super) fn learn(&mut self, request: &Request, exchange: &Exchange) {
        let answer = &exchange.legacy;
        if !answer.status.is_success() {
            return;
        }
        let tag = answer.headers.get(ETAG);
        let tag = tag.filter(|tag| exchange.ported.headers.get(ETAG) == Some(tag));
        if let Some(Ok(tag)) = tag.map(|tag| tag.to_str()) {
            self.entity_tags
                .insert(request.target.clone(), tag.to_owned());
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return;
        };
        self.learn_fields(&body);
        let path = request.path().trim_end_matches('/').to_owned();
        if request.method == http::Method::POST {
            self.created.entry(path).or_default().extend(id_of(&body));
        } else {
            let mut ids = Vec::new();
            collect_ids(&body, &mut ids);
            self.listed.entry(path).or_insert(ids);
        }
    }

    fn learn_fields(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.learn_field(name, value);
                    self.learn_fields(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_fields(item)),
            _ => {}
        }
    }

    fn learn_field(&mut self, name: &str, value: &Value) {
        let known = self.fields.entry(name.to_owned()).or_default();
        if known.len() < VALUES_PER_FIELD && !known.contains(value) {
            known.push(value.clone());
        }
    }

    /// A value that a field of this name has had.
    pub(super) fn example(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)?.first()
    }

    /// Values for a parameter `name` of a path that goes on from `prefix`, best first: what was created there, what is
    /// listed there, what fields of that name have held.
    pub(super) fn path_values(&self, prefix: &str, name: &str) -> Vec<String> {
        let prefix = prefix.trim_end_matches('/');
        let created = self
            .created
            .get(prefix)
            .into_iter()
            .flat_map(|ids| ids.iter().rev().take(1));
        let listed = self
            .listed
            .get(prefix)
            .into_iter()
            .flat_map(|ids| ids.iter().take(1));
        let mut values: Vec<String> = created.chain(listed).cloned().collect();
        for field in [name.to_owned(), format!("{name}s")] {
            values.extend(
                self.fields
                    .get(&field)
                    .into_iter()
                    .flatten()
                    .flat_map(plain)
                    .take(1),
            );
        }
        values
    }

    /// The entity tag that an answer had last.
    pub(super) fn entity_tag(&self, target: &str) -> Option<&str> {
        self.entity_tags.get(target).map(String::as_str)
    }

    /// Values that the code compares with.
    pub(super) fn words(&self) -> &[String] {
        self.words
    }

    /// Values for a parameter of a query.
    pub(super) fn query_values(&self, name: &str) -> Vec<String> {
        let mut values = self.path_values("", name);
        values.extend(self.words.iter().cloned());
        values.extend(["1", "2", "0", "-1", "verify", ""].map(str::to_owned));
        values.iter().map(|value| encode(value)).collect()
    }
}

fn id_of(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let direct = ID_FIELDS
        .iter()
        .find_map(|name| plain(fields.get(*name)?).next());
    // Some answer with what they made inside of an envelope.
    direct.or_else(|| {
        fields
            .values()
            .filter(|value| value.is_object())
            .find_map(id_of)
    })
}

fn collect_ids(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            ids.extend(items.iter().filter_map(id_of));
            ids.extend(items.iter().flat_map(plain));
        }
        Value::Object(fields) => {
            fields
                .values()
                .filter(|value| value.is_array())
                .for_each(|list| collect_ids(list, ids));
        }
        _ => {}
    }
}

/// A value that can stand in a path; of a list, its first.
fn plain(value: &Value) -> std::option::IntoIter<String> {
    let text = match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => items.first().and_then(|first| match first {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }),
        _ => None,
    };
    text.into_iter()
}

/// Percent-encodes what cannot stand in a segment of a path or a value of a query as it is.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(format!("{byte:02X}").chars());
        }
    }
    encoded
}
