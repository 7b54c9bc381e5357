//! What a handler can throw: any JavaScript value, usually one of the built-in errors with V8's message.

use std::fmt;

use super::{JsObject, JsString, JsValue};

/// The built-in error constructors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// `Error`.
    Error,
    /// `TypeError`.
    TypeError,
    /// `RangeError`.
    RangeError,
    /// `SyntaxError`.
    SyntaxError,
    /// `ReferenceError`.
    ReferenceError,
    /// `EvalError`.
    EvalError,
    /// `URIError`.
    UriError,
}

impl ErrorClass {
    /// The constructor's name, which is also the error's `name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::TypeError => "TypeError",
            Self::RangeError => "RangeError",
            Self::SyntaxError => "SyntaxError",
            Self::ReferenceError => "ReferenceError",
            Self::EvalError => "EvalError",
            Self::UriError => "URIError",
        }
    }
}

/// A value in flight from `throw` to the `catch` or error middleware that takes it.
#[derive(Clone)]
pub struct Thrown(JsValue);

impl Thrown {
    /// What `throw value` throws.
    pub fn new(value: impl Into<JsValue>) -> Self {
        Self(value.into())
    }

    /// A new error object of a built-in class.
    pub fn error(class: ErrorClass, message: impl Into<JsString>) -> Self {
        Self(JsObject::error(class, message.into()).into())
    }

    /// A new `TypeError`.
    pub fn type_error(message: impl Into<JsString>) -> Self {
        Self::error(ErrorClass::TypeError, message)
    }

    /// A new `RangeError`.
    pub fn range_error(message: impl Into<JsString>) -> Self {
        Self::error(ErrorClass::RangeError, message)
    }

    /// A new `SyntaxError`.
    pub fn syntax_error(message: impl Into<JsString>) -> Self {
        Self::error(ErrorClass::SyntaxError, message)
    }

    /// The thrown value, as `catch (error)` receives it.
    pub fn value(&self) -> &JsValue {
        &self.0
    }

    /// The thrown value, as `catch (error)` receives it.
    pub fn into_value(self) -> JsValue {
        self.0
    }
}

impl fmt::Debug for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thrown({self})")
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_js_string() {
            Ok(text) => write!(f, "{text}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

impl std::error::Error for Thrown {}
