//! Functions that stand alone.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::operator::number_of;
use crate::machine::value::Value;

/// Calls a global function.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "parseInt" | "parseFloat" => match call.argument(0) {
            Value::Number(number) => Value::Number(number.trunc()),
            Value::Text(text) => {
                let number: String = text
                    .trim()
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || "-.".contains(*c))
                    .collect();
                Value::Number(number.parse().unwrap_or(f64::NAN))
            }
            other => number_of(&other).map_or(Value::Unknown, Value::Number),
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
        "structuredClone" => call.argument(0),
        "fetch" => {
            machine.note_effect(crate::serve::Effect::library("fetch", "fetch", call.site));
            let response = machine.outcome("fetch", "fetch()", call);
            machine.promise(response, call.site)
        }
        "eval" => evaluate(machine, call),
        _ => Value::Unknown,
    }
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
