//! Conversions between types: ToString, ToNumber, ToPrimitive, property access, iteration.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::properties::PropertyName;
use super::{
    ErrorClass, JsArray, JsObject, JsString, JsValue, Thrown, date, index, number, prototype,
};

/// What `encodeURIComponent` leaves alone beside letters and digits (ECMA-262, 19.2.6.4).
const URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// How deep arrays may nest when they become text. V8 runs out of stack a little later; ours must last in a debug
/// build on a thread with two megabytes.
const DEEPEST_JOIN: usize = 400;

impl JsValue {
    /// `String(value)` for everything but symbols.
    pub fn to_js_string(&self) -> Result<JsString, Thrown> {
        self.to_js_string_within(&mut Vec::new())
    }

    /// `Number(value)`.
    pub fn to_number(&self) -> Result<f64, Thrown> {
        Ok(match self {
            Self::Undefined => f64::NAN,
            Self::Null => 0.0,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Number(value) => *value,
            Self::String(text) => number::string_to_number(text),
            Self::Object(object) => match object.date() {
                Some(time) => time,
                None => return self.to_primitive()?.to_number(),
            },
        })
    }

    /// The value as an operand of `+`, `==` or `<`: objects become strings.
    pub(super) fn to_primitive(&self) -> Result<Self, Thrown> {
        match self {
            Self::Object(object) => object_to_primitive(object, &mut Vec::new()),
            _ => Ok(self.clone()),
        }
    }

    pub(super) fn to_js_string_within(&self, open: &mut Vec<JsObject>) -> Result<JsString, Thrown> {
        Ok(match self {
            Self::Undefined => JsString::literal("undefined"),
            Self::Null => JsString::literal("null"),
            Self::Bool(true) => JsString::literal("true"),
            Self::Bool(false) => JsString::literal("false"),
            Self::Number(value) => number::number_to_string(*value),
            Self::String(text) => text.clone(),
            Self::Object(object) => object_to_primitive(object, open)?.to_js_string()?,
        })
    }

    /// `value.name`; a `TypeError` where the value is `undefined` or `null`.
    pub fn get(&self, name: &(impl PropertyName + ?Sized)) -> Result<Self, Thrown> {
        match self {
            Self::Object(object) => Ok(object.get(name)),
            Self::Undefined | Self::Null => {
                Err(self.cannot("read", "reading", &name.to_js_string().into()))
            }
            Self::String(text) => {
                Ok(string_property(text, name).unwrap_or_else(|| self.inherited(name)))
            }
            Self::Bool(_) | Self::Number(_) => Ok(self.inherited(name)),
        }
    }

    /// `value[key]`.
    pub fn item(&self, key: impl Into<Self>) -> Result<Self, Thrown> {
        let key = key.into();
        if let (Self::Object(object), Some(position)) =
            (self, key.as_number().and_then(index::from_number))
            && let Some(array) = JsArray::from_object(object)
        {
            return Ok(array.get(position));
        }
        if self.is_nullish() {
            return Err(self.cannot("read", "reading", &key));
        }
        self.get(&key.to_js_string()?)
    }

    /// `value.name = new`; assigning to a property of a primitive does nothing.
    pub fn set(
        &self,
        name: &(impl PropertyName + ?Sized),
        new: impl Into<Self>,
    ) -> Result<(), Thrown> {
        match self {
            Self::Object(object) => object.set(name, new.into()),
            Self::Undefined | Self::Null => {
                Err(self.cannot("set", "setting", &name.to_js_string().into()))
            }
            Self::Bool(_) | Self::Number(_) | Self::String(_) => Ok(()),
        }
    }

    /// `value[key] = new`.
    pub fn set_item(&self, key: impl Into<Self>, new: impl Into<Self>) -> Result<(), Thrown> {
        let key = key.into();
        if self.is_nullish() {
            return Err(self.cannot("set", "setting", &key));
        }
        self.set(&key.to_js_string()?, new)
    }

