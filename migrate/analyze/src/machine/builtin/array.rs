//! Methods of arrays.

mod iterate;
mod order;

use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::builtin::integer::{position, relative, to_integer};
use crate::machine::call::Call;
use crate::machine::heap::{Form, Kind};
use crate::machine::literal::MAX_ELEMENTS;
use crate::machine::operator::number_of;
use crate::machine::value::{ObjectId, Value, index_of};

/// Calls an array method on `call.this`.
pub(crate) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let Some(id) = call.this.as_object() else {
        return Value::Unknown;
    };
    if is_mutator(name) && machine.heap.array(&call.this).is_some() {
        return mutate(machine, name, id, call);
    }
    let elements = match machine.shared_elements(&call.this) {
        Some(elements) => elements,
        None if machine.is_closed(&call.this) => Rc::new(array_like(machine, id)),
        None => return unknown_receiver(machine, call),
    };
    // A step per element, so that long arrays use up fuel as loops do.
    machine.spend(elements.len() as u64 / 8);
    if machine.heap.get(id).form != Form::Ordinary && !treats_holes_as_undefined(name) {
        machine.assume();
    }
    match name {
        "forEach" | "map" | "filter" | "find" | "findIndex" | "findLast" | "findLastIndex"
        | "some" | "every" | "flatMap" | "reduce" | "reduceRight" => {
            iterate::call(machine, name, id, &elements, call)
        }
        _ => inspect(machine, name, id, &elements, call),
    }
}

fn is_mutator(name: &str) -> bool {
    matches!(
        name,
        "push"
            | "unshift"
            | "splice"
            | "pop"
            | "shift"
            | "sort"
            | "reverse"
            | "fill"
            | "copyWithin"
    )
}

/// Whether a method gives the same for an element that is missing as for one that is `undefined`.
fn treats_holes_as_undefined(name: &str) -> bool {
    matches!(
        name,
        "join" | "keys" | "values" | "entries" | "includes" | "at" | "find" | "findIndex"
    )
}

/// `arguments`, or an object with `length`, that an array method is borrowed for.
fn array_like(machine: &mut Machine<'_>, id: ObjectId) -> Vec<Value> {
    let site = machine.heap.get(id).site;
    let entries = machine.entries_of(id, site);
    let numbered = entries
        .into_iter()
        .filter(|(key, _)| key.parse::<u32>().is_ok());
    numbered.map(|(_, value)| value).collect()
}

fn unknown_receiver(machine: &mut Machine<'_>, call: &Call) -> Value {
    machine.run_callbacks(call, true);
    Value::Unknown
}

fn mutate(machine: &mut Machine<'_>, name: &str, id: ObjectId, call: &Call) -> Value {
    machine.note_write(id, call.site);
    machine.adopt(id, &call.arguments);
    let shared = machine.is_shared(id);
    machine.spend(call.arguments.len() as u64);
    if machine.heap.get(id).past.frozen && machine.trace.is_none() {
        // The application would throw.
        machine.heap.get_mut(id).past.assumed = true;
        return machine.roughly(Value::Unknown);
    }
    if matches!(name, "sort" | "fill" | "copyWithin" | "reverse") && !shared {
        return order::mutate(machine, name, id, call);
    }
    if machine.heap.get(id).open && matches!(name, "pop" | "shift" | "splice") {
        machine.assume();
    }
    let Some(array) = machine.heap.array_mut(id) else {
        return Value::Unknown;
    };
    match name {
        "push" => {
            let fits = array.len() + call.arguments.len() <= MAX_ELEMENTS;
            array.extend(call.arguments.iter().filter(|_| fits).cloned());
            let len = array.len();
            machine.heap.get_mut(id).open |= !fits;
            if shared || !fits {
                Value::Unknown
            } else {
                Value::from(len)
            }
        }
        "unshift" => {
            array.splice(0..0, call.arguments.iter().cloned());
            Value::from(array.len())
        }
        "pop" | "shift" if shared => machine.part_of(id, call.site),
        "pop" => array.pop().unwrap_or(Value::Undefined),
        "shift" if array.is_empty() => Value::Undefined,
        "shift" => array.remove(0),
        "splice" if shared => {
            let removed = array.clone();
            machine.array(removed, call.site)
        }
        "splice" => splice(machine, id, call),
        _ => call.this.clone(),
    }
}

