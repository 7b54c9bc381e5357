//! The entries of an array or object that is stored by its entries.

use std::collections::HashSet;
use std::iter::Peekable;
use std::vec::IntoIter;

use isobar::Result;

use super::codec::StoredValue;
use super::held::{tag, unstorable};
use super::stored::{Shape, StoredEntries, StoredVariable};
use crate::value::{JsArray, JsObject, JsString, JsValue, Mark};

const FIRST_NUMBER: u64 = 1;

/// The entries as they are stored, in their order.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) stored: StoredEntries,
    slots: Vec<Slot>,
}

/// One entry.
#[derive(Debug)]
pub(super) struct Slot {
    number: u64,
    key: Option<JsString>,
    pub(super) value: JsValue,
    pub(super) mark: Mark,
}

/// What tells entries apart: the name of a property, or which object an element is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    Name(JsString),
    Object(usize),
    /// Elements that are no objects are alike.
    Primitive,
}

/// Which entries are stored and removed.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) stored: Vec<u64>,
    pub(super) removed: Vec<u64>,
}

impl Shape {
    /// The shape of a value that can be stored by its entries.
    pub(super) fn of(value: &JsValue) -> Option<Self> {
        let object = value.as_object()?;
        if object.is_dense_array() {
            Some(Self::Array)
        } else {
            object.is_plain().then_some(Self::Object)
        }
    }
}

impl Slot {
    pub(super) fn new(number: u64, key: Option<JsString>, value: JsValue, whole: &Mark) -> Self {
        Self {
            number,
            key,
            value,
            mark: whole.entry(number),
        }
    }

    fn next(&self) -> u64 {
        self.number.saturating_add(1)
    }

    fn identity(&self) -> Identity {
        identity(self.key.as_ref(), &self.value)
    }

    fn holds(&self, value: &JsValue) -> bool {
        match (&self.value, value) {
            (JsValue::Number(left), JsValue::Number(right)) => left.to_bits() == right.to_bits(),
            (left, right) => left == right,
        }
    }
}

impl Entries {
    /// Entries in ascending order of their numbers.
    pub(super) fn new(stored: StoredEntries, slots: Vec<Slot>) -> Self {
        Self { stored, slots }
    }

    /// The entries of a value, numbered anew.
    pub(super) fn numbered(stored: StoredEntries, value: &JsValue, mark: &Mark) -> Self {
        let slots = (FIRST_NUMBER..).zip(entries_from(value, 0));
        let slots = slots.map(|(number, (key, value))| Slot::new(number, key, value, mark));
        Self {
            stored,
            slots: slots.collect(),
        }
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.slots.iter().map(|slot| slot.number).collect()
    }

    /// The value that the entries make up.
    pub(super) fn value(&self) -> JsValue {
        let values = self.slots.iter().map(|slot| slot.value.clone());
        match self.stored.shape {
            Shape::Array => JsArray::from_values(values).into(),
            Shape::Object => {
                let object = JsObject::new();
                for slot in &self.slots {
                    object.define(slot.key.clone().unwrap_or_default(), slot.value.clone());
                }
                object.into()
            }
        }
    }

    /// Gives up all entries: the names of their documents.
    pub(super) fn retire(&mut self, variable: &str) -> Vec<String> {
        let stored = &self.stored;
        let slots = self.slots.drain(..).inspect(|slot| slot.mark.retire());
        slots
            .map(|slot| stored.document(variable, slot.number))
            .collect()
    }

    /// The document of one entry, whose mark is made anew.
    pub(super) fn store(
        &mut self,
        variable: &str,
        number: u64,
        (application, whole): (&str, &Mark),
        seen: &mut HashSet<usize>,
    ) -> Result<StoredVariable> {
        let slot = self.position(number).and_then(|at| self.slots.get_mut(at));
        let slot = slot.ok_or_else(|| unstorable("an entry is missing"))?;
        slot.mark = whole.entry(number);
        tag(&slot.value, &slot.mark, seen)?;
        let mut document =
            StoredVariable::named(application, self.stored.document(variable, number));
        if let Some(key) = &slot.key {
            let text = key.as_str();
            let text = text
                .ok_or_else(|| unstorable("a name with half a surrogate pair cannot be stored"))?;
            document.key = Some(text.to_owned());
        }
        document.value = Some(StoredValue(slot.value.clone()));
        Ok(document)
    }

