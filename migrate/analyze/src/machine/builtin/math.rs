//! `Math`, except for what is random.

use crate::machine::call::Call;
use crate::machine::operator::number_of;
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
        "round" => (first + 0.5).floor(),
        "trunc" => first.trunc(),
        "abs" => first.abs(),
        "sqrt" => first.sqrt(),
        "pow" => first.powf(numbers.get(1).copied().unwrap_or(f64::NAN)),
        "max" => numbers.into_iter().fold(f64::NEG_INFINITY, f64::max),
        "min" => numbers.into_iter().fold(f64::INFINITY, f64::min),
        _ => return Value::Unknown,
    })
}
