//! Values rebuilt with one thing changed in every place.

use isobar::document::{Map, Value};

/// Changes every value within the fields, the innermost first.
pub(super) fn each_value(fields: &mut Map, change: fn(&mut Value)) {
    for value in fields.values_mut() {
        within(value, change);
    }
}

/// Removes, at every level, the fields whose value is so.
pub(super) fn drop_fields(fields: &mut Map, unwanted: fn(&Value) -> bool) {
    fields.retain(|_, value| !unwanted(value));
    for value in fields.values_mut() {
        drop_within(value, unwanted);
    }
}

/// Sorts the names at every level.
pub(super) fn sort_names(fields: &mut Map) {
    fields.sort_keys();
    each_value(fields, |value| {
        if let Value::Map(inner) = value {
            inner.sort_keys();
        }
    });
}

fn within(value: &mut Value, change: fn(&mut Value)) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| within(item, change)),
        Value::Map(fields) => each_value(fields, change),
        _ => {}
    }
    change(value);
}

fn drop_within(value: &mut Value, unwanted: fn(&Value) -> bool) {
    match value {
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| drop_within(item, unwanted)),
        Value::Map(fields) => drop_fields(fields, unwanted),
        _ => {}
    }
}
