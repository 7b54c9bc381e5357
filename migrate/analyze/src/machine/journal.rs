//! Keeps what code under an unknown condition overwrites, and decides afterwards what holds.
//!
//! Inside a branch that may not run, assignments take effect, so that its loops and tables work.
//! When the branch ends, a value that it wrote stays only where it tells more than the value that
//! was there: a default survives an option that may be absent.

use std::collections::HashSet;

use crate::machine::Machine;
use crate::machine::heap::Property;
use crate::machine::value::{Name, ObjectId, ScopeId, Value};

/// Something that was written, with the value before.
#[derive(Debug)]
pub(crate) enum Overwritten<'a> {
    Variable(ScopeId, &'a str, Value),
    /// A property, absent before when there is no value.
    Property(ObjectId, Name, Option<Value>),
}

impl<'a> Machine<'a> {
    /// Runs `body` as code under an unknown condition.
    pub(crate) fn uncertainly<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.journal.len();
        self.uncertain += 1;
        let outcome = self.under_condition(true, body);
        self.uncertain -= 1;
        self.settle_writes(mark);
        self.assume();
        outcome
    }

    /// Notes that a variable is about to be written.
    pub(crate) fn journal_variable(&mut self, scope: ScopeId, name: &'a str) {
        if self.uncertain > 0
            && let Some(binding) = self.scopes.binding(scope, name)
        {
            let before = binding.value.clone();
            self.journal
                .push(Overwritten::Variable(scope, name, before));
        }
    }

    /// Notes that a property is about to be written.
    pub(crate) fn journal_property(&mut self, id: ObjectId, key: &str) {
        if self.uncertain > 0 {
            let before = self
                .heap
                .get(id)
                .properties
                .get(key)
                .map(|property| property.value.clone());
            self.journal
                .push(Overwritten::Property(id, key.into(), before));
        }
    }

    fn settle_writes(&mut self, mark: usize) {
        let mut written = self.journal.split_off(mark);
        let (mut variables, mut properties) = (HashSet::new(), HashSet::new());
        // The first note of a target has the value from before the branch.
        written.retain(|entry| match entry {
            Overwritten::Variable(scope, name, _) => variables.insert((*scope, *name)),
            Overwritten::Property(id, key, _) => properties.insert((*id, Name::clone(key))),
        });
        for entry in &written {
            self.settle_write(entry);
        }
        if self.uncertain > 0 {
            self.journal.append(&mut written);
        }
    }

    fn settle_write(&mut self, entry: &Overwritten<'a>) {
        match entry {
            Overwritten::Variable(scope, name, before) => {
                if let Some(binding) = self.scopes.binding_mut(*scope, name)
                    && !stronger(&binding.value, before)
                {
                    binding.value = before.clone();
                }
            }
            Overwritten::Property(id, key, Some(before)) => {
                if let Some(property) = self.heap.get_mut(*id).properties.get_mut(key)
                    && !stronger(&property.value, before)
                {
                    *property = Property {
                        value: before.clone(),
                        ..property.clone()
                    };
                }
            }
            Overwritten::Property(_, _, None) => {}
        }
    }
}

/// Whether a value that may have been written tells more than the one before it.
fn stronger(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(_), Value::Object(_)) => false,
        (Value::Object(_), _) => true,
        (_, Value::Object(_)) => false,
        (_, _) => old.information() <= 2 && new.information() > old.information(),
    }
}
