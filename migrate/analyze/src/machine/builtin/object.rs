//! Methods that every object has.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{SYMBOL, Value};

/// Whether `key` names a method that every object inherits.
pub(crate) fn is_method(key: &str) -> bool {
    matches!(
        key,
        "hasOwnProperty"
            | "propertyIsEnumerable"
            | "isPrototypeOf"
            | "toString"
            | "valueOf"
            | "toLocaleString"
    )
}

/// Calls one of them on `call.this`.
pub(super) fn method(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "hasOwnProperty" | "propertyIsEnumerable" => {
            let Some(id) = call.this.as_object() else {
                return Value::Unknown;
            };
            let Some(key) = machine.text_of(&call.argument(0)) else {
                return Value::Unknown;
            };
            if let Some(property) = machine.heap.get(id).properties.get(&key) {
                return Value::Boolean(name == "hasOwnProperty" || property.enumerable);
            }
            if !matches!(machine.heap.get(id).kind, Kind::Plain) {
                return machine.roughly(Value::Unknown);
            }
            if machine.is_closed(&call.this) {
                Value::Boolean(false)
            } else {
                Value::Unknown
            }
        }
        "toString" => match machine.heap.kind(&call.this) {
            Some(Kind::Plain) => match machine.text_of(&call.this) {
                Some(text) => Value::Text(text),
                None => type_tag(machine, &call.this),
            },
            _ => type_tag(machine, &call.this),
        },
        "valueOf" => call.this.clone(),
        _ => Value::Unknown,
    }
}

/// `[object Array]` and its siblings, by which older code tells kinds of objects apart.
fn type_tag(machine: &Machine<'_>, value: &Value) -> Value {
    let has_tag = |id| {
        let mut names = machine.heap.get(id).properties.keys();
        names.any(|name| name.starts_with(SYMBOL))
    };
    if value.as_object().is_some_and(has_tag) || value.is_symbol() {
        return Value::Unknown;
    }
    match machine.heap.kind(value) {
        None if machine.known(value) => Value::from(match value {
            Value::Text(_) => "[object String]",
            Value::Number(_) => "[object Number]",
            Value::Boolean(_) => "[object Boolean]",
            Value::Null => "[object Null]",
            _ => "[object Undefined]",
        }),
        Some(Kind::Array(_)) => Value::from("[object Array]"),
        Some(Kind::Function(_) | Kind::Bound { .. } | Kind::Router(_)) => {
            Value::from("[object Function]")
        }
        Some(Kind::Plain) if machine.is_closed(value) => Value::from("[object Object]"),
        _ => Value::Unknown,
    }
}
