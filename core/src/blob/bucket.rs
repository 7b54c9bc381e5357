//! A bucket: what handlers use, on whichever store it is bound to.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Attributes, BlobBody, BlobCondition, ByteRange, IntoBlobKey, List, ListPage, ObjectMeta,
};
use crate::capability::{Capabilities, Capability};
use crate::driver::Clock;
use crate::driver::blob::{BlobDriver, Copy, ListRequest, Put};
use crate::driver::pause;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Target};
use bytes::Bytes;

/// Declares a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpec {
    name: &'static str,
}

impl BucketSpec {
    /// A bucket that handlers call `name`.
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The name that handlers and settings know.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// What a put may ask beyond storing the bytes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutBlobOptions {
    attributes: Attributes,
    condition: BlobCondition,
}

impl PutBlobOptions {
    /// Headers and metadata of the blob.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// What must hold of a blob that is there.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }
}

/// What a copy may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CopyOptions {
    condition: BlobCondition,
}

impl CopyOptions {
    /// What must hold of a blob at the destination.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }
}

/// What a delete may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeleteBlobOptions {
    condition: BlobCondition,
}

impl DeleteBlobOptions {
    /// What must hold of the blob; [`BlobCondition::IfAbsent`] is refused.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }
}

/// A blob being read: what is known of it is here before its first byte.
#[derive(Debug)]
#[non_exhaustive]
pub struct Blob {
    /// What the store knows of the blob.
    pub meta: ObjectMeta,
    /// The bytes that follow: first and one past the last.
    pub range: std::ops::Range<u64>,
    /// The bytes.
    pub body: BlobBody,
}

impl Blob {
    /// All selected bytes, in memory; a whole blob is checked against its checksum (rule K8).
    pub async fn bytes(self) -> Result<Bytes> {
        let Self { meta, range, body } = self;
        let content = body.collect().await?;
        if content.len() as u64 != range.end - range.start {
            let (found, expected) = (content.len(), range.end - range.start);
            let message = format!("the body ended after {found} of {expected} bytes");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let whole = range == (0..meta.size);
        if let Some(expected) = meta.crc32c
            && whole
            && crc32c::crc32c(&content) != expected
        {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the content does not match its checksum",
            ));
        }
        Ok(content)
    }
}

/// A bucket of blobs, in whichever store the environment has bound it to.
///
/// Cheap to clone. Reads see every write acknowledged before. A blob is visible only when it is
/// whole, and a failed write leaves what was there. Every call ends within its time budget, one
/// minute unless set otherwise, and 250 ms before the deadline of the invocation that makes it.
///
/// ```
/// # use isobar::blob::{Bucket, List, PutBlobOptions, BlobCondition};
/// # async fn example(files: Bucket) -> isobar::Result<()> {
/// let first = PutBlobOptions::default().with_condition(BlobCondition::IfAbsent);
/// files.put_with("notes/1.txt", "hello", first).await?;
///
/// let blob = files.get("notes/1.txt").await?;
/// assert_eq!(blob.bytes().await?, "hello");
///
/// let page = files.list(&List::new().prefix("notes/")).await?;
/// assert_eq!(page.keys().collect::<Vec<_>>(), ["notes/1.txt"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bucket {
    binding: Arc<Binding>,
}

struct Binding {
    driver: Arc<dyn BlobDriver>,
    clock: Arc<dyn Clock>,
    name: String,
    provider: &'static str,
    capabilities: Capabilities,
    budget: Duration,
}

/// The time from a call to its answer unless its caller says otherwise (rule R22).
const BUDGET: Duration = Duration::from_mins(1);

/// The slowest link that a put is given time for, in bytes a second: about 1 Mbit/s.
const SLOWEST: u64 = 128 << 10;

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { provider, name, .. } = &*self.binding;
        f.debug_struct("Bucket")
            .field("provider", provider)
            .field("name", name)
            .finish()
    }
}

impl Bucket {
    /// Binds a bucket of a store; for providers and tests, handlers ask their environment.
    pub fn new(
        driver: Arc<dyn BlobDriver>,
        clock: Arc<dyn Clock>,
        name: impl Into<String>,
    ) -> Self {
        let description = driver.describe();
        let binding = Binding {
            provider: description.provider,
            capabilities: description.capabilities,
            name: name.into(),
            driver,
            clock,
            budget: BUDGET,
        };
        Self {
            binding: Arc::new(binding),
        }
    }

    /// The same bucket with another time budget for each call, from the call to its answer.
    ///
    /// The body of a blob that is read may take longer, chunk by chunk, and a put has one second
    /// more for each 128 KiB of its content.
    #[must_use]
    pub fn with_budget(&self, budget: Duration) -> Self {
        let Binding {
            driver,
            clock,
            name,
            provider,
            capabilities,
            ..
        } = &*self.binding;
        let binding = Binding {
            driver: Arc::clone(driver),
            clock: Arc::clone(clock),
            name: name.clone(),
            provider,
            capabilities: *capabilities,
            budget,
        };
        Self {
            binding: Arc::new(binding),
        }
    }

    /// What the store can do.
    pub fn capabilities(&self) -> Capabilities {
        self.binding.capabilities
    }

    /// The vendor's own client, if it is an `N`; each provider's README lists its native types.
    pub fn native<N: Any>(&self) -> Option<&N> {
        let native: &dyn Any = self.binding.driver.native();
        native.downcast_ref()
    }

