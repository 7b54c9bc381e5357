//! A bucket: what handlers use, on whichever store it is bound to.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::binding::{BUDGET, Binding, Operation};
use crate::capability::Capabilities;
use crate::driver::blob::BlobDriver;
use crate::driver::{Clock, RetryBudget};
use crate::error::Result;
use crate::operation::Effect;

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

/// A bucket of blobs, in whichever store the environment has bound it to.
///
/// Cheap to clone. Reads see every write acknowledged before. A blob is visible only when it is
/// whole, and a failed write leaves what was there. Every call ends within its time budget, one
/// minute unless set otherwise, and 250 ms before the deadline of the invocation that makes it;
/// what moves content has one second more for each 128 KiB.
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
    pub(super) binding: Arc<Binding>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("provider", &self.binding.description.provider)
            .field("name", &self.binding.name)
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
        let binding = Binding {
            description: driver.describe(),
            name: name.into(),
            driver,
            clock,
            budget: BUDGET,
            retries: RetryBudget::default(),
        };
        Self {
            binding: Arc::new(binding),
        }
    }

    /// The same bucket with another time budget for each call, from the call to its answer.
    ///
    /// The body of a blob that is read may take longer: as long as its next bytes arrive within
    /// this time.
    #[must_use]
    pub fn with_budget(&self, budget: Duration) -> Self {
        let binding = Binding {
            budget,
            ..(*self.binding).clone()
        };
        Self {
            binding: Arc::new(binding),
        }
    }

    /// The name of the bucket in its store.
    pub fn name(&self) -> &str {
        &self.binding.name
    }

    /// What the store can do.
    pub fn capabilities(&self) -> Capabilities {
        self.binding.capabilities()
    }

    /// The vendor's own client, if it is an `N`; each provider's README lists its native types.
    pub fn native<N: Any>(&self) -> Option<&N> {
        let native: &dyn Any = self.binding.driver.native();
        native.downcast_ref()
    }

    /// Creates the bucket where it is missing: for development and tests, not for production.
    pub async fn ensure(&self) -> Result<()> {
        let work = self.binding.driver.ensure(&self.binding.name);
        let operation = Operation("blob.ensure", Effect::Write);
        self.binding.run(operation, work).await
    }
}
