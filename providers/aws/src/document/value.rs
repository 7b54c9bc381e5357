//! Values as DynamoDB attributes: plain where DynamoDB has the type, marked where it has not.
//!
//! The format is described in `docs/storage-format.md`.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind, Result};

/// The one entry of the map that a timestamp is stored as: microseconds since the epoch.
pub(super) const TIMESTAMP: &str = "$ts";

/// Whether anything was encoded that a plain reader would take for something else (rule R24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    #[default]
    Plain,
    Marked,
}

/// A value as an attribute; `encoding` is raised where it needs a mark.
pub(super) fn encode(value: &Value, encoding: &mut Encoding) -> Result<AttributeValue> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Int(number) => AttributeValue::N(number.to_string()),
        Value::Float(number) => AttributeValue::N(float_text(*number)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.to_vec())),
        Value::Timestamp(at) => {
            *encoding = Encoding::Marked;
            let micros = AttributeValue::N(at.as_micros().to_string());
            AttributeValue::M(HashMap::from([(TIMESTAMP.to_owned(), micros)]))
        }
        Value::List(items) => {
            let items = items.iter().map(|item| encode(item, encoding));
            AttributeValue::L(items.collect::<Result<_>>()?)
        }
        Value::Map(fields) => AttributeValue::M(
            fields
                .iter()
                .map(|(name, value)| {
                    let stored = escape(name);
                    if matches!(stored, Cow::Owned(_)) {
                        *encoding = Encoding::Marked;
                    }
                    Ok((stored.into_owned(), encode(value, encoding)?))
                })
                .collect::<Result<_>>()?,
        ),
        // `Value` may grow; a kind without an encoding must not be stored as something else.
        other => {
            let kind = other.kind_name();
            let message = format!("the format of DynamoDB items has no {kind}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    })
}

/// The value that an attribute means; sets of other code become lists.
pub(super) fn decode(attribute: AttributeValue) -> Result<Value> {
    Ok(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::N(text) => number(&text)?,
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::B(blob) => Value::Bytes(Bytes::from(blob.into_inner())),
        AttributeValue::L(items) => {
            Value::List(items.into_iter().map(decode).collect::<Result<_>>()?)
        }
        AttributeValue::M(entries) => match timestamp(&entries) {
            Some(at) => Value::Timestamp(at),
            None => Value::Map(map(entries)?),
        },
        AttributeValue::Ss(items) => Value::List(items.into_iter().map(Value::String).collect()),
        AttributeValue::Ns(items) => Value::List(
            items
                .iter()
                .map(|text| number(text))
                .collect::<Result<_>>()?,
        ),
        AttributeValue::Bs(items) => Value::List(
            items
                .into_iter()
                .map(|blob| Value::Bytes(Bytes::from(blob.into_inner())))
                .collect(),
        ),
        _ => return Err(corrupt("an attribute has a type that is not known here")),
    })
}

/// The name of a nested field as it is stored: one that looks like our mark gets one more `$`.
pub(super) fn escape(name: &str) -> Cow<'_, str> {
    if looks_like_mark(name) {
        Cow::Owned(format!("${name}"))
    } else {
        Cow::Borrowed(name)
    }
}

fn unescape(stored: String) -> String {
    match stored.strip_prefix('$') {
        Some(name) if looks_like_mark(name) => name.to_owned(),
        _ => stored,
    }
}

fn looks_like_mark(name: &str) -> bool {
    name.ends_with(TIMESTAMP) && name.trim_start_matches('$') == "ts"
}

/// Entries by name, because DynamoDB returns them in no order.
fn map(entries: HashMap<String, AttributeValue>) -> Result<Map> {
    let mut fields = entries
        .into_iter()
        .map(|(stored, value)| Ok((unescape(stored), decode(value)?)))
        .collect::<Result<Map>>()?;
    fields.sort_unstable_keys();
    Ok(fields)
}

fn timestamp(entries: &HashMap<String, AttributeValue>) -> Option<Timestamp> {
    let AttributeValue::N(micros) = entries.get(TIMESTAMP)? else {
        return None;
    };
    (entries.len() == 1).then_some(())?;
    micros.parse().ok().map(Timestamp::from_micros)
}

/// The shortest decimal that reads back as the same number.
fn float_text(number: f64) -> String {
    if (1e-5..1e17).contains(&number.abs()) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}

/// A number that neither an `i64` nor an `f64` holds exactly, which only other code can have
/// written, is read as the nearest `f64`.
fn number(text: &str) -> Result<Value> {
    if let Ok(number) = text.parse() {
        return Ok(Value::Int(number));
    }
    let number = text
        .parse()
        .map_err(|_| corrupt("a number attribute is not a number"))?;
    Value::Float(number)
        .normalized()
        .map_err(|error| corrupt("a number is out of range").with_source(error))
}

pub(super) fn corrupt(message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
}

#[cfg(test)]
mod tests;
