//! Access to values of unknown type, with V8's errors for values that lack what is asked of them.

use super::properties::PropertyName;
use super::{JsArray, JsObject, JsString, JsValue, Thrown, index, invoke};

impl JsValue {
    /// The value as text, to call a method that only text has. `callee` is the text of the callee in the source.
    ///
    /// # Errors
    /// `callee is not a function`, or V8's error for a property of `undefined` or `null`.
    pub fn string_for(&self, callee: &str) -> Result<JsString, Thrown> {
        match self {
            Self::String(text) => Ok(text.clone()),
            _ => Err(self.lacks(callee)),
        }
    }

    /// The value as an array, to call a method that only arrays have. `callee` is the text of the callee in the source.
    ///
    /// # Errors
    /// As [`JsValue::string_for`].
    pub fn array_for(&self, callee: &str) -> Result<JsArray, Thrown> {
        self.as_array().ok_or_else(|| self.lacks(callee))
    }

    /// The value as an array, to go through what an iterator of it visits: `for (const [index, x] of value.entries())`.
    ///
    /// # Errors
    /// V8's error for a value that has no such method, which names `callee`.
    pub fn iterable_array(&self, callee: &str) -> Result<JsArray, Thrown> {
        if self.is_nullish() {
            return self.array_for(callee);
        }
        let message = format!("{callee} is not a function or its return value is not iterable");
        self.as_array().ok_or_else(|| Thrown::type_error(message))
    }

    /// Calls the built-in method `name`, whichever type of value has it. `callee` is the text of the callee in the source.
    ///
    /// # Errors
    /// As [`JsValue::string_for`], and what the method throws.
    pub fn invoke(&self, name: &str, callee: &str, arguments: &[Self]) -> Result<Self, Thrown> {
        match invoke::invoke(self, name, arguments) {
            Some(result) => result,
            None => Err(self.lacks(callee)),
        }
    }

    /// The property `name`, taken out by a pattern. `source` is the text of what is taken apart; empty where the
    /// source has none, as for an argument.
    ///
    /// # Errors
    /// V8's error where the value is `undefined` or `null`.
    pub fn pick(&self, name: &str, source: &str) -> Result<Self, Thrown> {
        if self.is_nullish() {
            let value = if self.is_undefined() {
                "undefined"
            } else {
                "null"
            };
            let own = self.call_site();
            let source = if source.is_empty() { &own } else { source };
            return Err(Thrown::type_error(format!(
                "Cannot destructure property '{name}' of '{source}' as it is {value}."
            )));
        }
        self.get(name)
    }

    /// A copy of the object without these properties: what `...rest` takes in a pattern.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let rest = JsObject::new();
        rest.assign(self);
        for name in names {
            rest.delete(*name);
        }
        rest.into()
    }

    /// `value instanceof class`, for a class that is built in.
    pub fn is_instance_of(&self, class: &str) -> bool {
        let Self::Object(object) = self else {
            return false;
        };
        match object.error_class() {
            Some(own) => class == "Error" || class == own.name(),
            None => match class {
                "Array" => object.is_array(),
                "Date" => object.date().is_some(),
                _ => false,
            },
        }
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// `Number(value)`, or `absent` where the value is `undefined`: an argument that may be left out.
    ///
    /// # Errors
    /// As [`JsValue::to_number`].
    pub fn to_number_or(&self, absent: f64) -> Result<f64, Thrown> {
        if self.is_undefined() {
            Ok(absent)
        } else {
            self.to_number()
        }
    }

    /// `value.name = change(value.name)`: the new value.
    ///
    /// # Errors
    /// As [`JsValue::get`] and [`JsValue::set`], and what `change` throws.
    pub fn update(
        &self,
        name: &(impl PropertyName + ?Sized),
        change: impl FnOnce(Self) -> Result<Self, Thrown>,
    ) -> Result<Self, Thrown> {
        let changed = change(self.get(name)?)?;
        self.set(name, &changed)?;
        Ok(changed)
    }

    /// `value[key] = change(value[key])`: the new value.
    ///
    /// # Errors
    /// As [`JsValue::update`].
    pub fn update_item(
        &self,
        key: impl Into<Self>,
        change: impl FnOnce(Self) -> Result<Self, Thrown>,
    ) -> Result<Self, Thrown> {
        let key = key.into();
        let changed = change(self.item(&key)?)?;
        self.set_item(&key, &changed)?;
        Ok(changed)
    }

    /// `key in value`.
    ///
    /// # Errors
    /// V8's error for a value that is no object.
    pub fn contains(&self, key: impl Into<Self>) -> Result<bool, Thrown> {
        let key = key.into().to_js_string()?;
        if let Self::Object(object) = self {
            return Ok(object.has(&key));
        }
        let value = self.to_js_string()?;
        Err(Thrown::type_error(format!(
            "Cannot use 'in' operator to search for '{key}' in {value}"
        )))
    }

    /// The names that `for (const name in value)` visits.
    pub fn property_names(&self) -> Vec<JsString> {
        match self {
            Self::Object(object) => object.keys(),
            Self::String(text) => (0..text.len())
                .map(|index| JsString::from(index.to_string()))
                .collect(),
            Self::Undefined | Self::Null | Self::Bool(_) | Self::Number(_) => Vec::new(),
        }
    }

    /// The same where the loop may delete properties: those that are gone when their turn comes are passed over.
    pub fn live_property_names(&self) -> impl Iterator<Item = JsString> + use<> {
        let value = self.clone();
        let names = self.property_names().into_iter();
        names.filter(move |name| match &value {
            Self::Object(object) => object.has(name),
            _ => true,
        })
    }

    /// The error of calling a method that this value does not have.
    fn lacks(&self, callee: &str) -> Thrown {
        if self.is_nullish() {
            let name = callee.rsplit('.').next().unwrap_or(callee);
            return match self.get(name) {
                Err(thrown) => thrown,
                Ok(_) => Thrown::type_error(format!("{callee} is not a function")),
            };
        }
        Thrown::type_error(format!("{callee} is not a function"))
    }
}

impl JsArray {
    /// `array[position]`, where the position is any number.
    pub fn item(&self, position: f64) -> JsValue {
        index::from_number(position).map_or(JsValue::Undefined, |index| self.get(index))
    }

    /// `array.length`.
    pub fn length(&self) -> f64 {
        index::number(self.len())
    }

    /// `push(...values)`: the new length.
    pub fn push_all(&self, values: impl IntoIterator<Item = JsValue>) -> f64 {
        for value in values {
            self.push(value);
        }
        self.length()
    }
}

impl JsString {
    /// `text.length`.
    pub fn length(&self) -> f64 {
        index::number(self.len())
    }

    /// `Number(text)`.
    pub fn to_number(&self) -> f64 {
        super::number::string_to_number(self)
    }
}
