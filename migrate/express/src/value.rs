//! JavaScript values with JavaScript's semantics, for handlers whose types are only known at run time.
//!
//! Objects and arrays are shared by reference, as in the source language, and every value is `Send + Sync`,
//! because a handler may move between threads at each `.await`. What can throw in JavaScript returns
//! `Result<_, Thrown>`, with the message that V8 (Node 20) gives.

mod array;
mod buffer;
mod callbacks;
mod checked;
mod class;
mod convert;
mod date;
mod date_text;
mod function;
mod globals;
mod index;
mod invoke;
mod json_parse;
mod json_stringify;
mod macros;
mod mark;
mod number;
mod object;
mod operators;
mod properties;
mod prototype;
mod regexp;
mod sort;
mod string;
mod string_methods;
mod text;
mod thrown;
mod truthy;

pub use array::JsArray;
pub use class::JsClass;
pub use convert::{decode_uri_component, encode_uri_component};
pub use date::{date_now, date_parse, iso_now, new_date};
pub use function::JsFunction;
pub use globals::{
    array_from, attempt, console_debug, console_error, console_log, console_warn, create_error,
    escape_html, math_max, math_min, math_pow, math_random, math_round, math_sign, new_array,
    number_is_finite, number_is_integer, number_is_nan, number_is_safe_integer, numbers,
    object_assign, object_entries, object_from_entries, object_has_own, object_keys, object_values,
    process_uptime, random_uuid, settle_all, to_int32,
};
pub(crate) use index::from_number as index_from_number;
pub use json_parse::parse as json_parse;
pub use json_stringify::{stringify as json_stringify, stringify_pretty as json_stringify_pretty};
pub(crate) use mark::Mark;
pub use number::{number_to_string, parse_float, parse_int};
pub use object::JsObject;
pub use properties::PropertyName;
pub use regexp::{new_regexp, regex};
pub use string::JsString;
pub use text::TextPart;
pub use thrown::{ErrorClass, Thrown};
pub use truthy::Truthy;

use std::fmt;

/// Any JavaScript value of the supported subset.
///
/// `==` on this type is JavaScript's `===`: `NaN` differs from itself and objects are equal only when they are the
/// same object. See [`JsValue::loosely_equals`] for JavaScript's `==`.
#[derive(Clone, Default)]
pub enum JsValue {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number: an IEEE 754 double, as every number of the source language.
    Number(f64),
    /// A string.
    String(JsString),
    /// An object, array, function, date, regular expression or error, by reference.
    Object(JsObject),
}

impl JsValue {
    /// A string value from text that is not known at compile time.
    pub fn text(text: &str) -> Self {
        Self::String(JsString::new(text))
    }

    /// What `typeof` answers.
    pub fn type_of(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Object(object) if object.is_function() => "function",
            Self::Null | Self::Object(_) => "object",
        }
    }

    /// Whether the value counts as true in a condition.
    pub fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::String(value) => !value.is_empty(),
            Self::Object(_) => true,
        }
    }

    /// Whether the value is `undefined`.
    pub fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined)
    }

    /// Whether the value is `undefined` or `null`, which is what `??` and `?.` ask.
    pub fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// Whether the value is an array, as `Array.isArray` answers.
    pub fn is_array(&self) -> bool {
        matches!(self, Self::Object(object) if object.is_array())
    }

    /// The string in this value, when it is one.
    pub fn as_string(&self) -> Option<&JsString> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The number in this value, when it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The object in this value, when it is one; arrays, functions and errors are objects.
    pub fn as_object(&self) -> Option<&JsObject> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The array in this value, when it is one.
    pub fn as_array(&self) -> Option<JsArray> {
        self.as_object().and_then(JsArray::from_object)
    }

    /// This value, or `default()` where it is `undefined`: a default of a parameter or of a destructuring pattern.
    #[must_use]
    pub fn or_default(self, default: impl FnOnce() -> Self) -> Self {
        if self.is_undefined() { default() } else { self }
    }
}

/// Compact JSON where the value has one, else the name of its kind; meant for logs and tests.
impl fmt::Debug for JsValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match json_stringify(self) {
            Ok(Self::String(text)) => write!(f, "{text}"),
            _ => write!(f, "[{}]", self.type_of()),
        }
    }
}

impl From<&'static str> for JsValue {
    fn from(text: &'static str) -> Self {
        Self::String(JsString::literal(text))
    }
}

impl From<String> for JsValue {
    fn from(text: String) -> Self {
        Self::String(JsString::from(text))
    }
}

impl From<JsString> for JsValue {
    fn from(text: JsString) -> Self {
        Self::String(text)
    }
}

impl From<f64> for JsValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for JsValue {
    fn from(number: i32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<u32> for JsValue {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<bool> for JsValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<JsObject> for JsValue {
    fn from(object: JsObject) -> Self {
        Self::Object(object)
    }
}

impl From<JsArray> for JsValue {
    fn from(array: JsArray) -> Self {
        Self::Object(array.into_object())
    }
}

impl From<JsFunction> for JsValue {
    fn from(function: JsFunction) -> Self {
        Self::Object(JsObject::function(function))
    }
}

impl From<()> for JsValue {
    fn from((): ()) -> Self {
        Self::Undefined
    }
}

impl<T: Into<JsValue>> From<Option<T>> for JsValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Undefined, Into::into)
    }
}

impl From<&Self> for JsValue {
    fn from(value: &Self) -> Self {
        value.clone()
    }
}

impl From<&JsString> for JsValue {
    fn from(value: &JsString) -> Self {
        Self::String(value.clone())
    }
}

impl From<&JsArray> for JsValue {
    fn from(array: &JsArray) -> Self {
        Self::Object(array.as_object().clone())
    }
}

impl From<&JsObject> for JsValue {
    fn from(object: &JsObject) -> Self {
        Self::Object(object.clone())
    }
}

#[cfg(test)]
mod tests;
