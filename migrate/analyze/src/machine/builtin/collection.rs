//! Methods of `Map` and `Set`.

use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Value};

/// A new `Map` or `Set` with the entries of `from`.
pub(super) fn construct(machine: &mut Machine<'_>, family: Family, call: &Call) -> Value {
    let from = call.argument(0);
    let elements = machine.elements_of(&from);
    let open = elements.is_none() && !from.is_nullish();
    let mut entries = Vec::new();
    for element in elements
        .iter()
        .flat_map(|elements| elements.iter().cloned())
    {
        if family == Family::Set {
            put(&mut entries, element.clone(), element);
        } else if let Some([key, value, ..]) = machine.heap.array(&element).map(Vec::as_slice) {
            put(&mut entries, key.clone(), value.clone());
        }
    }
    let open = open || entries.iter().any(|(key, _)| key.is_unknown());
    let id = machine.heap.allocate(
        Kind::Collection {
            family,
            entries: Rc::new(entries),
        },
        call.site,
    );
    machine.heap.get_mut(id).open = open;
    Value::Object(id)
}

/// Puts a value under a key, in the place of the one that is there.
fn put(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) {
    let key = match key {
        Value::Number(number) => Value::Number(number + 0.0),
        key => key,
    };
    let known = entries
        .iter_mut()
        .find(|(known, _)| known.is_same_key(&key) && !key.is_unknown());
    match known {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}

/// Calls a method on `call.this`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let Some(id) = call.this.as_object() else {
        return Value::Unknown;
    };
    let Kind::Collection { entries, .. } = &machine.heap.get(id).kind else {
        return Value::Unknown;
    };
    let steps = entries.len() as u64 / 8;
    // Only what does not change the entries holds them, or each change would copy them all.
    let entries = match name {
        "set" | "add" | "delete" | "clear" => Rc::default(),
        _ => Rc::clone(entries),
    };
    machine.spend(steps);
    let closed = machine.is_closed(&call.this);
    match name {
        "set" | "add" | "delete" | "clear" => change(machine, name, id, call),
        "get" | "has" => {
            machine.note_read(id);
            lookup(machine, name, id, &entries, call)
        }
        "forEach" => {
            machine.note_read(id);
            let known = machine.size_of(&call.this);
            for (key, value) in entries.iter().cloned() {
                let arguments = vec![value, key, call.this.clone()];
                machine.call_simply(&call.argument(0), Value::Undefined, arguments, call.site);
            }
            if machine.size_of(&call.this) != known {
                // What was added or removed counts in the same loop.
                machine.assume();
            }
            if !closed {
                machine.run_callbacks(call, true);
            }
            Value::Undefined
        }
        "keys" | "values" | "entries" => {
            machine.note_read(id);
            let mut list = Vec::new();
            for (key, value) in entries.iter().cloned() {
                list.push(match name {
                    "keys" => key,
                    "values" => value,
                    _ => machine.array(vec![key, value], call.site),
                });
            }
            super::array::iterator(machine, list, closed, call)
        }
        _ => Value::Unknown,
    }
}

fn change(machine: &mut Machine<'_>, name: &str, id: ObjectId, call: &Call) -> Value {
    machine.note_write(id, call.site);
    machine.adopt(id, &call.arguments);
    let key = call.argument(0);
    let value = if name == "add" {
        key.clone()
    } else {
        call.argument(1)
    };
    let serving = machine.trace.is_some();
    let object = machine.heap.get_mut(id);
    let Kind::Collection { entries, .. } = &mut object.kind else {
        return Value::Unknown;
    };
    let entries = Rc::make_mut(entries);
    let mut was_there = false;
    match name {
        "set" | "add" if key.is_unknown() => object.open = true,
        "set" | "add" => put(entries, key.clone(), value),
        "delete" if !serving => {
            let before = entries.len();
            entries.retain(|(known, _)| !known.is_same_key(&key));
            was_there = entries.len() < before;
        }
        "clear" if !serving => entries.clear(),
        _ => {}
    }
    match name {
        "delete" if serving || !machine.is_closed(&call.this) => Value::Unknown,
        "delete" => Value::Boolean(was_there),
        "clear" => Value::Undefined,
        _ => call.this.clone(),
    }
}

fn lookup(
    machine: &mut Machine<'_>,
    name: &str,
    id: ObjectId,
    entries: &[(Value, Value)],
    call: &Call,
) -> Value {
    let wanted = call.argument(0);
    let found = entries
        .iter()
        .find(|(key, _)| key.is_same_key(&wanted) && !wanted.is_unknown());
    if entries.iter().any(|(key, _)| key.is_unknown()) {
        machine.assume();
    }
    let closed = machine.is_closed(&call.this) && !wanted.is_unknown();
    match (name, found) {
        ("get", Some((_, value))) => value.clone(),
        ("get", None) if closed => Value::Undefined,
        ("get", None) => machine.part_of(id, call.site),
        (_, Some(_)) => Value::Boolean(true),
        (_, None) if closed => Value::Boolean(false),
        (_, None) => Value::Unknown,
    }
}
