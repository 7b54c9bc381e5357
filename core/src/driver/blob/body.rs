//! A body that is whole or fails: resumed where it broke off, never of two versions, and checked.

use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::try_unfold;

use super::{BlobDriver, Get, Read};
use crate::blob::{BlobBody, ByteRange, ObjectMeta};
use crate::capability::Capability;
use crate::driver::{Clock, RetryBudget, crc32c, within};
use crate::error::{Error, ErrorKind, Result};

/// How often a body is resumed without a byte in between, and after how long at most the first time.
const RETRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);
/// How many connections may fall silent within the longest time without a byte.
const OPENINGS: u32 = 3;

/// How to open a blob again that was opened before.
pub(crate) struct Reopening {
    pub(crate) driver: Arc<dyn BlobDriver>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bucket: String,
    /// The longest time without a byte.
    pub(crate) patience: Duration,
    /// What the bucket may still send again.
    pub(crate) budget: RetryBudget,
    /// Adds to an error what it is about.
    pub(crate) told: Box<dyn Fn(Error) -> Error + Send + Sync>,
}

impl fmt::Debug for Reopening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reopening").finish_non_exhaustive()
    }
}

impl Reopening {
    fn pins(&self) -> bool {
        let capabilities = self.driver.describe().capabilities;
        capabilities.has(Capability::PinnedReads)
    }

    /// How long a connection may be silent: where another one can go on, there must be time for it.
    fn silence(&self) -> Duration {
        let openings = if self.pins() { OPENINGS } else { 1 };
        self.patience / openings
    }

    /// The body of a blob that was opened by `get`, made so that it resumes.
    pub(crate) fn body(self, get: Get, read: Read) -> (ObjectMeta, Range<u64>, BlobBody) {
        let Read { meta, range, body } = read;
        let whole = range == (0..meta.size);
        let resuming = Resuming {
            silence: self.silence(),
            reopening: self,
            get: Get {
                if_version: Some(meta.version.clone()),
                ..get
            },
            at: range.start,
            end: range.end,
            checksum: meta.crc32c.filter(|_| whole).map(|expected| (0, expected)),
            resumed: 0,
            body,
        };
        let stream = try_unfold(resuming, |mut resuming| async move {
            match resuming.next().await {
                Ok(Some(chunk)) => Ok(Some((chunk, resuming))),
                Ok(None) => Ok(None),
                Err(error) => Err((resuming.reopening.told)(error)),
            }
        });
        (meta, range, BlobBody::new(stream))
    }
}

struct Resuming {
    reopening: Reopening,
    get: Get,
    /// The byte that comes next, and one past the last.
    at: u64,
    end: u64,
    /// The checksum so far and the one to arrive at, where the whole content is read.
    checksum: Option<(u32, u32)>,
    /// How often it was resumed since the last byte.
    resumed: u32,
    /// How long a connection may be silent.
    silence: Duration,
    body: BlobBody,
}

impl Resuming {
    /// The next bytes, which have the whole patience to arrive, from wherever.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let arrived = self.chunk().await;
        match self.judged(arrived) {
            Break(ended) => ended,
            Continue(error) => {
                let clock = Arc::clone(&self.reopening.clock);
                let left = self.reopening.patience.saturating_sub(self.silence);
                within(&*clock, left, self.elsewhere(error)).await
            }
        }
    }

    /// The next bytes through other connections, as often as one breaks.
    async fn elsewhere(&mut self, mut error: Error) -> Result<Option<Bytes>> {
        loop {
            self.resume(error).await?;
            let arrived = self.chunk().await;
            match self.judged(arrived) {
                Break(ended) => return ended,
                Continue(next) => error = next,
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let arriving = arriving(&mut self.body);
        within(&*self.reopening.clock, self.silence, arriving).await
    }

    /// What the caller gets, or why the rest has to be asked for.
    fn judged(
        &mut self,
        arrived: Result<Option<Bytes>>,
    ) -> ControlFlow<Result<Option<Bytes>>, Error> {
        match arrived {
            Ok(Some(chunk)) => Break(self.counted(chunk).map(Some)),
            Ok(None) if self.at == self.end => Break(Ok(None)),
            Ok(None) => Continue(too_short(self.end - self.at)),
            Err(error) if self.at < self.end => Continue(error),
            // The connection may break once everything has arrived.
            Err(error) if error.retryable() => Break(Ok(None)),
            Err(error) => Break(Err(error)),
        }
    }

    fn counted(&mut self, chunk: Bytes) -> Result<Bytes> {
        self.at += chunk.len() as u64;
        if self.at > self.end {
            let message = "the body is longer than its declared length";
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        self.resumed = 0;
        if let Some((so_far, expected)) = &mut self.checksum {
            *so_far = crc32c::append(*so_far, &chunk);
            if self.at == self.end && so_far != expected {
                let message = "the content does not match its checksum";
                return Err(Error::new(ErrorKind::Corrupt, message));
            }
        }
        Ok(chunk)
    }

    /// Opens the rest of the blob, of the same version, or fails with `error`.
    async fn resume(&mut self, mut error: Error) -> Result<()> {
        let driver = &self.reopening.driver;
        let (pins, silence) = (self.reopening.pins(), self.silence);
        let budget = self.reopening.budget.clone();
        let mut retries = budget.retries(RETRIES, PAUSE);
        self.resumed += 1;
        loop {
            let again = pins && error.retryable() && self.resumed <= RETRIES;
            let pause = again.then(|| retries.pause(&error)).flatten();
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(%error, at = self.at, "a body is resumed");
            self.reopening.clock.sleep(pause).await;
            let range = ByteRange::Bounded {
                start: self.at,
                end: self.end,
            };
            let get = Get {
                range,
                ..self.get.clone()
            };
            let opened = driver.get(&self.reopening.bucket, &get);
            let clock = &*self.reopening.clock;
            match within(clock, silence, opened).await {
                Ok(read) => {
                    retries.answered();
                    return self.take(read);
                }
                Err(next) if next.kind() == ErrorKind::PreconditionFailed => {
                    let message = "the blob was replaced or removed while it was read";
                    let replaced = Error::new(ErrorKind::PreconditionFailed, message);
                    return Err(replaced.with_source(next));
                }
                Err(next) => error = next,
            }
        }
    }

    fn take(&mut self, read: Read) -> Result<()> {
        let same = Some(&read.meta.version) == self.get.if_version.as_ref();
        if !same || read.range != (self.at..self.end) {
            let message = "the store resumed with other bytes than it was asked for";
            return Err(Error::new(ErrorKind::Internal, message));
        }
        self.body = read.body;
        Ok(())
    }
}

/// The next bytes, of which there are some.
async fn arriving(body: &mut BlobBody) -> Result<Option<Bytes>> {
    loop {
        let chunk = body.chunk().await.transpose()?;
        if chunk.as_ref().is_none_or(|chunk| !chunk.is_empty()) {
            return Ok(chunk);
        }
    }
}

fn too_short(missing: u64) -> Error {
    let message = format!("the body ended {missing} bytes early");
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests;
