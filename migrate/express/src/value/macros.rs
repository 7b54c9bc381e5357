//! Literals: `object![("id", 1), ..rest]` and `array![1, 2, ..rest]`, with JavaScript's spread.

/// An object literal: `("name", value)` pairs and `..value` spreads, evaluated and applied from left to right.
///
/// ```
/// use isobar_express::{object, JsValue};
///
/// let note = object![("id", 1), ("title", "tea")];
/// let done = object![..&note, ("done", true)];
/// assert_eq!(format!("{done:?}"), r#"{"id":1,"title":"tea","done":true}"#);
/// ```
#[macro_export]
macro_rules! object {
    ($($entry:tt)*) => {{
        let object = $crate::JsObject::new();
        $crate::object_entries!(object, $($entry)*);
        $crate::JsValue::from(object)
    }};
}

/// The entries of [`object!`], one at a time.
#[doc(hidden)]
#[macro_export]
macro_rules! object_entries {
    ($object:ident,) => {};
    ($object:ident, ($name:expr, $value:expr) $(, $($rest:tt)*)?) => {
        $object.define($name, $value);
        $crate::object_entries!($object, $($($rest)*)?);
    };
    ($object:ident, ..$source:expr $(, $($rest:tt)*)?) => {
        $object.assign(&$crate::JsValue::from($source));
        $crate::object_entries!($object, $($($rest)*)?);
    };
}

/// An array literal: values and `..values` spreads, from left to right. What is spread is an iterator of values, as
/// [`JsValue::iterate`](crate::JsValue::iterate) gives it.
///
/// ```
/// use isobar_express::array;
///
/// let first = array![1, "two"];
/// let all = array![..first.to_vec(), true];
/// assert_eq!(format!("{all:?}"), r#"[1,"two",true]"#);
/// ```
#[macro_export]
macro_rules! array {
    ($($element:tt)*) => {{
        let array = $crate::JsArray::new();
        $crate::array_elements!(array, $($element)*);
        array
    }};
}

/// The elements of an array literal as a vector, for a method that takes many values.
#[macro_export]
macro_rules! array_values {
    ($($element:tt)*) => {
        $crate::array![$($element)*].to_vec()
    };
}

/// The elements of [`array!`], one at a time.
#[doc(hidden)]
#[macro_export]
macro_rules! array_elements {
    ($array:ident,) => {};
    ($array:ident, ..$values:expr $(, $($rest:tt)*)?) => {
        for value in $values {
            $array.push(value);
        }
        $crate::array_elements!($array, $($($rest)*)?);
    };
    ($array:ident, $value:expr $(, $($rest:tt)*)?) => {
        $array.push($value);
        $crate::array_elements!($array, $($($rest)*)?);
    };
}
