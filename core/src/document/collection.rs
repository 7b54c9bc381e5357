//! A typed collection: what handlers use, on whichever store it is bound to.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::binding::Binding;
use super::cursor::Origin;
use super::transaction::{self, Transaction};
use super::write_set::Draft;
use super::{
    BatchWrite, CollectionSpec, Condition, Cursor, Key, Page, Query, SortKey, Timestamp, Update,
    Value, Version, WriteSet, check,
};
use crate::capability::{Capabilities, Capability};
use crate::driver::Clock;
use crate::driver::document::{
    Action, DocumentDriver, Existence, ExpiryChange, PageRequest, Record, Write, Written,
};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

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

/// What a put may ask beyond storing the document.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutOptions {
    condition: Condition,
    expires_at: Option<Timestamp>,
}

impl PutOptions {
    /// The stored document must meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// The document ceases to exist at this instant, cut to the second.
    #[must_use]
    pub fn with_expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.expires_at = Some(at.into());
        self
    }
}

/// What an update may ask beyond its changes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct UpdateOptions {
    condition: Condition,
    expiry: ExpiryChange,
    create_missing: bool,
}

impl UpdateOptions {
    /// The stored document must meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Sets the instant at which the document ceases to exist; `None` keeps it for good.
    #[must_use]
    pub fn with_expires_at(mut self, at: Option<Timestamp>) -> Self {
        self.expiry = ExpiryChange::To(at.map(Timestamp::to_second));
        self
    }

    /// Where there is no document, starts from one with only its key.
    #[must_use]
    pub fn with_create_missing(mut self) -> Self {
        self.create_missing = true;
        self
    }
}

/// What a delete may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeleteOptions {
    condition: Condition,
}

impl DeleteOptions {
    /// The stored document must be there and meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}

/// Documents of type `T`, in whichever store the environment has bound them to.
///
/// Cheap to clone. Every call ends within its time budget (10 seconds unless set otherwise), is
/// one tracing span, and fails with an [`Error`] whose kind is the same on every store. Dropping
/// a future leaves either the old document or the new one.
#[doc = include_str!("collection.md")]
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
        let budget = super::binding::DEFAULT_BUDGET;
        let binding = Binding::new(driver, clock, spec.schema(prefix), budget);
        Self {
            binding: Arc::new(binding),
            item: PhantomData,
        }
    }

    /// The same collection with another time budget for each call.
    #[must_use]
    pub fn with_budget(&self, budget: Duration) -> Self {
        let Binding {
            driver,
            clock,
            schema,
            ..
        } = &*self.binding;
        let binding = Binding::new(
            Arc::clone(driver),
            Arc::clone(clock),
            schema.clone(),
            budget,
        );
        Self {
            binding: Arc::new(binding),
            item: PhantomData,
        }
    }

    /// What the store can do for this collection.
    pub fn capabilities(&self) -> Capabilities {
        self.binding.capabilities
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

    /// Creates the table where it is missing: for development and tests, not for production.
    pub async fn ensure(&self) -> Result<()> {
        let work = self.binding.driver.ensure(&self.binding.schema);
        self.binding
            .run("document.ensure", Effect::Write, work)
            .await
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
        let draft = Draft {
            key: Some(key.into()),
            action: Action::Delete,
            existence: Existence::Any,
            condition: options.condition,
        };
        Ok(self.write("document.delete", draft).await?.0.existed)
    }

    /// Writes all of the set or nothing.
    ///
    /// The error of a failed condition tells by [`Error::index`] which write it was.
    pub async fn commit(&self, partition: &str, set: WriteSet) -> Result<()> {
        let binding = &*self.binding;
        let work = async {
            binding.require(Capability::AtomicPartition)?;
            let writes = set.checked(partition, &binding.schema, &binding.limits)?;
            writes
                .iter()
                .try_for_each(|write| self.check_capabilities(write))?;
            binding.driver.atomic(&binding.call(), &writes).await
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
            let chunk = usize::try_from(binding.limits.batch_write_operations).unwrap_or(1);
            let mut results = Vec::with_capacity(writes.len());
            for chunk in writes.chunks(chunk.max(1)) {
                results.extend(binding.driver.batch_write(&binding.call(), chunk).await);
            }
            Ok(results
                .into_iter()
                .map(|result| result.map(|_| ()))
                .collect())
        };
        binding
            .run("document.write_batch", Effect::Write, work)
            .await
    }

    async fn write(&self, operation: &'static str, draft: Draft) -> Result<(Written, Version)> {
        let binding = &*self.binding;
        let work = async {
            let write = check::write(draft, &binding.schema, &binding.limits)?;
            self.check_capabilities(&write)?;
            let written = binding.driver.write(&binding.call(), &write).await?;
            Ok((written, write.version))
        };
        binding.run(operation, Effect::Write, work).await
    }

    fn check_capabilities(&self, write: &Write) -> Result<()> {
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
        Ok(())
    }

    fn cursor(&self, query: &Query, position: &SortKey) -> Cursor {
        Cursor::new(&self.origin(query), position)
    }

    fn origin<'q>(&'q self, query: &'q Query) -> Origin<'q> {
        Origin {
            provider: self.binding.provider,
            schema: &self.binding.schema,
            query,
        }
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }
}

