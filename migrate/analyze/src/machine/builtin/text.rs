//! Methods of strings.

use crate::machine::Machine;
use crate::machine::builtin::array::slice_bounds;
use crate::machine::builtin::regexp;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::operator::{MAX_TEXT_BYTES, steps_of_text};
use crate::machine::value::{Value, index_of};

/// Calls a string method on `call.this`.
pub(crate) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let Some(text) = machine.text_of(&call.this) else {
        machine.run_callbacks(call, true);
        return Value::Unknown;
    };
    machine.spend(steps_of_text(text.len()));
    let pattern = call.argument(0);
    if let (Some(Kind::RegExp { source, flags }), true) = (
        machine.heap.kind(&pattern).cloned(),
        matches!(
            name,
            "replace" | "replaceAll" | "match" | "matchAll" | "split" | "search"
        ),
    ) {
        return regexp::on_text(machine, name, &text, (&source, &flags), call);
    }
    match name {
        "toLowerCase" | "toLocaleLowerCase" => Value::from(text.to_lowercase()),
        "toUpperCase" | "toLocaleUpperCase" => Value::from(text.to_uppercase()),
        "trim" => Value::from(text.trim()),
        "trimStart" | "trimLeft" => Value::from(text.trim_start()),
        "trimEnd" | "trimRight" => Value::from(text.trim_end()),
        "toString" | "valueOf" | "normalize" => Value::Text(text),
        "concat" => {
            let parts: Option<Vec<_>> = call
                .arguments
                .iter()
                .map(|argument| machine.text_of(argument))
                .collect();
            parts.map_or(Value::Unknown, |parts| {
                Value::from(format!("{text}{}", parts.concat()))
            })
        }
        "startsWith" | "endsWith" | "includes" | "indexOf" | "lastIndexOf" => {
            search(name, &text, call)
        }
        "split" => split(machine, &text, call),
        "replace" | "replaceAll" => replace(machine, name, &text, call),
        "slice" | "substring" | "substr" | "charAt" | "at" => cut(name, &text, call),
        "repeat" | "padStart" | "padEnd" => extend(name, &text, call),
        _ => {
            machine.run_callbacks(call, true);
            Value::Unknown
        }
    }
}

fn search(name: &str, text: &str, call: &Call) -> Value {
    let Some(wanted) = call.text(0) else {
        return Value::Unknown;
    };
    let index = |byte: Option<usize>| {
        byte.map_or(Value::Number(-1.0), |byte| {
            Value::from(text[..byte].chars().count())
        })
    };
    match name {
        "startsWith" => Value::Boolean(text.starts_with(wanted)),
        "endsWith" => Value::Boolean(text.ends_with(wanted)),
        "includes" => Value::Boolean(text.contains(wanted)),
        "indexOf" => index(text.find(wanted)),
        _ => index(text.rfind(wanted)),
    }
}

fn split(machine: &mut Machine<'_>, text: &str, call: &Call) -> Value {
    let parts: Vec<Value> = match call.argument(0) {
        Value::Undefined => vec![Value::from(text)],
        Value::Text(separator) if separator.is_empty() => {
            text.chars().map(|c| Value::from(c.to_string())).collect()
        }
        Value::Text(separator) => text.split(&*separator).map(Value::from).collect(),
        _ => return Value::Unknown,
    };
    machine.array(parts, call.site)
}

fn replace(machine: &mut Machine<'_>, name: &str, text: &str, call: &Call) -> Value {
    let (Some(from), replacement) = (call.text(0), call.argument(1)) else {
        return Value::Unknown;
    };
    let to = match &replacement {
        Value::Text(to) => to.to_string(),
        Value::Object(_) if text.contains(from) => {
            let arguments = vec![Value::from(from)];
            let made = machine.call_simply(&replacement, Value::Undefined, arguments, call.site);
            match machine.text_of(&made) {
                Some(made) => made.to_string(),
                None => return Value::Unknown,
            }
        }
        Value::Object(_) => String::new(),
        _ => return Value::Unknown,
    };
    Value::from(if name == "replaceAll" {
        text.replace(from, &to)
    } else {
        text.replacen(from, &to, 1)
    })
}

fn cut(name: &str, text: &str, call: &Call) -> Value {
    let characters: Vec<char> = text.chars().collect();
    let bounds = match name {
        "slice" => slice_bounds(characters.len(), call),
        "substring" => {
            let clamp = |value: Value| match value {
                Value::Number(number) => Value::Number(number.max(0.0)),
                other => other,
            };
            let arguments: Vec<Value> = call.arguments.iter().cloned().map(clamp).collect();
            let clamped = Call {
                arguments,
                ..call.clone()
            };
            slice_bounds(characters.len(), &clamped)
        }
        "substr" => slice_bounds(
            characters.len(),
            &Call {
                arguments: vec![call.argument(0)],
                ..call.clone()
            },
        )
        .map(|(from, to)| match call.argument(1) {
            Value::Number(count) => (from, to.min(from + index_of(count).unwrap_or(0))),
            _ => (from, to),
        }),
        _ => match call.argument(0) {
            Value::Number(number) if number < 0.0 => {
                Some((characters.len().saturating_sub(1), characters.len()))
            }
            Value::Number(number) => index_of(number)
                .map(|at| (at.min(characters.len()), (at + 1).min(characters.len()))),
            _ => Some((0, 1.min(characters.len()))),
        },
    };
    bounds.map_or(Value::Unknown, |(from, to)| {
        Value::from(characters[from..to].iter().collect::<String>())
    })
}

fn extend(name: &str, text: &str, call: &Call) -> Value {
    let Value::Number(number) = call.argument(0) else {
        return Value::Unknown;
    };
    let count = index_of(number).unwrap_or(0).min(10_000);
    if name == "repeat" {
        return if text.len() * count > MAX_TEXT_BYTES {
            Value::Unknown
        } else {
            Value::from(text.repeat(count))
        };
    }
    let missing = count.saturating_sub(text.chars().count());
    let filler: String = call
        .text(1)
        .unwrap_or(" ")
        .chars()
        .cycle()
        .take(missing)
        .collect();
    Value::from(if name == "padStart" {
        format!("{filler}{text}")
    } else {
        format!("{text}{filler}")
    })
}
