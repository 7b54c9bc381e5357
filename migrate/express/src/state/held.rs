//! A variable in memory, and how it is stored.

use std::collections::HashSet;
use std::time::Instant;

use isobar::{Error, ErrorKind, Result};
use uuid::Uuid;

use super::codec::{StoredValue, text_of};
use super::entries::{Entries, Slot};
use super::stored::{Shape, StoredEntries, StoredVariable};
use super::writer::Ticket;
use crate::value::{JsValue, Mark};

/// Values up to this size in bytes are stored in the document that every request reads first.
const LARGEST_WHOLE: usize = 512;
/// As many entries are stored in the same step as the variable; where more change, all are written anew.
const MOST_CHANGED: usize = 50;

/// A variable in memory.
#[derive(Debug)]
pub(super) struct Held {
    name: &'static str,
    value: JsValue,
    mark: Mark,
    layout: Layout,
    /// Which commit wrote the stored variable; `None` where it is not stored.
    pub(super) commit: Option<String>,
    /// The last time at which memory and store were known to be the same.
    pub(super) verified: Instant,
    /// The revision of the store in which they were, where it tells.
    pub(super) revision: Option<u64>,
    /// The write that is on its way.
    pub(super) ticket: Option<Ticket>,
}

/// How the variable is stored.
#[derive(Debug)]
enum Layout {
    Whole,
    Entries(Entries),
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) variable: StoredVariable,
    /// The entries to store and, as `None`, to remove, by the names of their documents.
    pub(super) entries: Vec<(String, Option<StoredVariable>)>,
    /// Entries that nothing refers to before the variable is stored.
    pub(super) before: Vec<StoredVariable>,
    /// Documents that nothing refers to once the variable is stored.
    pub(super) garbage: Vec<String>,
}

/// What a request has done to a variable.
#[derive(Debug)]
pub(super) enum Plan {
    Unchanged,
    Whole {
        garbage: Vec<String>,
    },
    /// The numbers of the entries to store and to remove.
    Entries {
        stored: Vec<u64>,
        removed: Vec<u64>,
    },
    /// The entries to remove.
    Rewrite {
        garbage: Vec<String>,
    },
}

impl Held {
    /// A variable that is stored in one document, or not at all.
    pub(super) fn whole(name: &'static str, value: JsValue, read_at: Instant) -> Result<Self> {
        let mark = Mark::whole();
        tag(&value, &mark, &mut HashSet::new())?;
        Ok(Self {
            name,
            value,
            mark,
            layout: Layout::Whole,
            commit: None,
            verified: read_at,
            revision: None,
            ticket: None,
        })
    }

    /// A variable that is stored by its entries.
    pub(super) fn of_entries(
        name: &'static str,
        stored: StoredEntries,
        documents: Vec<StoredVariable>,
        read_at: Instant,
    ) -> Result<Self> {
        let mark = Mark::whole();
        let mut seen = HashSet::new();
        let mut slots = Vec::with_capacity(documents.len());
        for document in documents {
            let number = StoredEntries::number(&document.name);
            let number = number.ok_or_else(|| unstorable("an entry has a foreign name"))?;
            let value = document.value.map_or(JsValue::Null, |value| value.0);
            let slot = Slot::new(number, document.key.map(Into::into), value, &mark);
            tag(&slot.value, &slot.mark, &mut seen)?;
            slots.push(slot);
        }
        let entries = Entries::new(stored, slots);
        let value = entries.value();
        tell_root(&value, &mark);
        Ok(Self {
            name,
            value,
            mark,
            layout: Layout::Entries(entries),
            commit: None,
            verified: read_at,
            revision: None,
            ticket: None,
        })
    }

    /// Whether memory and store are the same while the store is at `revision`.
    pub(super) fn is_of(&self, revision: Option<u64>) -> bool {
        revision.is_some() && self.revision == revision
    }

    pub(super) fn value(&self) -> &JsValue {
        &self.value
    }

    pub(super) fn set(&mut self, value: JsValue) {
        self.value = value;
        self.mark.set(0);
    }

    /// Whether anything has changed since the last [`Self::write`].
    pub(super) fn is_changed(&self) -> bool {
        self.mark.is_touched()
    }

    /// Works out what has changed. All variables are planned before the first is written, because values can have
    /// moved from one to the other.
    pub(super) fn plan(&mut self) -> Plan {
        if !self.is_changed() {
            return Plan::Unchanged;
        }
        let shape = Shape::of(&self.value);
        let Layout::Entries(entries) = &mut self.layout else {
            let garbage = Vec::new();
            return Plan::Whole { garbage };
        };
        if shape != Some(entries.stored.shape) {
            let garbage = entries.retire(self.name);
            return Plan::Whole { garbage };
        }
        let changes = entries.follow(&self.value, &self.mark);
        if changes.stored.len() + changes.removed.len() > MOST_CHANGED {
            let garbage = changes.removed.iter();
            let mut garbage: Vec<_> = garbage
                .map(|number| entries.stored.document(self.name, *number))
                .collect();
            garbage.append(&mut entries.retire(self.name));
            return Plan::Rewrite { garbage };
        }
        Plan::Entries {
            stored: changes.stored,
            removed: changes.removed,
        }
    }

