//! What may differ from provider to provider: fields that are ignored, and values that were saved.

use serde_json::Value;

use super::scenario::{FieldPointer, Names, SavedName};

/// Shorter texts than this are replaced only where they are the whole of a value: they might be part
/// of anything.
const LEAST: usize = 8;

/// Puts `${name}` where a saved value stands that is another one at each provider: a text, or a number that the scenario
/// says may differ. Any other number, `true` and `false` may stand anywhere, and mean something else there.
#[derive(Debug, Default)]
pub(super) struct Naming(Vec<(Value, String)>);

impl Naming {
    /// The namings of the reference and of another provider.
    pub(super) fn of(reference: &Names, own: &Names, may_differ: &[SavedName]) -> (Self, Self) {
        let names = named(reference, own, may_differ);
        (Self::from(&names, reference), Self::from(&names, own))
    }

    fn from(names: &[&String], values: &Names) -> Self {
        let value = |name: &&String| Some((values.get(*name)?.clone(), format!("${{{name}}}")));
        let mut all: Vec<_> = names.iter().filter_map(value).collect();
        // One text may be part of another.
        all.sort_by_key(|(value, _)| std::cmp::Reverse(value.as_str().map_or(0, str::len)));
        Self(all)
    }

    pub(super) fn text(&self, text: &str) -> String {
        let named = |(value, name): &(Value, String)| {
            let whole = value.as_str() == Some(text);
            whole.then(|| name.clone())
        };
        if let Some(whole) = self.0.iter().find_map(named) {
            return whole;
        }
        let long = self.0.iter().filter_map(|(value, name)| {
            let value = value.as_str().filter(|value| value.len() >= LEAST)?;
            Some((value, name))
        });
        long.fold(text.to_owned(), |text, (value, name)| {
            text.replace(value, name)
        })
    }

    pub(super) fn json(&self, json: &Value) -> Value {
        match json {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| (self.text(name), self.json(value)));
                Value::Object(fields.collect())
            }
            scalar => {
                let mut all = self.0.iter();
                let named = all.find(|(value, _)| value == scalar);
                named.map_or_else(|| scalar.clone(), |(_, name)| name.as_str().into())
            }
        }
    }

    /// Whether there is nothing to name.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The names whose values are not the reference's, and are not compared for that.
pub(super) fn named<'n>(
    reference: &'n Names,
    own: &Names,
    may_differ: &[SavedName],
) -> Vec<&'n String> {
    let is_named = |(name, value): &(&'n String, &Value)| {
        let opted = || may_differ.iter().any(|opted| opted.0 == **name);
        let kind = |value: &Value| value.is_string() || (value.is_number() && opted());
        let other = own.get(*name).filter(|other| other != value);
        other.is_some_and(|other| kind(value) && kind(other))
    };
    let names = reference.iter().filter(is_named);
    names.map(|(name, _)| name).collect()
}

/// Takes away what pointers point at.
pub(super) fn take_away(json: &mut Value, pointers: &[FieldPointer]) {
    for pointer in pointers {
        let segments: Vec<String> = pointer.0.split('/').skip(1).map(unescaped).collect();
        match segments.split_last() {
            Some((last, path)) => take(json, path, last),
            None => *json = Value::Null,
        }
    }
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn take(json: &mut Value, path: &[String], last: &str) {
    let Some((first, rest)) = path.split_first() else {
        return remove(json, last);
    };
    match json {
        Value::Object(fields) if first == "*" => {
            for value in fields.values_mut() {
                take(value, rest, last);
            }
        }
        Value::Object(fields) => {
            if let Some(value) = fields.get_mut(first) {
                take(value, rest, last);
            }
        }
        Value::Array(items) if first == "*" => {
            for item in items {
                take(item, rest, last);
            }
        }
        Value::Array(items) => {
            let item = first.parse().ok().and_then(|at: usize| items.get_mut(at));
            if let Some(item) = item {
                take(item, rest, last);
            }
        }
        _ => {}
    }
}

/// Items become null, so that those after them keep their places.
fn remove(json: &mut Value, last: &str) {
    match json {
        Value::Object(fields) if last == "*" => fields.clear(),
        Value::Object(fields) => drop(fields.shift_remove(last)),
        Value::Array(items) if last == "*" => {
            for item in items {
                *item = Value::Null;
            }
        }
        Value::Array(items) => {
            let item = last.parse().ok().and_then(|at: usize| items.get_mut(at));
            if let Some(item) = item {
                *item = Value::Null;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(pairs: &[(&str, Value)]) -> Names {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn may_differ(name: &str) -> [SavedName; 1] {
        [SavedName::try_from(name.to_owned()).unwrap()]
    }

    #[test]
    fn saved_texts_that_differ_are_named_wherever_they_stand() {
        let here = names(&[
            ("id", json!("0190-aaaa")),
            ("no", json!(7)),
            ("same", json!("x")),
        ]);
        let there = names(&[
            ("id", json!("0190-bbbb")),
            ("no", json!(8)),
            ("same", json!("x")),
        ]);
        let (reference, own) = Naming::of(&here, &there, &may_differ("no"));
        let a = json!({ "id": "0190-aaaa", "no": 7, "link": "/n/0190-aaaa", "x": "x", "n": 77 });
        let b = json!({ "id": "0190-bbbb", "no": 8, "link": "/n/0190-bbbb", "x": "x", "n": 77 });
        let expected =
            json!({ "id": "${id}", "no": "${no}", "link": "/n/${id}", "x": "x", "n": 77 });
        assert_eq!(reference.json(&a), expected);
        assert_eq!(own.json(&b), expected);
        assert_eq!(named(&here, &there, &[]), ["id"]);
    }

    #[test]
    fn saved_numbers_and_bools_hide_nothing_that_nobody_says_may_differ() {
        let here = names(&[("n", json!(3)), ("done", json!(true))]);
        let there = names(&[("n", json!(4)), ("done", json!(false))]);
        for opted in ["other", "done"] {
            let (reference, own) = Naming::of(&here, &there, &may_differ(opted));
            assert_eq!(reference.json(&json!([3, true])), json!([3, true]));
            assert_eq!(own.json(&json!([4, false])), json!([4, false]));
        }
    }

    #[test]
    fn short_texts_are_named_only_alone() {
        let (here, there) = (
            names(&[("state", json!("open"))]),
            names(&[("state", json!("done"))]),
        );
        let (_, own) = Naming::of(&here, &there, &[]);
        assert_eq!(
            own.json(&json!(["done", "abandoned", "/done"])),
            json!(["${state}", "abandoned", "/done"])
        );
    }

    #[test]
    fn ignored_fields_are_taken_away_wherever_a_pointer_points() {
        let mut json =
            json!({ "at": 1, "notes": [{ "at": 2, "a/b": 3 }, { "at": 4, "c": [5, 6] }] });
        let pointers = [
            "/at",
            "/notes/*/at",
            "/notes/0/a~1b",
            "/notes/1/c/0",
            "/not/there",
        ];
        let pointers: Vec<FieldPointer> = pointers
            .iter()
            .map(|text| FieldPointer::try_from((*text).to_owned()).unwrap())
            .collect();
        take_away(&mut json, &pointers);
        assert_eq!(json, json!({ "notes": [{}, { "c": [null, 6] }] }));
    }
}
