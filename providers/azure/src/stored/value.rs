//! Values and names of fields as JSON in Cosmos DB, whose numbers are doubles; what it cannot hold
//! plainly is marked.
//!
//! A whole number that a double may round is `{"_i": text}`, an instant `{"_t": text}` and bytes
//! `{"_b": text}`, each text in the order of what it stands for. A name that Cosmos DB or this
//! format has a use for has one `_` more in front, so that names stay such as SQL takes undressed.

use isobar::document::{Map, Timestamp, Value};
use isobar::driver::sortable;
use isobar::{Error, ErrorKind, Result};
use serde_json::{Map as Object, Value as Json};

/// A whole number that a double may round.
pub(crate) const WHOLE: &str = "_i";
/// Microseconds since 1970.
pub(crate) const INSTANT: &str = "_t";
/// Bytes.
pub(crate) const BYTES: &str = "_b";
const MARKS: [&str; 3] = ["i", "t", "b"];

/// Names at the top of an item that Cosmos DB has a use for, behind one `_`.
const SYSTEM: [&str; 6] = ["rid", "self", "etag", "ts", "attachments", "lsn"];
/// Names at the top of an item that Cosmos DB has a use for as they are.
const USED: [&str; 2] = ["id", "ttl"];

/// The magnitude from which on a double may round whole numbers.
pub(crate) const ROUNDED: u64 = 1 << 53;

/// Whether marks are used and understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Plain,
    Marked,
}

/// Encodes values, and notes whether a mark was needed.
#[derive(Debug)]
pub(crate) struct Encoder {
    allowed: Format,
    pub(crate) used: Format,
}

impl Encoder {
    /// An encoder that may use marks, or refuses what needs one as `Unsupported`.
    pub(crate) fn new(allowed: Format) -> Self {
        Self {
            allowed,
            used: Format::Plain,
        }
    }

    fn mark(&mut self, what: &str) -> Result<()> {
        if self.allowed == Format::Plain {
            let message = format!("{what} cannot be stored plainly in Cosmos DB");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.used = Format::Marked;
        Ok(())
    }

    /// The fields at the top of an item.
    pub(crate) fn fields(&mut self, fields: &Map) -> Result<Object<String, Json>> {
        let mut encoded = Object::with_capacity(fields.len() + 6);
        for (name, value) in fields {
            let stored = match self.allowed {
                Format::Marked => stored_field(name),
                // Other code keeps its own items alive by `ttl`.
                Format::Plain if is_system(name) => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!("Cosmos DB keeps the field {name:?} of an item for itself"),
                    ));
                }
                Format::Plain => name.clone(),
            };
            if stored != *name {
                self.mark("this name of a field")?;
            }
            encoded.insert(stored, self.value(value)?);
        }
        Ok(encoded)
    }

    /// A value.
    pub(crate) fn value(&mut self, value: &Value) -> Result<Json> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(whole) if whole.unsigned_abs() >= ROUNDED => {
                self.mark("a whole number that a double may round")?;
                marked(WHOLE, sortable::number(*whole))
            }
            Value::Int(whole) => (*whole).into(),
            Value::Float(number) => (*number).into(),
            Value::String(text) => text.as_str().into(),
            Value::Bytes(bytes) => {
                self.mark("a value of bytes")?;
                marked(BYTES, sortable::bytes(bytes))
            }
            Value::Timestamp(at) => {
                self.mark("an instant")?;
                marked(INSTANT, sortable::number(at.as_micros()))
            }
            Value::List(items) => {
                let items = items.iter().map(|item| self.value(item));
                Json::Array(items.collect::<Result<_>>()?)
            }
            Value::Map(fields) => {
                let mut nested = Object::with_capacity(fields.len());
                for (name, value) in fields {
                    let stored = self.nested_name(name)?;
                    nested.insert(stored, self.value(value)?);
                }
                Json::Object(nested)
            }
            other => {
                let message = format!("Cosmos DB has no {}", other.kind_name());
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        })
    }

    fn nested_name(&mut self, name: &str) -> Result<String> {
        let stored = match self.allowed {
            Format::Marked => stored_nested(name),
            Format::Plain => name.to_owned(),
        };
        if stored != name {
            self.mark("this name of a field")?;
        }
        Ok(stored)
    }
}

fn marked(mark: &str, text: String) -> Json {
    Json::Object(Object::from_iter([(mark.to_owned(), Json::String(text))]))
}

/// Whether an item cannot have a field of this name of its own.
pub(crate) fn is_system(name: &str) -> bool {
    name.strip_prefix('_')
        .is_some_and(|bare| SYSTEM.contains(&bare))
}

fn is_special_field(name: &str) -> bool {
    let bare = name.trim_start_matches('_');
    USED.contains(&bare) || (bare.len() < name.len() && SYSTEM.contains(&bare))
}

fn is_special_nested(name: &str) -> bool {
    let bare = name.trim_start_matches('_');
    bare.len() < name.len() && MARKS.contains(&bare)
}

/// The name of a field at the top of an item of ours.
pub(crate) fn stored_field(name: &str) -> String {
    behind(is_special_field(name), name)
}

/// The name of a field within a field.
pub(crate) fn stored_nested(name: &str) -> String {
    behind(is_special_nested(name), name)
}

fn behind(special: bool, name: &str) -> String {
    if special {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

fn read_name(name: String, is_special: fn(&str) -> bool) -> String {
    match name.strip_prefix('_') {
        Some(rest) if is_special(&name) && is_special(rest) => rest.to_owned(),
        _ => name,
    }
}

/// The fields at the top of an item, by name; what is reserved was taken out before.
pub(crate) fn decode(fields: Object<String, Json>, format: Format) -> Result<Map> {
    let each = fields.into_iter().map(|(name, value)| {
        let value = decode_value(value, format)?;
        let name = match format {
            Format::Plain => name,
            Format::Marked => read_name(name, is_special_field),
        };
        Ok((name, value))
    });
    let mut map: Map = each.collect::<Result<_>>()?;
    map.sort_unstable_keys();
    Ok(map)
}

fn decode_value(value: Json, format: Format) -> Result<Value> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)).normalized()?,
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => {
            let items = items.into_iter().map(|item| decode_value(item, format));
            Value::List(items.collect::<Result<_>>()?)
        }
        Json::Object(fields) => return decode_object(fields, format),
    })
}

fn decode_object(fields: Object<String, Json>, format: Format) -> Result<Value> {
    if format == Format::Marked
        && fields.len() == 1
        && let Some((mark, value)) = fields.iter().next()
        && [WHOLE, INSTANT, BYTES].contains(&mark.as_str())
    {
        return decode_mark(mark, value);
    }
    let each = fields.into_iter().map(|(name, value)| {
        let name = match format {
            Format::Plain => name,
            Format::Marked => read_name(name, is_special_nested),
        };
        Ok((name, decode_value(value, format)?))
    });
    let mut map: Map = each.collect::<Result<_>>()?;
    map.sort_unstable_keys();
    Ok(Value::Map(map))
}

fn decode_mark(mark: &str, value: &Json) -> Result<Value> {
    let text = value.as_str();
    let number = || text.and_then(sortable::read_number);
    let decoded = match mark {
        WHOLE => number().map(Value::Int),
        INSTANT => number().map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
        _ => text
            .and_then(sortable::read_bytes)
            .map(|bytes| Value::Bytes(bytes.into())),
    };
    decoded.ok_or_else(|| {
        let message = format!("the mark {mark:?} of an item has a value that it cannot have");
        Error::new(ErrorKind::Corrupt, message)
    })
}

#[cfg(test)]
mod tests;
