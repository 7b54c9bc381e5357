//! Two JSON bodies, place by place.

use serde_json::Value;

use super::noise::{NoiseMark, Pairs};
use super::{Difference, shown, text};

/// The places in which two values differ, noise aside.
pub(super) fn compare(
    legacy: &Value,
    ported: &Value,
    marks: &[NoiseMark],
    pairs: &mut Pairs,
) -> Vec<Difference> {
    let mut comparison = Comparison {
        marks,
        pairs,
        path: Vec::new(),
        differences: Vec::new(),
    };
    comparison.values(legacy, ported);
    comparison.differences
}

/// Whether two texts of JSON differ only in what their strings and numbers mean: spaces, escapes and the order of fields
/// count.
pub(super) fn same_spelling(legacy: &[u8], ported: &[u8]) -> bool {
    let keys = |text: &[u8]| serde_json::from_slice(text).map(|value| keys(&value)).ok();
    let (left, right) = (tokens(legacy), tokens(ported));
    let same = |(left, right): (&&[u8], &&[u8])| left == right || mean_different(left, right);
    left.len() == right.len() && left.iter().zip(&right).all(same) && keys(legacy) == keys(ported)
}

/// Strings and numbers whole, everything else byte by byte, of a text that is JSON.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' => {
                let is_number = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                rest.iter().take_while(|byte| is_number(byte)).count()
            }
            _ => 1,
        };
        let (token, remainder) = rest.split_at(length);
        tokens.push(token);
        rest = remainder;
    }
    tokens
}

fn string_length(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn mean_different(left: &[u8], right: &[u8]) -> bool {
    let parse = |token| serde_json::from_slice::<Value>(token).ok();
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => left != right,
        _ => false,
    }
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| [vec![key.clone()], keys(value)].concat())
            .collect(),
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

/// A step from a value into a part of it.
enum PathStep<'a> {
    Field(&'a str),
    Item(usize),
}

struct Comparison<'a> {
    marks: &'a [NoiseMark],
    pairs: &'a mut Pairs,
    path: Vec<PathStep<'a>>,
    differences: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    fn values(&mut self, legacy: &'a Value, ported: &'a Value) {
        match (legacy, ported) {
            _ if legacy == ported => {}
            (Value::Object(left), Value::Object(right)) => {
                for (key, value) in left {
                    self.step(PathStep::Field(key), Some(value), right.get(key));
                }
                for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                    self.step(PathStep::Field(key), None, Some(value));
                }
            }
            (Value::Array(left), Value::Array(right)) => {
                for place in 0..left.len().max(right.len()) {
                    self.step(PathStep::Item(place), left.get(place), right.get(place));
                }
            }
            _ if self.is_noise(legacy, ported) => {}
            _ => self.differ(Some(legacy), Some(ported)),
        }
    }

    fn step(&mut self, step: PathStep<'a>, legacy: Option<&'a Value>, ported: Option<&'a Value>) {
        self.path.push(step);
        match (legacy, ported) {
            (Some(left), Some(right)) => self.values(left, right),
            (left, right) => self.differ(left, right),
        }
        self.path.pop();
    }

    fn is_noise(&mut self, legacy: &Value, ported: &Value) -> bool {
        let names: Vec<&str> = self
            .path
            .iter()
            .filter_map(|step| match step {
                PathStep::Field(name) => Some(*name),
                PathStep::Item(_) => None,
            })
            .collect();
        let mark = self.marks.iter().find(|mark| mark.covers(&names));
        if let Some(mark) = mark {
            return self.pairs.admit(mark.kind, legacy, ported);
        }
        match (legacy, ported) {
            (Value::String(left), Value::String(right)) => text::same(left, right, &[], self.pairs),
            (Value::Number(left), Value::Number(right)) => {
                self.pairs.known(&left.to_string(), &right.to_string())
            }
            _ => false,
        }
    }

    fn differ(&mut self, legacy: Option<&Value>, ported: Option<&Value>) {
        let mut place = "body ".to_owned();
        for step in &self.path {
            match step {
                PathStep::Field(name) if place.ends_with(' ') => place.push_str(name),
                PathStep::Field(name) => {
                    place.push('.');
                    place.push_str(name);
                }
                PathStep::Item(item) => place.extend(["[", &item.to_string(), "]"]),
            }
        }
        self.differences.push(Difference {
            place: place.trim_end().to_owned(),
            legacy: legacy.map(|value| shown(&value.to_string())),
            ported: ported.map(|value| shown(&value.to_string())),
        });
    }
}
