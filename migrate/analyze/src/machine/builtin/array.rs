//! Methods of arrays.

use std::rc::Rc;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::literal::MAX_ELEMENTS;
use crate::machine::value::{ObjectId, Truth, Value, index_of};

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
    match name {
        "forEach" | "map" | "filter" | "find" | "findIndex" | "findLast" | "some" | "every"
        | "flatMap" | "reduce" | "reduceRight" => iterate(machine, name, id, &elements, call),
        _ => inspect(machine, name, id, &elements, call),
    }
}

fn is_mutator(name: &str) -> bool {
    matches!(
        name,
        "push" | "unshift" | "splice" | "pop" | "shift" | "sort" | "reverse" | "fill"
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
        "reverse" => {
            array.reverse();
            call.this.clone()
        }
        "sort" => {
            if call.arguments.is_empty() {
                array.sort_by_key(|value| value.to_text().unwrap_or_default());
            }
            call.this.clone()
        }
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
    let position = |value: Value, default: usize| match value {
        Value::Number(number) => index_of(number).unwrap_or(default),
        _ => default,
    };
    let start = position(call.argument(0), array.len()).min(array.len());
    let count = position(call.argument(1), array.len() - start).min(array.len() - start);
    let added = call.arguments.iter().skip(2).cloned();
    let removed: Vec<Value> = array.splice(start..start + count, added).collect();
    machine.array(removed, call.site)
}

/// Methods that call back for each element. Where there may be more elements than are known, the
/// callback runs once more with something unknown.
fn iterate(
    machine: &mut Machine<'_>,
    name: &str,
    id: ObjectId,
    elements: &[Value],
    call: &Call,
) -> Value {
    if matches!(name, "reduce" | "reduceRight") {
        return reduce(machine, name == "reduceRight", elements, call);
    }
    let closed = machine.is_closed(&call.this);
    let callback = call.argument(0);
    let mut outcomes = Vec::with_capacity(elements.len() + 1);
    for (index, element) in elements.iter().enumerate() {
        let arguments = vec![element.clone(), Value::from(index), call.this.clone()];
        let outcome = machine.call_simply(&callback, call.argument(1), arguments, call.site);
        outcomes.push((element.clone(), outcome));
        if machine.fuel == 0 {
            break;
        }
    }
    if !closed {
        let element = machine.part_of(id, call.site);
        let arguments = vec![element.clone(), Value::Unknown, call.this.clone()];
        let outcome = machine.uncertainly(|machine| {
            machine.call_simply(&callback, call.argument(1), arguments, call.site)
        });
        outcomes.push((element, outcome));
    }
    collect(machine, name, outcomes, closed, call)
}

fn collect(
    machine: &mut Machine<'_>,
    name: &str,
    outcomes: Vec<(Value, Value)>,
    closed: bool,
    call: &Call,
) -> Value {
    let truths: Vec<Truth> = outcomes
        .iter()
        .map(|(_, outcome)| machine.truth(outcome))
        .collect();
    let known = closed && !truths.contains(&Truth::Maybe);
    match name {
        "map" => listed(
            machine,
            outcomes.into_iter().map(|(_, outcome)| outcome),
            closed,
            call,
        ),
        "flatMap" => {
            let mut flat = Vec::new();
            for (_, outcome) in outcomes {
                match machine.elements_of(&outcome) {
                    Some(inner) => flat.extend(inner.iter().cloned()),
                    None => flat.push(outcome),
                }
            }
            listed(machine, flat.into_iter(), closed, call)
        }
        "filter" => {
            let kept = outcomes.into_iter().zip(&truths);
            let kept = kept.filter(|(_, truth)| !matches!(truth, Truth::No | Truth::UnlessSet));
            listed(machine, kept.map(|((element, _), _)| element), known, call)
        }
        "find" | "findLast" => {
            let hit = truths
                .iter()
                .position(|truth| matches!(truth, Truth::Yes | Truth::Maybe));
            let found = hit.map(|hit| outcomes[hit].0.clone());
            let certain = hit.is_none_or(|hit| truths[hit] == Truth::Yes) && closed;
            match (found, certain) {
                (Some(element), false) => perhaps(machine, element, call),
                (Some(element), true) => element,
                (None, true) => Value::Undefined,
                (None, false) => Value::Unknown,
            }
        }
        "some" if truths.contains(&Truth::Yes) => Value::Boolean(true),
        "every" if truths.contains(&Truth::No) => Value::Boolean(false),
        "some" | "every" if known => Value::Boolean(name == "every"),
        "findIndex" if known => {
            let hit = truths.iter().position(|truth| *truth == Truth::Yes);
            hit.map_or(Value::Number(-1.0), Value::from)
        }
        "forEach" => Value::Undefined,
        _ => Value::Unknown,
    }
}

/// An element that may be absent: everything that is known of it holds, and it may be `undefined`.
fn perhaps(machine: &mut Machine<'_>, element: Value, call: &Call) -> Value {
    let (Some(id), true) = (element.as_object(), machine.trace.is_some()) else {
        return element;
    };
    if !matches!(machine.heap.get(id).kind, Kind::Plain) {
        return element;
    }
    let copy = machine.plain_object(call.site);
    let object = machine.heap.get_mut(copy);
    object.prototype = Some(id);
    object.owner = Some(id);
    object.open = true;
    object.maybe = true;
    Value::Object(copy)
}

fn listed(
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

fn reduce(machine: &mut Machine<'_>, from_right: bool, elements: &[Value], call: &Call) -> Value {
    let mut elements = elements.to_vec();
    if from_right {
        elements.reverse();
    }
    let mut rest = elements.into_iter();
    let mut total = match call.arguments.get(1) {
        Some(start) => start.clone(),
        None => rest.next().unwrap_or(Value::Undefined),
    };
    for (index, element) in rest.enumerate() {
        let arguments = vec![total, element, Value::from(index), call.this.clone()];
        total = machine.call_simply(&call.argument(0), Value::Undefined, arguments, call.site);
    }
    total
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
        "concat" => {
            let mut all = elements.to_vec();
            let mut open = !closed;
            for argument in &call.arguments {
                match machine.heap.array(argument).cloned() {
                    Some(more) => open |= !machine.append(&mut all, &more),
                    None if argument.is_unknown() => open = true,
                    None => all.push(argument.clone()),
                }
            }
            listed(machine, all.into_iter(), !open, call)
        }
        "slice" => {
            let bounds = slice_bounds(elements.len(), call);
            let part = bounds.map_or(elements, |(from, to)| &elements[from..to]);
            listed(machine, part.iter().cloned(), closed, call)
        }
        "flat" => {
            let mut flat = Vec::new();
            let mut open = !closed;
            for element in elements {
                let inner = match machine.heap.array(element) {
                    Some(inner) => inner.clone(),
                    None => vec![element.clone()],
                };
                open |= !machine.append(&mut flat, &inner);
            }
            listed(machine, flat.into_iter(), !open, call)
        }
        "keys" => listed(machine, (0..elements.len()).map(Value::from), closed, call),
        "values" | "toReversed" | "toSorted" => {
            listed(machine, elements.iter().cloned(), closed, call)
        }
        "entries" => {
            let mut pairs = Vec::new();
            for (index, element) in elements.iter().enumerate() {
                pairs.push(machine.array(vec![Value::from(index), element.clone()], call.site));
            }
            listed(machine, pairs.into_iter(), closed, call)
        }
        "at" => {
            let from_end =
                crate::machine::operator::number_of(&call.argument(0)).unwrap_or(0.0) < 0.0;
            let element = if from_end {
                elements.last()
            } else {
                elements.first()
            };
            match element {
                Some(element) => element.clone(),
                None => machine.part_of(id, call.site),
            }
        }
        "join" | "toString" if closed => join(machine, elements, call),
        "includes" | "indexOf" | "lastIndexOf" => search(machine, name, elements, closed, call),
        _ => Value::Unknown,
    }
}

fn join(machine: &Machine<'_>, elements: &[Value], call: &Call) -> Value {
    let separator = call.text(0).unwrap_or(",");
    machine
        .joined(elements, separator)
        .map_or(Value::Unknown, Value::Text)
}

fn search(
    machine: &Machine<'_>,
    name: &str,
    elements: &[Value],
    closed: bool,
    call: &Call,
) -> Value {
    let wanted = call.argument(0);
    let equal: Vec<Option<bool>> = elements
        .iter()
        .map(|element| machine.strictly_equal(element, &wanted))
        .collect();
    let hit = equal.iter().position(|equal| *equal == Some(true));
    if hit.is_none() && (!closed || equal.contains(&None) || wanted.is_unknown()) {
        return Value::Unknown;
    }
    match name {
        "includes" => Value::Boolean(hit.is_some()),
        _ => hit.map_or(Value::Number(-1.0), Value::from),
    }
}

/// The range that `slice` and `substring` arguments name, with negative ones from the end.
pub(crate) fn slice_bounds(len: usize, call: &Call) -> Option<(usize, usize)> {
    let bound = |index: usize, default: usize| match call.arguments.get(index) {
        None | Some(Value::Undefined) => Some(default),
        Some(Value::Number(number)) if *number < 0.0 => {
            Some(len.saturating_sub(index_of(-number.trunc()).unwrap_or(len)))
        }
        Some(Value::Number(number)) => Some(index_of(number.trunc()).unwrap_or(len).min(len)),
        Some(_) => None,
    };
    let (from, to) = (bound(0, 0)?, bound(1, len)?);
    Some((from.min(to), to))
}
