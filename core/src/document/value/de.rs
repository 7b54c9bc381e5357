//! Serde deserializer from [`Value`] to typed values.

use std::fmt;

use bytes::Bytes;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, Deserialize, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::map_key::MapKey;
use super::{Map, Timestamp, Value, timestamp};
use crate::error::{Error, ErrorKind};

/// The newtype name under which an untyped value asks for itself, so that no kind is lost.
pub(super) const MARK: &str = "$isobar::Value";

/// Why a stored value does not fit the type it is read into.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn into_error(self) -> Error {
        Error::new(
            ErrorKind::Corrupt,
            format!("the stored value does not fit its type: {}", self.0),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Reads a typed value out of a [`Value`], moving strings and bytes instead of copying them.
pub(super) struct ValueDeserializer(pub(super) Value);

impl IntoDeserializer<'_, Failure> for Value {
    type Deserializer = ValueDeserializer;

    fn into_deserializer(self) -> ValueDeserializer {
        ValueDeserializer(self)
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.0 {
                Value::Timestamp(at) => visitor.visit_i64(at.as_micros()),
                other => Self(other).deserialize_any(visitor),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::String(value) => visitor.visit_string(value),
            Value::Bytes(value) => visitor.visit_byte_buf(value.into()),
            // Whoever takes anything has no instants, but hands a map on as it is.
            Value::Timestamp(value) => visitor.visit_map(MapDeserializer::new(std::iter::once((
                timestamp::MARK,
                value.as_micros(),
            )))),
            Value::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Value::Map(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (MapKey(name.into()), value));
                visitor.visit_map(MapDeserializer::new(fields))
            }
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match (name, self.0) {
            // Only `ValueVisitor` asks under this name, and only it knows this spelling.
            (MARK, Value::Timestamp(at)) => visitor.visit_i128(i128::from(at.as_micros())),
            (MARK, other) => Self(other).deserialize_any(visitor),
            (timestamp::MARK, Value::Timestamp(at)) => visitor.visit_i64(at.as_micros()),
            (_, other) => visitor.visit_newtype_struct(Self(other)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let (variant, content) = match self.0 {
            Value::String(variant) => (variant, None),
            Value::Map(fields) if fields.len() == 1 => {
                let (variant, content) = fields
                    .into_iter()
                    .next()
                    .expect("the map was found to have one field");
                (variant, Some(content))
            }
            other => {
                return Err(Failure(format!(
                    "a {} is not an enum variant",
                    other.kind_name()
                )));
            }
        };
        visitor.visit_enum(Variant { variant, content })
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Variant {
    variant: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Failure;
    type Variant = VariantContent;

    fn variant_seed<S>(self, seed: S) -> Result<(S::Value, VariantContent), Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        let name = seed.deserialize(ValueDeserializer(Value::String(self.variant)))?;
        Ok((name, VariantContent(self.content)))
    }
}

struct VariantContent(Option<Value>);

impl VariantContent {
    fn required(self) -> Result<ValueDeserializer, Failure> {
        self.0
            .map(ValueDeserializer)
            .ok_or_else(|| Failure("an enum variant has no content".into()))
    }
}

impl<'de> VariantAccess<'de> for VariantContent {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Failure("a unit variant has content".into())),
        }
    }

    fn newtype_variant_seed<S>(self, seed: S) -> Result<S::Value, Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.required()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.required()?.deserialize_any(visitor)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(MARK, ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that a document can hold")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, other: D) -> Result<Value, D::Error> {
        other.deserialize_any(self)
    }

    fn visit_i128<E: de::Error>(self, micros: i128) -> Result<Value, E> {
        i64::try_from(micros)
            .map(|micros| Value::Timestamp(Timestamp::from_micros(micros)))
            .map_err(|_| E::custom(format!("{micros} does not fit 64 bits")))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Int).map_err(|_| {
            E::custom(format!(
                "{value} is above the largest integer, {}",
                i64::MAX
            ))
        })
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(Bytes::copy_from_slice(value)))
    }

    fn visit_byte_buf<E: de::Error>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = fields.next_entry()? {
            map.insert(name, value);
        }
        Ok(timestamp::of_map(map))
    }
}