    /// Creates the bucket where it is missing: for development and tests, not for production.
    pub async fn ensure(&self) -> Result<()> {
        let work = self.binding.driver.ensure(&self.binding.name);
        self.binding.run("blob.ensure", Effect::Write, work).await
    }

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
        let sending = Duration::from_secs(content.len() as u64 / SLOWEST);
        let work = async {
            options.attributes.check()?;
            self.check(&options.condition)?;
            let crc32c = crc32c::crc32c(&content);
            let PutBlobOptions {
                attributes,
                condition,
            } = options;
            let put = Put {
                key: key?,
                content,
                crc32c,
                attributes,
                condition,
            };
            self.binding.driver.put(&self.binding.name, &put).await
        };
        let target = Target {
            budget: self.binding.budget.saturating_add(sending),
            ..self.binding.target()
        };
        target.run("blob.put", Effect::Write, work).await
    }

    /// Opens a blob; `NotFound` where there is none.
    pub async fn get(&self, key: impl IntoBlobKey) -> Result<Blob> {
        self.get_range(key, ByteRange::Full).await
    }

    /// Opens a part of a blob.
    pub async fn get_range(
        &self,
        key: impl IntoBlobKey,
        range: impl Into<ByteRange>,
    ) -> Result<Blob> {
        let (key, range) = (key.into_blob_key(), range.into());
        let work = async {
            range.check()?;
            let read = self
                .binding
                .driver
                .get(&self.binding.name, &key?, range)
                .await?;
            Ok(Blob {
                meta: read.meta,
                range: read.range,
                body: read.body,
            })
        };
        self.binding.run("blob.get", Effect::Read, work).await
    }

    /// What the store knows of a blob; `NotFound` where there is none.
    pub async fn head(&self, key: impl IntoBlobKey) -> Result<ObjectMeta> {
        let key = key.into_blob_key();
        let work = async { self.binding.driver.head(&self.binding.name, &key?).await };
        self.binding.run("blob.head", Effect::Read, work).await
    }

    /// One page of a listing, in byte order; only the last page has no `next`.
    pub async fn list(&self, list: &List) -> Result<ListPage> {
        let work = async {
            let limit = list.check()?;
            let mut request = ListRequest {
                prefix: list.prefix.clone(),
                delimiter: list.delimiter.clone(),
                after: list.after.clone(),
                limit,
            };
            let mut page = self
                .binding
                .driver
                .list_page(&self.binding.name, &request)
                .await?;
            while page.entries.is_empty() && page.next.is_some() {
                request.after = page.next;
                pause().await;
                page = self
                    .binding
                    .driver
                    .list_page(&self.binding.name, &request)
                    .await?;
            }
            Ok(ListPage {
                entries: page.entries,
                next: page.next,
            })
        };
        self.binding.run("blob.list", Effect::Read, work).await
    }

    /// Copies a blob with its attributes, in place of what was there.
    pub async fn copy(&self, from: impl IntoBlobKey, to: impl IntoBlobKey) -> Result<ObjectMeta> {
        self.copy_with(from, to, CopyOptions::default()).await
    }

    /// Copies a blob with its attributes, with options.
    pub async fn copy_with(
        &self,
        from: impl IntoBlobKey,
        to: impl IntoBlobKey,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        let (from, to) = (from.into_blob_key(), to.into_blob_key());
        let work = async {
            self.check(&options.condition)?;
            let copy = Copy {
                from: from?,
                to: to?,
                condition: options.condition,
            };
            self.binding.driver.copy(&self.binding.name, &copy).await
        };
        self.binding.run("blob.copy", Effect::Write, work).await
    }

    /// Removes a blob; returns whether it was there, where the store says so for free.
    pub async fn delete(&self, key: impl IntoBlobKey) -> Result<Option<bool>> {
        self.delete_with(key, DeleteBlobOptions::default()).await
    }

    /// Removes a blob, with options.
    pub async fn delete_with(
        &self,
        key: impl IntoBlobKey,
        options: DeleteBlobOptions,
    ) -> Result<Option<bool>> {
        let key = key.into_blob_key();
        let work = async {
            let condition = &options.condition;
            self.check(condition)?;
            if *condition == BlobCondition::IfAbsent {
                return Err(Error::invalid(
                    "a delete cannot ask that there be nothing to delete",
                ));
            }
            self.binding
                .driver
                .delete(&self.binding.name, &key?, condition)
                .await
        };
        self.binding.run("blob.delete", Effect::Write, work).await
    }

    fn check(&self, condition: &BlobCondition) -> Result<()> {
        let needed: &[Capability] = match condition {
            BlobCondition::None => &[],
            BlobCondition::IfAbsent => &[Capability::BlobIfAbsent],
            BlobCondition::IfVersion(_) => &[Capability::BlobIfVersion],
        };
        self.binding.capabilities.require(needed)
    }
}

impl Binding {
    fn target(&self) -> Target<'_> {
        Target {
            provider: self.provider,
            resource: &self.name,
            clock: &*self.clock,
            budget: self.budget,
        }
    }

    async fn run<T>(
        &self,
        operation: &'static str,
        effect: Effect,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.target().run(operation, effect, work).await
    }
}
