//! Copying blobs: within the service where it does all that is asked, else through this process.

use bytes::{Bytes, BytesMut};
use isobar::blob::{Attributes, BlobBody, BlobCondition, ByteRange, ObjectMeta};
use isobar::driver::blob::{Copy, Finish, Get, Part, Put, Upload};
use isobar::driver::{Effect, crc32c, doubtful};
use isobar::{Error, ErrorKind, Result};
use opendal::options::CopyOptions;
use opendal::raw::OpCopy;

use super::OpendalStore;
use super::put::{PAUSE, RETRIES};
use crate::error::call;

impl OpendalStore {
    pub(super) async fn copy_blob(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let same_bucket = copy.from_bucket == bucket;
        let asks_nothing = copy.attributes.is_none()
            && copy.condition == BlobCondition::None
            && copy.from_version.is_none();
        if same_bucket && asks_nothing {
            let source = self.look(bucket, &copy.from.key).await?.meta;
            if copy.from.key == copy.to {
                return Ok(source);
            }
            if source.size <= self.service.copy_bytes() {
                return self.copy_inside(bucket, copy).await;
            }
        }
        self.copy_through(bucket, copy).await
    }

    async fn copy_inside(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let place = self.place(bucket)?;
        let keys = self.service.keys();
        let (from, to) = (keys.path(&copy.from.key)?, keys.path(&copy.to)?);
        let mut earlier = Effect::None;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let copied = call(async {
                let can = place.service.capability_dyn();
                let operation = OpCopy::from_options(&can, CopyOptions::default())?;
                let copier = place
                    .service
                    .copy_dyn(&place.context, &from, &to, operation);
                copier?.close_dyn().await
            });
            match copied.await {
                Ok(_) => {
                    retries.answered();
                    return self.look_written(bucket, &copy.to).await;
                }
                // What is copied twice is the same.
                Err(failed) => {
                    earlier = earlier.max(failed.effect);
                    let pause = retries.pause_or(failed.error);
                    tokio::time::sleep(pause.map_err(|error| doubtful(error, earlier))?).await;
                }
            }
        }
    }

    async fn copy_through(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let get = Get {
            at: copy.from.clone(),
            range: ByteRange::Full,
            if_version: copy.from_version.clone(),
        };
        let source = self.open(&copy.from_bucket, &get).await?;
        let size = source.meta.size;
        let attributes = copy.attributes.clone().unwrap_or(source.meta.attributes);
        let part_bytes = self.service.transfer().part_bytes(Some(size))?;
        let mut through = Through {
            body: source.body,
            left: BytesMut::new(),
            crc32c: 0,
            part_bytes: usize::try_from(part_bytes).unwrap_or(usize::MAX),
        };
        let whole = |through: &Through, sent: u64| {
            let expected = source.meta.crc32c.unwrap_or(through.crc32c);
            if sent == size && expected == through.crc32c {
                return Ok(());
            }
            let message = "the source is not what it was said to be";
            Err(Error::new(ErrorKind::Corrupt, message))
        };
        if size <= part_bytes {
            let content = through.next().await?;
            whole(&through, content.len() as u64)?;
            let put = Put {
                key: copy.to.clone(),
                content,
                crc32c: through.crc32c,
                attributes,
                condition: copy.condition.clone(),
            };
            return self.put_blob(bucket, &put).await;
        }
        self.upload_through(
            bucket,
            (copy, attributes),
            (through, part_bytes, size),
            whole,
        )
        .await
    }

    async fn upload_through(
        &self,
        bucket: &str,
        (copy, attributes): (&Copy, Attributes),
        (mut through, part_bytes, size): (Through, u64, u64),
        whole: impl Fn(&Through, u64) -> Result<()>,
    ) -> Result<ObjectMeta> {
        let upload = Upload {
            key: copy.to.clone(),
            attributes,
            condition: copy.condition.clone(),
            size: Some(size),
            part_bytes,
            planned: false,
            token: None,
        };
        let upload = self.begin(bucket, &upload)?;
        let (mut sent, mut parts) = (0, Vec::new());
        loop {
            let content = through.next().await?;
            if content.is_empty() {
                break;
            }
            let part = Part {
                number: u32::try_from(parts.len() + 1).unwrap_or(u32::MAX),
                offset: sent,
                crc32c: crc32c::checksum(&content),
                content,
            };
            parts.push(upload.part(&part).await?);
            sent += part.content.len() as u64;
        }
        whole(&through, sent)?;
        let finish = Finish {
            parts: Some(parts),
            size,
            crc32c: Some(through.crc32c),
        };
        upload.finish(&finish).await
    }
}

/// A body on its way from one blob to another, in parts of one size.
struct Through {
    body: BlobBody,
    left: BytesMut,
    /// Of what was given out so far.
    crc32c: u32,
    part_bytes: usize,
}

impl Through {
    /// The next part; empty at the end.
    async fn next(&mut self) -> Result<Bytes> {
        while self.left.len() < self.part_bytes {
            match self.body.chunk().await.transpose()? {
                Some(chunk) => self.left.extend_from_slice(&chunk),
                None => break,
            }
        }
        let length = self.left.len().min(self.part_bytes);
        let part = self.left.split_to(length).freeze();
        self.crc32c = crc32c::append(self.crc32c, &part);
        Ok(part)
    }
}