    /// Makes the entries those of `value`, which has changed where `mark` says.
    pub(super) fn follow(&mut self, value: &JsValue, mark: &Mark) -> Followed {
        let mut followed = Followed::default();
        if let Some(first) = mark.first() {
            let first = match self.stored.shape {
                Shape::Array => first.min(self.slots.len()),
                Shape::Object => 0,
            };
            let before = self.slots.split_off(first);
            self.follow_tail(before, entries_from(value, first), (mark, &mut followed));
        }
        for number in mark.changed_entries() {
            let is_there = self.position(number).is_some();
            if is_there && !followed.stored.contains(&number) {
                followed.stored.push(number);
            }
        }
        followed
    }

    /// Appends the entries of `after`, reusing what is in `before`: the same entries keep their documents, replaced
    /// ones give theirs to what replaced them, and from the first entry that fits nowhere all are stored anew.
    fn follow_tail(
        &mut self,
        before: Vec<Slot>,
        after: Vec<(Option<JsString>, JsValue)>,
        (mark, followed): (&Mark, &mut Followed),
    ) {
        let mut tail = Tail::new(before, &after);
        let mut after = after.into_iter().peekable();
        while let Some((key, value)) = after.peek() {
            let Some(slot) = tail.take(&identity(key.as_ref(), value), followed) else {
                break;
            };
            if let Some(entry) = after.next() {
                self.reuse(slot, entry, (mark, followed));
            }
        }
        let mut next = self.slots.last().map_or(FIRST_NUMBER, Slot::next);
        for slot in tail.before {
            // Beyond all numbers that were in use, so that none is removed and stored at once.
            next = slot.next();
            followed.remove(&slot);
        }
        for (number, (key, value)) in (next..).zip(after) {
            self.slots.push(Slot::new(number, key, value, mark));
            followed.stored.push(number);
        }
    }

    fn reuse(
        &mut self,
        slot: Slot,
        (key, value): (Option<JsString>, JsValue),
        (mark, followed): (&Mark, &mut Followed),
    ) {
        if slot.key == key && slot.holds(&value) {
            self.slots.push(slot);
            return;
        }
        slot.mark.retire();
        followed.stored.push(slot.number);
        self.slots.push(Slot::new(slot.number, key, value, mark));
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.slots
            .binary_search_by_key(&number, |slot| slot.number)
            .ok()
    }
}

impl Followed {
    fn remove(&mut self, slot: &Slot) {
        slot.mark.retire();
        self.removed.push(slot.number);
    }
}

/// Entries as they were, of which some are still there.
struct Tail {
    before: Peekable<IntoIter<Slot>>,
    old: HashSet<Identity>,
    new: HashSet<Identity>,
}

impl Tail {
    fn new(before: Vec<Slot>, after: &[(Option<JsString>, JsValue)]) -> Self {
        let new = after.iter();
        Self {
            old: before.iter().map(Slot::identity).collect(),
            new: new
                .map(|(key, value)| identity(key.as_ref(), value))
                .collect(),
            before: before.into_iter().peekable(),
        }
    }

    /// The next entry, when this is the one, or one that is gone and whose place it takes. Those that are gone from
    /// before it are removed.
    fn take(&mut self, entry: &Identity, followed: &mut Followed) -> Option<Slot> {
        let is_primitive = |identity: &Identity| *identity == Identity::Primitive;
        let is_new = is_primitive(entry) || !self.old.contains(entry);
        loop {
            let identity = self.before.peek()?.identity();
            let is_gone = is_primitive(&identity) || !self.new.contains(&identity);
            if identity == *entry || (is_new && is_gone) {
                return self.before.next();
            }
            if !is_gone {
                return None;
            }
            followed.remove(&self.before.next()?);
        }
    }
}

fn identity(key: Option<&JsString>, value: &JsValue) -> Identity {
    match (key, value) {
        (Some(key), _) => Identity::Name(key.clone()),
        (None, JsValue::Object(object)) => Identity::Object(object.address()),
        (None, _) => Identity::Primitive,
    }
}

/// The entries from one on; objects are listed as they were made, for integer names have another order.
fn entries_from(value: &JsValue, first: usize) -> Vec<(Option<JsString>, JsValue)> {
    let Some(object) = value.as_object() else {
        return Vec::new();
    };
    if let Some(array) = JsArray::from_object(object) {
        return array.with(|elements| {
            let tail = elements.get(first..).unwrap_or_default();
            tail.iter()
                .map(|element| (None, element.clone().unwrap_or_default()))
                .collect()
        });
    }
    let entries = object.entries().into_iter();
    entries.map(|(key, value)| (Some(key), value)).collect()
}
