//! The blob driver: rows of the engine that refer to files, which are written first.

pub(crate) mod body;
pub(crate) mod change;
pub(crate) mod events;
mod listing;
pub(crate) mod objects;
pub(crate) mod row;
#[cfg(feature = "blob")]
pub(crate) mod served;
pub(crate) mod sign;
pub(crate) mod upload;
pub(crate) mod versions;

use std::any::Any;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::blob::{BlobCondition, BlobKey, ObjectMeta, PresignedRequest, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, ListScope,
    Presign, Put, Read, TransferLimits, Upload, UploadDriver,
};
use isobar::driver::crc32c;
use isobar::{Capabilities, Capability, Error, ErrorKind, Limits, Result};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::committer::Group;
use crate::engine::Wrote;
use crate::engine::tables::BLOBS;
use crate::error::{Fault, PROVIDER, Stop};
use crate::store::LocalStore;
use body::{ReadFailure, Rest};
use change::Remover;
use events::Happened;
use objects::{NewObject, Objects};
use row::{BlobRow, check};
use versions::{Past, is_asked_for};

const CAPABILITIES: Capabilities = Capabilities::of(&[
    Capability::ConsistentReads,
    Capability::BlobIfAbsent,
    Capability::BlobIfVersion,
    Capability::BlobUploadConditions,
    Capability::BlobCopyConditions,
    Capability::BlobDeleteIfVersion,
    Capability::PinnedReads,
    Capability::BlobVersions,
    Capability::AbandonedUploads,
    Capability::OrderedListing,
    Capability::ListedAttributes,
]);

/// What is signed can be sent only where a server answers it.
const SIGNED: Capabilities = Capabilities::of(&[
    Capability::PresignedRequests,
    Capability::SignedHeaders,
    Capability::PresignedUploads,
]);

/// Only the disk has limits; parts are those that other stores would be sent.
const TRANSFER: TransferLimits = TransferLimits {
    blob_bytes: i64::MAX.cast_unsigned(),
    put_bytes: u64::MAX,
    least_part_bytes: 1,
    most_part_bytes: 5 << 30,
    parts: 10_000,
    concurrent_parts: 2,
    delete_batch: 1_000,
};

/// Blobs of a local store.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    store: LocalStore,
}

