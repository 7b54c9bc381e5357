//! The global constructors.

use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::builtin::{Family, collection, promise, url};
use crate::machine::call::Call;
use crate::machine::heap::{Form, Kind, Property};
use crate::machine::operator::number_of;
use crate::machine::value::{SYMBOL, Truth, Value, index_of};

/// The longest array that is made without elements.
pub(super) const MAX_HOLES: usize = 10_000;

/// The family of methods that instances of a constructor have.
pub(super) fn instance_family(name: &str) -> Family {
    match name {
        "Array" => Family::Array,
        "String" => Family::Text,
        "Number" => Family::Number,
        "Function" => Family::Function,
        "Promise" => Family::Promise,
        "Map" | "WeakMap" => Family::Map,
        "Set" | "WeakSet" => Family::Set,
        "RegExp" => Family::RegExp,
        _ => Family::ObjectMethods,
    }
}

/// `Name(…)` and `new Name(…)`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let first = call.argument(0);
    if call.construct && matches!(name, "String" | "Number" | "Boolean") {
        let wrapper = machine.open(Kind::Plain, call.site);
        return machine.roughly(wrapper);
    }
    match name {
        "Array" => match (&first, call.arguments.len()) {
            (Value::Number(len), 1) => {
                let Some(len) = index_of(*len).filter(|len| *len <= MAX_HOLES) else {
                    return machine.open(Kind::array(Vec::new()), call.site);
                };
                let id = machine
                    .heap
                    .allocate(Kind::array(vec![Value::Undefined; len]), call.site);
                if len > 0 {
                    machine.heap.get_mut(id).form = Form::Sparse;
                }
                Value::Object(id)
            }
            (Value::Unknown, 1) => machine.open(Kind::array(Vec::new()), call.site),
            _ => machine.array(call.arguments.clone(), call.site),
        },
        "Object" => match first {
            Value::Object(_) => first,
            Value::Unknown => Value::Unknown,
            first if first.is_nullish() => Value::Object(machine.plain_object(call.site)),
            _ => {
                let wrapper = machine.open(Kind::Plain, call.site);
                machine.roughly(wrapper)
            }
        },
        "String" => match (call.arguments.is_empty(), machine.text_of(&first)) {
            (true, _) => Value::from(""),
            _ if first.is_symbol() => Value::Unknown,
            (false, text) => text.map_or(Value::Unknown, Value::Text),
        },
        "Number" if call.arguments.is_empty() => Value::Number(0.0),
        "Number" => number_of(&first).map_or(Value::Unknown, Value::Number),
        "Boolean" => match machine.truth(&first) {
            Truth::Yes => Value::Boolean(true),
            Truth::No | Truth::UnlessSet => Value::Boolean(false),
            Truth::Maybe => Value::Unknown,
        },
        "Symbol" => Value::from(format!("{SYMBOL}{first}#{}", machine.heap.len())),
        "Promise" => promise::construct(machine, call),
        "Map" | "WeakMap" => collection::construct(machine, Family::Map, call),
        "Set" | "WeakSet" => collection::construct(machine, Family::Set, call),
        "RegExp" => regexp(machine, call),
        "URL" => url::construct(machine, call),
        "Proxy" => machine.roughly(first),
        "Function" => {
            machine.note_dynamic_code(call.site);
            Value::Unknown
        }
        _ if name.ends_with("Error") => error(machine, call),
        _ => machine.open(Kind::Plain, call.site),
    }
}

fn regexp(machine: &mut Machine<'_>, call: &Call) -> Value {
    let flags = call.text(1).unwrap_or_default().into();
    let source = match machine.heap.kind(&call.argument(0)) {
        Some(Kind::RegExp { source, .. }) => Some(Rc::clone(source)),
        _ => call.text(0).map(Into::into),
    };
    match source {
        Some(source) => {
            // `RegExp.prototype.source` escapes the slashes that a literal would have to.
            let source = if source.contains('/') && !source.contains("\\/") {
                source.replace('/', "\\/").into()
            } else {
                source
            };
            machine.allocate(Kind::RegExp { source, flags }, call.site)
        }
        None => Value::Unknown,
    }
}

fn error(machine: &mut Machine<'_>, call: &Call) -> Value {
    let id = machine.plain_object(call.site);
    let object = machine.heap.get_mut(id);
    object.open = true;
    object
        .properties
        .insert("message".into(), Property::hidden(call.argument(0)));
    Value::Object(id)
}

/// `number.toString()` and its siblings.
pub(super) fn number_method(name: &str, call: &Call) -> Value {
    match (name, call.arguments.is_empty()) {
        ("toString", true) => call.this.to_text().map_or(Value::Unknown, Value::Text),
        ("valueOf", _) => call.this.clone(),
        _ => Value::Unknown,
    }
}
