//! `Math`, except for what is random.

use std::cmp::Ordering;

use crate::machine::call::Call;
use crate::machine::operator::{number_of, power};
use crate::machine::value::Value;

/// Calls a function of `Math`.
pub(super) fn call(name: &str, call: &Call) -> Value {
    let numbers: Option<Vec<f64>> = call.arguments.iter().map(number_of).collect();
    let Some(numbers) = numbers else {
        return Value::Unknown;
    };
    let first = numbers.first().copied().unwrap_or(f64::NAN);
    Value::Number(match name {
        "floor" => first.floor(),
        "ceil" => first.ceil(),
        "round" => round(first),
        "trunc" => first.trunc(),
        "abs" => first.abs(),
        "sqrt" => first.sqrt(),
        "pow" => return power(first, numbers.get(1).copied().unwrap_or(f64::NAN)),
        "max" => numbers.into_iter().fold(f64::NEG_INFINITY, greater),
        "min" => numbers
            .into_iter()
            .fold(f64::INFINITY, |a, b| -greater(-a, -b)),
        _ => return Value::Unknown,
    })
}

/// The nearest whole number, the greater of two that are as near.
fn round(number: f64) -> f64 {
    let below = number.floor();
    let rounded = if number - below >= 0.5 {
        below + 1.0
    } else {
        below
    };
    rounded.copysign(number)
}

/// The greater number: `NaN` where either is, and 0 above -0.
fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    match a.total_cmp(&b) {
        Ordering::Less => b,
        Ordering::Equal | Ordering::Greater => a,
    }
}