fn splice(machine: &mut Machine<'_>, id: ObjectId, call: &Call) -> Value {
    let Some(array) = machine.heap.array_mut(id) else {
        return Value::Unknown;
    };
    let len = array.len();
    let start = relative(&call.argument(0), len, 0);
    let count = match (start, call.arguments.len()) {
        (_, 0) => Some(0),
        (Some(start), 1) => Some(len - start),
        (Some(start), _) => position(&call.argument(1), len - start, 0),
        (None, _) => None,
    };
    let (Some(start), Some(count)) = (start, count) else {
        machine.heap.get_mut(id).open = true;
        return machine.open(Kind::array(Vec::new()), call.site);
    };
    let added = call.arguments.iter().skip(2).cloned();
    let removed: Vec<Value> = array.splice(start..start + count, added).collect();
    machine.array(removed, call.site)
}

/// A list of some elements, to which others may belong unless it is closed.
pub(super) fn listed(
    machine: &mut Machine<'_>,
    elements: impl Iterator<Item = Value>,
    closed: bool,
    call: &Call,
) -> Value {
    let list = machine.array(elements.collect(), call.site);
    if let Value::Object(id) = list {
        machine.heap.get_mut(id).open = !closed;
    }
    list
}

fn inspect(
    machine: &mut Machine<'_>,
    name: &str,
    id: ObjectId,
    elements: &[Value],
    call: &Call,
) -> Value {
    let closed = machine.is_closed(&call.this);
    match name {
        "concat" => concat(machine, elements, closed, call),
        "slice" => {
            let len = elements.len();
            let bounds =
                relative(&call.argument(0), len, 0).zip(relative(&call.argument(1), len, len));
            let part = bounds.map(|(from, to)| elements.get(from..to).unwrap_or_default());
            let closed = closed && part.is_some();
            listed(
                machine,
                part.unwrap_or(elements).iter().cloned(),
                closed,
                call,
            )
        }
        "flat" => {
            let depth = match call.argument(0) {
                Value::Undefined => Some(1.0),
                depth => number_of(&depth),
            };
            let mut flat = Vec::new();
            let known = flatten(machine, elements, depth.unwrap_or(1.0), &mut flat);
            let closed = closed && known && depth.is_some();
            listed(machine, flat.into_iter(), closed, call)
        }
        "keys" => iterator(
            machine,
            (0..elements.len()).map(Value::from).collect(),
            closed,
            call,
        ),
        "values" => iterator(machine, elements.to_vec(), closed, call),
        "toReversed" => listed(machine, elements.iter().rev().cloned(), closed, call),
        "toSorted" => {
            let (sorted, known) = order::sorted(machine, elements.to_vec(), call);
            listed(machine, sorted.into_iter(), closed && known, call)
        }
        "entries" => {
            let mut pairs = Vec::new();
            for (index, element) in elements.iter().enumerate() {
                pairs.push(machine.array(vec![Value::from(index), element.clone()], call.site));
            }
            iterator(machine, pairs, closed, call)
        }
        "at" => at(machine, id, elements, closed, call),
        "join" | "toString" if closed => join(machine, elements, call),
        "includes" | "indexOf" | "lastIndexOf" => search(machine, name, elements, closed, call),
        _ => Value::Unknown,
    }
}

