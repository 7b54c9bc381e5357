//! An upload in parts: one file that is not yet whole, each part written at its place.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use isobar::blob::ObjectMeta;
use isobar::document::Version;
use isobar::driver::blob::{Finish, Part, PartTag, Upload, UploadDriver};
use isobar::{Error, ErrorKind, Result};

use super::objects::NewObject;
use super::row::check;
use super::{Blobs, now, off_runtime};
use crate::error::Fault;

/// An upload under way; dropping it removes its file.
#[derive(Debug)]
pub(super) struct LocalUpload {
    blobs: Blobs,
    bucket: String,
    upload: Upload,
    file: Mutex<Option<Begun>>,
}

#[derive(Debug, Clone)]
struct Begun {
    new: Arc<NewObject>,
    file: Arc<File>,
}

impl LocalUpload {
    pub(super) async fn begin(blobs: Blobs, bucket: &str, upload: &Upload) -> Result<Self> {
        let objects = Arc::clone(blobs.store.objects());
        let begun = off_runtime(move || {
            let begun = objects.begin();
            begun.map_err(|error| Fault::from(error).error(&objects.place()))
        });
        let (new, file) = begun.await??;
        let begun = Begun {
            new: Arc::new(new),
            file: Arc::new(file),
        };
        Ok(Self {
            blobs,
            bucket: bucket.to_owned(),
            upload: upload.clone(),
            file: Mutex::new(Some(begun)),
        })
    }

    fn begun(&self) -> Result<Begun> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.clone().ok_or_else(ended)
    }

    fn take(&self) -> Result<Begun> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.take().ok_or_else(ended)
    }
}

#[async_trait]
impl UploadDriver for LocalUpload {
    fn token(&self) -> Option<String> {
        None
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let (begun, part) = (self.begun()?, part.clone());
        let objects = Arc::clone(self.blobs.store.objects());
        let written = off_runtime(move || {
            if crc32c::crc32c(&part.content) != part.crc32c {
                return Err(Error::invalid("the part does not match its checksum"));
            }
            let written = begun.file.write_all_at(&part.content, part.offset);
            written.map_err(|error| Fault::from(error).error(&objects.place()))
        });
        written.await??;
        Ok(PartTag::default())
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let key = &self.upload.key;
        // Judged again when the row is written; this only spares flushing the file for nothing.
        let found = self.blobs.find(&self.bucket, key)?;
        check(&self.upload.condition, found.as_ref())?;
        let (begun, objects) = (self.take()?, Arc::clone(self.blobs.store.objects()));
        let size = finish.size;
        let completed = off_runtime(move || {
            let completed =
                whole(&begun, size).and_then(|()| objects.complete(&begun.new, &begun.file));
            completed.map_err(|error| Fault::from(error).error(&objects.place()))?;
            Arc::into_inner(begun.new).ok_or_else(ended)
        });
        let new = completed.await??;
        let meta = ObjectMeta {
            key: key.clone(),
            size: finish.size,
            version: Version::generate(),
            version_id: None,
            modified: now(),
            attributes: self.upload.attributes.clone(),
            crc32c: finish.crc32c,
        };
        let condition = self.upload.condition.clone();
        self.blobs.publish(&self.bucket, new, meta, condition).await
    }

    async fn abort(&self) -> Result<()> {
        let begun = self.take()?;
        off_runtime(move || drop(begun)).await
    }

    fn leave(&self) {}
}

/// A file that was cut meanwhile must not become a blob.
fn whole(begun: &Begun, size: u64) -> std::io::Result<()> {
    let found = begun.file.metadata()?.len();
    if found != size {
        let message = format!("the file has {found} bytes instead of {size}");
        return Err(std::io::Error::other(message));
    }
    Ok(())
}

fn ended() -> Error {
    Error::new(ErrorKind::NotFound, "the upload was finished or aborted")
}
