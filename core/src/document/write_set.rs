//! Writes of one partition that happen together or not at all.

use serde::Serialize;

use super::{CollectionSchema, Condition, Idempotency, Key, PutOptions, Update, UpdateOptions};
use crate::capability::{Capability, Limits};
use crate::document::check;
use crate::driver::document::{Action, Existence, Write};
use crate::error::{Error, ErrorKind, Result};

/// At most 100 writes and 2 MB, one partition, each key once (rule R9).
///
/// ```
/// use isobar::document::{Update, WriteSet};
///
/// let set = WriteSet::new()
///     .create(&[("owner", "alice"), ("id", "2")])
///     .update(("alice", "1"), Update::new().increment("copies", 1))
///     .delete(("alice", "0"));
/// assert_eq!(set.len(), 3);
/// ```
#[derive(Debug, Default)]
pub struct WriteSet {
    drafts: Vec<Result<Draft>>,
}

#[derive(Debug)]
pub(crate) struct Draft {
    /// `None` where the document names its own key.
    pub(crate) key: Option<Key>,
    pub(crate) action: Action,
    pub(crate) existence: Existence,
    pub(crate) condition: Condition,
    pub(crate) idempotency: Idempotency,
}

impl Draft {
    /// A write that has no document of its own.
    pub(crate) fn keyed(
        key: Key,
        action: Action,
        existence: Existence,
        condition: Condition,
    ) -> Self {
        Self {
            key: Some(key),
            action,
            existence,
            condition,
            idempotency: Idempotency::default(),
        }
    }

    pub(crate) fn put<T: Serialize>(
        document: &T,
        existence: Existence,
        options: PutOptions,
    ) -> Result<Self> {
        let PutOptions {
            condition,
            expires_at,
        } = options;
        let fields = check::fields(document)?;
        if existence == Existence::Forbidden && !condition.is_empty() {
            return Err(Error::invalid(
                "a create has no document to ask conditions of: use a replace",
            ));
        }
        Ok(Self {
            key: None,
            action: Action::Put { fields, expires_at },
            existence,
            condition,
            idempotency: Idempotency::default(),
        })
    }

    pub(crate) fn update(key: Key, update: Update, options: UpdateOptions) -> Self {
        let existence = options.existence();
        let UpdateOptions {
            condition,
            expiry,
            idempotency,
            create_missing: _,
        } = options;
        Self {
            key: Some(key),
            action: Action::Update { update, expiry },
            existence,
            condition,
            idempotency,
        }
    }
}

impl WriteSet {
    /// No write yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many writes there are.
    pub fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Whether there is no write.
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// Stores a document that must not be there yet.
    #[must_use]
    pub fn create<T: Serialize>(self, document: &T) -> Self {
        self.create_with(document, PutOptions::default())
    }

    /// Stores a document that must not be there yet, with options.
    #[must_use]
    pub fn create_with<T: Serialize>(self, document: &T, options: PutOptions) -> Self {
        self.put(document, Existence::Forbidden, options)
    }

    /// Stores a document, whether or not it is there.
    #[must_use]
    pub fn upsert<T: Serialize>(self, document: &T) -> Self {
        self.upsert_with(document, PutOptions::default())
    }

    /// Stores a document; with a condition it must be there, as in a replace.
    #[must_use]
    pub fn upsert_with<T: Serialize>(self, document: &T, options: PutOptions) -> Self {
        let existence = options.upsert_existence();
        self.put(document, existence, options)
    }

    /// Stores a document in place of one that is there and meets the condition.
    #[must_use]
    pub fn replace<T: Serialize>(self, document: &T, condition: Condition) -> Self {
        self.replace_with(document, PutOptions::default().with_condition(condition))
    }

    /// Stores a document in place of one that is there and meets the options' condition.
    #[must_use]
    pub fn replace_with<T: Serialize>(self, document: &T, options: PutOptions) -> Self {
        self.put(document, Existence::Required, options)
    }

    /// Changes a document that must be there.
    #[must_use]
    pub fn update(self, key: impl Into<Key>, update: Update) -> Self {
        self.update_if(key, update, Condition::default())
    }

    /// Changes a document that must be there and meet the condition.
    #[must_use]
    pub fn update_if(self, key: impl Into<Key>, update: Update, condition: Condition) -> Self {
        self.update_with(
            key,
            update,
            UpdateOptions::default().with_condition(condition),
        )
    }

