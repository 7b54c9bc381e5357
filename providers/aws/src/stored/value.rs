//! Attributes as values: plain where DynamoDB has the type, marked where it has not.

use bytes::Bytes;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind, Result};

use super::attribute::{Attribute, Attributes, Opened};

/// The one entry of the map that a timestamp is stored as: microseconds since the epoch.
pub(crate) const TIMESTAMP: &str = "$ts";

/// The value that an attribute means; sets of other code become lists.
pub(crate) fn decode<A: Attribute>(attribute: A) -> Result<Value> {
    Ok(match attribute.opened() {
        Opened::Null => Value::Null,
        Opened::Bool(flag) => Value::Bool(flag),
        Opened::Number(text) => number(&text)?,
        Opened::Text(text) => Value::String(text),
        Opened::Bytes(bytes) => Value::Bytes(bytes),
        Opened::List(items) => list(items, decode)?,
        Opened::Map(entries) => match timestamp(&entries) {
            Some(at) => Value::Timestamp(at),
            None => Value::Map(map(entries)?),
        },
        Opened::Texts(items) => list(items, |text| Ok(Value::String(text)))?,
        Opened::Numbers(items) => list(items, |text| number(&text))?,
        Opened::ManyBytes(items) => list(items, |bytes: Bytes| Ok(Value::Bytes(bytes)))?,
        Opened::Unknown => return Err(corrupt("an attribute has a type that is not known here")),
    })
}

fn list<T>(items: Vec<T>, decode: fn(T) -> Result<Value>) -> Result<Value> {
    let items = items.into_iter().map(decode);
    items.collect::<Result<_>>().map(Value::List)
}

fn unescape(stored: String) -> String {
    match stored.strip_prefix('$') {
        Some(name) if looks_like_mark(name) => name.to_owned(),
        _ => stored,
    }
}

/// Whether a nested field of this name is stored with one `$` more.
pub(crate) fn looks_like_mark(name: &str) -> bool {
    name.ends_with(TIMESTAMP) && name.trim_start_matches('$') == "ts"
}

/// Entries by name, because DynamoDB returns them in no order.
fn map<A: Attribute>(entries: Attributes<A>) -> Result<Map> {
    let mut fields = entries
        .into_iter()
        .map(|(stored, value)| Ok((unescape(stored), decode(value)?)))
        .collect::<Result<Map>>()?;
    fields.sort_unstable_keys();
    Ok(fields)
}

fn timestamp<A: Attribute>(entries: &Attributes<A>) -> Option<Timestamp> {
    let micros = entries.get(TIMESTAMP)?.number()?;
    (entries.len() == 1).then_some(())?;
    micros.parse().ok().map(Timestamp::from_micros)
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

pub(crate) fn corrupt(message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
}
