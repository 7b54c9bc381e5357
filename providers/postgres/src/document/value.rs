//! Values as JSON: plain where JSON has the type and jsonb takes it, marked where not.
//!
//! The format is described in `docs/storage-format.md`. Numbers are decimals, which jsonb keeps
//! exactly; a float is the shortest decimal that reads back as the same number.

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind, Result};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The one entry of an object that stands for an instant: microseconds since the epoch.
const TIMESTAMP: &str = "$ts";
/// The one entry of an object that stands for bytes: Base64 (RFC 4648, with padding).
const BYTES: &str = "$b";
/// The one entry of an object that stands for text with NUL, which jsonb cannot hold: NUL is
/// `\000` and a backslash `\\`, so that PostgreSQL's `decode(…, 'escape')` gives its bytes.
const TEXT: &str = "$t";
/// NUL in escaped text.
const NUL: &str = "\\000";
/// How a name with NUL begins, before the same escape.
const NAME: &str = "$0";

/// How a document stands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON and nothing else, as other code reads and writes it.
    Plain,
    /// With marks for what JSON has not (rule R24).
    Marked,
}

/// A document as JSON, and whether that has marks.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) json: Vec<u8>,
    pub(super) format: Format,
}

/// The fields, other than those left out, as JSON that has marks at most if they are allowed.
pub(super) fn encode(
    fields: &Map,
    allowed: Format,
    left_out: impl Fn(&str) -> bool,
) -> Result<Encoded> {
    let mut encoder = Encoder {
        json: Vec::new(),
        format: Format::Plain,
        allowed,
    };
    let fields = fields.iter().filter(|(name, _)| !left_out(name));
    encoder.map(fields)?;
    let Encoder { json, format, .. } = encoder;
    Ok(Encoded { json, format })
}

/// The value as JSON, if that needs no mark.
pub(super) fn plain(value: &Value) -> Option<Vec<u8>> {
    let mut encoder = Encoder {
        json: Vec::new(),
        format: Format::Plain,
        allowed: Format::Marked,
    };
    encoder.value(value).ok()?;
    (encoder.format == Format::Plain).then_some(encoder.json)
}

struct Encoder {
    json: Vec<u8>,
    format: Format,
    allowed: Format,
}

impl Encoder {
    fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.json.extend(b"null"),
            Value::Bool(flag) => self.scalar(flag)?,
            Value::Int(number) => self.scalar(number)?,
            Value::Float(number) => self.scalar(number)?,
            Value::String(text) if text.contains('\0') => self.mark(TEXT, &escape(text))?,
            Value::String(text) => self.scalar(text)?,
            Value::Bytes(bytes) => self.mark(BYTES, &BASE64_STANDARD.encode(bytes))?,
            Value::Timestamp(at) => self.mark(TIMESTAMP, &at.as_micros())?,
            Value::List(items) => {
                self.json.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.separate(at);
                    self.value(item)?;
                }
                self.json.push(b']');
            }
            Value::Map(fields) => self.map(fields.iter())?,
            // `Value` may grow; a kind without an encoding must not be stored as something else.
            other => {
                let message = format!(
                    "the format of documents in jsonb has no {}",
                    other.kind_name()
                );
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
        Ok(())
    }

    fn map<'f>(&mut self, fields: impl Iterator<Item = (&'f String, &'f Value)>) -> Result<()> {
        self.json.push(b'{');
        for (at, (name, value)) in fields.enumerate() {
            self.separate(at);
            match (stored_name(name), self.allowed) {
                (Cow::Borrowed(name), _) => self.scalar(name)?,
                (Cow::Owned(stored), Format::Marked) => {
                    self.format = Format::Marked;
                    self.scalar(&stored)?;
                }
                (Cow::Owned(_), Format::Plain) if name.contains('\0') => {
                    return Err(not_plain("field name with NUL"));
                }
                (Cow::Owned(_), Format::Plain) => self.scalar(name)?,
            }
            self.json.push(b':');
            self.value(value)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.json.push(b',');
        }
    }

    fn mark(&mut self, mark: &str, content: &(impl serde::Serialize + ?Sized)) -> Result<()> {
        if self.allowed == Format::Plain {
            return Err(not_plain(match mark {
                TIMESTAMP => "timestamp",
                BYTES => "bytes",
                _ => "text with NUL",
            }));
        }
        self.format = Format::Marked;
        write!(self.json, "{{\"{mark}\":").map_err(unwritten)?;
        self.scalar(content)?;
        self.json.push(b'}');
        Ok(())
    }

    fn scalar(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<()> {
        serde_json::to_writer(&mut self.json, value).map_err(unwritten)
    }
}

