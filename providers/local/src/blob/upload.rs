//! An upload in parts: one file that is not yet whole, each part written at its place.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use isobar::blob::{ObjectMeta, OpenUpload};
use isobar::document::{Timestamp, Version};
use isobar::driver::blob::{
    Entry, EntryPage, Finish, ListRequest, Part, PartTag, Upload, UploadDriver,
};
use isobar::driver::crc32c;
use isobar::{Error, ErrorKind, Result};
use uuid::Uuid;

use super::objects::{NewObject, Objects};
use super::row::check;
use super::{Blobs, now, off_runtime};
use crate::error::Fault;

/// The uploads under way, by their tokens; they end with the process.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Arc<UnderWay>>>);

#[derive(Debug)]
struct UnderWay {
    bucket: String,
    upload: Upload,
    started: Timestamp,
    file: Mutex<Option<Begun>>,
    /// The bytes of each part that has arrived.
    arrived: Mutex<BTreeMap<u32, u64>>,
}

#[derive(Debug, Clone)]
struct Begun {
    new: Arc<NewObject>,
    file: Arc<File>,
    /// Bytes that were written.
    written: Arc<AtomicU64>,
}

/// Bytes after which the disk takes what was written, while more is written, so that the end has
/// little to wait for.
const FLUSHED: u64 = 64 << 20;
/// Bytes that are written at once. For larger writes Linux looks for larger pages to put them into,
/// which took two to four times as long as it spared.
const PIECE: usize = 128 << 10;

