//! Numbers that stand for places in texts and arrays.

use crate::machine::operator::number_of;
use crate::machine::value::{Value, index_of};

/// A value without its fraction, 0 for none; nothing where the value is not known.
pub(crate) fn to_integer(value: &Value) -> Option<f64> {
    let number = number_of(value)?;
    Some(if number.is_nan() {
        0.0
    } else {
        number.trunc() + 0.0
    })
}

/// A place within `len`, where a negative one is the first.
pub(crate) fn position(value: &Value, len: usize, default: usize) -> Option<usize> {
    if *value == Value::Undefined {
        return Some(default);
    }
    let integer = to_integer(value)?.max(0.0);
    Some(index_of(integer).unwrap_or(len).min(len))
}

/// A place within `len`, where a negative one counts from the end.
pub(crate) fn relative(value: &Value, len: usize, default: usize) -> Option<usize> {
    if *value == Value::Undefined {
        return Some(default);
    }
    let integer = to_integer(value)?;
    if integer >= 0.0 {
        return Some(index_of(integer).unwrap_or(len).min(len));
    }
    Some(len.saturating_sub(index_of(-integer).unwrap_or(len)))
}
