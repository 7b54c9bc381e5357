//! One form for each number, and refusal of numbers that not every store can hold (rule R1).

use super::{Map, Value};
use crate::error::{Error, ErrorKind, Result};

/// The range of a DynamoDB number, the narrowest of all stores.
const SMALLEST: f64 = 1e-130;
const TOO_LARGE: f64 = 1e126;
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

pub(super) fn normalize(value: Value) -> Result<Value> {
    Ok(match value {
        Value::Float(float) => number(float)?,
        Value::List(items) => Value::List(
            items
                .into_iter()
                .map(normalize)
                .collect::<Result<Vec<_>>>()?,
        ),
        Value::Map(fields) => Value::Map(
            fields
                .into_iter()
                .map(|(name, value)| Ok((name, normalize(value)?)))
                .collect::<Result<Map>>()?,
        ),
        other => other,
    })
}

fn number(float: f64) -> Result<Value> {
    if !float.is_finite() {
        return Err(Error::invalid(format!(
            "{float} is not a number that a document can hold"
        )));
    }
    if float.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(&float) {
        #[expect(clippy::cast_possible_truncation, reason = "integral and within i64")]
        return Ok(Value::Int(float as i64));
    }
    if float.abs() < SMALLEST || float.abs() >= TOO_LARGE {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{float:e} is outside 1e-130 <= |x| < 1e126, which every store can hold"),
        ));
    }
    Ok(Value::Float(float))
}
