//! Finds variables that hold the same object from the start.

use std::collections::BTreeSet;

use super::Porter;
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Value};

impl Porter<'_, '_> {
    /// The variables that share an object with one that changes: apart, they would hold copies of it.
    pub(super) fn overlapping(&self, changed: &BTreeSet<usize>) -> BTreeSet<usize> {
        let held: Vec<BTreeSet<ObjectId>> = self
            .roots
            .values()
            .map(|root| self.objects_in(&root.value))
            .collect();
        let mut shared = BTreeSet::new();
        for (root, objects) in held.iter().enumerate() {
            let others = changed.iter().filter(|other| **other != root);
            for other in others.filter(|other| !held[**other].is_disjoint(objects)) {
                shared.extend([root, *other]);
            }
        }
        shared
    }

    /// The objects that are parts of a value.
    fn objects_in(&self, value: &Value) -> BTreeSet<ObjectId> {
        let mut objects = BTreeSet::new();
        let mut open = vec![value.clone()];
        while let Some(value) = open.pop() {
            let Some(id) = value.as_object().filter(|id| objects.insert(*id)) else {
                continue;
            };
            let object = self.machine.heap.get(id);
            match &object.kind {
                Kind::Array(elements) => open.extend(elements.iter().cloned()),
                Kind::Plain => {}
                _ => continue,
            }
            open.extend(
                object
                    .properties
                    .values()
                    .map(|property| property.value.clone()),
            );
        }
        objects
    }
}
