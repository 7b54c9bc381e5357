//! Methods that every object has.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::Value;

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
            if machine.heap.get(id).properties.contains_key(&key) {
                return Value::Boolean(true);
            }
            if machine.is_closed(&call.this) {
                Value::Boolean(false)
            } else {
                Value::Unknown
            }
        }
        "toString" => match machine.text_of(&call.this) {
            Some(text) => Value::Text(text),
            None => type_tag(machine, &call.this),
        },
        "valueOf" => call.this.clone(),
        _ => Value::Unknown,
    }
}

/// `[object Array]` and its siblings, by which older code tells kinds of objects apart.
fn type_tag(machine: &Machine<'_>, value: &Value) -> Value {
    use crate::machine::heap::Kind;
    match machine.heap.kind(value) {
        Some(Kind::Array(_)) => Value::from("[object Array]"),
        Some(Kind::Function(_) | Kind::Bound { .. } | Kind::Router(_)) => {
            Value::from("[object Function]")
        }
        Some(Kind::Plain) if machine.is_closed(value) => Value::from("[object Object]"),
        _ => Value::Unknown,
    }
}
