//! What happened to a document, as a platform tells it.

use crate::driver::document::RecordChange;

/// Something that happened to a document, delivered at least once.
///
/// A handler gets it as a [`ChangeEvent`](super::ChangeEvent) of its collection's type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DocumentChange {
    /// The collection, by the name of its table in the store.
    pub collection: String,
    /// What happened, as the collection's schema reads it.
    pub change: RecordChange,
}

impl DocumentChange {
    /// A change in a table; for platforms.
    pub fn new(collection: impl Into<String>, change: RecordChange) -> Self {
        let collection = collection.into();
        Self { collection, change }
    }
}
