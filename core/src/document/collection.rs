//! A typed collection: what handlers use, on whichever store it is bound to.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::binding::{Binding, DEFAULT_BUDGET};
use super::cursor::CursorKey;
use super::write_set::{Draft, Scope};
use super::{
    BatchWrite, ChangeFeed, CollectionSpec, DeleteOptions, Idempotency, Key, Timestamp, Version,
    WriteSet, check,
};
use crate::capability::{Capabilities, Capability};
use crate::driver::Clock;
use crate::driver::document::{Action, DocumentDriver, Existence, ExpiryChange, Write, Written};
use crate::driver::meter;
use crate::error::{Error, Result};
use crate::operation::Effect;

const WRITE_BATCH: &str = "document.write_batch";

/// A stored document with what the store knows of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Item<T> {
    /// The document.
    pub value: T,
    /// Its version, for a conditional write.
    pub version: Version,
    /// When it ceases to exist.
    pub expires_at: Option<Timestamp>,
}

/// Documents of type `T`, in whichever store the environment has bound them to.
///
/// Cheap to clone. Every call ends within its time budget (10 seconds unless set otherwise) and
/// 250 ms before the deadline of the invocation that makes it, is one tracing span, and fails with an [`Error`](crate::Error) whose kind is the same on every store. Dropping
/// a future leaves either the old document or the new one.
///
/// The [guide](crate::document) shows each operation with an example, and says what holds on which
/// store.
pub struct Collection<T> {
    binding: Arc<Binding>,
    item: PhantomData<fn() -> T>,
}

impl<T> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self {
            binding: Arc::clone(&self.binding),
            item: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding {
            provider, schema, ..
        } = &*self.binding;
        f.debug_struct("Collection")
            .field("provider", provider)
            .field("schema", schema)
            .finish()
    }
}

impl<T> Collection<T> {
    /// Binds a declaration to a driver; for providers and tests, handlers ask their environment.
    pub fn new(
        driver: Arc<dyn DocumentDriver>,
        clock: Arc<dyn Clock>,
        spec: &CollectionSpec<T>,
        prefix: &str,
    ) -> Self {
        let binding = Binding::new(driver, clock, spec.schema(prefix), DEFAULT_BUDGET);
        Self::bound(Arc::new(binding))
    }

    /// The same collection with another time budget for each call.
    #[must_use]
    pub fn with_budget(&self, budget: Duration) -> Self {
        let binding = Binding {
            budget,
            ..(*self.binding).clone()
        };
        Self::bound(Arc::new(binding))
    }

    /// The same collection with cursors that are signed with HMAC-SHA-256: one that a client has
    /// made up is refused. `secret` is at least 16 bytes; all that take back a cursor need the same.
    pub fn with_cursor_key(&self, secret: &[u8]) -> Result<Self> {
        let binding = Binding {
            cursor_key: Some(CursorKey::new(secret)?),
            ..(*self.binding).clone()
        };
        Ok(Self::bound(Arc::new(binding)))
    }

    /// The same documents read as another type, such as one that has only some of their fields.
    ///
    /// ```
    /// # use isobar::{Collection, Result};
    /// # use isobar::document::Query;
    /// # struct Note;
    /// #[derive(serde::Deserialize)]
    /// struct Title {
    ///     title: String,
    /// }
    ///
    /// # async fn example(notes: Collection<Note>) -> Result<()> {
    /// let query = Query::partition("alice").select(["title"]);
    /// for item in notes.view::<Title>().query(&query).await?.items {
    ///     println!("{}", item.value.title);
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn view<U>(&self) -> Collection<U> {
        Collection::bound(Arc::clone(&self.binding))
    }

    fn bound(binding: Arc<Binding>) -> Self {
        Self {
            binding,
            item: PhantomData,
        }
    }

    /// What the store can do for this collection.
    pub fn capabilities(&self) -> Capabilities {
        self.binding.capabilities
    }

    /// A number that stays the same as long as nothing is written to the store, so that what was
    /// read is still what is stored, expiry aside. It costs nothing to ask.
    ///
    /// `None` where the store cannot know, because other processes may write to it, and while
    /// something is being written.
    pub fn revision(&self) -> Option<u64> {
        self.binding.revision.as_ref()?.current()
    }

    /// Fails with `Unsupported` where one of the capabilities is missing; for start-up.
    pub fn require(&self, capabilities: &[Capability]) -> Result<()> {
        self.capabilities().require(capabilities)
    }

    /// The vendor's own client, if it is an `N`; each provider's README lists its native types.
    pub fn native<N: Any>(&self) -> Option<&N> {
        let native: &dyn Any = self.binding.driver.native();
        native.downcast_ref()
    }

    /// Creates the table and its indexes where they are missing: for development and tests, not for
    /// production.
    ///
    /// `InvalidArgument` where they are there with another definition.
    pub async fn ensure(&self) -> Result<()> {
        let binding = &*self.binding;
        let work = async {
            let schema = &binding.schema;
            schema.check_indexes()?;
            if !schema.indexes.is_empty() {
                binding.require(Capability::IndexedQueries)?;
            }
            if schema.indexes.iter().any(|index| index.partition.is_none()) {
                binding.require(Capability::WholeCollectionIndexes)?;
            }
            if schema.change_feed == ChangeFeed::Declared {
                binding.require(Capability::ChangeFeed)?;
            }
            binding.driver.ensure(schema).await
        };
        binding.run("document.ensure", Effect::Write, work).await
    }

