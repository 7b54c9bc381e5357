//! Storing blobs, from bytes, streams and files.

use std::error::Error as StdError;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::StreamExt as _;

use super::binding::{Binding, Operation, checked};
use super::{BlobKey, BlobWriter, Bucket, IntoBlobKey, ObjectMeta, PutBlobOptions, file};
use crate::capability::Capability;
use crate::driver::blob::Put;
use crate::driver::crc32c;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

pub(super) const PUT: Operation = Operation("blob.put", Effect::Write);

impl Bucket {
    /// Stores a blob, in place of what was there.
    pub async fn put(
        &self,
        key: impl IntoBlobKey,
        content: impl Into<Bytes>,
    ) -> Result<ObjectMeta> {
        self.put_with(key, content, PutBlobOptions::default()).await
    }

    /// Stores a blob, with options.
    pub async fn put_with(
        &self,
        key: impl IntoBlobKey,
        content: impl Into<Bytes>,
        options: PutBlobOptions,
    ) -> Result<ObjectMeta> {
        let (key, content) = (key.into_blob_key(), content.into());
        let size = content.len() as u64;
        if size > self.binding.description.transfer.put_bytes {
            let options = options.clone().with_size(options.size.unwrap_or(size));
            let mut writer = self.open_writer(&key, options)?;
            writer.write(content).await?;
            return writer.finish().await;
        }
        let work = self.binding.put(&key, content, options);
        self.binding.run_moving(PUT, &key, size, work).await
    }

    /// Stores what a stream gives, in parts where there is much; see [`writer`](Self::writer).
    ///
    /// An error of the stream is `Cancelled`, with that error as its cause, and leaves what was
    /// there.
    pub async fn put_stream<B, E>(
        &self,
        key: impl IntoBlobKey,
        content: impl Stream<Item = Result<B, E>> + Send,
        options: PutBlobOptions,
    ) -> Result<ObjectMeta>
    where
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.writer_with(key, options)?.write_all(content).await
    }

    /// Stores the content of a file; `Cancelled` where it cannot be read, or changes its size
    /// meanwhile.
    ///
    /// The file is read on a thread of its own, one or two parts ahead of those under way.
    pub async fn put_file(
        &self,
        key: impl IntoBlobKey,
        path: impl AsRef<Path>,
        options: PutBlobOptions,
    ) -> Result<ObjectMeta> {
        let key = key.into_blob_key();
        let file = file::open(path.as_ref()).await?;
        let size = options.size.unwrap_or(file.size);
        let writer = self.open_writer(&key, options.with_size(size))?;
        let content = file.content(writer.part_bytes());
        writer.write_all(content).await
    }

    /// Stores a blob piece by piece. It becomes visible when the writer is finished; dropping the
    /// writer leaves what was there.
    ///
    /// What fits into 8 MiB goes as one put. More goes as an upload in parts of
    /// `max(8 MiB, size / 9,000)`, several at a time, for which the writer holds about 40 MiB; a
    /// blob of more than 70 GiB needs [`PutBlobOptions::with_size`], for larger parts.
    pub fn writer(&self, key: impl IntoBlobKey) -> Result<BlobWriter> {
        self.writer_with(key, PutBlobOptions::default())
    }

    /// Stores a blob piece by piece, with options. A condition needs
    /// [`BlobUploadConditions`](crate::Capability::BlobUploadConditions).
    pub fn writer_with(
        &self,
        key: impl IntoBlobKey,
        options: PutBlobOptions,
    ) -> Result<BlobWriter> {
        self.open_writer(&key.into_blob_key(), options)
    }

    fn open_writer(&self, key: &Result<BlobKey>, options: PutBlobOptions) -> Result<BlobWriter> {
        let binding = &self.binding;
        let opened = checked(key).and_then(|key| {
            options.attributes.check()?;
            binding.check(&options.condition, &[Capability::BlobUploadConditions])?;
            let part_bytes = binding.description.transfer.part_bytes(options.size)?;
            BlobWriter::new(Arc::clone(binding), key.clone(), options, part_bytes)
        });
        opened.map_err(|error| match key {
            Ok(key) => binding.told(PUT.0, key)(error),
            Err(_) => error.in_context(binding.description.provider, PUT.0, &binding.name),
        })
    }
}

impl BlobWriter {
    /// Writes what a stream gives, and finishes; where the stream fails, nothing is stored.
    async fn write_all<B, E>(
        mut self,
        content: impl Stream<Item = Result<B, E>> + Send,
    ) -> Result<ObjectMeta>
    where
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let mut content = pin!(content);
        while let Some(chunk) = content.next().await {
            match chunk {
                Ok(chunk) => self.write(chunk).await?,
                Err(cause) => {
                    let told = self.told();
                    self.abort().await?;
                    let message = "the content to be stored could not be read";
                    return Err(told(
                        Error::new(ErrorKind::Cancelled, message).with_source(cause),
                    ));
                }
            }
        }
        self.finish().await
    }
}

impl Binding {
    pub(super) async fn put(
        &self,
        key: &Result<BlobKey>,
        content: Bytes,
        options: PutBlobOptions,
    ) -> Result<ObjectMeta> {
        options.attributes.check()?;
        self.check(&options.condition, &[])?;
        let size = content.len() as u64;
        self.description.transfer.check_size(size)?;
        let crc32c = crc32c::checksum(&content);
        options.check_content(size, crc32c)?;
        let put = Put {
            key: checked(key)?.clone(),
            content,
            crc32c,
            attributes: options.attributes,
            condition: options.condition,
        };
        self.driver.put(&self.name, &put).await
    }
}

impl PutBlobOptions {
    /// Whether the content is what was said of it.
    pub(super) fn check_content(&self, size: u64, crc32c: u32) -> Result<()> {
        if let Some(expected) = self.size
            && expected != size
        {
            return Err(Error::invalid(format!(
                "the content has {size} bytes, {expected} were declared"
            )));
        }
        if let Some(expected) = self.crc32c
            && expected != crc32c
        {
            return Err(Error::invalid(format!(
                "the CRC32C of the content is {crc32c:08x}, {expected:08x} was declared"
            )));
        }
        Ok(())
    }
}
