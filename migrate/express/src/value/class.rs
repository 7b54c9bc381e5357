//! Classes of the ported application, as far as their instances show them.

use super::{ErrorClass, JsObject, JsString, JsValue, Thrown};

/// A class of the application: what `instanceof` compares and what a property access finds on an instance.
///
/// Its methods are functions of the generated code, which calls them by name; here only their names are known.
#[derive(Debug)]
pub struct JsClass {
    name: &'static str,
    parent: Option<&'static JsClass>,
    error: Option<ErrorClass>,
    methods: &'static [&'static str],
}

impl JsClass {
    /// A class that extends nothing.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            parent: None,
            error: None,
            methods: &[],
        }
    }

    /// The class as one that extends `parent`.
    #[must_use]
    pub const fn extending(self, parent: &'static Self) -> Self {
        Self {
            parent: Some(parent),
            error: parent.error,
            ..self
        }
    }

    /// The class as one that extends a built-in error.
    #[must_use]
    pub const fn of_errors(self, class: ErrorClass) -> Self {
        Self {
            error: Some(class),
            ..self
        }
    }

    /// The class with methods of these names.
    #[must_use]
    pub const fn with_methods(self, methods: &'static [&'static str]) -> Self {
        Self { methods, ..self }
    }

    /// An instance without fields, before its constructor runs.
    pub fn instance(&'static self) -> JsValue {
        let object = match self.error {
            Some(class) => JsObject::error(class, JsString::default()),
            None => JsObject::new(),
        };
        object.become_instance(self);
        object.into()
    }

    /// The class's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether an instance has a method of this name.
    pub(super) fn has_method(&self, name: &str) -> bool {
        self.methods.contains(&name) || self.parent.is_some_and(|parent| parent.has_method(name))
    }

    fn is_or_extends(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || self
                .parent
                .is_some_and(|parent| parent.is_or_extends(other))
    }
}

impl JsValue {
    /// `value instanceof class`, for a class of the application.
    pub fn is_instance(&self, class: &JsClass) -> bool {
        let own = self.as_object().and_then(JsObject::class);
        own.is_some_and(|own| own.is_or_extends(class))
    }

    /// `super(message)` in the constructor of a class that extends a built-in error.
    ///
    /// # Errors
    /// What turning the message into text throws.
    pub fn set_error_message(&self, message: &Self) -> Result<(), Thrown> {
        let Self::Object(error) = self else {
            return Ok(());
        };
        if !message.is_undefined() {
            error.define_hidden("message", message.to_js_string()?);
        }
        error.define_hidden("stack", self.to_js_string()?);
        Ok(())
    }

    /// `Error.captureStackTrace(value)`: the stack begins with the error as it is now.
    ///
    /// # Errors
    /// V8's error for a value that is no object.
    pub fn capture_stack_trace(&self) -> Result<(), Thrown> {
        match self {
            Self::Object(object) => {
                object.define_hidden("stack", self.to_js_string()?);
                Ok(())
            }
            _ => Err(Thrown::type_error(format!(
                "Invalid argument: {}",
                self.to_js_string()?
            ))),
        }
    }
}
