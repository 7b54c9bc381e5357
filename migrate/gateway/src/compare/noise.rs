//! Values that differ from run to run because the code makes them so, and the pairs of them that were seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::fmt::{rfc2822, temporal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field of an answer whose value the handler's code makes anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseMark {
    /// The end of the field's path without array positions, as in `createdAt` or `note.createdAt`; empty for the whole of
    /// a body that is text.
    pub field: String,
    /// What the code makes there.
    pub kind: NoiseKind,
}

/// What code makes anew, and so how two runs may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoiseKind {
    /// An identifier: two numbers, or two texts of one length with the same separators.
    Id,
    /// A point in time: two in one notation, at most ten minutes apart.
    Time,
    /// A secret or signature: two texts with the same number of parts.
    Token,
    /// Chance or a measurement: two numbers.
    Number,
}

/// Values of the two sides that stand for each other.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    ported_of: BTreeMap<String, String>,
    legacy_of: BTreeMap<String, String>,
    /// Two events may share a millisecond on one side and not on the other, so times need not be one to one; nor need
    /// the entity tags of bodies with times in them.
    loose: BTreeSet<(String, String)>,
}

/// Both sides are asked at once; what is further apart is not the time of the same event.
const TIME_APART: i64 = 10 * 60 * 1000;

impl NoiseMark {
    /// Whether this mark is for the field with these names on its path.
    pub(super) fn covers(&self, path: &[&str]) -> bool {
        let names: Vec<&str> = self.field.split('.').collect();
        !self.field.is_empty() && path.ends_with(&names)
    }
}

impl Pairs {
    /// Whether two values are known to stand for each other.
    pub fn known(&self, legacy: &str, ported: &str) -> bool {
        self.ported_of
            .get(legacy)
            .is_some_and(|known| known == ported)
            || self.loose.contains(&(legacy.to_owned(), ported.to_owned()))
    }

    /// The value of the ported side that stands for a value of the legacy side.
    pub fn ported_of(&self, legacy: &str) -> Option<&str> {
        self.ported_of.get(legacy).map(String::as_str)
    }

    /// Whether two values may differ as `kind` does; if so, remembers them.
    pub(super) fn admit(&mut self, kind: NoiseKind, legacy: &Value, ported: &Value) -> bool {
        let possible = match (legacy, ported) {
            (Value::Number(left), Value::Number(right)) => match kind {
                NoiseKind::Id | NoiseKind::Number => true,
                NoiseKind::Time => close(left.as_f64(), right.as_f64()),
                NoiseKind::Token => false,
            },
            (Value::String(left), Value::String(right)) => text_may_differ(kind, left, right),
            _ => false,
        };
        possible && self.remember(kind, &plain(legacy), &plain(ported))
    }

    /// Two values of a field that is made from a body whose noise was let pass. A length is a number like any other, and
    /// is not remembered.
    pub(super) fn admit_tag(&mut self, legacy: &str, ported: &str) {
        if legacy.parse::<u64>().is_err() {
            self.loose.insert((legacy.to_owned(), ported.to_owned()));
        }
    }

    fn remember(&mut self, kind: NoiseKind, legacy: &str, ported: &str) -> bool {
        match kind {
            NoiseKind::Time => {
                self.loose.insert((legacy.to_owned(), ported.to_owned()));
                true
            }
            NoiseKind::Number => true,
            NoiseKind::Id | NoiseKind::Token => self.pair(legacy, ported),
        }
    }

    /// Ties two values together; false where one of them is tied to another value.
    pub fn pair(&mut self, legacy: &str, ported: &str) -> bool {
        let forth = self
            .ported_of
            .entry(legacy.to_owned())
            .or_insert_with(|| ported.to_owned());
        let back = self
            .legacy_of
            .entry(ported.to_owned())
            .or_insert_with(|| legacy.to_owned());
        forth == ported && back == legacy
    }
}

/// Text of a value without the quotes of JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn text_may_differ(kind: NoiseKind, legacy: &str, ported: &str) -> bool {
    match kind {
        NoiseKind::Id => separators(legacy) == separators(ported) && !legacy.is_empty(),
        NoiseKind::Token => {
            let parts = |text: &str| text.matches('.').count();
            parts(legacy) == parts(ported) && !legacy.is_empty() && !ported.is_empty()
        }
        NoiseKind::Time => match (point_in_time(legacy), point_in_time(ported)) {
            (Some((left, left_notation)), Some((right, right_notation))) => {
                left_notation == right_notation && (left - right).abs() <= TIME_APART
            }
            _ => false,
        },
        NoiseKind::Number => legacy.parse::<f64>().is_ok() && ported.parse::<f64>().is_ok(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only closeness matters, and far values saturate"
)]
fn close(legacy: Option<f64>, ported: Option<f64>) -> bool {
    let (Some(left), Some(right)) = (legacy, ported) else {
        return false;
    };
    ((left - right).abs() as i64) <= TIME_APART
}

/// Where a text is not made of letters and digits; texts of different lengths differ here.
fn separators(text: &str) -> Vec<Option<char>> {
    text.chars()
        .map(|symbol| (!symbol.is_ascii_alphanumeric()).then_some(symbol))
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Milliseconds,
    Iso8601,
    Http,
}

/// A point in time in milliseconds, and how it is written.
fn point_in_time(text: &str) -> Option<(i64, Notation)> {
    static ISO: temporal::DateTimeParser = temporal::DateTimeParser::new();
    static HTTP: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();
    if text.len() == 13 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some((text.parse().ok()?, Notation::Milliseconds));
    }
    let iso = ISO
        .parse_timestamp(text)
        .map(|time| (time, Notation::Iso8601));
    let either = iso.or_else(|_| {
        HTTP.parse_timestamp(text)
            .map(|time| (time, Notation::Http))
    });
    either
        .ok()
        .map(|(time, notation): (Timestamp, _)| (time.as_millisecond(), notation))
}
