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
            entries.push((element.clone(), element));
        } else if let Some([key, value, ..]) = machine.heap.array(&element).map(Vec::as_slice) {
            entries.push((key.clone(), value.clone()));
        }
    }
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

/// Calls a method on `call.this`.
pub(super) fn call(machine: &mut Machine<'_>, family: Family, name: &str, call: &Call) -> Value {
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
            for (key, value) in entries.iter().cloned() {
                let arguments = vec![value, key, call.this.clone()];
                machine.call_simply(&call.argument(0), Value::Undefined, arguments, call.site);
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
                    _ if family == Family::Set => key,
                    _ => machine.array(vec![key, value], call.site),
                });
            }
            let list = machine.array(list, call.site);
            if let Value::Object(id) = list {
                machine.heap.get_mut(id).open = !closed;
            }
            list
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
    match name {
        "set" | "add" if key.is_unknown() => object.open = true,
        "set" | "add" => match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key, value)),
        },
        "delete" if !serving => entries.retain(|(known, _)| *known != key),
        "clear" if !serving => entries.clear(),
        _ => {}
    }
    if name == "delete" {
        Value::Unknown
    } else {
        call.this.clone()
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
        .find(|(key, _)| *key == wanted && !wanted.is_unknown());
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