    /// What is to be written so that the stored variable becomes this one.
    ///
    /// # Errors
    /// A value that cannot be stored, or an object that is kept in two places: it would become two when it is read.
    pub(super) fn write(
        &mut self,
        plan: Plan,
        application: &str,
        seen: &mut HashSet<usize>,
    ) -> Result<Option<Change>> {
        let change = match plan {
            Plan::Unchanged => return Ok(None),
            Plan::Rewrite { garbage } => self.rewrite(application, garbage, seen)?,
            Plan::Whole { garbage } => {
                // What contains itself has no size.
                check_tree(&self.value)?;
                let size = encoded_size(&self.value)?;
                if size > LARGEST_WHOLE && Shape::of(&self.value).is_some() {
                    self.rewrite(application, garbage, seen)?
                } else {
                    self.write_whole(application, garbage, seen)?
                }
            }
            Plan::Entries { stored, removed } => {
                self.write_entries(application, (stored, removed), seen)?
            }
        };
        Ok(Some(change))
    }

    /// All changes are on their way to the store.
    pub(super) fn written(&mut self, commit: &str, ticket: &Ticket) {
        self.mark.clear();
        self.commit = Some(commit.to_owned());
        self.ticket = Some(ticket.clone());
    }

    fn write_whole(
        &mut self,
        application: &str,
        garbage: Vec<String>,
        seen: &mut HashSet<usize>,
    ) -> Result<Change> {
        self.layout = Layout::Whole;
        self.mark = Mark::whole();
        tag(&self.value, &self.mark, seen)?;
        let mut variable = StoredVariable::named(application, self.name);
        variable.value = Some(StoredValue(self.value.clone()));
        Ok(Change {
            variable,
            entries: Vec::new(),
            before: Vec::new(),
            garbage,
        })
    }

    fn write_entries(
        &mut self,
        application: &str,
        (stored, removed): (Vec<u64>, Vec<u64>),
        seen: &mut HashSet<usize>,
    ) -> Result<Change> {
        let Layout::Entries(entries) = &mut self.layout else {
            return Err(unstorable("entries were planned for a whole value"));
        };
        tell_root(&self.value, &self.mark);
        let mut changed = Vec::with_capacity(stored.len() + removed.len());
        for number in removed {
            changed.push((entries.stored.document(self.name, number), None));
        }
        for number in stored {
            let document = entries.store(self.name, number, (application, &self.mark), seen)?;
            changed.push((document.name.clone(), Some(document)));
        }
        let mut variable = StoredVariable::named(application, self.name);
        variable.entries = Some(entries.stored.clone());
        Ok(Change {
            variable,
            entries: changed,
            before: Vec::new(),
            garbage: Vec::new(),
        })
    }

    /// Writes all entries under new names.
    fn rewrite(
        &mut self,
        application: &str,
        garbage: Vec<String>,
        seen: &mut HashSet<usize>,
    ) -> Result<Change> {
        let shape = Shape::of(&self.value).ok_or_else(|| unstorable("the value has no entries"))?;
        let generation = Uuid::new_v4().simple().to_string();
        let mark = Mark::whole();
        let stored = StoredEntries { shape, generation };
        let mut entries = Entries::numbered(stored, &self.value, &mark);
        tell_root(&self.value, &mark);
        let mut before = Vec::new();
        for number in entries.numbers() {
            before.push(entries.store(self.name, number, (application, &mark), seen)?);
        }
        let mut variable = StoredVariable::named(application, self.name);
        variable.entries = Some(entries.stored.clone());
        self.mark = mark;
        self.layout = Layout::Entries(entries);
        Ok(Change {
            variable,
            entries: Vec::new(),
            before,
            garbage,
        })
    }
}

fn tell_root(value: &JsValue, mark: &Mark) {
    if let Some(root) = value.as_object() {
        // Before, it was an object of the request, or the root of this or another variable that was set anew.
        let _earlier = root.tell(mark);
    }
}

/// Gives the mark to all objects of a value.
///
/// An object that is reached twice would become two objects when it is read again. Its other place is in `seen`, or it
/// carries the mark of something that has not changed.
pub(super) fn tag(value: &JsValue, mark: &Mark, seen: &mut HashSet<usize>) -> Result<()> {
    let mut open = vec![value.clone()];
    while let Some(value) = open.pop() {
        let JsValue::Object(object) = value else {
            continue;
        };
        if object.date().is_some() {
            // Nothing in a ported program changes a date, so that a copy is as good.
            continue;
        }
        if !object.is_plain() && !object.is_array() {
            return Err(unstorable(
                "the state holds something other than plain data",
            ));
        }
        let earlier = object.tell(mark);
        let elsewhere = earlier.is_some_and(|earlier| !earlier.is_same(mark) && !earlier.is_set());
        if elsewhere || !seen.insert(object.address()) {
            return Err(twice());
        }
        open.extend(object.entries().into_iter().map(|(_, value)| value));
    }
    Ok(())
}

/// Refuses a value that holds an object twice, or itself.
fn check_tree(value: &JsValue) -> Result<()> {
    let mut seen = HashSet::new();
    let mut open = vec![value.clone()];
    while let Some(value) = open.pop() {
        if let JsValue::Object(object) = value
            && object.date().is_none()
        {
            if !seen.insert(object.address()) {
                return Err(twice());
            }
            open.extend(object.entries().into_iter().map(|(_, value)| value));
        }
    }
    Ok(())
}

fn twice() -> Error {
    unstorable("the same object is kept in two places of the state")
}

/// The size of the value as JSON, in bytes.
fn encoded_size(value: &JsValue) -> Result<usize> {
    text_of(value).map(|text| text.len())
}

pub(super) fn unstorable(why: &'static str) -> Error {
    Error::new(ErrorKind::Internal, why)
}