    /// Removes the document; returns whether it was there, where the store says so for free.
    pub async fn delete(&self, key: impl Into<Key>) -> Result<Option<bool>> {
        self.delete_with(key, DeleteOptions::default()).await
    }

    /// Removes the document if it meets the options' condition.
    pub async fn delete_with(
        &self,
        key: impl Into<Key>,
        options: DeleteOptions,
    ) -> Result<Option<bool>> {
        let (action, existence) = (Action::Delete, Existence::Any);
        let draft = Draft::keyed(key.into(), action, existence, options.condition);
        Ok(self.write("document.delete", Ok(draft)).await?.0.existed)
    }

    /// Writes all of the set or nothing.
    ///
    /// The error of a failed condition tells by [`Error::index`](crate::Error::index) which write it was.
    pub async fn commit(&self, partition: &str, set: WriteSet) -> Result<()> {
        self.commit_within(Scope::Partition(partition), set).await
    }

    /// Writes all of the set or nothing, in any partitions of the collection.
    ///
    /// It needs [`Capability::CrossPartitionTransactions`]; the limits are those of
    /// [`Self::commit`].
    pub async fn commit_across(&self, set: WriteSet) -> Result<()> {
        self.commit_within(Scope::Collection, set).await
    }

    pub(super) async fn commit_within(&self, scope: Scope<'_>, set: WriteSet) -> Result<()> {
        let binding = &*self.binding;
        let work = async {
            binding.require(scope.needs())?;
            let writes = set.checked(scope, &binding.schema, &binding.limits)?;
            writes
                .iter()
                .try_for_each(|write| self.check_capabilities(write))?;
            let committed = binding.driver.atomic(&binding.call(), &writes).await;
            committed.map_err(
                |error| match error.index().and_then(|index| writes.get(index)) {
                    Some(write) => error.at_document(&write.key),
                    None => error,
                },
            )?;
            meter::items(writes.len());
            Ok(())
        };
        binding.run("document.commit", Effect::Write, work).await
    }

    /// Any number of writes, each for itself; as many results, in their order.
    pub async fn write_batch(&self, batch: BatchWrite) -> Result<Vec<Result<()>>> {
        let binding = &*self.binding;
        let work = async {
            let writes = batch
                .into_drafts()
                .into_iter()
                .enumerate()
                .map(|(index, draft)| {
                    draft
                        .and_then(|draft| check::write(draft, &binding.schema, &binding.limits))
                        .map_err(|error| error.with_index(index))
                })
                .collect::<Result<Vec<Write>>>()?;
            check::distinct(writes.iter().map(|write| &write.key))?;
            for (index, write) in writes.iter().enumerate() {
                self.check_capabilities(write)
                    .map_err(|error| error.with_index(index))?;
            }
            let chunk = usize::try_from(binding.limits.batch_write_operations).unwrap_or(1);
            let mut results = Vec::with_capacity(writes.len());
            for chunk in writes.chunks(chunk.max(1)) {
                results.extend(binding.driver.batch_write(&binding.call(), chunk).await);
            }
            meter::items(results.iter().filter(|result| result.is_ok()).count());
            let told = results.into_iter().zip(&writes).map(|(result, write)| {
                let told = |error: Error| binding.named(WRITE_BATCH, error).at_document(&write.key);
                result.map(|_| ()).map_err(told)
            });
            Ok(told.collect())
        };
        binding.run(WRITE_BATCH, Effect::Write, work).await
    }

    pub(super) async fn write(
        &self,
        operation: &'static str,
        draft: Result<Draft>,
    ) -> Result<(Written, Version)> {
        let binding = &*self.binding;
        let work = async {
            let write = check::write(draft?, &binding.schema, &binding.limits)?;
            self.check_capabilities(&write)?;
            let written = binding.driver.write(&binding.call(), &write).await;
            let written = written.map_err(|error| error.at_document(&write.key))?;
            meter::items(1);
            Ok((written, write.version))
        };
        binding.run(operation, Effect::Write, work).await
    }

    fn check_capabilities(&self, write: &Write) -> Result<()> {
        let able = self.has_capabilities(write);
        able.map_err(|error| error.at_document(&write.key))
    }

    fn has_capabilities(&self, write: &Write) -> Result<()> {
        let expires = match &write.action {
            Action::Put { expires_at, .. } => expires_at.is_some(),
            Action::Update { expiry, .. } => *expiry != ExpiryChange::Keep,
            Action::Delete | Action::Check => false,
        };
        if expires {
            self.binding.require(Capability::DocumentExpiry)?;
        }
        if write.condition.version.is_some() {
            self.binding.require(Capability::DocumentVersions)?;
        }
        if !write.condition.fields.is_empty() {
            self.binding.require(Capability::FieldConditions)?;
        }
        if write.idempotency == Idempotency::Exact {
            self.binding.require(Capability::ExactWrites)?;
        }
        Ok(())
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }

    pub(super) fn shared_binding(&self) -> Arc<Binding> {
        Arc::clone(&self.binding)
    }
}
