//! Values as typed properties of an entity, where a property can hold them exactly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::document::{Timestamp, Value};
use isobar::{Error, ErrorKind, Result};
use jiff::Timestamp as Instant;
use serde_json::{Map as Properties, Value as Json};

/// What the type of a property is called beside it.
const TYPE: &str = "@odata.type";
/// UTF-16 units of text and bytes of a binary property, of 32,768 and 65,536 that the service takes
/// ("Understanding the Table service data model").
pub(super) const TEXT_UNITS: usize = 32_000;
pub(super) const BINARY_BYTES: usize = 60_000;
/// Characters of a property's name.
const NAME_LENGTH: usize = 255;
/// Properties that each entity has, and keys that the service's answers add.
const SYSTEM: [&str; 3] = ["PartitionKey", "RowKey", "Timestamp"];
const ANNOTATION: &str = "odata.";
/// The seconds of the first and the last instant of a property, of the years 1601 to 9999.
const FIRST: i64 = -11_644_473_600;
const LAST: i64 = 253_402_300_799;
/// Bytes that an entity, a property and a text count for beside their contents.
const ENTITY_BYTES: usize = 4;
const PROPERTY_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;

/// Whether a property may be called so: as an identifier of C# in ASCII, and not as the service's.
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    bytes.next().is_some_and(is_first)
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= NAME_LENGTH
        && !SYSTEM.contains(&name)
}

/// Whether text is kept as it is, by whatever way it is sent: without controls but tab and line
/// feed, and without noncharacters.
pub(super) fn is_text(text: &str) -> bool {
    let is_kept = |character: char| match character {
        '\t' | '\n' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    };
    text.chars().all(is_kept) && text.encode_utf16().count() <= TEXT_UNITS
}

/// A value that a property can hold, with the type that JSON does not tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    value: Json,
    edm: Option<&'static str>,
}

impl Property {
    /// Nothing where a property would not give the value back as it was.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let (value, edm) = match value {
            Value::Bool(value) => (Json::Bool(*value), None),
            Value::Int(number) => (number.to_string().into(), Some("Edm.Int64")),
            Value::Float(number) => {
                let number = serde_json::Number::from_f64(*number)?;
                (Json::Number(number), Some("Edm.Double"))
            }
            Value::String(text) if is_text(text) => (Json::String(text.clone()), None),
            Value::Bytes(bytes) if (1..=BINARY_BYTES).contains(&bytes.len()) => {
                return Some(Self::binary(bytes));
            }
            Value::Timestamp(at) => (instant(*at)?.into(), Some("Edm.DateTime")),
            _ => return None,
        };
        Some(Self { value, edm })
    }

    pub(super) fn binary(bytes: &[u8]) -> Self {
        Self {
            value: STANDARD.encode(bytes).into(),
            edm: Some("Edm.Binary"),
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Self {
            value: text.into(),
            edm: None,
        }
    }

    /// A small number, which needs no type beside it.
    pub(super) fn int32(number: i32) -> Self {
        Self {
            value: number.into(),
            edm: None,
        }
    }

    /// Adds it under this name.
    pub(super) fn put(self, properties: &mut Properties<String, Json>, name: &str) {
        if let Some(edm) = self.edm {
            properties.insert(format!("{name}{TYPE}"), edm.into());
        }
        properties.insert(name.to_owned(), self.value);
    }
}

/// The type that is said of a property.
pub(super) fn edm<'p>(properties: &'p Properties<String, Json>, name: &str) -> Option<&'p str> {
    properties.get(&format!("{name}{TYPE}"))?.as_str()
}

/// The properties that hold something, and are not the service's own.
pub(super) fn fields(
    properties: &Properties<String, Json>,
) -> impl Iterator<Item = (&String, &Json)> {
    properties.iter().filter(|(name, value)| {
        let is_own = !SYSTEM.contains(&name.as_str()) && !name.starts_with(ANNOTATION);
        is_own && !name.ends_with(TYPE) && !value.is_null()
    })
}

/// The value of a property, whoever wrote it.
pub(super) fn value(name: &str, value: &Json, edm: Option<&str>) -> Result<Value> {
    let unread = || {
        let what = edm.unwrap_or("value");
        let message = format!("the property {name:?} holds an {what} that no document can hold");
        Error::new(ErrorKind::Corrupt, message)
    };
    let known = match (edm, value) {
        (None | Some("Edm.String" | "Edm.Guid"), Json::String(text)) => {
            Some(Value::String(text.clone()))
        }
        (None | Some("Edm.Boolean"), Json::Bool(value)) => Some(Value::Bool(*value)),
        (Some("Edm.Int64"), Json::String(text)) => text.parse().ok().map(Value::Int),
        (Some("Edm.Binary"), Json::String(text)) => {
            let bytes = STANDARD.decode(text).ok();
            bytes.map(|bytes| Value::Bytes(bytes.into()))
        }
        (Some("Edm.DateTime"), Json::String(text)) => micros(text).map(Value::Timestamp),
        (_, Json::Number(number)) => number.as_i64().map(Value::Int).or_else(|| {
            let number = number.as_f64().filter(|number| number.is_finite())?;
            // One that every store can hold has its one form.
            let normal = Value::Float(number).normalized();
            Some(normal.unwrap_or(Value::Float(number)))
        }),
        _ => None,
    };
    known.ok_or_else(unread)
}

fn instant(at: Timestamp) -> Option<String> {
    if !(FIRST..=LAST).contains(&at.as_seconds()) {
        return None;
    }
    let at = Instant::from_microsecond(at.as_micros()).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

/// The instant that a text says, finer parts cut off.
fn micros(text: &str) -> Option<Timestamp> {
    let at: Instant = text.parse().ok()?;
    let micros = at.as_nanosecond().div_euclid(1_000);
    i64::try_from(micros).ok().map(Timestamp::from_micros)
}

/// What an entity counts for against the limit of 1 MiB, as "How to estimate the size of an entity"
/// and the types' descriptions have it.
pub(super) fn size(properties: &Properties<String, Json>) -> usize {
    let sizes = properties.iter().filter(|(name, _)| !name.ends_with(TYPE));
    let sizes = sizes.map(|(name, value)| {
        let name_bytes = 2 * name.len();
        let content = match value {
            Json::String(text) if edm(properties, name).is_none() => {
                LENGTH_BYTES + 2 * text.encode_utf16().count()
            }
            Json::String(text) if edm(properties, name) == Some("Edm.Binary") => {
                LENGTH_BYTES + text.len() / 4 * 3
            }
            _ => 8,
        };
        PROPERTY_BYTES + name_bytes + content
    });
    ENTITY_BYTES + sizes.sum::<usize>()
}

#[cfg(test)]
mod tests;
