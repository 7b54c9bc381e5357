//! Functions that stand alone.

use crate::machine::Machine;
use crate::machine::builtin::integer::to_integer;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::operator::number_of;
use crate::machine::value::{Value, index_of, is_space, number_of_text};

/// Calls a global function.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "parseInt" => parse_int(machine, call).unwrap_or(Value::Unknown),
        "parseFloat" => match machine.text_of(&call.argument(0)) {
            Some(text) => Value::Number(parse_float(&text)),
            None => Value::Unknown,
        },
        "isNaN" => {
            number_of(&call.argument(0)).map_or(Value::Unknown, |number| number.is_nan().into())
        }
        "isFinite" => {
            number_of(&call.argument(0)).map_or(Value::Unknown, |number| number.is_finite().into())
        }
        "encodeURIComponent" | "encodeURI" => match machine.text_of(&call.argument(0)) {
            Some(text)
                if text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c)) =>
            {
                Value::Text(text)
            }
            _ => Value::Unknown,
        },
        "decodeURIComponent" | "decodeURI" => match machine.text_of(&call.argument(0)) {
            Some(text) if !text.contains('%') => Value::Text(text),
            _ => Value::Unknown,
        },
        "setTimeout" | "setImmediate" | "queueMicrotask" => {
            machine.note_timer(name, call);
            machine.run_callbacks(call, false);
            machine.open(Kind::Plain, call.site)
        }
        "setInterval" => {
            machine.note_timer(name, call);
            machine.open(Kind::Plain, call.site)
        }
        "resolve" => super::promise::resolve(machine, call),
        "reject" => Value::Undefined,
        "structuredClone" => super::json::copy(machine, &call.argument(0), call.site),
        "fetch" => {
            machine.note_effect(crate::serve::Effect::library("fetch", "fetch", call.site));
            let response = machine.outcome("fetch", "fetch()", call);
            machine.promise(response, call.site)
        }
        "eval" => evaluate(machine, call),
        _ => Value::Unknown,
    }
}

/// A whole number at the start of a text, where a double holds it exactly.
fn parse_int(machine: &Machine<'_>, call: &Call) -> Option<Value> {
    let text = machine.text_of(&call.argument(0))?;
    let radix = match call.argument(1) {
        Value::Undefined => 0.0,
        radix => to_integer(&radix)?,
    };
    let text = text.trim_matches(is_space);
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (if text.starts_with('-') { -1.0 } else { 1.0 }, digits),
        None => (1.0, text),
    };
    let hexadecimal = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (radix, digits) = match (index_of(radix)?, hexadecimal) {
        (0 | 16, Some(digits)) => (16, digits),
        (0, None) => (10, digits),
        (radix @ 2..=36, _) => (u32::try_from(radix).ok()?, digits),
        _ => return Some(Value::Number(f64::NAN)),
    };
    let end = digits
        .find(|digit: char| !digit.is_digit(radix))
        .unwrap_or(digits.len());
    if end == 0 {
        return Some(Value::Number(f64::NAN));
    }
    let number = u64::from_str_radix(&digits[..end], radix).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "checked to be below 2^53")]
    let number = (number < 1 << 53).then_some(number as f64)?;
    Some(Value::Number(sign * number))
}

/// The number at the start of a text: the longest beginning that is one.
fn parse_float(text: &str) -> f64 {
    let text = text.trim_start_matches(is_space);
    let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with("Infinity") {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        return sign * f64::INFINITY;
    }
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let beginnings = (1..=end).rev().map(|end| &text[..end]);
    let mut numbers = beginnings.map(number_of_text);
    numbers.find(|number| !number.is_nan()).unwrap_or(f64::NAN)
}

/// `eval`, which build tools use to hide `require.resolve` from bundlers.
fn evaluate(machine: &mut Machine<'_>, call: &Call) -> Value {
    let resolved = call.text(0).and_then(|text| {
        let inner = text
            .trim()
            .strip_prefix("require.resolve(")?
            .strip_suffix(')')?;
        Some(inner.trim_matches(['"', '\'']).to_owned())
    });
    if let Some(specifier) = resolved {
        let call = Call {
            arguments: vec![Value::from(specifier)],
            ..call.clone()
        };
        return super::require::call(machine, "resolve", &call);
    }
    machine.note_dynamic_code(call.site);
    Value::Unknown
}
