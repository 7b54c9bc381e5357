//! The module `util`.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Property;
use crate::machine::value::Value;

/// Calls a function of `util`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "inherits" => {
            if let (Value::Object(child), Value::Object(parent)) =
                (call.argument(0), call.argument(1))
            {
                let prototype = machine.prototype_of(child, call.site);
                let above = match machine.heap.kind(&call.argument(1)) {
                    Some(crate::machine::heap::Kind::Function(_)) => {
                        Some(machine.prototype_of(parent, call.site))
                    }
                    _ => None,
                };
                let object = machine.heap.get_mut(prototype);
                object.open = above.is_none();
                object.prototype = above;
                let parent = Property::hidden(Value::Object(parent));
                machine
                    .heap
                    .get_mut(child)
                    .properties
                    .insert("super_".into(), parent);
            }
            Value::Undefined
        }
        "promisify" | "callbackify" | "deprecate" => call.argument(0),
        "format" => match call.arguments.as_slice() {
            [Value::Text(text)] if !text.contains('%') => Value::Text(std::rc::Rc::clone(text)),
            [Value::Text(template), rest @ ..] => format_text(machine, template, rest),
            _ => Value::Unknown,
        },
        "isArray" => super::statics::call(machine, "Array.isArray", call),
        _ => Value::Unknown,
    }
}

fn format_text(machine: &Machine<'_>, template: &str, arguments: &[Value]) -> Value {
    let mut pieces = template.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut left = arguments.iter();
    for piece in pieces {
        let part = match (piece.chars().next(), left.next()) {
            (Some('s'), Some(part @ (Value::Text(_) | Value::Boolean(_)))) => machine.text_of(part),
            (Some('s' | 'd'), Some(part @ Value::Number(number))) if number.fract() == 0.0 => {
                machine.text_of(part)
            }
            _ => None,
        };
        let Some(part) = part else {
            return Value::Unknown;
        };
        text.push_str(&part);
        text.push_str(&piece[1..]);
    }
    match left.next() {
        None => Value::from(text),
        Some(_) => Value::Unknown,
    }
}
