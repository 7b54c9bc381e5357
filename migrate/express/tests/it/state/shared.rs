//! A local store that does not tell when it was written to, as one to which other processes write; it counts its reads.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use isobar::Result;
use isobar::document::{CollectionSchema, Key};
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, Fetch,
    FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Write, Written,
};

#[derive(Debug)]
pub(super) struct Watched {
    inner: Arc<dyn DocumentDriver>,
    tells: Tells,
    reads: Arc<AtomicUsize>,
}

/// Whether the store tells its revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    Nothing,
    Revision,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn DocumentDriver>, tells: Tells) -> Self {
        Self {
            inner,
            tells,
            reads: Arc::default(),
        }
    }

    /// How many documents were read so far.
    pub(super) fn reads(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.reads)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DocumentDriver for Watched {
    fn describe(&self) -> DocumentDescription {
        let mut description = self.inner.describe();
        if self.tells == Tells::Nothing {
            description.revision = None;
        }
        description
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.get(call, key, fetch).await
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        self.reads.fetch_add(keys.len(), Ordering::Relaxed);
        self.inner.batch_get(call, keys, fetch).await
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.inner.write(call, write).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        self.inner.batch_write(call, writes).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        self.inner.atomic(call, writes).await
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        self.inner.query_page(call, page).await
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        self.inner.scan_page(call, segment, page).await
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.inner.count(call, request).await
    }

    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        self.inner.changes_page(call, request).await
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        self.inner.ensure(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self.inner.native()
    }
}
