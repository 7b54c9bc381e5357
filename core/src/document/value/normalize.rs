//! One form for each number, and refusal of numbers that not every store can hold (rule R1).

use super::Value;
use crate::error::{Error, ErrorKind, Result};

/// The range of a DynamoDB number, the narrowest of all stores.
const SMALLEST: f64 = 1e-130;
const TOO_LARGE: f64 = 1e126;
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

pub(super) fn normalize(mut value: Value) -> Result<Value> {
    settle(&mut value)?;
    Ok(value)
}

fn settle(value: &mut Value) -> Result<()> {
    match value {
        Value::Float(float) => *value = number(*float)?,
        Value::List(items) => items.iter_mut().try_for_each(settle)?,
        Value::Map(fields) => fields.values_mut().try_for_each(settle)?,
        _ => {}
    }
    Ok(())
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
