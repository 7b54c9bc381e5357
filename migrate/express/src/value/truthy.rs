//! Truthiness of values whose type is known, and `||`, `&&` and `??`.

use super::{JsArray, JsString, JsValue};

/// Values of a known type that count as true or false.
pub trait Truthy: Sized {
    /// Whether the value counts as true in a condition.
    fn truthy(&self) -> bool;

    /// `value || other`.
    #[must_use]
    fn or(self, other: Self) -> Self {
        if self.truthy() { self } else { other }
    }

    /// `value && other`.
    #[must_use]
    fn and(self, other: Self) -> Self {
        if self.truthy() { other } else { self }
    }
}

impl Truthy for f64 {
    fn truthy(&self) -> bool {
        *self != 0.0 && !self.is_nan()
    }
}

impl Truthy for bool {
    fn truthy(&self) -> bool {
        *self
    }
}

impl Truthy for JsString {
    fn truthy(&self) -> bool {
        !self.is_empty()
    }
}

impl Truthy for JsArray {
    fn truthy(&self) -> bool {
        true
    }
}

impl JsValue {
    /// `value || other`.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        if self.truthy() { self } else { other.into() }
    }

    /// `value && other`.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        if self.truthy() { other.into() } else { self }
    }

    /// `value ?? other`.
    #[must_use]
    pub fn or_if_nullish(self, other: impl Into<Self>) -> Self {
        if self.is_nullish() {
            other.into()
        } else {
            self
        }
    }
}
