//! Values and names of fields as Firestore holds them; what it cannot hold plainly is marked.
//!
//! A list within a list is the map `{"$l": [...]}`, an instant outside the years 1 to 9999 is
//! `{"$t": microseconds}`, and what lies deeper than Firestore's 20 levels is `{"$p": bytes}`, a
//! `google.firestore.v1.Value`. A name that is reserved, or that looks like one of these, has one
//! `$` more in front. Fields that hold too long a path of names are kept apart, in the format field.

use bytes::Bytes;
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind, Result};
use prost::Message as _;
use proto::value::ValueType;

const LIST: &str = "$l";
const INSTANT: &str = "$t";
const PACKED: &str = "$p";
const MARKS: [&str; 3] = ["l", "t", "p"];

/// Levels of lists and maps in a field ("Quotas and limits": 20, of which a mark may need one).
const LEVELS: usize = 18;
/// Levels that are read, as many as other stores read, and the marks of those that are packed, each of which has `LEVELS`.
const DEEPEST: usize = 256 + 256 / LEVELS;
/// Bytes of the path to a field, dots included: what the emulator takes of names within names. The
/// published limit of a name is the same ("Quotas and limits").
const PATH_BYTES: usize = 1_500;
/// The seconds of the first and the last instant that Firestore holds, of the years 1 to 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

pub(crate) type Fields = std::collections::HashMap<String, proto::Value>;

/// Whether marks are used and understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Plain,
    Marked,
}

/// A document's fields as Firestore holds them.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) fields: Fields,
    /// Those that Firestore cannot hold as fields, a `google.firestore.v1.MapValue`.
    pub(crate) apart: Option<Vec<u8>>,
    /// Whether there is a mark, or something apart.
    pub(crate) format: Format,
}

/// The fields of a document.
pub(crate) fn encode(fields: &Map, allowed: Format) -> Result<Encoded> {
    let mut encoder = Encoder {
        allowed,
        used: Format::Plain,
    };
    let fields = encoder.fields(fields, 0)?;
    let (fields, apart): (Fields, Fields) = fields
        .into_iter()
        .partition(|(name, value)| name.len() + path_bytes(value) <= PATH_BYTES);
    let apart = if apart.is_empty() {
        None
    } else {
        encoder.mark("a path of such long names")?;
        Some(proto::MapValue { fields: apart }.encode_to_vec())
    };
    Ok(Encoded {
        fields,
        apart,
        format: encoder.used,
    })
}

/// The bytes of the longest path of names within a value, each with the dot before it.
fn path_bytes(value: &proto::Value) -> usize {
    let longest = match &value.value_type {
        Some(ValueType::ArrayValue(list)) => list.values.iter().map(path_bytes).max(),
        Some(ValueType::MapValue(map)) => {
            let each = map.fields.iter();
            each.map(|(name, value)| 1 + name.len() + path_bytes(value))
                .max()
        }
        _ => None,
    };
    longest.unwrap_or(0)
}

struct Encoder {
    allowed: Format,
    used: Format,
}

