//! A document's value: what every store can hold, and how it is compared and measured.

mod compare;
mod de;
mod map_key;
mod measure;
mod normalize;
mod ser;
mod timestamp;
mod unpack;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;

pub(crate) use measure::{entry_size, fields_size, list_size};

pub use timestamp::Timestamp;

/// The fields of a document or of a nested map.
///
/// It keeps insertion order and compares without it (rule R20).
pub type Map = IndexMap<String, Value>;

/// A value that means the same in every store.
///
/// Numbers compare by mathematical value, whichever variant holds them. A [`Value`] that went
/// through a [`Collection`](crate::document::Collection) is normal: a number that is integral and
/// fits an `i64` is an [`Int`](Value::Int), and there is no negative zero.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// Present and null; distinct from a missing field.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number `x` with `x == 0` or `1e-130 <= |x| < 1e126`, which every store can hold.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Bytes),
    /// An instant with microsecond precision.
    Timestamp(Timestamp),
    /// A list of values of any kind.
    List(Vec<Value>),
    /// Named values.
    Map(Map),
}

impl Value {
    /// Encodes any serializable value; fails on numbers that not every store can hold.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        normalize::normalize(
            value
                .serialize(ser::ValueSerializer)
                .map_err(ser::Failure::into_error)?,
        )
    }

    /// Decodes into a typed value; fails with `Corrupt` when the shape does not fit.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T> {
        T::deserialize(de::ValueDeserializer(self)).map_err(de::Failure::into_error)
    }

    /// Decodes packed fields into a typed document, as [`Self::decode`] does a map of them.
    pub(crate) fn unpack<T: DeserializeOwned>(fields: &[u8]) -> Result<T> {
        unpack::unpack(fields).map_err(de::Failure::into_error)
    }

    /// Brings numbers into their one form, and refuses those that not every store can hold.
    pub fn normalized(self) -> Result<Self> {
        normalize::normalize(self)
    }

    /// The name of the variant, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "timestamp",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

macro_rules! from {
    ($($source:ty => $make:expr),+ $(,)?) => {
        $(impl From<$source> for Value {
            fn from(value: $source) -> Self {
                $make(value)
            }
        })+
    };
}

from! {
    bool => Value::Bool,
    i64 => Value::Int,
    i32 => |value| Value::Int(i64::from(value)),
    u32 => |value| Value::Int(i64::from(value)),
    f64 => Value::Float,
    &str => |value: &str| Value::String(value.to_owned()),
    String => Value::String,
    Bytes => Value::Bytes,
    Timestamp => Value::Timestamp,
    Vec<Value> => Value::List,
    Map => Value::Map,
}

#[cfg(test)]
mod tests;
