//! Many writes of any partitions, each for itself.

use serde::Serialize;

use super::{DeleteOptions, Key, PutOptions};
use crate::document::write_set::Draft;
use crate::driver::document::{Action, Existence};
use crate::error::Result;

/// Writes of any number and partitions, sent in as few requests as the store allows (rule R16).
///
/// They are not atomic together; each has its own result, in the order given. Those without a
/// condition go together where the store has batches; one with a condition is a request.
#[derive(Debug, Default)]
pub struct BatchWrite {
    drafts: Vec<Result<Draft>>,
}

impl BatchWrite {
    /// No write yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores a document, whether or not it is there.
    #[must_use]
    pub fn upsert<T: Serialize>(mut self, document: &T) -> Self {
        self.drafts
            .push(Draft::put(document, Existence::Any, PutOptions::default()));
        self
    }

    /// Stores a document, with an expiry or a condition; with a condition it must be there.
    #[must_use]
    pub fn upsert_with<T: Serialize>(mut self, document: &T, options: PutOptions) -> Self {
        let existence = options.upsert_existence();
        self.drafts.push(Draft::put(document, existence, options));
        self
    }

    /// Stores a document that must not be there yet.
    #[must_use]
    pub fn create<T: Serialize>(self, document: &T) -> Self {
        self.create_with(document, PutOptions::default())
    }

    /// Stores a document that must not be there yet, with an expiry.
    #[must_use]
    pub fn create_with<T: Serialize>(mut self, document: &T, options: PutOptions) -> Self {
        let draft = Draft::put(document, Existence::Forbidden, options);
        self.drafts.push(draft);
        self
    }

    /// Removes a document if it is there.
    #[must_use]
    pub fn delete(self, key: impl Into<Key>) -> Self {
        self.delete_with(key, DeleteOptions::default())
    }

    /// Removes a document that must meet the options' condition.
    #[must_use]
    pub fn delete_with(mut self, key: impl Into<Key>, options: DeleteOptions) -> Self {
        let (action, existence) = (Action::Delete, Existence::Any);
        let draft = Draft::keyed(key.into(), action, existence, options.condition);
        self.drafts.push(Ok(draft));
        self
    }

    pub(crate) fn into_drafts(self) -> Vec<Result<Draft>> {
        self.drafts
    }
}
