//! What a value may be a part of: variables and constants, and instances of classes.

use std::collections::BTreeSet;

use isobar_migrate_model::code::Method;

/// The variables whose parts a value may be, with marks for instances of classes.
pub(super) type Parts = BTreeSet<usize>;

/// Above the number of any variable.
pub(super) const CONSTANTS: usize = usize::MAX / 4;

/// Above the number of any constant: two marks for each class, for a part of an instance and for an instance itself.
const INSTANCES: usize = usize::MAX / 2;

/// The number of a constant among variables.
pub(super) fn constant(id: usize) -> usize {
    CONSTANTS + id
}

/// Whether this is a variable or a constant.
pub(super) fn is_variable(part: usize) -> bool {
    part < INSTANCES
}

/// A new instance of a class.
pub(super) fn of_instance(class: usize) -> Parts {
    let mark = INSTANCES + 2 * class;
    [mark, mark + 1].into()
}

fn is_itself(part: usize) -> bool {
    !is_variable(part) && !(part - INSTANCES).is_multiple_of(2)
}

/// What a part of a value, or an object that holds it, is a part of.
pub(super) fn beyond(mut parts: Parts) -> Parts {
    parts.retain(|part| !is_itself(*part));
    parts
}

/// The classes of which a value may be an instance.
pub(super) fn instances(parts: &Parts) -> impl Iterator<Item = usize> {
    let marks = parts.iter().filter(|part| is_itself(**part));
    marks.map(|part| (part - INSTANCES) / 2)
}

/// Those of some classes of which an instance may be a part of the object that a value is a part of.
pub(super) fn held_in(parts: &Parts, classes: &BTreeSet<usize>) -> impl Iterator<Item = usize> {
    let held = classes.iter().copied();
    held.filter(|class| parts.contains(&(INSTANCES + 2 * class)))
}

pub(super) fn changes_receiver(method: Method) -> bool {
    matches!(
        method,
        Method::Fill
            | Method::Pop
            | Method::Push
            | Method::Reverse
            | Method::Shift
            | Method::Sort
            | Method::Splice
            | Method::Unshift
    )
}

/// Whether a method gives text, a number, a boolean or nothing.
pub(super) fn gives_primitive(method: Method) -> bool {
    !matches!(
        method,
        Method::At
            | Method::Concat
            | Method::Fill
            | Method::Filter
            | Method::Find
            | Method::FindLast
            | Method::Flat
            | Method::FlatMap
            | Method::Map
            | Method::Pop
            | Method::Reduce
            | Method::Reverse
            | Method::Shift
            | Method::Slice
            | Method::Sort
            | Method::Splice
            | Method::ValueOf
    )
}
