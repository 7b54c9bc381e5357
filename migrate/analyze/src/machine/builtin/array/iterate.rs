//! Methods of arrays that call back for each element.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Truth, Value};

use super::listed;

/// Calls one of them. Where there may be more elements than are known, the callback runs once more with something
/// unknown.
pub(super) fn call(
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
    let mut rounds = Vec::with_capacity(elements.len() + 1);
    let from_end = matches!(name, "findLast" | "findLastIndex");
    for step in 0..elements.len() {
        let index = if from_end {
            elements.len() - 1 - step
        } else {
            step
        };
        let Some(element) = element_now(machine, id, elements, index) else {
            break;
        };
        let arguments = vec![element.clone(), Value::from(index), call.this.clone()];
        let outcome = machine.call_simply(&callback, call.argument(1), arguments, call.site);
        let truth = machine.truth(&outcome);
        rounds.push(Round {
            index,
            element,
            outcome,
        });
        if machine.fuel == 0 || ends(name, truth) {
            break;
        }
    }
    if !closed {
        let element = machine.part_of(id, call.site);
        let arguments = vec![element.clone(), Value::Unknown, call.this.clone()];
        let outcome = machine.uncertainly(|machine| {
            machine.call_simply(&callback, call.argument(1), arguments, call.site)
        });
        rounds.push(Round {
            index: elements.len(),
            element,
            outcome,
        });
    }
    collect(machine, name, rounds, closed, call)
}

/// What a callback gave for one element.
struct Round {
    index: usize,
    element: Value,
    outcome: Value,
}

/// The element as a callback before may have left it.
fn element_now(
    machine: &mut Machine<'_>,
    id: ObjectId,
    elements: &[Value],
    index: usize,
) -> Option<Value> {
    let Kind::Array(now) = &machine.heap.get(id).kind else {
        return elements.get(index).cloned();
    };
    let element = now.get(index).cloned();
    if element.is_none() {
        // It is missing now, so that the callback is not called, and `map` leaves a hole.
        machine.assume();
    }
    element
}

/// Whether a method looks no further after this outcome.
fn ends(name: &str, truth: Truth) -> bool {
    match name {
        "find" | "findIndex" | "findLast" | "findLastIndex" | "some" => truth == Truth::Yes,
        "every" => truth == Truth::No,
        _ => false,
    }
}

fn collect(
    machine: &mut Machine<'_>,
    name: &str,
    rounds: Vec<Round>,
    closed: bool,
    call: &Call,
) -> Value {
    let truths: Vec<Truth> = rounds
        .iter()
        .map(|round| machine.truth(&round.outcome))
        .collect();
    let known = closed && !truths.contains(&Truth::Maybe);
    match name {
        "map" => {
            let mapped = rounds.into_iter().map(|round| round.outcome);
            listed(machine, mapped, closed, call)
        }
        "flatMap" => {
            let mut flat = Vec::new();
            for Round { outcome, .. } in rounds {
                match machine.heap.array(&outcome).cloned() {
                    Some(inner) => flat.extend(inner),
                    None => flat.push(outcome),
                }
            }
            listed(machine, flat.into_iter(), closed, call)
        }
        "filter" => {
            let kept = rounds.into_iter().zip(&truths);
            let kept = kept.filter(|(_, truth)| !matches!(truth, Truth::No | Truth::UnlessSet));
            listed(machine, kept.map(|(round, _)| round.element), known, call)
        }
        "find" | "findLast" => found(machine, &rounds, &truths, closed, call),
        "some" if truths.contains(&Truth::Yes) => Value::Boolean(true),
        "every" if truths.contains(&Truth::No) => Value::Boolean(false),
        "some" | "every" if known => Value::Boolean(name == "every"),
        "findIndex" | "findLastIndex" if known => {
            let hit = truths.iter().position(|truth| *truth == Truth::Yes);
            hit.map_or(Value::Number(-1.0), |hit| Value::from(rounds[hit].index))
        }
        "forEach" => Value::Undefined,
        _ => Value::Unknown,
    }
}

fn found(
    machine: &mut Machine<'_>,
    rounds: &[Round],
    truths: &[Truth],
    closed: bool,
    call: &Call,
) -> Value {
    let hit = truths
        .iter()
        .position(|truth| matches!(truth, Truth::Yes | Truth::Maybe));
    let found = hit.map(|hit| rounds[hit].element.clone());
    let certain = hit.is_none_or(|hit| truths[hit] == Truth::Yes) && closed;
    match (found, certain) {
        (Some(element), false) => {
            machine.assume();
            perhaps(machine, element, call)
        }
        (Some(element), true) => element,
        (None, true) => Value::Undefined,
        (None, false) => Value::Unknown,
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

fn reduce(machine: &mut Machine<'_>, from_right: bool, elements: &[Value], call: &Call) -> Value {
    let mut elements: Vec<(usize, Value)> = elements.iter().cloned().enumerate().collect();
    if from_right {
        elements.reverse();
    }
    if !machine.is_closed(&call.this) {
        machine.assume();
    }
    let mut rest = elements.into_iter();
    let mut total = match call.arguments.get(1) {
        Some(start) => start.clone(),
        None => rest.next().map_or(Value::Unknown, |(_, first)| first),
    };
    for (index, element) in rest {
        let arguments = vec![total, element, Value::from(index), call.this.clone()];
        total = machine.call_simply(&call.argument(0), Value::Undefined, arguments, call.site);
    }
    total
}
