//! Operators whose meaning depends on the operands' types.

use std::cmp::Ordering;

use super::{JsObject, JsString, JsValue, Thrown, index};

impl JsValue {
    /// `left + right`: concatenation where either side becomes a string, else addition.
    pub fn plus(&self, right: &Self) -> Result<Self, Thrown> {
        if let (Self::Number(left), Self::Number(right)) = (self, right) {
            return Ok(Self::Number(left + right));
        }
        let (left, right) = (self.to_primitive()?, right.to_primitive()?);
        if left.as_string().is_some() || right.as_string().is_some() {
            return Ok(left.to_js_string()?.concat(&right.to_js_string()?).into());
        }
        Ok((left.to_number()? + right.to_number()?).into())
    }

    /// `left == right`, with JavaScript's conversions.
    pub fn loosely_equals(&self, right: &Self) -> Result<bool, Thrown> {
        Ok(match (self, right) {
            _ if self.is_nullish() || right.is_nullish() => self.is_nullish() && right.is_nullish(),
            (Self::Object(_), Self::Object(_)) | (Self::String(_), Self::String(_)) => {
                self == right
            }
            (Self::Object(_), _) => self.to_primitive()?.loosely_equals(right)?,
            (_, Self::Object(_)) => self.loosely_equals(&right.to_primitive()?)?,
            _ => Self::Number(self.to_number()?) == Self::Number(right.to_number()?),
        })
    }

    /// `left < right`.
    pub fn less(&self, right: &Self) -> Result<bool, Thrown> {
        Ok(self.compare(right)? == Some(Ordering::Less))
    }

    /// `left > right`.
    pub fn greater(&self, right: &Self) -> Result<bool, Thrown> {
        Ok(self.compare(right)? == Some(Ordering::Greater))
    }

    /// `left <= right`.
    pub fn at_most(&self, right: &Self) -> Result<bool, Thrown> {
        Ok(matches!(
            self.compare(right)?,
            Some(Ordering::Less | Ordering::Equal)
        ))
    }

    /// `left >= right`.
    pub fn at_least(&self, right: &Self) -> Result<bool, Thrown> {
        Ok(matches!(
            self.compare(right)?,
            Some(Ordering::Greater | Ordering::Equal)
        ))
    }

    /// `ToInt32`, as the bit operators apply it.
    pub fn to_int32(&self) -> Result<i32, Thrown> {
        Ok(index::to_int32(self.to_number()?))
    }

    /// Equality as `includes` and `Map` see it: `===`, except that `NaN` equals itself.
    pub(super) fn same_value_zero(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) if left.is_nan() && right.is_nan() => true,
            _ => self == other,
        }
    }

    /// The value as an operand of `<`: a date is its time.
    fn to_ordered(&self) -> Result<Self, Thrown> {
        match self.as_object().and_then(JsObject::date) {
            Some(time) => Ok(time.into()),
            None => self.to_primitive(),
        }
    }

    /// The order of two values; `None` where a side is `NaN`.
    fn compare(&self, right: &Self) -> Result<Option<Ordering>, Thrown> {
        let (left, right) = (self.to_ordered()?, right.to_ordered()?);
        Ok(match (&left, &right) {
            (Self::String(left), Self::String(right)) => Some(left.cmp(right)),
            _ => left.to_number()?.partial_cmp(&right.to_number()?),
        })
    }
}

/// JavaScript's `===`.
impl PartialEq for JsValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => left.is_same(right),
            _ => false,
        }
    }
}

impl PartialEq<str> for JsValue {
    fn eq(&self, other: &str) -> bool {
        self.as_string().is_some_and(|text| text == other)
    }
}

impl PartialEq<&str> for JsValue {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq<JsString> for JsValue {
    fn eq(&self, other: &JsString) -> bool {
        self.as_string() == Some(other)
    }
}

impl PartialEq<f64> for JsValue {
    fn eq(&self, other: &f64) -> bool {
        self.as_number().is_some_and(|number| number == *other)
    }
}

impl PartialEq<bool> for JsValue {
    fn eq(&self, other: &bool) -> bool {
        matches!(self, Self::Bool(value) if value == other)
    }
}

impl PartialEq<JsValue> for f64 {
    fn eq(&self, other: &JsValue) -> bool {
        other == self
    }
}

impl PartialEq<JsValue> for bool {
    fn eq(&self, other: &JsValue) -> bool {
        other == self
    }
}

impl PartialEq<JsValue> for JsString {
    fn eq(&self, other: &JsValue) -> bool {
        other == self
    }
}

impl PartialEq<JsValue> for &str {
    fn eq(&self, other: &JsValue) -> bool {
        other == self
    }
}

impl PartialEq<JsString> for &str {
    fn eq(&self, other: &JsString) -> bool {
        other == self
    }
}
