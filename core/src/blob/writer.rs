//! Storing a blob piece by piece, in parts where there is much.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::binding::{Binding, Operation};
use super::writes::PUT;
use super::{BlobKey, ObjectMeta, PutBlobOptions};
use crate::driver::blob::{Buffers, Finish, Part, PartTag, Upload, UploadDriver};
use crate::driver::crc32c;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

/// A blob on its way in; see [`Bucket::writer`](super::Bucket::writer).
///
/// ```
/// # use isobar::blob::Bucket;
/// # async fn example(files: Bucket) -> isobar::Result<()> {
/// let mut report = files.writer("report.csv")?;
/// for line in ["name,count\n", "a,1\n"] {
///     report.write(line).await?;
/// }
/// let stored = report.finish().await?;
/// assert_eq!(stored.size, 15);
/// # Ok(())
/// # }
/// ```
pub struct BlobWriter {
    binding: Arc<Binding>,
    key: Result<BlobKey>,
    options: PutBlobOptions,
    part_bytes: usize,
    /// What is not yet sent, at most one part.
    buffer: BytesMut,
    /// Those of parts that were sent.
    buffers: Buffers,
    upload: Option<Arc<dyn UploadDriver>>,
    sending: FuturesUnordered<BoxFuture<'static, Result<(usize, PartTag)>>>,
    tags: Vec<PartTag>,
    sent: u64,
    crc32c: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A write failed, so that bytes are missing.
    Failed,
}

/// Parts that are neither filled nor sent, which a driver has taken.
const WAITING: usize = 3;

const WRITE: Operation = Operation("blob.write", Effect::Read);
const ABORT: Operation = Operation("blob.abort", Effect::Read);

impl fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobWriter")
            .field("bucket", &self.binding.name)
            .field("key", &self.key)
            .field("written", &self.written())
            .finish_non_exhaustive()
    }
}

impl BlobWriter {
    pub(super) fn new(
        binding: Arc<Binding>,
        key: BlobKey,
        options: PutBlobOptions,
        part_bytes: u64,
    ) -> Result<Self> {
        let part_bytes = usize::try_from(part_bytes)
            .map_err(|error| Error::invalid("a part is too large for memory").with_source(error))?;
        let under_way = binding.description.transfer.concurrent_parts.max(1);
        Ok(Self {
            binding,
            key: Ok(key),
            options,
            part_bytes,
            buffer: BytesMut::new(),
            buffers: Buffers::new(part_bytes, under_way + WAITING),
            upload: None,
            sending: FuturesUnordered::new(),
            tags: Vec::new(),
            sent: 0,
            crc32c: 0,
            state: State::Open,
        })
    }

    /// How many bytes were written.
    pub fn written(&self) -> u64 {
        self.sent + self.buffer.len() as u64
    }

    /// Bytes of each part but the last.
    pub(super) fn part_bytes(&self) -> u64 {
        self.part_bytes as u64
    }

    /// Takes the next bytes, and waits while as many parts are under way as the store takes at a
    /// time. After an error, or when the call is dropped, the blob cannot be finished.
    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<()> {
        let bytes = bytes.into();
        let room = self.part_bytes - self.buffer.len();
        let waits = bytes.len() <= room && !self.begins_with_a_part(&bytes);
        if self.state == State::Open && waits && self.fits(bytes.len()) {
            self.append(&bytes);
            return Ok(());
        }
        let (binding, key) = (Arc::clone(&self.binding), self.key_again());
        let moving = (self.written() - self.sent + bytes.len() as u64)
            .saturating_add(self.sending.len() as u64 * self.part_bytes as u64);
        let work = self.take(bytes);
        binding.run_moving(WRITE, &key, moving, work).await
    }

    /// Makes the blob visible, whole, if its condition holds.
    pub async fn finish(mut self) -> Result<ObjectMeta> {
        let (binding, key) = (Arc::clone(&self.binding), self.key_again());
        let left = self.buffer.len() as u64 + self.sending.len() as u64 * self.part_bytes as u64;
        let ended = binding.run_moving(PUT, &key, left, self.end()).await;
        // Nobody waits for these any more; a part that is half sent may keep an abort waiting.
        self.sending.clear();
        if let (Err(_), Some(upload)) = (&ended, &self.upload) {
            // It would be aborted when it is dropped, but unseen.
            let aborted = binding.run_at(ABORT, &key, upload.abort()).await;
            if let Err(error) = aborted {
                tracing::debug!(?error, "parts of a failed upload are left behind");
            }
        }
        ended
    }

    /// Gives up, and removes the parts that were sent.
    pub async fn abort(mut self) -> Result<()> {
        self.sending.clear();
        let Some(upload) = &self.upload else {
            return Ok(());
        };
        let work = upload.abort();
        self.binding.run_at(ABORT, &self.key, work).await
    }

    /// What adds to an error what it is about.
    pub(super) fn told(&self) -> impl Fn(Error) -> Error + use<> {
        let key = self
            .key
            .as_ref()
            .map_or_else(|_| BlobKey::raw(""), Clone::clone);
        self.binding.told(PUT.0, &key)
    }

    fn key_again(&self) -> Result<BlobKey> {
        super::binding::checked(&self.key).cloned()
    }

