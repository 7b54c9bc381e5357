//! A bucket bound to its store, and how its operations are carried out.

use std::sync::Arc;
use std::time::Duration;

use super::{BlobCondition, BlobKey};
use crate::capability::{Capabilities, Capability};
use crate::driver::blob::{BlobDescription, BlobDriver};
use crate::driver::{Clock, RetryBudget};
use crate::error::{Error, Result};
use crate::operation::{Effect, Target};

#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) driver: Arc<dyn BlobDriver>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) name: String,
    pub(super) description: BlobDescription,
    pub(super) budget: Duration,
    /// How often bodies may be resumed.
    pub(super) retries: RetryBudget,
}

/// The time from a call to its answer unless its caller says otherwise (rule R22).
pub(super) const BUDGET: Duration = Duration::from_mins(1);

/// The slowest link that content is given time for, in bytes a second: about 1 Mbit/s.
const SLOWEST: u64 = 128 << 10;

/// An operation, and what it may have done when its time is up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation(pub(super) &'static str, pub(super) Effect);

impl Binding {
    pub(super) fn capabilities(&self) -> Capabilities {
        self.description.capabilities
    }

    /// The same operation, with the time that this many bytes may take on top.
    fn target(&self, bytes: u64) -> Target<'_> {
        let moving = Duration::from_secs(bytes / SLOWEST);
        Target {
            provider: self.description.provider,
            resource: &self.name,
            clock: &*self.clock,
            budget: self.budget.saturating_add(moving),
        }
    }

    pub(super) async fn run<T>(
        &self,
        Operation(name, effect): Operation,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.target(0).run(name, effect, work).await
    }

    /// Runs an operation on one blob, which its error names.
    pub(super) async fn run_at<T>(
        &self,
        operation: Operation,
        key: &Result<BlobKey>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.run_moving(operation, key, 0, work).await
    }

    /// Runs an operation on one blob that moves this many bytes.
    pub(super) async fn run_moving<T>(
        &self,
        Operation(name, effect): Operation,
        key: &Result<BlobKey>,
        bytes: u64,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = self.target(bytes).run(name, effect, work).await;
        result.map_err(|error| match key {
            Ok(key) => error.at_key(key.as_str()),
            Err(_) => error,
        })
    }

    /// What adds to an error outside of an operation what it is about.
    pub(super) fn told(
        &self,
        name: &'static str,
        key: &BlobKey,
    ) -> impl Fn(Error) -> Error + use<> {
        let provider = self.description.provider;
        let (bucket, key) = (self.name.clone(), key.as_str().to_owned());
        move |error| error.in_context(provider, name, &bucket).at_key(&key)
    }

    /// Whether the store can judge the condition in this place: of a put where `also` is nothing.
    pub(super) fn check(&self, condition: &BlobCondition, also: &[Capability]) -> Result<()> {
        let needed = match condition {
            BlobCondition::None => return Ok(()),
            BlobCondition::IfAbsent => Capability::BlobIfAbsent,
            BlobCondition::IfVersion(_) => Capability::BlobIfVersion,
        };
        self.capabilities().require(&[needed])?;
        self.capabilities().require(also)
    }
}

/// A reference to a key that was checked, whose error is given once.
pub(super) fn checked(key: &Result<BlobKey>) -> Result<&BlobKey> {
    key.as_ref().map_err(Error::again)
}
