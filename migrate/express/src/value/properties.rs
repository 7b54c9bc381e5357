//! The named properties of one object, in JavaScript's order.

use std::hash::Hash;

use foldhash::quality::RandomState;
use indexmap::{Equivalent, IndexMap};

use super::{JsObject, JsString, JsValue, index};

/// So many names are found sooner by comparing than by hashing.
const FEW: usize = 8;

/// What can name a property: `str` for a name known at compile time, [`JsString`] for a computed one.
pub trait PropertyName: Hash + Equivalent<JsString> {
    /// The name as text, unless it holds a lone surrogate.
    fn text(&self) -> Option<&str>;

    /// The name as an owned string.
    fn to_js_string(&self) -> JsString;
}

impl PropertyName for str {
    fn text(&self) -> Option<&str> {
        Some(self)
    }

    fn to_js_string(&self) -> JsString {
        JsString::new(self)
    }
}

impl PropertyName for JsString {
    fn text(&self) -> Option<&str> {
        self.as_str()
    }

    fn to_js_string(&self) -> JsString {
        self.clone()
    }
}

/// Names and values in the order of their addition; the order of enumeration is worked out when it is asked for.
#[derive(Default)]
pub(super) struct Properties {
    entries: IndexMap<JsString, Property, RandomState>,
    /// How many of the names are array indexes, which are enumerated first and in numeric order.
    index_names: usize,
}

struct Property {
    value: JsValue,
    enumerable: bool,
}

impl Properties {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, name: &(impl PropertyName + ?Sized)) -> Option<&JsValue> {
        self.entry(name).map(|property| &property.value)
    }

    /// Sets the value and returns the one it replaces, so that the caller can drop it outside the lock.
    pub(super) fn insert(
        &mut self,
        name: &(impl PropertyName + ?Sized),
        value: JsValue,
    ) -> Option<JsValue> {
        if let Some(property) = self.entry_mut(name) {
            return Some(std::mem::replace(&mut property.value, value));
        }
        self.define(name.to_js_string(), value)
    }

    pub(super) fn define(&mut self, name: JsString, value: JsValue) -> Option<JsValue> {
        if let Some(property) = self.entry_mut(&name) {
            return Some(std::mem::replace(&mut property.value, value));
        }
        self.index_names += usize::from(is_index(&name));
        self.entries.insert(
            name,
            Property {
                value,
                enumerable: true,
            },
        );
        None
    }

    pub(super) fn insert_hidden(&mut self, name: &'static str, value: JsValue) {
        self.entries.insert(
            JsString::literal(name),
            Property {
                value,
                enumerable: false,
            },
        );
    }

    pub(super) fn remove(&mut self, name: &(impl PropertyName + ?Sized)) -> Option<JsValue> {
        let (name, property) = self.entries.shift_remove_entry(name)?;
        self.index_names -= usize::from(is_index(&name));
        Some(property.value)
    }

    pub(super) fn keys(&self) -> Vec<JsString> {
        self.ordered(|name, _| name.clone())
    }

    pub(super) fn entries(&self) -> Vec<(JsString, JsValue)> {
        self.ordered(|name, property| (name.clone(), property.value.clone()))
    }

    pub(super) fn take_objects(&mut self) -> Vec<JsObject> {
        let values = self.entries.drain(..).map(|(_, property)| property.value);
        values
            .filter_map(|value| match value {
                JsValue::Object(object) => Some(object),
                _ => None,
            })
            .collect()
    }

    fn entry(&self, name: &(impl PropertyName + ?Sized)) -> Option<&Property> {
        if self.entries.len() > FEW {
            return self.entries.get(name);
        }
        let mut entries = self.entries.iter();
        let found = entries.find(|(own, _)| name.equivalent(own));
        found.map(|(_, property)| property)
    }

    fn entry_mut(&mut self, name: &(impl PropertyName + ?Sized)) -> Option<&mut Property> {
        if self.entries.len() > FEW {
            return self.entries.get_mut(name);
        }
        let mut entries = self.entries.iter_mut();
        let found = entries.find(|(own, _)| name.equivalent(own));
        found.map(|(_, property)| property)
    }

    fn ordered<T>(&self, pick: impl Fn(&JsString, &Property) -> T) -> Vec<T> {
        let visible = self
            .entries
            .iter()
            .filter(|(_, property)| property.enumerable);
        if self.index_names == 0 {
            return visible
                .map(|(name, property)| pick(name, property))
                .collect();
        }
        let mut entries: Vec<_> = visible.collect();
        // A stable sort: names that are not indexes keep the order of their addition.
        entries.sort_by_key(|(name, _)| {
            name.as_str()
                .and_then(index::from_text)
                .unwrap_or(usize::MAX)
        });
        entries
            .into_iter()
            .map(|(name, property)| pick(name, property))
            .collect()
    }
}

fn is_index(name: &JsString) -> bool {
    name.as_str().and_then(index::from_text).is_some()
}