    /// Changes a document, with options.
    #[must_use]
    pub fn update_with(
        mut self,
        key: impl Into<Key>,
        update: Update,
        options: UpdateOptions,
    ) -> Self {
        self.push(Draft::update(key.into(), update, options));
        self
    }

    /// Removes a document if it is there.
    #[must_use]
    pub fn delete(self, key: impl Into<Key>) -> Self {
        self.keyed(key, Action::Delete, Existence::Any, Condition::default())
    }

    /// Removes a document that must meet the condition.
    #[must_use]
    pub fn delete_if(self, key: impl Into<Key>, condition: Condition) -> Self {
        self.keyed(key, Action::Delete, Existence::Any, condition)
    }

    /// Writes nothing, but the document must be there and meet the condition.
    #[must_use]
    pub fn check(self, key: impl Into<Key>, condition: Condition) -> Self {
        self.keyed(key, Action::Check, Existence::Required, condition)
    }

    /// Writes nothing, but the document must not be there.
    #[must_use]
    pub fn check_missing(self, key: impl Into<Key>) -> Self {
        self.keyed(
            key,
            Action::Check,
            Existence::Forbidden,
            Condition::default(),
        )
    }

    fn put<T: Serialize>(
        mut self,
        document: &T,
        existence: Existence,
        options: PutOptions,
    ) -> Self {
        self.drafts.push(Draft::put(document, existence, options));
        self
    }

    fn keyed(
        mut self,
        key: impl Into<Key>,
        action: Action,
        existence: Existence,
        condition: Condition,
    ) -> Self {
        let draft = Draft::keyed(key.into(), action, existence, condition);
        self.push(draft);
        self
    }

    pub(crate) fn push(&mut self, draft: Draft) {
        self.drafts.push(Ok(draft));
    }

    /// Refuses what cannot be written together, before anything is sent.
    pub(crate) fn checked(
        self,
        scope: Scope<'_>,
        schema: &CollectionSchema,
        limits: &Limits,
    ) -> Result<Vec<Write>> {
        if self.is_empty() {
            return Err(Error::invalid("the write set is empty"));
        }
        let count = self.len() as u64;
        if count > limits.set_operations {
            let what = "the number of writes in the set";
            return Err(Error::over_limit(
                ErrorKind::LimitExceeded,
                what,
                limits.set_operations,
                count,
            ));
        }
        let writes = self
            .drafts
            .into_iter()
            .enumerate()
            .map(|(index, draft)| {
                draft
                    .and_then(|draft| check::write(draft, schema, limits))
                    .map_err(|error| error.with_index(index))
            })
            .collect::<Result<Vec<_>>>()?;
        check_together(&writes, scope, limits)?;
        Ok(writes)
    }
}

/// Which documents a set may write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'p> {
    Partition(&'p str),
    Collection,
}

impl<'p> Scope<'p> {
    pub(crate) fn has(self, key: &Key) -> bool {
        match self {
            Self::Partition(partition) => key.partition == partition,
            Self::Collection => true,
        }
    }

    pub(crate) fn partition(self) -> Option<&'p str> {
        match self {
            Self::Partition(partition) => Some(partition),
            Self::Collection => None,
        }
    }

    /// What the store must be able to do.
    pub(crate) fn needs(self) -> Capability {
        match self {
            Self::Partition(_) => Capability::AtomicPartition,
            Self::Collection => Capability::CrossPartitionTransactions,
        }
    }
}

fn check_together(writes: &[Write], scope: Scope<'_>, limits: &Limits) -> Result<()> {
    for (index, write) in writes.iter().enumerate() {
        if !scope.has(&write.key) {
            let message = "a write of the set is in another partition: make it a set of its own";
            let error = Error::invalid(message).with_index(index);
            return Err(error.at_document(&write.key));
        }
    }
    check::distinct(writes.iter().map(|write| &write.key))?;
    let size = writes.iter().map(check::size).sum::<u64>();
    if size > limits.set_bytes {
        let what = "the size in bytes of the write set";
        return Err(Error::over_limit(
            ErrorKind::LimitExceeded,
            what,
            limits.set_bytes,
            size,
        ));
    }
    Ok(())
}