impl Blobs {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self { store }
    }

    /// What is known of a blob, or of one of its versions.
    fn find(&self, bucket: &str, at: &BlobAddress) -> Result<Option<BlobRow>> {
        let key = at.key.as_str().as_bytes();
        let id = at.version_id.as_ref();
        let found = self.store.read(|snapshot| {
            let stored = snapshot.open_table(BLOBS)?.get((bucket, key))?;
            let row = stored.map(|stored| BlobRow::decode(bucket, key, stored.value()));
            let present = row.transpose()?.filter(|row| is_asked_for(row, id));
            match (present, id) {
                (None, Some(id)) => versions::find(snapshot, (bucket, key), id),
                (present, _) => Ok(present),
            }
        })?;
        Ok(found.map(|mut row| {
            row.meta.version_id = self.id_in(bucket, &row.meta.version);
            row
        }))
    }

    /// What names a version in a bucket that keeps it.
    fn id_in(&self, bucket: &str, version: &Version) -> Option<VersionId> {
        let kept = self.store.keepers().has(bucket);
        kept.then(|| versions::id(version))
    }

    fn fetch(&self, bucket: &str, at: &BlobAddress) -> Result<BlobRow> {
        self.find(bucket, at)?.ok_or_else(|| {
            let key = &at.key;
            let message = match &at.version_id {
                Some(id) => format!("there is no version {id} of the blob {key:?}"),
                None => format!("there is no blob {key:?}"),
            };
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// Does `work` on the file of a blob. A file that is gone has been replaced since its row was
    /// read, unless the row still refers to it.
    async fn with_file<T: Send + 'static>(
        &self,
        bucket: &str,
        at: &BlobAddress,
        work: impl Fn(Arc<Objects>, BlobRow) -> Result<T, ReadFailure> + Clone + Send + 'static,
    ) -> Result<T> {
        let mut row = self.fetch(bucket, at)?;
        loop {
            let (objects, step, of) = (Arc::clone(self.store.objects()), work.clone(), row.clone());
            let gone = match off_runtime(move || step(objects, of)).await? {
                Err(ReadFailure::Io(error)) if error.kind() == io::ErrorKind::NotFound => error,
                done => return Ok(done?),
            };
            let present = self.fetch(bucket, at)?;
            if present.object == row.object {
                let message = format!("the content of the blob {:?} is missing", at.key);
                return Err(Error::new(ErrorKind::Corrupt, message).with_source(gone));
            }
            row = present;
        }
    }

    fn remover(&self, bucket: &str) -> Remover {
        Remover {
            bucket: bucket.to_owned(),
            keeps: self.store.keepers().has(bucket),
            watched: self.store.watched_buckets().has(bucket),
            objects: Arc::clone(self.store.objects()),
        }
    }

    /// Has the committer write the row that makes a new file visible.
    async fn publish(
        &self,
        bucket: &str,
        new: NewObject,
        mut meta: ObjectMeta,
        condition: BlobCondition,
    ) -> Result<ObjectMeta> {
        meta.version_id = self.id_in(bucket, &meta.version);
        let keeps = meta.version_id.is_some();
        let watched = self.store.watched_buckets().has(bucket);
        let (owned, objects) = (bucket.to_owned(), Arc::clone(self.store.objects()));
        let work = move |group: &mut Group<'_>| {
            let blob = (&*owned, meta.key.as_str().as_bytes());
            let found = change::stored(group, blob)?;
            check(&condition, found.as_ref())?;
            let row = BlobRow {
                object: new.id(),
                meta: meta.clone(),
            };
            let replaced = match found {
                Some(found) if keeps => {
                    let age = versions::next_age(group, blob)?;
                    versions::keep(group, blob, (age, &Past::Content(found)))?;
                    None
                }
                found => found,
            };
            let blobs = group.tables.blobs.open()?;
            blobs.insert(blob, &*row.encode(&owned))?;
            group.wrote = Wrote::Something;
            if watched {
                let stored = Happened {
                    key: &row.meta.key,
                    stored: Some((&row.meta.version, row.meta.size)),
                    version_id: row.meta.version_id.clone(),
                    at: row.meta.modified,
                };
                events::record(group, &owned, stored)?;
            }
            group.afterwards(move |settled| {
                change::settle(settled, Some(new), replaced, &objects);
            });
            Ok(row.meta)
        };
        self.change((bucket, ROW_BYTES), work).await
    }

    /// Has the committer change blobs of a bucket, and wakes whoever waits for their events.
    async fn change<T: Send + 'static>(
        &self,
        (bucket, bytes): (&str, usize),
        work: impl FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        let done = self.store.submit(bytes, work).await?;
        if self.store.watched_buckets().has(bucket) {
            self.store.arrivals().announce();
        }
        Ok(done)
    }
}

