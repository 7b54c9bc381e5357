//! Stores that never answer, and a clock that never lets anybody wait.

use std::any::Any;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::blob::{BlobKey, ObjectMeta, PresignedRequest};
use crate::capability::{Capabilities, Capability, Limits};
use crate::document::{CollectionSchema, Key};
use crate::driver::Clock;
use crate::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, Presign,
    Put, Read, TransferLimits, Upload, UploadDriver,
};
use crate::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, FoundPage, FoundRecord, FoundRecords, PageRequest, Position, RecordChanges, Segment,
    Write, Written,
};
use crate::error::Result;

/// A sleep is over at once, and the clock has moved on by it.
#[derive(Debug)]
pub(super) struct JumpingClock {
    now: Mutex<SystemTime>,
    slept: Mutex<Vec<Duration>>,
}

impl Default for JumpingClock {
    fn default() -> Self {
        Self {
            now: Mutex::new(UNIX_EPOCH + Duration::from_hours(500_000)),
            slept: Mutex::default(),
        }
    }
}

impl JumpingClock {
    /// How long each sleep was, in order.
    pub(super) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, span: Duration) {
        *self.now.lock().unwrap() += span;
        self.slept.lock().unwrap().push(span);
    }
}

/// A store that can do everything and answers nothing, but pages without entries and end.
#[derive(Debug)]
pub(super) struct Silence;

#[async_trait]
impl DocumentDriver for Silence {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "silence",
            capabilities: Capabilities::of(&Capability::ALL),
            limits: Limits::PORTABLE,
            revision: None,
            plan: |_, selection| DriverPlan::split("silence", selection, |_| true),
        }
    }

    async fn get(&self, _: &Call<'_>, _: &Key, _: &Fetch) -> Result<Option<FoundRecord>> {
        pending().await
    }

    async fn batch_get(
        &self,
        _: &Call<'_>,
        _: &[Key],
        _: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        pending().await
    }

    async fn write(&self, _: &Call<'_>, _: &Write) -> Result<Written> {
        pending().await
    }

    async fn batch_write(&self, _: &Call<'_>, _: &[Write]) -> Vec<Result<Written>> {
        pending().await
    }

    async fn atomic(&self, _: &Call<'_>, _: &[Write]) -> Result<()> {
        pending().await
    }

    async fn query_page(&self, _: &Call<'_>, _: &PageRequest) -> Result<FoundPage> {
        Ok(FoundPage {
            records: FoundRecords::Each(Vec::new()),
            next: Some(Position::Sort("1".into())),
        })
    }

    async fn scan_page(&self, _: &Call<'_>, _: Segment, _: &PageRequest) -> Result<FoundPage> {
        pending().await
    }

    async fn count(&self, _: &Call<'_>, _: &CountRequest) -> Result<Counted> {
        pending().await
    }

    async fn changes_page(&self, _: &Call<'_>, _: &ChangesRequest) -> Result<RecordChanges> {
        pending().await
    }

    async fn ensure(&self, _: &CollectionSchema) -> Result<()> {
        pending().await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

#[async_trait]
impl BlobDriver for Silence {
    fn describe(&self) -> BlobDescription {
        BlobDescription {
            provider: "silence",
            capabilities: Capabilities::of(&Capability::ALL),
            limits: Limits::PORTABLE,
            transfer: TransferLimits {
                blob_bytes: 1 << 40,
                put_bytes: 1 << 30,
                least_part_bytes: 1,
                most_part_bytes: 1 << 30,
                parts: 10_000,
                concurrent_parts: 2,
                delete_batch: 1_000,
            },
        }
    }

    async fn put(&self, _: &str, _: &Put) -> Result<ObjectMeta> {
        pending().await
    }

    async fn get(&self, _: &str, _: &Get) -> Result<Read> {
        pending().await
    }

    async fn head(&self, _: &str, _: &BlobAddress) -> Result<ObjectMeta> {
        pending().await
    }

    async fn list_page(&self, _: &str, _: &ListRequest) -> Result<EntryPage> {
        Ok(EntryPage {
            entries: Vec::new(),
            next: Some("1".to_owned()),
        })
    }

    async fn copy(&self, _: &str, _: &Copy) -> Result<ObjectMeta> {
        pending().await
    }

    async fn delete(&self, _: &str, _: &Delete) -> Result<Option<bool>> {
        pending().await
    }

    async fn delete_batch(&self, _: &str, _: &[BlobKey]) -> Result<Vec<Result<Option<bool>>>> {
        pending().await
    }

    async fn upload(&self, _: &str, _: &Upload) -> Result<Arc<dyn UploadDriver>> {
        pending().await
    }

    async fn presign(&self, _: &str, _: &Presign) -> Result<PresignedRequest> {
        pending().await
    }

    async fn ensure(&self, _: &str) -> Result<()> {
        pending().await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}