fn not_plain(what: &str) -> Error {
    let message = format!(
        "an adopted table holds plain JSON, which has no {what}: store it as another kind of value"
    );
    Error::new(ErrorKind::Unsupported, message)
}

fn unwritten(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Internal, "a value has no JSON").with_source(error)
}

/// A field's name as it is stored: one that looks like a mark gets one more `$`.
pub(super) fn stored_name(name: &str) -> Cow<'_, str> {
    if name.contains('\0') {
        Cow::Owned(format!("{NAME}{}", escape(name)))
    } else if looks_like_mark(name) {
        Cow::Owned(format!("${name}"))
    } else {
        Cow::Borrowed(name)
    }
}

fn given_name(stored: String) -> String {
    if let Some(escaped) = stored.strip_prefix(NAME) {
        return unescape(escaped);
    }
    match stored.strip_prefix('$') {
        Some(name) if looks_like_mark(name) => name.to_owned(),
        _ => stored,
    }
}

fn looks_like_mark(name: &str) -> bool {
    let rest = name.trim_start_matches('$');
    rest.len() < name.len() && (matches!(rest, "ts" | "b" | "t") || rest.starts_with('0'))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\0', NUL)
}

fn unescape(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (meant, after) = match rest.strip_prefix(NUL) {
            Some(after) => ('\0', after),
            None => ('\\', rest.strip_prefix("\\\\").unwrap_or(&rest[1..])),
        };
        text.push(meant);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The fields of a document as they were given, entries of maps by name.
pub(super) fn decode(json: &[u8], format: Format) -> Result<Map> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = Seed(format).deserialize(&mut reader).map_err(|error| {
        let message = "the JSON of a document is not what it should be";
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })?;
    match value {
        Value::Map(fields) => Ok(fields),
        other => {
            let message = format!(
                "a document is stored as {}, not as an object",
                other.kind_name()
            );
            Err(Error::new(ErrorKind::Corrupt, message))
        }
    }
}

#[derive(Clone, Copy)]
struct Seed(Format);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that a document can hold")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Value::Int(number)),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest f64 is what is read"
            )]
            Err(_) => self.visit_f64(number as f64),
        }
    }

    /// A number that neither an `i64` nor an `f64` holds exactly, which only other code can have
    /// written, is read as the nearest `f64`.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Value::Float(number).normalized().map_err(E::custom)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            map.insert(name, value);
        }
        if self.0 == Format::Marked {
            if let Some(value) = marked(&map) {
                return Ok(value);
            }
            map = map
                .into_iter()
                .map(|(name, value)| (given_name(name), value))
                .collect();
        }
        map.sort_unstable_keys();
        Ok(Value::Map(map))
    }
}

/// The value that an object of one entry stands for.
fn marked(map: &Map) -> Option<Value> {
    let (name, content) = map.first().filter(|_| map.len() == 1)?;
    match (name.as_str(), content) {
        (TIMESTAMP, Value::Int(micros)) => Some(Value::Timestamp(Timestamp::from_micros(*micros))),
        (BYTES, Value::String(text)) => {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            Some(Value::Bytes(Bytes::from(bytes)))
        }
        (TEXT, Value::String(escaped)) => Some(Value::String(unescape(escaped))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