impl<T: Serialize> Collection<T> {
    /// Stores a document that must not be there yet; else `AlreadyExists`.
    pub async fn create(&self, document: &T) -> Result<Version> {
        self.create_with(document, PutOptions::default()).await
    }

    /// Stores a document that must not be there yet, with options.
    pub async fn create_with(&self, document: &T, options: PutOptions) -> Result<Version> {
        self.put("document.create", document, Existence::Forbidden, options)
            .await
    }

    /// Stores a document, whether or not it is there.
    pub async fn upsert(&self, document: &T) -> Result<Version> {
        self.upsert_with(document, PutOptions::default()).await
    }

    /// Stores a document; with a condition it must be there, as in a replace.
    pub async fn upsert_with(&self, document: &T, options: PutOptions) -> Result<Version> {
        let existence = if options.condition.is_empty() {
            Existence::Any
        } else {
            Existence::Required
        };
        self.put("document.upsert", document, existence, options)
            .await
    }

    /// Stores a document in place of one that is there; else `NotFound`.
    pub async fn replace(&self, document: &T) -> Result<Version> {
        self.replace_with(document, PutOptions::default()).await
    }

    /// Stores a document in place of one that is there and meets the options' condition.
    pub async fn replace_with(&self, document: &T, options: PutOptions) -> Result<Version> {
        self.put("document.replace", document, Existence::Required, options)
            .await
    }

    async fn put(
        &self,
        operation: &'static str,
        document: &T,
        existence: Existence,
        options: PutOptions,
    ) -> Result<Version> {
        let PutOptions {
            condition,
            expires_at,
        } = options;
        if existence == Existence::Forbidden && !condition.is_empty() {
            return Err(
                Error::invalid("a create has no document to ask conditions of").in_context(
                    self.binding.provider,
                    operation,
                    self.binding.schema.name,
                ),
            );
        }
        let fields = check::fields(document).map_err(|error| {
            error.in_context(self.binding.provider, operation, self.binding.schema.name)
        })?;
        let action = Action::Put { fields, expires_at };
        let draft = Draft {
            key: None,
            action,
            existence,
            condition,
        };
        Ok(self.write(operation, draft).await?.1)
    }
}