impl Begun {
    fn write(&self, part: &Part, objects: &Objects) -> io::Result<()> {
        let mut at = part.offset;
        for piece in part.content.chunks(PIECE) {
            self.file.write_all_at(piece, at)?;
            at += piece.len() as u64;
        }
        let size = part.content.len() as u64;
        let before = self.written.fetch_add(size, Ordering::Relaxed);
        if before / FLUSHED == (before + size) / FLUSHED {
            return Ok(());
        }
        objects.flush_content(&self.file)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Uploads {
    /// Those of a bucket, on one page.
    pub(crate) fn page(&self, bucket: &str, request: &ListRequest) -> EntryPage {
        let uploads = locked(&self.0);
        let ours = uploads.iter().filter(|(_, under_way)| {
            let key = under_way.upload.key.as_str();
            under_way.bucket == bucket && key.starts_with(&request.prefix)
        });
        let open = ours.map(|(token, under_way)| OpenUpload {
            key: under_way.upload.key.clone(),
            token: token.clone(),
            started: under_way.started,
        });
        let mut open: Vec<_> = open.collect();
        open.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
        EntryPage {
            entries: open.into_iter().map(Entry::Upload).collect(),
            next: None,
        }
    }

    /// The bytes of each part but the last of an upload under way.
    pub(crate) fn part_bytes(&self, bucket: &str, token: &str) -> Result<u64> {
        let uploads = locked(&self.0);
        let found = uploads.get(token).filter(|found| found.bucket == bucket);
        found.map(|found| found.upload.part_bytes).ok_or_else(ended)
    }

    fn find(&self, bucket: &str, upload: &Upload, token: &str) -> Result<Arc<UnderWay>> {
        let uploads = locked(&self.0);
        let found = uploads
            .get(token)
            .filter(|under_way| under_way.bucket == bucket && under_way.upload.key == upload.key);
        found.map(Arc::clone).ok_or_else(ended)
    }
}

/// An upload; dropping the one that began it removes its file.
#[derive(Debug)]
pub(super) struct LocalUpload {
    blobs: Blobs,
    token: String,
    under_way: Arc<UnderWay>,
    owned: AtomicBool,
}

impl LocalUpload {
    pub(super) async fn open(blobs: Blobs, bucket: &str, upload: &Upload) -> Result<Self> {
        if let Some(token) = &upload.token {
            let under_way = blobs.store.uploads().find(bucket, upload, token)?;
            return Ok(Self {
                blobs,
                token: token.clone(),
                under_way,
                owned: AtomicBool::new(false),
            });
        }
        let objects = Arc::clone(blobs.store.objects());
        let begun = off_runtime(move || {
            let begun = objects.begin();
            begun.map_err(|error| Fault::from(error).error(&objects.place()))
        });
        let (new, file) = begun.await??;
        let begun = Begun {
            new: Arc::new(new),
            file: Arc::new(file),
            written: Arc::default(),
        };
        let under_way = Arc::new(UnderWay {
            bucket: bucket.to_owned(),
            upload: upload.clone(),
            started: now(),
            file: Mutex::new(Some(begun)),
            arrived: Mutex::default(),
        });
        let token = Uuid::new_v4().simple().to_string();
        let known = (token.clone(), Arc::clone(&under_way));
        locked(&blobs.store.uploads().0).extend([known]);
        Ok(Self {
            blobs,
            token,
            under_way,
            owned: AtomicBool::new(true),
        })
    }

    /// Ends the upload; what it has written goes unless somebody keeps it.
    fn take(&self) -> Result<Begun> {
        locked(&self.blobs.store.uploads().0).remove(&self.token);
        locked(&self.under_way.file).take().ok_or_else(ended)
    }

    /// The bytes of the parts that have arrived, without a gap.
    fn sizes(&self) -> Vec<u64> {
        let arrived = locked(&self.under_way.arrived);
        let in_order = arrived.iter().zip(1..);
        let in_order = in_order.take_while(|((number, _), expected)| *number == expected);
        in_order.map(|((_, size), _)| *size).collect()
    }
}

#[async_trait]
impl UploadDriver for LocalUpload {
    fn token(&self) -> Option<String> {
        Some(self.token.clone())
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let begun = locked(&self.under_way.file).clone().ok_or_else(ended)?;
        let (number, size) = (part.number, part.content.len() as u64);
        let (part, objects) = (part.clone(), Arc::clone(self.blobs.store.objects()));
        let written = off_runtime(move || {
            if crc32c::checksum(&part.content) != part.crc32c {
                return Err(Error::invalid("the part does not match its checksum"));
            }
            let written = begun.write(&part, &objects);
            written.map_err(|error| Fault::from(error).error(&objects.place()))
        });
        written.await??;
        locked(&self.under_way.arrived).insert(number, size);
        Ok(PartTag::default())
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let UnderWay { bucket, upload, .. } = &*self.under_way;
        if finish.parts.is_none() {
            let open = locked(&self.under_way.file).is_some();
            open.then_some(()).ok_or_else(ended)?;
            upload.check_parts(finish.size, &self.sizes())?;
        }
        // Judged again when the row is written; this only spares flushing the file for nothing.
        let found = self.blobs.find(bucket, &upload.key.clone().into())?;
        check(&upload.condition, found.as_ref())?;
        let (begun, objects) = (self.take()?, Arc::clone(self.blobs.store.objects()));
        let (size, known) = (finish.size, finish.crc32c);
        let completed = off_runtime(move || {
            let completed = checksum(&begun.file, size, known).and_then(|checksum| {
                objects.complete(&begun.new, &begun.file)?;
                Ok(checksum)
            });
            let checksum = completed.map_err(|error| Fault::from(error).error(&objects.place()))?;
            let new = Arc::into_inner(begun.new).ok_or_else(ended)?;
            Ok::<_, Error>((new, checksum))
        });
        let (new, checksum) = completed.await??;
        let meta = ObjectMeta {
            key: upload.key.clone(),
            size: finish.size,
            version: Version::generate(),
            version_id: None,
            modified: now(),
            attributes: upload.attributes.clone(),
            crc32c: Some(checksum),
        };
        let condition = upload.condition.clone();
        self.blobs.publish(bucket, new, meta, condition).await
    }

    async fn abort(&self) -> Result<()> {
        let begun = self.take()?;
        off_runtime(move || drop(begun)).await
    }

    fn leave(&self) {
        self.owned.store(false, Ordering::Relaxed);
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if self.owned.load(Ordering::Relaxed) {
            drop(self.take());
        }
    }
}

/// The checksum of a file, which must have this size; it is read only where nobody knows it.
fn checksum(file: &File, size: u64, known: Option<u32>) -> io::Result<u32> {
    let found = file.metadata()?.len();
    if found != size {
        let message = format!("the file has {found} bytes instead of {size}");
        return Err(io::Error::other(message));
    }
    if let Some(known) = known {
        return Ok(known);
    }
    let (mut checksum, mut at) = (0, 0);
    let mut chunk = vec![0; 1 << 20];
    while at < size {
        let read = file.read_at(&mut chunk, at)?;
        let bytes = chunk.get(..read).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
        checksum = crc32c::append(checksum, bytes);
        at += read as u64;
    }
    Ok(checksum)
}

fn ended() -> Error {
    Error::new(ErrorKind::NotFound, "the upload was finished or aborted")
}