    /// `delete value.name`.
    pub fn delete(&self, name: &(impl PropertyName + ?Sized)) -> Result<(), Thrown> {
        match self {
            Self::Object(object) => object.delete(name),
            Self::Undefined | Self::Null => {
                return Err(Thrown::type_error(
                    "Cannot convert undefined or null to object",
                ));
            }
            Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
        Ok(())
    }

    /// The elements that `for (const x of value)` and a spread visit. `source` is the text of the expression, for
    /// the `TypeError` of a value that cannot be iterated.
    pub fn iterate(&self, source: &str) -> Result<Vec<Self>, Thrown> {
        match self {
            Self::String(text) => Ok(text.code_points().into_iter().map(Self::String).collect()),
            _ => match self.as_array() {
                Some(array) => Ok(array.to_vec()),
                None if source.is_empty() => Err(Thrown::type_error(format!(
                    "{} is not iterable (cannot read property Symbol(Symbol.iterator))",
                    self.call_site()
                ))),
                None => Err(Thrown::type_error(format!("{source} is not iterable"))),
            },
        }
    }

    /// The elements that `for (const x of value)` visits, when the loop itself may change the value.
    ///
    /// # Errors
    /// As [`JsValue::iterate`].
    pub fn iterate_live(
        &self,
        source: &str,
    ) -> Result<Box<dyn Iterator<Item = Self> + Send>, Thrown> {
        match self.as_array() {
            Some(array) => Ok(Box::new(array.live())),
            None => Ok(Box::new(self.iterate(source)?.into_iter())),
        }
    }

    /// The value as V8 names it where the source has no text for it.
    pub(super) fn call_site(&self) -> String {
        match self {
            Self::Null => "object null".to_owned(),
            Self::Bool(value) => format!("boolean {value}"),
            Self::Number(value) => format!("number {}", super::number_to_string(*value)),
            Self::String(text) => format!("string \"{text}\""),
            Self::Undefined | Self::Object(_) => self.type_of().to_owned(),
        }
    }

    fn inherited(&self, name: &(impl PropertyName + ?Sized)) -> Self {
        name.text()
            .and_then(|name| prototype::of_primitive(self, name))
            .unwrap_or_default()
    }

    fn cannot(&self, verb: &str, doing: &str, key: &Self) -> Thrown {
        let value = if matches!(self, Self::Null) {
            "null"
        } else {
            "undefined"
        };
        let detail = key
            .as_key_in_message()
            .map(|key| format!(" ({doing} '{key}')"));
        let detail = detail.unwrap_or_default();
        Thrown::type_error(format!("Cannot {verb} properties of {value}{detail}"))
    }

    /// How V8 names a property key in a message; for an array it says nothing.
    fn as_key_in_message(&self) -> Option<JsString> {
        match self {
            Self::Object(object) if object.is_array() => None,
            Self::Object(object) if object.error_class().is_none() && !object.is_function() => {
                Some(JsString::literal("#<Object>"))
            }
            _ => self.to_js_string().ok(),
        }
    }
}

impl JsObject {
    /// Copies the own enumerable properties of `source`, as spread and `Object.assign` do.
    pub fn assign(&self, source: &JsValue) {
        match source {
            JsValue::Object(source) => {
                for (name, value) in source.entries() {
                    self.define(name, value);
                }
            }
            JsValue::String(text) => {
                for position in 0..text.len() {
                    self.define(position.to_string(), text.range(position, position + 1));
                }
            }
            JsValue::Undefined | JsValue::Null | JsValue::Bool(_) | JsValue::Number(_) => {}
        }
    }
}

/// `encodeURIComponent(text)`; a `URIError` for a lone surrogate.
pub fn encode_uri_component(text: &JsString) -> Result<JsString, Thrown> {
    let malformed = || Thrown::error(ErrorClass::UriError, "URI malformed");
    let text = text.as_str().ok_or_else(malformed)?;
    Ok(utf8_percent_encode(text, URI_COMPONENT).to_string().into())
}

/// `decodeURIComponent(text)`; a `URIError` for a bad escape or bytes that are not UTF-8.
pub fn decode_uri_component(text: &JsString) -> Result<JsString, Thrown> {
    let malformed = || Thrown::error(ErrorClass::UriError, "URI malformed");
    let Some(text) = text.as_str() else {
        return Err(malformed());
    };
    let bytes = text.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (position, _) in escapes {
        let digits = bytes.get(position + 1..position + 3).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
    }
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| malformed())?;
    Ok(JsString::new(&decoded))
}

/// OrdinaryToPrimitive with `toString` first: the objects of the subset have no `valueOf` of their own that gives
/// a primitive.
fn object_to_primitive(object: &JsObject, open: &mut Vec<JsObject>) -> Result<JsValue, Thrown> {
    for method in ["toString", "valueOf"] {
        let Some(own) = object.get_own(method) else {
            if method == "toString" {
                return Ok(object_to_text(object, open)?.into());
            }
            continue;
        };
        let function = own.as_object().and_then(JsObject::as_function);
        let result = function.map(|function| function.call(&[])).transpose()?;
        if let Some(primitive) = result.filter(|result| result.as_object().is_none()) {
            return Ok(primitive);
        }
    }
    Err(Thrown::type_error(
        "Cannot convert object to primitive value",
    ))
}

fn object_to_text(object: &JsObject, open: &mut Vec<JsObject>) -> Result<JsString, Thrown> {
    if let Some(array) = JsArray::from_object(object) {
        if open.len() >= DEEPEST_JOIN {
            return Err(Thrown::range_error("Maximum call stack size exceeded"));
        }
        return array.join_within(&JsString::literal(","), open);
    }
    if object.error_class().is_some() {
        return error_to_text(object);
    }
    if let Some(time) = object.date() {
        return Ok(date::to_js_string(time));
    }
    if let Some(regexp) = object.regexp() {
        return Ok(regexp.to_js_string());
    }
    if let Some(function) = object.as_function() {
        return Ok(format!("function {}() {{ [native code] }}", function.name()).into());
    }
    Ok(JsString::literal("[object Object]"))
}

fn error_to_text(error: &JsObject) -> Result<JsString, Thrown> {
    let name = error
        .get("name")
        .or_default(|| "Error".into())
        .to_js_string()?;
    let message = error
        .get("message")
        .or_default(|| "".into())
        .to_js_string()?;
    Ok(match (name.is_empty(), message.is_empty()) {
        (true, _) => message,
        (_, true) => name,
        _ => JsString::concat_all(&[name, JsString::literal(": "), message]),
    })
}

fn string_property(text: &JsString, name: &(impl PropertyName + ?Sized)) -> Option<JsValue> {
    let name = name.text()?;
    if name == "length" {
        return Some(index::number(text.len()).into());
    }
    let position = index::from_text(name)?;
    (position < text.len()).then(|| text.range(position, position + 1).into())
}
