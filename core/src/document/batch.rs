//! Many writes of any partitions, each for itself.

use serde::Serialize;

use super::{Condition, Key, PutOptions};
use crate::document::write_set::Draft;
use crate::driver::document::{Action, Existence};
use crate::error::Result;

/// Unconditional writes, of any number, sent in as few requests as the store allows (rule R16).
///
/// They are not atomic together; each has its own result, in the order given.
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

    /// Removes a document if it is there.
    #[must_use]
    pub fn delete(mut self, key: impl Into<Key>) -> Self {
        self.drafts.push(Ok(Draft {
            key: Some(key.into()),
            action: Action::Delete,
            existence: Existence::Any,
            condition: Condition::default(),
        }));
        self
    }

    pub(crate) fn into_drafts(self) -> Vec<Result<Draft>> {
        self.drafts
    }
}
