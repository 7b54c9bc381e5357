//! JavaScript values as documents: JSON, with a tag for what JSON cannot say.
//!
//! `undefined`, numbers that no store can hold and text with half a surrogate pair become `{"$js": …}`; an object that
//! has such a property itself is written as a list of entries. Values that are no plain data are refused.

use isobar::{Error, ErrorKind};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::value::{JsArray, JsObject, JsString, JsValue, index_from_number};

const TAG: &str = "$js";

/// A JavaScript value as it is stored.
#[derive(Debug, Clone)]
pub struct StoredValue(pub JsValue);

/// The value as JSON.
pub(super) fn text_of(value: &JsValue) -> isobar::Result<String> {
    serde_json::to_string(&StoredValue(value.clone())).map_err(|error| {
        let message = "the state holds a value that cannot be stored";
        Error::new(ErrorKind::Internal, message).with_source(error)
    })
}

/// Whether every store can hold the number as it is (rule R5).
fn is_storable(number: f64) -> bool {
    let magnitude = number.abs();
    let negative_zero = number == 0.0 && number.is_sign_negative();
    !negative_zero && (magnitude == 0.0 || (1e-130..1e126).contains(&magnitude))
}

impl Serialize for StoredValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            JsValue::Undefined => tagged(serializer, "undefined", None),
            JsValue::Null => serializer.serialize_unit(),
            JsValue::Bool(value) => serializer.serialize_bool(*value),
            JsValue::Number(number) if is_storable(*number) => serializer.serialize_f64(*number),
            JsValue::Number(number) => {
                let text = if *number == 0.0 {
                    "-0".to_owned()
                } else {
                    number.to_string()
                };
                tagged(serializer, "number", Some(text))
            }
            JsValue::String(text) => {
                if let Some(text) = text.as_str() {
                    return serializer.serialize_str(text);
                }
                let units = text.units().iter().map(u16::to_string).collect::<Vec<_>>();
                tagged(serializer, "text", Some(units.join(" ")))
            }
            JsValue::Object(object) if object.date().is_some() => {
                let time = object.date().unwrap_or(f64::NAN);
                tagged(serializer, "date", Some(time.to_string()))
            }
            JsValue::Object(object) => match JsArray::from_object(object) {
                Some(array) => serialize_array(serializer, &array),
                None => serialize_object(serializer, object),
            },
        }
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    text: Option<String>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(TAG, tag)?;
    if let Some(text) = text {
        map.serialize_entry("value", &text)?;
    }
    map.end()
}

fn serialize_array<S: Serializer>(serializer: S, array: &JsArray) -> Result<S::Ok, S::Error> {
    if !array.as_object().is_dense_array() {
        return serialize_sparse(serializer, array);
    }
    let elements = array.to_vec();
    let mut list = serializer.serialize_seq(Some(elements.len()))?;
    for element in elements {
        list.serialize_element(&StoredValue(element))?;
    }
    list.end()
}

/// An array with holes or named properties.
fn serialize_sparse<S: Serializer>(serializer: S, array: &JsArray) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(3))?;
    map.serialize_entry(TAG, "array")?;
    map.serialize_entry("length", &array.len())?;
    map.serialize_entry("value", &entries_of(array.as_object())?)?;
    map.end()
}

fn serialize_object<S: Serializer>(serializer: S, object: &JsObject) -> Result<S::Ok, S::Error> {
    let entries = entries_of(object)?;
    let mut map = serializer.serialize_map(None)?;
    // The order of integer names is not the order of their addition, but it is always the same.
    if entries.iter().any(|(name, _)| name == TAG) {
        map.serialize_entry(TAG, "object")?;
        map.serialize_entry("value", &entries)?;
        return map.end();
    }
    for (name, value) in &entries {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

fn entries_of<E: serde::ser::Error>(object: &JsObject) -> Result<Vec<(String, StoredValue)>, E> {
    let entries = object.entries().into_iter();
    let text = |name: &JsString| name.as_str().map(str::to_owned);
    entries
        .map(|(name, value)| {
            let name = text(&name)
                .ok_or_else(|| E::custom("a name with half a surrogate pair cannot be stored"))?;
            Ok((name, StoredValue(value)))
        })
        .collect()
}

impl<'de> Deserialize<'de> for StoredValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> de::Visitor<'de> for ValueVisitor {
    type Value = JsValue;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JavaScript value")
    }

    fn visit_unit<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::Null)
    }

    fn visit_none<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsValue, E> {
        Ok(value.into())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "it was a double when it was stored"
    )]
    fn visit_i64<E>(self, value: i64) -> Result<JsValue, E> {
        Ok((value as f64).into())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "it was a double when it was stored"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<JsValue, E> {
        Ok((value as f64).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsValue, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<JsValue, E> {
        Ok(JsValue::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<JsValue, E> {
        Ok(text.into())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<JsValue, A::Error> {
        let mut elements = Vec::new();
        while let Some(StoredValue(element)) = list.next_element()? {
            elements.push(element);
        }
        Ok(JsArray::from_values(elements).into())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<JsValue, A::Error> {
        let object = JsObject::new();
        let mut is_tagged = false;
        while let Some((name, StoredValue(value))) = map.next_entry::<String, StoredValue>()? {
            is_tagged |= name == TAG;
            object.define(name, value);
        }
        if is_tagged {
            untagged(&object).map_err(de::Error::custom)
        } else {
            Ok(object.into())
        }
    }
}

/// The value that a tagged map stands for.
fn untagged(map: &JsObject) -> Result<JsValue, &'static str> {
    let text = |name: &str| {
        map.get(name)
            .as_string()
            .map(|text| text.to_text().into_owned())
    };
    let tag = text(TAG).ok_or("a tag is no text")?;
    match tag.as_str() {
        "undefined" => Ok(JsValue::Undefined),
        "number" => {
            let number = text("value").and_then(|text| text.parse::<f64>().ok());
            number
                .map(JsValue::Number)
                .ok_or("a tagged number cannot be read")
        }
        "date" => {
            let time = text("value").and_then(|text| text.parse::<f64>().ok());
            time.map(|time| JsObject::of_date(time).into())
                .ok_or("a tagged date cannot be read")
        }
        "text" => {
            let units = text("value").unwrap_or_default();
            let units: Result<Vec<u16>, _> = units.split(' ').map(str::parse).collect();
            let units = units.map_err(|_| "tagged text cannot be read")?;
            Ok(JsString::from_units(&units).into())
        }
        "object" => {
            let object = JsObject::new();
            for (name, value) in tagged_entries(map)? {
                object.define(name, value);
            }
            Ok(object.into())
        }
        "array" => {
            let length = map.get("length").as_number();
            let length = length
                .and_then(index_from_number)
                .ok_or("a length is no number")?;
            let array = JsArray::of_holes(length);
            for (name, value) in tagged_entries(map)? {
                let set = array.as_object().set(&name, value);
                set.map_err(|_| "a tagged element cannot be set")?;
            }
            Ok(array.into())
        }
        _ => Err("an unknown tag"),
    }
}

fn tagged_entries(map: &JsObject) -> Result<Vec<(JsString, JsValue)>, &'static str> {
    let entries = map.get("value").as_array();
    let entries = entries.ok_or("tagged entries cannot be read")?.to_vec();
    let entries = entries.into_iter().map(|entry| {
        let entry = entry.as_array().ok_or("a tagged entry cannot be read")?;
        let name = entry.get(0).as_string().cloned();
        Ok((name.ok_or("a tagged name is no text")?, entry.get(1)))
    });
    entries.collect()
}
