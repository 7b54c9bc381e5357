//! What one side calls by one value and another side by another: ids that each side made for itself.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values of one run, and what stands for them in another.
#[derive(Clone, Debug, Default)]
pub(super) struct Substitutions(BTreeMap<String, String>);

/// Names of fields that hold identifiers. Only these teach substitutions: a count that differs is a difference, and must
/// not change what is asked next.
const IDENTIFIERS: [&str; 9] = [
    "id",
    "_id",
    "uuid",
    "guid",
    "key",
    "token",
    "slug",
    "code",
    "reference",
];

impl Substitutions {
    /// Learns from two bodies of JSON: where an identifier differs, one value stands for the other.
    pub(super) fn learn(&mut self, from: &[u8], to: &[u8]) {
        let parse = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
        if let (Some(from), Some(to)) = (parse(from), parse(to)) {
            self.learn_values(&from, &to, "");
        }
    }

    fn learn_values(&mut self, from: &Value, to: &Value, name: &str) {
        match (from, to) {
            (Value::Object(from), Value::Object(to)) => {
                let pairs = from
                    .iter()
                    .filter_map(|(key, value)| Some((key, value, to.get(key)?)));
                for (key, value, other) in pairs {
                    self.learn_values(value, other, key);
                }
            }
            (Value::Array(from), Value::Array(to)) => {
                for (value, other) in from.iter().zip(to) {
                    self.learn_values(value, other, name);
                }
            }
            _ if from != to && is_identifier(name) => {
                self.0.entry(plain(from)).or_insert_with(|| plain(to));
            }
            _ => {}
        }
    }

    /// The value that stands for `value`.
    fn of<'a>(&'a self, value: &'a str) -> &'a str {
        self.0.get(value).map_or(value, String::as_str)
    }

    /// A path and query with each segment and each value of the query replaced.
    pub(super) fn in_target(&self, target: &str) -> String {
        if self.0.is_empty() {
            return target.to_owned();
        }
        let is_end = |symbol: char| "/?&=".contains(symbol);
        let parts = target.split_inclusive(is_end);
        let replaced = parts.map(|part| {
            let end = part.rfind(is_end).unwrap_or(part.len());
            format!("{}{}", self.of(&part[..end]), &part[end..])
        });
        replaced.collect()
    }

    /// A body of JSON with each text and number replaced; any other body as it is.
    pub(super) fn in_body(&self, body: &[u8]) -> Vec<u8> {
        let parsed = serde_json::from_slice::<Value>(body)
            .ok()
            .filter(|_| !self.0.is_empty());
        let Some(mut value) = parsed else {
            return body.to_owned();
        };
        let before = value.clone();
        self.in_value(&mut value);
        if value == before {
            body.to_owned()
        } else {
            value.to_string().into_bytes()
        }
    }

    fn in_value(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.in_value(value)),
            Value::Array(items) => items.iter_mut().for_each(|value| self.in_value(value)),
            Value::String(text) => *text = self.of(text).to_owned(),
            Value::Number(number) => {
                let replaced = self.0.get(&number.to_string());
                if let Some(Ok(other)) = replaced.map(|other| other.parse()) {
                    *number = other;
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn is_identifier(name: &str) -> bool {
    IDENTIFIERS.contains(&name.to_ascii_lowercase().as_str())
        || name.ends_with("Id")
        || name.ends_with("ID")
        || name.ends_with("_id")
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(from: &str, to: &str) -> Substitutions {
        let mut substitutions = Substitutions::default();
        substitutions.learn(from.as_bytes(), to.as_bytes());
        substitutions
    }

    #[test]
    fn an_identifier_that_differs_is_replaced_wherever_it_stands_alone() {
        let learned = learned(r#"{"id":"aa","n":1}"#, r#"{"id":"bb","n":2}"#);
        assert_eq!(
            learned.in_target("/notes/aa/tags?of=aa&x=1"),
            "/notes/bb/tags?of=bb&x=1"
        );
        assert_eq!(learned.in_target("/notes/aab"), "/notes/aab");
        assert_eq!(
            learned.in_body(br#"{"note":"aa","n":[1]}"#),
            br#"{"note":"bb","n":[1]}"#
        );
        assert_eq!(learned.in_body(b"aa"), b"aa");
    }

    #[test]
    fn numbers_and_lists_teach_too() {
        let learned = learned(
            r#"[{"noteId":3},{"noteId":4}]"#,
            r#"[{"noteId":3},{"noteId":9}]"#,
        );
        assert_eq!(learned.in_target("/notes/4"), "/notes/9");
        assert_eq!(learned.in_body(br#"{"a":4}"#), br#"{"a":9}"#);
    }

    #[test]
    fn a_field_that_is_no_identifier_teaches_nothing() {
        assert_eq!(
            learned(r#"{"total":3}"#, r#"{"total":4}"#).in_target("/notes/3"),
            "/notes/3"
        );
    }
}
