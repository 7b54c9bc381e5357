//! Serde deserializer from packed fields to typed values, with no tree of values in between.
//!
//! It reads as [`ValueDeserializer`](super::de::ValueDeserializer) reads the same document.

use serde::de::{
    self, Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::de::{Failure, MARK};
use super::map_key::MapKey;
use super::timestamp;
use crate::driver::packed::{
    BYTES, FALSE, FLOAT, INT, LIST, MAP, MAX_DEPTH, Malformed, NULL, Reader, STRING, TIMESTAMP,
    TRUE, skip,
};

impl From<Malformed> for Failure {
    fn from(Malformed: Malformed) -> Self {
        Self("its bytes are damaged".to_owned())
    }
}

/// Reads a typed document out of packed fields.
pub(super) fn unpack<'de, T: Deserialize<'de>>(fields: &'de [u8]) -> Result<T, Failure> {
    let mut reader = Reader::new(fields);
    let document = T::deserialize(Unpacker {
        reader: &mut reader,
        tag: MAP,
        depth: MAX_DEPTH + 1,
    })?;
    reader.end()?;
    Ok(document)
}

/// Reads one value, whose tag was read.
struct Unpacker<'r, 'de> {
    reader: &'r mut Reader<'de>,
    tag: u8,
    /// How many levels more there may be.
    depth: u32,
}

impl<'r, 'de> Unpacker<'r, 'de> {
    fn next(reader: &'r mut Reader<'de>, depth: u32) -> Result<Self, Failure> {
        let tag = reader.byte()?;
        Ok(Self { reader, tag, depth })
    }

    /// The items or entries of a list or map.
    fn entries(self) -> Result<Entries<'r, 'de>, Failure> {
        Ok(Entries {
            left: self.reader.count()?,
            depth: self.depth.checked_sub(1).ok_or(Malformed)?,
            reader: self.reader,
        })
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let mut fields = self.entries()?;
        let map = visitor.visit_map(&mut fields)?;
        if fields.left > 0 {
            fields.pass(MAP)?;
        }
        Ok(map)
    }

    fn kind_name(&self) -> &'static str {
        match self.tag {
            NULL => "null",
            FALSE | TRUE => "bool",
            INT | FLOAT => "number",
            STRING => "string",
            BYTES => "bytes",
            TIMESTAMP => "timestamp",
            LIST => "list",
            _ => "map",
        }
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.tag {
                INT | TIMESTAMP => visitor.visit_i64(self.reader.signed()?),
                _ => self.deserialize_any(visitor),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Unpacker<'_, 'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tag {
            NULL => visitor.visit_unit(),
            FALSE => visitor.visit_bool(false),
            TRUE => visitor.visit_bool(true),
            INT => visitor.visit_i64(self.reader.signed()?),
            FLOAT => visitor.visit_f64(f64::from_bits(u64::from_le_bytes(self.reader.array()?))),
            STRING => visitor.visit_borrowed_str(self.reader.text()?),
            BYTES => visitor.visit_borrowed_bytes(self.reader.bytes()?),
            // Whoever takes anything has no instants, but hands a map on as it is.
            TIMESTAMP => visitor.visit_map(de::value::MapDeserializer::new(std::iter::once((
                timestamp::MARK,
                self.reader.signed()?,
            )))),
            LIST => {
                let mut items = self.entries()?;
                let list = visitor.visit_seq(&mut items)?;
                items.pass(LIST)?;
                Ok(list)
            }
            MAP => self.map(visitor),
            _ => Err(Malformed.into()),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tag {
            STRING => visitor.visit_borrowed_str(self.reader.text()?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tag {
            FALSE => visitor.visit_bool(false),
            TRUE => visitor.visit_bool(true),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.tag {
            MAP => self.map(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tag {
            NULL => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match (name, self.tag) {
            // Only `ValueVisitor` asks under this name, and only it knows this spelling.
            (MARK, TIMESTAMP) => visitor.visit_i128(i128::from(self.reader.signed()?)),
            (MARK, _) => self.deserialize_any(visitor),
            (timestamp::MARK, TIMESTAMP) => visitor.visit_i64(self.reader.signed()?),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let kind = self.kind_name();
        let not_a_variant = || Failure(format!("a {kind} is not an enum variant"));
        match self.tag {
            STRING => visitor.visit_enum(Variant {
                name: self.reader.text()?,
                content: None,
            }),
            MAP => {
                let Entries {
                    reader,
                    left: 1,
                    depth,
                } = self.entries()?
                else {
                    return Err(not_a_variant());
                };
                visitor.visit_enum(Variant {
                    name: reader.text()?,
                    content: Some(Unpacker::next(reader, depth)?),
                })
            }
            _ => Err(not_a_variant()),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        skip(self.reader, self.tag, self.depth)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier
    }
}

/// What is left of a list or a map.
struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
    depth: u32,
}

impl Entries<'_, '_> {
    /// Whether there is one more, which then is no longer left.
    fn step(&mut self) -> bool {
        let more = self.left > 0;
        self.left -= usize::from(more);
        more
    }

    /// Passes over what the visitor did not ask for.
    fn pass(&mut self, tag: u8) -> Result<(), Failure> {
        while self.step() {
            if tag == MAP {
                self.reader.bytes()?;
            }
            let tag = self.reader.byte()?;
            skip(self.reader, tag, self.depth)?;
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Failure;

    fn next_element_seed<S>(&mut self, seed: S) -> Result<Option<S::Value>, Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        if !self.step() {
            return Ok(None);
        }
        let item = Unpacker::next(self.reader, self.depth)?;
        seed.deserialize(item).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<S>(&mut self, seed: S) -> Result<Option<S::Value>, Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        if !self.step() {
            return Ok(None);
        }
        let name = MapKey(self.reader.text()?.into());
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S>(&mut self, seed: S) -> Result<S::Value, Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        seed.deserialize(Unpacker::next(self.reader, self.depth)?)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

struct Variant<'r, 'de> {
    name: &'de str,
    content: Option<Unpacker<'r, 'de>>,
}

impl<'r, 'de> EnumAccess<'de> for Variant<'r, 'de> {
    type Error = Failure;
    type Variant = VariantContent<'r, 'de>;

    fn variant_seed<S>(self, seed: S) -> Result<(S::Value, Self::Variant), Failure>
    where
        S: de::DeserializeSeed<'de>,
    {
        let name = seed.deserialize(MapKey(self.name.into()))?;
        Ok((name, VariantContent(self.content)))
    }
}

struct VariantContent<'r, 'de>(Option<Unpacker<'r, 'de>>);

impl<'r, 'de> VariantContent<'r, 'de> {
    fn required(self) -> Result<Unpacker<'r, 'de>, Failure> {
        self.0
            .ok_or_else(|| Failure("an enum variant has no content".into()))
    }
}

impl<'de> VariantAccess<'de> for VariantContent<'_, 'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.0 {
            None | Some(Unpacker { tag: NULL, .. }) => Ok(()),
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