impl<T: DeserializeOwned> Collection<T> {
    /// The document, or `None` where there is none.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Item<T>>> {
        let (binding, key) = (&*self.binding, key.into());
        let work = async {
            key.check(&binding.schema)?;
            binding
                .driver
                .get(&binding.call(), &key)
                .await?
                .map(item)
                .transpose()
        };
        binding.run("document.get", Effect::Read, work).await
    }

    /// The document; `NotFound` where there is none.
    pub async fn fetch(&self, key: impl Into<Key>) -> Result<Item<T>> {
        let found = self.get(key).await?;
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no document at this key").in_context(
                self.binding.provider,
                "document.fetch",
                self.binding.schema.name,
            )
        })
    }

    /// Any number of documents: as many results as keys, in their order, `None` for missing ones.
    pub async fn get_batch<K: Into<Key>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Option<Item<T>>>> {
        let binding = &*self.binding;
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        let work = async {
            keys.iter().try_for_each(|key| key.check(&binding.schema))?;
            let mut places: HashMap<&Key, usize> = HashMap::new();
            let mut distinct: Vec<Key> = Vec::new();
            for key in &keys {
                places.entry(key).or_insert_with(|| {
                    distinct.push(key.clone());
                    distinct.len() - 1
                });
            }
            let chunk = usize::try_from(binding.limits.batch_get_keys).unwrap_or(1);
            let mut found = Vec::with_capacity(distinct.len());
            for chunk in distinct.chunks(chunk.max(1)) {
                found.extend(binding.driver.batch_get(&binding.call(), chunk).await?);
            }
            let at = |key| found.get(places[key]).cloned().flatten();
            keys.iter()
                .map(|key| at(key).map(item).transpose())
                .collect()
        };
        binding.run("document.get_batch", Effect::Read, work).await
    }

    /// Changes parts of a document that must be there, and returns it as it is afterwards.
    pub async fn update(&self, key: impl Into<Key>, update: Update) -> Result<Item<T>> {
        self.update_with(key, update, UpdateOptions::default())
            .await
    }

    /// Changes parts of a document, with options, and returns it as it is afterwards.
    pub async fn update_with(
        &self,
        key: impl Into<Key>,
        update: Update,
        options: UpdateOptions,
    ) -> Result<Item<T>> {
        let existence = if options.create_missing {
            Existence::Any
        } else {
            Existence::Required
        };
        let draft = Draft {
            key: Some(key.into()),
            action: Action::Update {
                update,
                expiry: options.expiry,
            },
            existence,
            condition: options.condition,
        };
        let (written, _) = self.write("document.update", draft).await?;
        let record = written.record.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "the driver did not return the updated document",
            )
        })?;
        item(record)
    }

    /// One page of a partition, in the order of the sort key.
    ///
    /// A page holds as many documents as the limit allows and the partition has.
    pub async fn query(&self, query: &Query) -> Result<Page<Item<T>>> {
        let binding = &*self.binding;
        let work = async {
            query.check(&binding.schema)?;
            let (mut after, limit) = (self.position(query)?, query.page_limit());
            let mut items = Vec::new();
            loop {
                let missing = limit - u32::try_from(items.len()).unwrap_or(limit);
                let request = PageRequest {
                    partition: query.partition_name().to_owned(),
                    range: query.sort_range().clone(),
                    direction: query.direction(),
                    limit: missing,
                    after,
                };
                let page = binding.driver.query_page(&binding.call(), &request).await?;
                items.extend(
                    page.records
                        .into_iter()
                        .map(item)
                        .collect::<Result<Vec<_>>>()?,
                );
                let full = items.len() >= limit as usize;
                match page.next {
                    Some(next) if full => {
                        return Ok(Page {
                            items,
                            cursor: Some(self.cursor(query, &next)),
                        });
                    }
                    Some(next) => after = Some(next),
                    None => {
                        return Ok(Page {
                            items,
                            cursor: None,
                        });
                    }
                }
            }
        };
        binding.run("document.query", Effect::Read, work).await
    }

    /// Reads and writes documents of one partition as if nobody else did, retrying on conflict.
    ///
    /// `work` may run several times and must have no effect but through its transaction. Reads
    /// see the state before the transaction; writes become visible together when `work` returns
    /// `Ok`, provided that nothing it read has changed. After its time budget, or 64 attempts,
    /// the last conflict is returned as `Contention`.
    pub async fn transact<R, F, Work>(&self, partition: &str, work: F) -> Result<R>
    where
        T: Serialize,
        F: Fn(Transaction<T>) -> Work,
        Work: Future<Output = Result<R>>,
    {
        transaction::run(self, partition, work).await
    }

    fn position(&self, query: &Query) -> Result<Option<SortKey>> {
        let (Some(cursor), Some((_, sort_type))) = (query.cursor(), &self.binding.schema.sort)
        else {
            return match query.cursor() {
                Some(_) => Err(Error::invalid("the collection has no sort key to go on by")),
                None => Ok(None),
            };
        };
        cursor.position(&self.origin(query), *sort_type).map(Some)
    }
}

pub(super) fn item<T: DeserializeOwned>(record: Record) -> Result<Item<T>> {
    let Record {
        fields,
        version,
        expires_at,
    } = record;
    Ok(Item {
        value: Value::Map(fields).decode()?,
        version,
        expires_at,
    })
}