impl Encoder {
    fn mark(&mut self, what: &str) -> Result<()> {
        if self.allowed == Format::Plain {
            let message = format!("{what} cannot be stored plainly in Firestore");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.used = Format::Marked;
        Ok(())
    }

    fn fields(&mut self, fields: &Map, depth: usize) -> Result<Fields> {
        let mut encoded = Fields::with_capacity(fields.len());
        for (name, value) in fields {
            let stored = stored_name(name);
            if stored != *name {
                self.mark("a field name such as __x__")?;
            }
            encoded.insert(stored, self.value(value, depth)?);
        }
        Ok(encoded)
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<proto::Value> {
        if depth >= LEVELS && matches!(value, Value::List(_) | Value::Map(_)) {
            self.mark("so many levels")?;
            let packed = self.shallow(value, 0)?.encode_to_vec();
            return Ok(marked(PACKED, ValueType::BytesValue(packed)));
        }
        self.shallow(value, depth)
    }

    fn shallow(&mut self, value: &Value, depth: usize) -> Result<proto::Value> {
        let encoded = match value {
            Value::Null => ValueType::NullValue(0),
            Value::Bool(value) => ValueType::BooleanValue(*value),
            Value::Int(number) => ValueType::IntegerValue(*number),
            Value::Float(number) => ValueType::DoubleValue(*number),
            Value::String(text) => ValueType::StringValue(text.clone()),
            Value::Bytes(bytes) => ValueType::BytesValue(bytes.to_vec()),
            Value::Timestamp(at) => {
                let Some(held) = instant(*at) else {
                    self.mark("an instant outside the years 1 to 9999")?;
                    let micros = ValueType::IntegerValue(at.as_micros());
                    return Ok(marked(INSTANT, micros));
                };
                ValueType::TimestampValue(held)
            }
            Value::List(items) => ValueType::ArrayValue(self.list(items, depth + 1)?),
            Value::Map(fields) => ValueType::MapValue(proto::MapValue {
                fields: self.fields(fields, depth + 1)?,
            }),
            other => {
                let message = format!("Firestore has no {}", other.kind_name());
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        };
        Ok(plain(encoded))
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<proto::ArrayValue> {
        let each = items.iter().map(|item| {
            if !matches!(item, Value::List(_)) || depth >= LEVELS {
                return self.value(item, depth);
            }
            self.mark("a list directly in a list")?;
            let inner = self.shallow(item, depth + 1)?;
            Ok(marked(
                LIST,
                inner.value_type.unwrap_or(ValueType::NullValue(0)),
            ))
        });
        let values = each.collect::<Result<_>>()?;
        Ok(proto::ArrayValue { values })
    }
}

pub(crate) fn plain(value: ValueType) -> proto::Value {
    proto::Value {
        value_type: Some(value),
    }
}

fn marked(mark: &str, value: ValueType) -> proto::Value {
    let fields = Fields::from([(mark.to_owned(), plain(value))]);
    plain(ValueType::MapValue(proto::MapValue { fields }))
}

/// The instant as Firestore holds it, if it does.
pub(crate) fn instant(at: Timestamp) -> Option<prost_types::Timestamp> {
    let seconds = at.as_seconds();
    let micros = i32::try_from(at.as_micros().rem_euclid(1_000_000)).ok()?;
    (FIRST..=LAST)
        .contains(&seconds)
        .then_some(prost_types::Timestamp {
            seconds,
            nanos: micros * 1_000,
        })
}

/// The instant that Firestore gave.
pub(crate) fn timestamp(at: &prost_types::Timestamp) -> Timestamp {
    let micros = at.seconds.saturating_mul(1_000_000);
    Timestamp::from_micros(micros.saturating_add(i64::from(at.nanos / 1_000)))
}

/// Whether a name is Firestore's own: `__.*__` ("Quotas and limits").
fn is_reserved(name: &str) -> bool {
    name.len() >= 4 && name.starts_with("__") && name.ends_with("__")
}

/// What a name means to the format behind its `$`, if it has any.
fn is_special(name: &str) -> bool {
    let bare = name.trim_start_matches('$');
    is_reserved(bare) || (bare.len() < name.len() && MARKS.contains(&bare))
}

/// The name as it is stored.
pub(crate) fn stored_name(name: &str) -> String {
    if is_special(name) {
        format!("${name}")
    } else {
        name.to_owned()
    }
}

fn read_name(name: String) -> String {
    match name.strip_prefix('$') {
        Some(rest) if is_special(&name) => rest.to_owned(),
        _ => name,
    }
}

/// The fields that were kept apart.
pub(crate) fn unpack(apart: Vec<u8>) -> Result<Fields> {
    let map = proto::MapValue::decode(Bytes::from(apart)).map_err(damaged)?;
    Ok(map.fields)
}

fn damaged(error: prost::DecodeError) -> Error {
    let message = "a packed value of a document is damaged";
    Error::new(ErrorKind::Corrupt, message).with_source(error)
}

/// The fields that were stored, by name; `Corrupt` where they are deeper than any document.
pub(crate) fn decode(fields: Fields, format: Format) -> Result<Map> {
    Decoder { format }.fields(fields, 0)
}

#[derive(Debug, Clone, Copy)]
struct Decoder {
    format: Format,
}

impl Decoder {
    fn fields(self, fields: Fields, depth: usize) -> Result<Map> {
        let each = fields.into_iter().map(|(name, value)| {
            let value = self.value(value, depth)?;
            let name = match self.format {
                Format::Plain => name,
                Format::Marked => read_name(name),
            };
            Ok((name, value))
        });
        let mut map: Map = each.collect::<Result<_>>()?;
        map.sort_unstable_keys();
        Ok(map)
    }

    fn value(self, value: proto::Value, depth: usize) -> Result<Value> {
        if depth > DEEPEST {
            let message = "a value is deeper than any that a document holds";
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        Ok(match value.value_type {
            Some(ValueType::NullValue(_)) => Value::Null,
            Some(ValueType::BooleanValue(value)) => Value::Bool(value),
            Some(ValueType::IntegerValue(number)) => Value::Int(number),
            Some(ValueType::DoubleValue(number)) => Value::Float(number).normalized()?,
            Some(ValueType::TimestampValue(at)) => Value::Timestamp(timestamp(&at)),
            Some(ValueType::StringValue(text)) => Value::String(text),
            Some(ValueType::BytesValue(bytes)) => Value::Bytes(bytes.into()),
            Some(ValueType::ArrayValue(list)) => {
                let items = list.values.into_iter();
                let items = items.map(|item| self.value(item, depth + 1));
                Value::List(items.collect::<Result<_>>()?)
            }
            Some(ValueType::MapValue(map)) => self.map(map.fields, depth)?,
            _ => {
                let message = "a field holds a kind of value that only Firestore has, such as a \
                               reference or a geographical point";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        })
    }

    fn map(self, mut fields: Fields, depth: usize) -> Result<Value> {
        let may_be_marked = self.format == Format::Marked && fields.len() == 1;
        let mut marks = [LIST, INSTANT, PACKED]
            .into_iter()
            .filter(|_| may_be_marked);
        let marked = marks.find_map(|mark| Some((mark, fields.remove(mark)?)));
        if let Some((mark, value)) = marked {
            return self.mark(mark, value, depth);
        }
        self.fields(fields, depth + 1).map(Value::Map)
    }

    fn mark(self, mark: &str, value: proto::Value, depth: usize) -> Result<Value> {
        match (mark, value.value_type) {
            (LIST, list @ Some(ValueType::ArrayValue(_))) => {
                self.value(proto::Value { value_type: list }, depth)
            }
            (INSTANT, Some(ValueType::IntegerValue(micros))) => {
                Ok(Value::Timestamp(Timestamp::from_micros(micros)))
            }
            (PACKED, Some(ValueType::BytesValue(packed))) => {
                let value = proto::Value::decode(Bytes::from(packed)).map_err(damaged)?;
                self.value(value, depth + 1)
            }
            _ => {
                let message =
                    format!("the mark {mark:?} of a document has a value of another kind");
                Err(Error::new(ErrorKind::Corrupt, message))
            }
        }
    }
}

#[cfg(test)]
mod tests;