fn concat(machine: &mut Machine<'_>, elements: &[Value], closed: bool, call: &Call) -> Value {
    let mut all = elements.to_vec();
    let mut open = !closed;
    for argument in &call.arguments {
        match machine.heap.array(argument).cloned() {
            Some(more) => {
                open |= !machine.append(&mut all, &more) || !machine.is_closed(argument);
            }
            None if argument.is_unknown() => open = true,
            None => all.push(argument.clone()),
        }
    }
    listed(machine, all.into_iter(), !open, call)
}

fn at(
    machine: &mut Machine<'_>,
    id: ObjectId,
    elements: &[Value],
    closed: bool,
    call: &Call,
) -> Value {
    let from_end = |index: f64| index_of(-index).and_then(|back| elements.len().checked_sub(back));
    let index = match to_integer(&call.argument(0)) {
        Some(index) if index < 0.0 && closed => from_end(index),
        Some(index) if index >= 0.0 => index_of(index),
        _ => return machine.part_of(id, call.site),
    };
    match index.and_then(|index| elements.get(index)) {
        Some(element) => element.clone(),
        None if closed => Value::Undefined,
        None => machine.part_of(id, call.site),
    }
}

/// Puts the elements of arrays in the place of the arrays; gives whether there was room.
fn flatten(
    machine: &mut Machine<'_>,
    elements: &[Value],
    depth: f64,
    flat: &mut Vec<Value>,
) -> bool {
    let mut fits = true;
    for element in elements {
        let inner = machine
            .heap
            .array(element)
            .filter(|_| depth >= 1.0)
            .cloned();
        fits &= match inner {
            Some(inner) if machine.enter().is_some() => {
                let closed = machine.is_closed(element);
                let fits = flatten(machine, &inner, depth - 1.0, flat);
                machine.leave();
                fits && closed
            }
            _ => machine.append(flat, std::slice::from_ref(element)),
        };
    }
    fits
}

/// An iterator over some elements.
pub(super) fn iterator(
    machine: &mut Machine<'_>,
    elements: Vec<Value>,
    closed: bool,
    call: &Call,
) -> Value {
    let list = listed(machine, elements.into_iter(), closed, call);
    if let Value::Object(id) = list {
        machine.heap.get_mut(id).form = Form::Iterator;
    }
    list
}

fn join(machine: &Machine<'_>, elements: &[Value], call: &Call) -> Value {
    let separator = match call.argument(0) {
        Value::Undefined => Some(",".into()),
        separator => machine.text_of(&separator),
    };
    let joined = separator.and_then(|separator| machine.joined(elements, &separator));
    joined.map_or(Value::Unknown, Value::Text)
}

fn search(
    machine: &Machine<'_>,
    name: &str,
    elements: &[Value],
    closed: bool,
    call: &Call,
) -> Value {
    let wanted = call.argument(0);
    let Some(from) = relative(&call.argument(1), elements.len(), 0) else {
        return Value::Unknown;
    };
    if name == "lastIndexOf" && call.arguments.len() > 1 {
        return Value::Unknown;
    }
    let equal: Vec<Option<bool>> = elements[from..]
        .iter()
        .map(|element| match (name, element, &wanted) {
            ("includes", Value::Number(_), Value::Number(_)) => Some(element.is_same_key(&wanted)),
            _ => machine.strictly_equal(element, &wanted),
        })
        .collect();
    let is_hit = |equal: &Option<bool>| *equal == Some(true);
    let hit = if name == "lastIndexOf" {
        equal.iter().rposition(is_hit)
    } else {
        equal.iter().position(is_hit)
    };
    let decided = match (name, hit) {
        ("includes", Some(_)) => true,
        (_, Some(hit)) => !equal[..hit].contains(&None),
        (_, None) => closed && !equal.contains(&None) && !wanted.is_unknown(),
    };
    match name {
        _ if !decided => Value::Unknown,
        "includes" => Value::Boolean(hit.is_some()),
        _ => hit.map_or(Value::Number(-1.0), |hit| Value::from(from + hit)),
    }
}
