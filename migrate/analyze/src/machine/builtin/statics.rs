//! Static functions of the global constructors, as in `Object.keys`.

use crate::machine::Machine;
use crate::machine::builtin::constructor::MAX_HOLES;
use crate::machine::builtin::promise;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::property::is_hidden;
use crate::machine::value::{Name, ObjectId, SYMBOL, Value, index_of};

/// Calls `name`, which includes its constructor.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "Object.keys" | "Object.getOwnPropertyNames" | "Object.values" | "Object.entries" => {
            listing(machine, name, call)
        }
        "Object.assign" => assign(machine, call),
        "Object.create" => {
            let id = machine.plain_object(call.site);
            machine.set_prototype(id, &call.argument(0));
            define_all(machine, id, &call.argument(1), call);
            Value::Object(id)
        }
        "Object.freeze" | "Object.seal" | "Object.preventExtensions" => {
            if let Value::Object(id) = call.argument(0) {
                machine.heap.get_mut(id).past.frozen = true;
            }
            call.argument(0)
        }
        "Object.defineProperty" | "Object.defineProperties" => {
            if let Value::Object(id) = call.argument(0) {
                define_some(machine, name, id, call);
            }
            call.argument(0)
        }
        "Object.getPrototypeOf" => match call.argument(0) {
            Value::Object(id) => machine
                .heap
                .get(id)
                .prototype
                .map_or(Value::Unknown, Value::Object),
            _ => Value::Unknown,
        },
        "Object.setPrototypeOf" => {
            if let Value::Object(id) = call.argument(0) {
                machine.set_prototype(id, &call.argument(1));
            }
            call.argument(0)
        }
        "Object.fromEntries" => from_entries(machine, call),
        "Object.getOwnPropertyDescriptor" => descriptor(machine, call),
        "Object.is" => is_same(machine, &call.argument(0), &call.argument(1)),
        "Object.hasOwn" => {
            let call = Call {
                this: call.argument(0),
                arguments: vec![call.argument(1)],
                ..call.clone()
            };
            super::object::method(machine, "hasOwnProperty", &call)
        }
        _ => other(machine, name, call),
    }
}

fn other(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "Array.isArray" => match machine.heap.kind(&call.argument(0)) {
            Some(Kind::Array(_)) => Value::Boolean(true),
            Some(Kind::Foreign(_) | Kind::Input(_)) => Value::Unknown,
            _ if call.argument(0).is_unknown() => Value::Unknown,
            _ => Value::Boolean(false),
        },
        "Array.of" => machine.array(call.arguments.clone(), call.site),
        "Array.from" => {
            let from = call.argument(0);
            let elements = array_like(machine, &from, call);
            let list = match elements.or_else(|| machine.elements_of(&from)) {
                Some(elements) => machine.array(elements, call.site),
                None => machine.open(Kind::array(Vec::new()), call.site),
            };
            if !machine.is_callable(&call.argument(1)) {
                return list;
            }
            let call = Call {
                this: list,
                arguments: vec![call.argument(1)],
                ..call.clone()
            };
            super::array::call(machine, "map", &call)
        }
        "Number.isInteger" | "Number.isNaN" | "Number.isFinite" => match call.argument(0) {
            Value::Number(number) => Value::Boolean(match name {
                "Number.isNaN" => number.is_nan(),
                "Number.isInteger" => number.fract() == 0.0,
                _ => number.is_finite(),
            }),
            argument => machine.known(&argument).then_some(false).into(),
        },
        "Number.parseInt" => super::global::call(machine, "parseInt", call),
        "Number.parseFloat" => super::global::call(machine, "parseFloat", call),
        "Symbol.for" => Value::from(format!("{SYMBOL}{}", call.argument(0))),
        "String.raw" => Value::Unknown,
        _ => match name.split_once('.') {
            Some(("Promise", method)) => promise::static_method(machine, method, call),
            _ => Value::Unknown,
        },
    }
}

/// The elements of an object with a length, as in `Array.from({ length: 3 })`.
fn array_like(machine: &mut Machine<'_>, from: &Value, call: &Call) -> Option<Vec<Value>> {
    let is_plain = matches!(machine.heap.kind(from), Some(Kind::Plain));
    if !is_plain || !machine.is_closed(from) {
        return None;
    }
    let len = index_of(machine.get(from, "length", call.site).as_number()?)?;
    let indices = (len <= MAX_HOLES).then_some(0..len)?;
    let element = |index: usize| machine.get(from, &index.to_string(), call.site);
    Some(indices.map(element).collect())
}

fn is_same(machine: &Machine<'_>, a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let is_same = a.total_cmp(b).is_eq() || (a.is_nan() && b.is_nan());
            Value::Boolean(is_same)
        }
        (a, b) => machine.strictly_equal(a, b).into(),
    }
}