#[async_trait]
impl BlobDriver for Blobs {
    fn describe(&self) -> BlobDescription {
        BlobDescription {
            provider: PROVIDER,
            capabilities: match self.store.signer() {
                Some(_) => CAPABILITIES.union(SIGNED),
                None => CAPABILITIES,
            },
            limits: Limits::PORTABLE,
            transfer: TRANSFER,
        }
    }

    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        // Judged again when the row is written; this only spares writing the file for nothing.
        if put.condition != BlobCondition::None {
            let found = self.find(bucket, &put.key.clone().into())?;
            check(&put.condition, found.as_ref())?;
        }
        let (objects, content) = (Arc::clone(self.store.objects()), put.content.clone());
        let expected = put.crc32c;
        let new = off_runtime(move || {
            if crc32c::checksum(&content) != expected {
                return Err(Error::invalid("the content does not match its checksum"));
            }
            objects
                .create(&content)
                .map_err(|error| Fault::from(error).error(&objects.place()))
        });
        let meta = ObjectMeta {
            key: put.key.clone(),
            size: put.content.len() as u64,
            version: Version::generate(),
            version_id: None,
            modified: now(),
            attributes: put.attributes.clone(),
            crc32c: Some(put.crc32c),
        };
        let new = new.await??;
        self.publish(bucket, new, meta, put.condition.clone()).await
    }

    async fn get(&self, bucket: &str, get: &Get) -> Result<Read> {
        let (range, pinned) = (get.range, get.if_version.clone());
        let open = move |objects: Arc<Objects>, row: BlobRow| {
            check_version(pinned.as_ref(), &row)?;
            let size = row.meta.size;
            let range = range.resolve(size)?;
            let mut rest = Rest::of(objects.open(row.object)?, size, range.clone())?;
            let first = rest.chunk()?;
            Ok(Read {
                meta: row.meta,
                range,
                body: rest.into_body(first)?,
            })
        };
        let read = self.with_file(bucket, &get.at, open).await;
        read.map_err(|error| match error.kind() {
            ErrorKind::NotFound if get.if_version.is_some() => gone(error),
            _ => error,
        })
    }

    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        self.fetch(bucket, at).map(|row| row.meta)
    }

    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        match request.scope {
            ListScope::Uploads => Ok(self.store.uploads().page(bucket, request)),
            ListScope::Versions => self
                .store
                .read(|snapshot| listing::versions(snapshot, bucket, request)),
            _ => self
                .store
                .read(|snapshot| listing::read(snapshot, bucket, request)),
        }
    }

    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let pinned = copy.from_version.clone();
        let link = move |objects: Arc<Objects>, row: BlobRow| {
            check_version(pinned.as_ref(), &row)?;
            Ok((objects.copy(row.object)?, row.meta))
        };
        let source = self.with_file(&copy.from_bucket, &copy.from, link);
        let (new, from) = source.await.map_err(|error| match error.kind() {
            ErrorKind::NotFound if copy.from_version.is_some() => gone(error),
            _ => error,
        })?;
        let attributes = copy.attributes.clone().unwrap_or(from.attributes);
        let meta = ObjectMeta {
            key: copy.to.clone(),
            version: Version::generate(),
            modified: now(),
            attributes,
            ..from
        };
        self.publish(bucket, new, meta, copy.condition.clone())
            .await
    }

    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        let remover = self.remover(bucket);
        let delete = delete.clone();
        let work = move |group: &mut Group<'_>| remover.remove(group, &delete).map(Some);
        self.change((bucket, ROW_BYTES), work).await
    }

    async fn delete_batch(
        &self,
        bucket: &str,
        keys: &[BlobKey],
    ) -> Result<Vec<Result<Option<bool>>>> {
        let (remover, keys) = (self.remover(bucket), keys.to_vec());
        let bytes = ROW_BYTES * keys.len();
        let work = move |group: &mut Group<'_>| {
            let mut existed = Vec::with_capacity(keys.len());
            for key in keys {
                let delete = Delete {
                    at: key.into(),
                    condition: BlobCondition::None,
                };
                existed.push(Ok(Some(remover.remove(group, &delete)?)));
            }
            Ok(existed)
        };
        self.change((bucket, bytes), work).await
    }

    async fn upload(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        let upload = upload::LocalUpload::open(self.clone(), bucket, upload).await?;
        Ok(Arc::new(upload))
    }

    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let signer = self.store.signer();
        let signer = signer.ok_or_else(|| Error::unsupported(Capability::PresignedRequests))?;
        Ok(signer.sign(bucket, presign))
    }

    async fn ensure(&self, _bucket: &str) -> Result<()> {
        // A bucket is the rows under its name; there is nothing to create.
        Ok(())
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.store
    }
}

/// About what the work on one row holds in memory.
const ROW_BYTES: usize = 4 << 10;

fn check_version(pinned: Option<&Version>, row: &BlobRow) -> Result<(), ReadFailure> {
    let Some(version) = pinned else {
        return Ok(());
    };
    let condition = BlobCondition::IfVersion(version.clone());
    Ok(check(&condition, Some(row))?)
}

/// Where a version is asked for, a blob that is not there does not have it.
fn gone(error: Error) -> Error {
    let message = "there is no blob that could have the version";
    Error::new(ErrorKind::PreconditionFailed, message).with_source(error)
}

/// Does blocking work on a thread for it. Dropping the future lets the work end, and drops what it
/// made.
async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    begin_off_runtime(work)?.end().await
}

/// Begins blocking work on a thread for it.
fn begin_off_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<BlockingWork<T>> {
    let runtime = Handle::try_current().map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            "blobs of the local store are read and written on a tokio runtime",
        )
        .with_source(error)
    })?;
    Ok(BlockingWork(runtime.spawn_blocking(work)))
}

/// Blocking work under way.
struct BlockingWork<T>(JoinHandle<T>);

impl<T> BlockingWork<T> {
    async fn end(self) -> Result<T> {
        self.0.await.map_err(|error| {
            Error::new(ErrorKind::Cancelled, "the runtime is shutting down").with_source(error)
        })
    }
}

fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}