    fn fits(&self, more: usize) -> bool {
        let size = self.options.size.unwrap_or(u64::MAX);
        self.written().saturating_add(more as u64) <= size
    }

    async fn take(&mut self, mut bytes: Bytes) -> Result<()> {
        self.check_open()?;
        self.state = State::Failed;
        if !self.fits(bytes.len()) {
            let size = self.written() + bytes.len() as u64;
            return self.options.check_content(size, self.crc32c);
        }
        while !bytes.is_empty() {
            if self.buffer.len() == self.part_bytes {
                let part = std::mem::take(&mut self.buffer);
                let part = self.buffers.lend(part);
                self.send(part).await?;
            } else if self.begins_with_a_part(&bytes) {
                self.send(bytes.split_to(self.part_bytes)).await?;
            } else {
                let room = self.part_bytes - self.buffer.len();
                let taken = bytes.split_to(room.min(bytes.len()));
                self.append(&taken);
            }
        }
        self.state = State::Open;
        Ok(())
    }

    /// Whether the next bytes are a part as they stand, and not all of a small blob.
    fn begins_with_a_part(&self, bytes: &Bytes) -> bool {
        self.buffer.is_empty()
            && bytes.len() >= self.part_bytes
            && (bytes.len() > self.part_bytes || self.has_parts())
    }

    /// Whether the blob is known to be more than one part.
    fn has_parts(&self) -> bool {
        let size = self.options.size.unwrap_or_default();
        self.upload.is_some() || size > self.part_bytes as u64
    }

    fn append(&mut self, bytes: &Bytes) {
        if self.buffer.capacity() == 0 && self.has_parts() {
            self.buffer = self.buffers.take();
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn check_open(&self) -> Result<()> {
        match self.state {
            State::Open => Ok(()),
            State::Failed => {
                let message = "an earlier write failed, so that bytes of the blob are missing";
                Err(Error::new(ErrorKind::Cancelled, message))
            }
        }
    }

    async fn send(&mut self, content: Bytes) -> Result<()> {
        let upload = self.begun().await?;
        let transfer = self.binding.description.transfer;
        let at = self.tags.len();
        if at >= transfer.parts as usize {
            let what = "the number of parts; with its size declared they would be larger: it";
            let (limit, measured) = (u64::from(transfer.parts), at as u64 + 1);
            return Err(Error::over_limit(
                ErrorKind::TooLarge,
                what,
                limit,
                measured,
            ));
        }
        while self.sending.len() >= transfer.concurrent_parts.max(1) {
            self.arrived().await?;
        }
        let part = self.part(content);
        self.sending.push(Box::pin(async move {
            let tag = upload.part(&part).await?;
            Ok((at, tag))
        }));
        // The request is sent now, and not only when the next bytes are written.
        if let Some(Some(arrived)) = self.sending.next().now_or_never() {
            self.note(arrived)?;
        }
        Ok(())
    }

    fn part(&mut self, content: Bytes) -> Part {
        let crc32c = crc32c::checksum(&content);
        self.crc32c = crc32c::combine(self.crc32c, crc32c, content.len());
        let offset = self.sent;
        self.sent += content.len() as u64;
        self.tags.push(PartTag::default());
        Part {
            number: u32::try_from(self.tags.len()).unwrap_or(u32::MAX),
            offset,
            content,
            crc32c,
        }
    }

    async fn begun(&mut self) -> Result<Arc<dyn UploadDriver>> {
        if let Some(upload) = &self.upload {
            return Ok(Arc::clone(upload));
        }
        let upload = Upload {
            key: self.key_again()?,
            attributes: self.options.attributes.clone(),
            condition: self.options.condition.clone(),
            size: self.options.size,
            part_bytes: self.part_bytes as u64,
            planned: false,
            token: None,
        };
        let begun = self.binding.driver.upload(&self.binding.name, &upload);
        let begun = begun.await?;
        self.upload = Some(Arc::clone(&begun));
        Ok(begun)
    }

    /// Waits until a part has arrived.
    async fn arrived(&mut self) -> Result<()> {
        match self.sending.next().await {
            Some(arrived) => self.note(arrived),
            None => Ok(()),
        }
    }

    fn note(&mut self, arrived: Result<(usize, PartTag)>) -> Result<()> {
        let (at, tag) = arrived?;
        if let Some(place) = self.tags.get_mut(at) {
            *place = tag;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<ObjectMeta> {
        self.check_open()?;
        self.state = State::Failed;
        let last = std::mem::take(&mut self.buffer).freeze();
        if self.upload.is_none() {
            let key = self.key_again();
            return self.binding.put(&key, last, self.options.clone()).await;
        }
        let size = self.sent + last.len() as u64;
        let crc32c = crc32c::append(self.crc32c, &last);
        self.options.check_content(size, crc32c)?;
        if !last.is_empty() {
            self.send(last).await?;
        }
        while !self.sending.is_empty() {
            self.arrived().await?;
        }
        let finish = Finish {
            parts: Some(std::mem::take(&mut self.tags)),
            size,
            crc32c: Some(crc32c),
        };
        self.begun().await?.finish(&finish).await
    }
}
