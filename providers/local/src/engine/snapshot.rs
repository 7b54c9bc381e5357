//! What is committed, as readers see it; readers share one as long as nothing is written.
//!
//! To begin a read and open a table costs the engine as much as finding a row.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::{Database, Key, ReadOnlyTable, ReadTransaction, ReadableDatabase as _, TableDefinition};
use redb::{TableError, Value};

use super::tables::{DOCUMENTS, DocumentTable};
use crate::error::Fault;

/// One state of the store.
pub(crate) struct Snapshot {
    transaction: ReadTransaction,
    documents: OnceLock<DocumentTable>,
}

impl Snapshot {
    pub(super) fn begin(database: &Database) -> Result<Self, Fault> {
        Ok(Self {
            transaction: database.begin_read()?,
            documents: OnceLock::new(),
        })
    }

    pub(crate) fn documents(&self) -> Result<&DocumentTable, Fault> {
        if let Some(documents) = self.documents.get() {
            return Ok(documents);
        }
        let documents = self.transaction.open_table(DOCUMENTS)?;
        Ok(self.documents.get_or_init(|| documents))
    }

    pub(crate) fn open_table<K: Key + 'static, V: Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, TableError> {
        self.transaction.open_table(definition)
    }
}

/// The snapshot that readers share, with the revision of the store that it is of.
#[derive(Default)]
pub(super) struct Shared(Mutex<Option<(u64, Arc<Snapshot>)>>);

impl Shared {
    /// The snapshot of this revision, which `begin` takes where there is none yet; one of a state
    /// that is changing is not shared.
    pub(super) fn at(
        &self,
        revision: Option<u64>,
        begin: impl FnOnce() -> Result<Snapshot, Fault>,
    ) -> Result<Arc<Snapshot>, Fault> {
        let Some(revision) = revision else {
            return Ok(Arc::new(begin()?));
        };
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, snapshot)) = &*shared
            && *of == revision
        {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(begin()?);
        *shared = Some((revision, Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    /// Lets go of the snapshot, so that the engine can use again what only that still needs.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