fn listing(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let from = call.argument(0);
    let Value::Object(id) = from else {
        return machine.open(Kind::array(Vec::new()), call.site);
    };
    let mut entries = machine.entries_of(id, call.site);
    if name == "Object.getOwnPropertyNames" {
        // Of an array there is its length, of a function its name.
        if !matches!(machine.heap.get(id).kind, Kind::Plain) {
            machine.assume();
        }
        let object = machine.heap.get(id);
        let hidden = object
            .properties
            .iter()
            .filter(|(_, property)| !property.enumerable);
        let hidden: Vec<_> = hidden
            .map(|(key, property)| (Name::clone(key), property.value.clone()))
            .collect();
        entries.extend(hidden.into_iter().filter(|(key, _)| !is_hidden(key)));
    }
    let mut list = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        list.push(match name {
            "Object.values" => value,
            "Object.entries" => machine.array(vec![Value::Text(key), value], call.site),
            _ => Value::Text(key),
        });
    }
    let open = !machine.is_closed(&from);
    let list = machine.array(list, call.site);
    if let Value::Object(id) = list {
        machine.heap.get_mut(id).open = open;
    }
    list
}

fn assign(machine: &mut Machine<'_>, call: &Call) -> Value {
    let target = call.argument(0);
    if let Value::Object(id) = target {
        machine.note_write(id, call.site);
        for source in call.arguments.iter().skip(1) {
            machine.copy_properties(id, source, call.site);
        }
    }
    target
}

fn define_some(machine: &mut Machine<'_>, name: &str, id: ObjectId, call: &Call) {
    if name == "Object.defineProperties" {
        define_all(machine, id, &call.argument(1), call);
    } else if let Some(key) = machine.text_of(&call.argument(1)) {
        define(machine, id, key, &call.argument(2), call);
    }
}

fn define_all(machine: &mut Machine<'_>, id: ObjectId, descriptors: &Value, call: &Call) {
    if let Value::Object(descriptors) = descriptors {
        for (key, descriptor) in machine.entries_of(*descriptors, call.site) {
            define(machine, id, key, &descriptor, call);
        }
    }
}

fn define(machine: &mut Machine<'_>, id: ObjectId, key: Name, descriptor: &Value, call: &Call) {
    let part = |name: &str| {
        let descriptor = descriptor.as_object()?;
        machine
            .heap
            .get(descriptor)
            .properties
            .get(name)
            .map(|found| found.value.clone())
    };
    let (value, getter, setter) = (part("value"), part("get"), part("set"));
    let is_true = |name: &str| matches!(part(name), Some(Value::Boolean(true) | Value::Unknown));
    let enumerable = is_true("enumerable");
    let readonly = value.is_some() && !(is_true("writable") && is_true("configurable"));
    let value = value.unwrap_or(Value::Undefined);
    machine.name_value(&value, &key, call.site);
    let accessor = |value: Option<Value>| value.as_ref().and_then(Value::as_object);
    let property = Property {
        value,
        getter: accessor(getter),
        setter: accessor(setter),
        enumerable,
        altered: true,
        readonly,
    };
    machine.heap.get_mut(id).properties.insert(key, property);
}

fn descriptor(machine: &mut Machine<'_>, call: &Call) -> Value {
    let (Value::Object(id), Some(key)) = (call.argument(0), machine.text_of(&call.argument(1)))
    else {
        return Value::Unknown;
    };
    let Some(property) = machine.heap.get(id).properties.get(&key).cloned() else {
        return if machine.is_closed(&call.argument(0)) {
            Value::Undefined
        } else {
            Value::Unknown
        };
    };
    let made = machine.plain_object(call.site);
    let fields = &mut machine.heap.get_mut(made).properties;
    match (property.getter, property.setter) {
        (None, None) => {
            fields.insert("value".into(), Property::plain(property.value));
            fields.insert("writable".into(), Property::plain(Value::Boolean(true)));
        }
        (getter, setter) => {
            fields.insert(
                "get".into(),
                Property::plain(getter.map_or(Value::Undefined, Value::Object)),
            );
            fields.insert(
                "set".into(),
                Property::plain(setter.map_or(Value::Undefined, Value::Object)),
            );
        }
    }
    fields.insert(
        "enumerable".into(),
        Property::plain(Value::Boolean(property.enumerable)),
    );
    fields.insert("configurable".into(), Property::plain(Value::Boolean(true)));
    Value::Object(made)
}

fn from_entries(machine: &mut Machine<'_>, call: &Call) -> Value {
    let from = call.argument(0);
    let id = machine.plain_object(call.site);
    let Some(pairs) = machine.elements_of(&from) else {
        machine.heap.get_mut(id).open = true;
        return Value::Object(id);
    };
    for pair in pairs {
        let Some([key, value, ..]) = machine.heap.array(&pair).map(Vec::as_slice) else {
            continue;
        };
        let (key, value) = (key.clone(), value.clone());
        match machine.text_of(&key) {
            Some(key) => machine.set(id, &key, value, call.site),
            None => machine.heap.get_mut(id).open = true,
        }
    }
    Value::Object(id)
}
