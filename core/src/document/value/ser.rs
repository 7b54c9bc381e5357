//! Serde serializer from typed values to [`Value`].

use std::fmt;

use bytes::Bytes;
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use super::{Map, Timestamp, Value, timestamp};
use crate::error::Error;

/// Why a typed value is not a document value.
#[derive(Debug)]
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn into_error(self) -> Error {
        Error::invalid(self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Outcome = Result<Value, Failure>;

/// Builds a [`Value`] from anything that serde can serialize.
pub(super) struct ValueSerializer;

macro_rules! small_integers {
    ($($method:ident: $source:ty),+ $(,)?) => {
        $(fn $method(self, value: $source) -> Outcome {
            Ok(Value::Int(i64::from(value)))
        })+
    };
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Failure;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    small_integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
    }

    fn serialize_bool(self, value: bool) -> Outcome {
        Ok(Value::Bool(value))
    }

    fn serialize_u64(self, value: u64) -> Outcome {
        i64::try_from(value).map(Value::Int).map_err(|_| {
            Failure(format!(
                "{value} is above the largest integer, {}",
                i64::MAX
            ))
        })
    }

    fn serialize_f32(self, value: f32) -> Outcome {
        Ok(Value::Float(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Outcome {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Outcome {
        Ok(Value::String(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Outcome {
        Ok(Value::String(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Outcome {
        Ok(Value::Bytes(Bytes::copy_from_slice(value)))
    }

    fn serialize_none(self) -> Outcome {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Outcome {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Outcome {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Outcome {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Outcome
    where
        T: Serialize + ?Sized,
    {
        match (name, value.serialize(self)?) {
            (timestamp::MARK, Value::Int(micros)) => {
                Ok(Value::Timestamp(Timestamp::from_micros(micros)))
            }
            (_, value) => Ok(value),
        }
    }

    fn serialize_newtype_variant<T>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Outcome
    where
        T: Serialize + ?Sized,
    {
        Ok(tagged(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Failure> {
        Ok(Items::new(None, length.unwrap_or(0)))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Failure> {
        Ok(Items::new(None, length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, Failure> {
        Ok(Items::new(None, length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, Failure> {
        Ok(Items::new(Some(variant), length))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, Failure> {
        Ok(Fields::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Failure> {
        Ok(Fields::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Failure> {
        Ok(Fields::new(Some(variant)))
    }
}

/// Externally tagged, as serde_json does it.
fn tagged(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Map(Map::from_iter([(name.to_owned(), value)])),
        None => value,
    }
}

/// Collects list items.
pub(super) struct Items {
    variant: Option<&'static str>,
    items: Vec<Value>,
}

impl Items {
    fn new(variant: Option<&'static str>, length: usize) -> Self {
        // The length is the caller's word; a wrong one must not allocate the machine away.
        Self {
            variant,
            items: Vec::with_capacity(length.min(1024)),
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.items.push(value.serialize(ValueSerializer)?);
        Ok(())
    }

    fn finish(self) -> Value {
        tagged(self.variant, Value::List(self.items))
    }
}

macro_rules! collects_items {
    ($($of:ident: $method:ident),+ $(,)?) => {
        $(impl $of for Items {
            type Ok = Value;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.push(value)
            }

            fn end(self) -> Outcome {
                Ok(self.finish())
            }
        })+
    };
}

collects_items! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

/// Collects named fields.
pub(super) struct Fields {
    variant: Option<&'static str>,
    entries: Map,
    name: Option<String>,
}

impl Fields {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            variant,
            entries: Map::new(),
            name: None,
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failure> {
        self.entries
            .insert(name.to_owned(), value.serialize(ValueSerializer)?);
        Ok(())
    }

    fn finish(self) -> Value {
        tagged(self.variant, Value::Map(self.entries))
    }
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.name = Some(match key.serialize(ValueSerializer)? {
            Value::String(name) => name,
            Value::Int(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            other => {
                return Err(Failure(format!(
                    "a {} cannot be a map key",
                    other.kind_name()
                )));
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let name = self
            .name
            .take()
            .ok_or_else(|| Failure("a map value without a key".into()))?;
        self.put(&name, value)
    }

    fn end(self) -> Outcome {
        Ok(match self.finish() {
            Value::Map(fields) => timestamp::of_map(fields),
            other => other,
        })
    }
}

macro_rules! collects_fields {
    ($($of:ident),+ $(,)?) => {
        $(impl $of for Fields {
            type Ok = Value;
            type Error = Failure;

            fn serialize_field<T>(&mut self, name: &'static str, value: &T) -> Result<(), Failure>
            where
                T: Serialize + ?Sized,
            {
                self.put(name, value)
            }

            fn end(self) -> Outcome {
                Ok(self.finish())
            }
        })+
    };
}

collects_fields! { SerializeStruct, SerializeStructVariant }

impl Serialize for Value {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Timestamp(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(fields) => serializer.collect_map(fields),
        }
    }
}
