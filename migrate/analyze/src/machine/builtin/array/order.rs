//! Methods of arrays that put elements elsewhere.

use std::cmp::Ordering;

use crate::machine::Machine;
use crate::machine::builtin::integer::relative;
use crate::machine::call::Call;
use crate::machine::heap::Form;
use crate::machine::operator::number_of;
use crate::machine::value::{ObjectId, Value};

/// `sort`, `reverse`, `fill` and `copyWithin`, on an array that is not shared.
pub(super) fn mutate(machine: &mut Machine<'_>, name: &str, id: ObjectId, call: &Call) -> Value {
    let Some(array) = machine.heap.array_mut(id) else {
        return Value::Unknown;
    };
    match name {
        "reverse" => array.reverse(),
        "fill" => fill(machine, id, call),
        "sort" => {
            let elements = std::mem::take(array);
            let (sorted, known) = sorted(machine, elements, call);
            if let Some(array) = machine.heap.array_mut(id) {
                *array = sorted;
            }
            let object = machine.heap.get_mut(id);
            object.past.assumed |= !known || object.form == Form::Sparse;
        }
        _ => machine.heap.get_mut(id).past.assumed = true,
    }
    call.this.clone()
}

fn fill(machine: &mut Machine<'_>, id: ObjectId, call: &Call) {
    let Some(array) = machine.heap.array_mut(id) else {
        return;
    };
    let len = array.len();
    let bounds = relative(&call.argument(1), len, 0).zip(relative(&call.argument(2), len, len));
    let Some((from, to)) = bounds else {
        machine.heap.get_mut(id).past.assumed = true;
        return;
    };
    for element in array.iter_mut().take(to).skip(from) {
        *element = call.argument(0);
    }
    let object = machine.heap.get_mut(id);
    if (from, to) == (0, len) && object.form == Form::Sparse {
        object.form = Form::Ordinary;
    }
}

/// Elements in order, and whether that is the order that the application gives them.
pub(super) fn sorted(
    machine: &mut Machine<'_>,
    elements: Vec<Value>,
    call: &Call,
) -> (Vec<Value>, bool) {
    let compare = call.argument(0);
    let (mut left, absent): (Vec<Value>, Vec<Value>) = elements
        .into_iter()
        .partition(|element| *element != Value::Undefined);
    let known = if compare == Value::Undefined {
        sort_as_text(machine, &mut left)
    } else {
        sort_by(machine, &mut left, &compare, call)
    };
    left.extend(absent);
    (left, known)
}

fn sort_as_text(machine: &Machine<'_>, elements: &mut Vec<Value>) -> bool {
    let texts: Option<Vec<Vec<u16>>> = elements
        .iter()
        .map(|element| Some(machine.text_of(element)?.encode_utf16().collect()))
        .collect();
    let Some(texts) = texts else {
        return false;
    };
    let mut order: Vec<usize> = (0..elements.len()).collect();
    order.sort_by(|a, b| texts[*a].cmp(&texts[*b]));
    *elements = order.into_iter().map(|at| elements[at].clone()).collect();
    true
}

/// Sorts by insertion into a sorted list, as the few elements that an application starts from allow. A function that
/// compares without numbers, or in no order, gives what the engine's own way of sorting makes of it.
fn sort_by(
    machine: &mut Machine<'_>,
    elements: &mut Vec<Value>,
    compare: &Value,
    call: &Call,
) -> bool {
    let mut order: Vec<usize> = Vec::with_capacity(elements.len());
    let mut known = true;
    for (at, element) in elements.iter().enumerate() {
        let (mut low, mut high) = (0, order.len());
        while low < high {
            let middle = low.midpoint(high);
            let pair = vec![element.clone(), elements[order[middle]].clone()];
            match compared(machine, compare, pair, call) {
                Some(Ordering::Less) => high = middle,
                Some(_) => low = middle + 1,
                None => {
                    known = false;
                    low = middle + 1;
                }
            }
        }
        order.insert(low, at);
    }
    known &= is_consistent(machine, elements, &order, compare, call);
    *elements = order.into_iter().map(|at| elements[at].clone()).collect();
    known
}

/// Whether the function says of all neighbours what the order says, both ways round.
fn is_consistent(
    machine: &mut Machine<'_>,
    elements: &[Value],
    order: &[usize],
    compare: &Value,
    call: &Call,
) -> bool {
    order.windows(2).all(|pair| {
        let (first, second) = (elements[pair[0]].clone(), elements[pair[1]].clone());
        let there = compared(machine, compare, vec![first.clone(), second.clone()], call);
        let back = compared(machine, compare, vec![second, first], call);
        there.is_some_and(|there| there.is_le() && back == Some(there.reverse()))
    })
}

fn compared(
    machine: &mut Machine<'_>,
    compare: &Value,
    pair: Vec<Value>,
    call: &Call,
) -> Option<Ordering> {
    let outcome = machine.call_simply(compare, Value::Undefined, pair, call.site);
    let number = number_of(&outcome)?;
    Some(number.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
}
