//! Methods of strings.

use crate::machine::Machine;
use crate::machine::builtin::integer::{position, relative, to_integer};
use crate::machine::builtin::regexp;
use crate::machine::builtin::unit::{self, Units};
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::operator::{MAX_TEXT_BYTES, steps_of_text};
use crate::machine::value::{Value, index_of, is_space};

/// Calls a string method on `call.this`.
pub(crate) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let text = match machine.text_of(&call.this) {
        Some(text) if !call.this.is_symbol() => text,
        _ => {
            machine.run_callbacks(call, true);
            return Value::Unknown;
        }
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
        "trim" => Value::from(text.trim_matches(is_space)),
        "trimStart" | "trimLeft" => Value::from(text.trim_start_matches(is_space)),
        "trimEnd" | "trimRight" => Value::from(text.trim_end_matches(is_space)),
        "toString" | "valueOf" => Value::Text(text),
        "normalize" if text.is_ascii() => Value::Text(text),
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
        "slice" | "substring" | "substr" | "charAt" | "at" | "charCodeAt" => {
            cut(name, &text, call).unwrap_or(Value::Unknown)
        }
        "repeat" | "padStart" | "padEnd" => extend(machine, name, &text, call),
        _ => {
            machine.run_callbacks(call, true);
            Value::Unknown
        }
    }
}

fn search(name: &str, text: &str, call: &Call) -> Value {
    let (Some(wanted), true) = (call.text(0), call.arguments.len() <= 2) else {
        return Value::Unknown;
    };
    let (units, wanted) = (unit::of(text), unit::of(wanted));
    let default = if name == "endsWith" { units.len() } else { 0 };
    let Some(from) = position(&call.argument(1), units.len(), default) else {
        return Value::Unknown;
    };
    let index = |found: Option<usize>| found.map_or(Value::Number(-1.0), Value::from);
    match name {
        "startsWith" => Value::Boolean(units[from..].starts_with(&wanted)),
        "endsWith" => Value::Boolean(units[..from].ends_with(&wanted)),
        "includes" => Value::Boolean(unit::find(&units, &wanted, from).is_some()),
        "indexOf" => index(unit::find(&units, &wanted, from)),
        _ if call.arguments.len() == 1 => index(unit::find_last(&units, &wanted)),
        _ => Value::Unknown,
    }
}

fn split(machine: &mut Machine<'_>, text: &str, call: &Call) -> Value {
    let mut parts: Vec<Value> = match call.argument(0) {
        Value::Undefined => vec![Value::from(text)],
        Value::Text(separator) if separator.is_empty() => {
            unit::of(text).chunks(1).map(unit::text).collect()
        }
        Value::Text(separator) => text.split(&*separator).map(Value::from).collect(),
        _ => return Value::Unknown,
    };
    match call.argument(1) {
        Value::Undefined => {}
        Value::Number(limit) if index_of(limit).is_some() => {
            parts.truncate(index_of(limit).unwrap_or_default());
        }
        _ => machine.assume(),
    }
    machine.array(parts, call.site)
}

fn replace(machine: &mut Machine<'_>, name: &str, text: &str, call: &Call) -> Value {
    let (Some(from), replacement) = (call.text(0), call.argument(1)) else {
        return Value::Unknown;
    };
    let mut replaced = String::new();
    let mut rest = 0;
    let most = if name == "replaceAll" { usize::MAX } else { 1 };
    for (at, _) in text.match_indices(from).take(most) {
        let made = match &replacement {
            Value::Object(_) => {
                let position = Value::from(unit::of(&text[..at]).len());
                let arguments = vec![Value::from(from), position, Value::from(text)];
                let made =
                    machine.call_simply(&replacement, Value::Undefined, arguments, call.site);
                machine.text_of(&made)
            }
            // A pattern such as `$&` in what is put in.
            known => machine.text_of(known).filter(|to| !to.contains('$')),
        };
        let Some(made) = made else {
            return Value::Unknown;
        };
        replaced.push_str(&text[rest..at]);
        replaced.push_str(&made);
        rest = at + from.len();
        if replaced.len() > MAX_TEXT_BYTES {
            return Value::Unknown;
        }
    }
    replaced.push_str(&text[rest..]);
    Value::from(replaced)
}

/// A part of a text; nothing where an argument is not known.
fn cut(name: &str, text: &str, call: &Call) -> Option<Value> {
    let units = unit::of(text);
    let len = units.len();
    let (first, second) = (call.argument(0), call.argument(1));
    let (from, to) = match name {
        "slice" => (relative(&first, len, 0)?, relative(&second, len, len)?),
        "substring" => {
            let (a, b) = (position(&first, len, 0)?, position(&second, len, len)?);
            (a.min(b), a.max(b))
        }
        "substr" => {
            let from = relative(&first, len, 0)?;
            let count = position(&second, len - from, len - from)?;
            (from, from + count)
        }
        _ => return character(name, &units, &first),
    };
    Some(unit::text(units.get(from..to).unwrap_or_default()))
}

fn character(name: &str, units: &Units, index: &Value) -> Option<Value> {
    let mut index = to_integer(index)?;
    if name == "at" && index < 0.0 {
        index += Value::from(units.len()).as_number()?;
    }
    let found = index_of(index).and_then(|index| units.get(index));
    Some(match (name, found) {
        ("charCodeAt", Some(unit)) => Value::Number(f64::from(*unit)),
        ("charCodeAt", None) => Value::Number(f64::NAN),
        (_, Some(unit)) => unit::text(&[*unit]),
        ("at", None) => Value::Undefined,
        (_, None) => Value::from(""),
    })
}

fn extend(machine: &Machine<'_>, name: &str, text: &str, call: &Call) -> Value {
    let count = to_integer(&call.argument(0)).map(|count| count.max(0.0));
    let Some(count) = count.and_then(index_of).filter(|count| *count <= 10_000) else {
        return Value::Unknown;
    };
    if name == "repeat" {
        return if text.len() * count > MAX_TEXT_BYTES {
            Value::Unknown
        } else {
            Value::from(text.repeat(count))
        };
    }
    let filler = match call.argument(1) {
        Value::Undefined => Some(" ".into()),
        filler => machine.text_of(&filler),
    };
    let Some(filler) = filler.filter(|filler| filler.is_ascii()) else {
        return Value::Unknown;
    };
    let missing = count.saturating_sub(unit::of(text).len());
    let filler: String = filler.chars().cycle().take(missing).collect();
    Value::from(if name == "padStart" {
        format!("{filler}{text}")
    } else {
        format!("{text}{filler}")
    })
}
