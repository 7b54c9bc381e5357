//! The operations of a collection that give typed documents.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::binding::Binding;
use super::cursor::Origin;
use super::transaction::{self, Transaction};
use super::write_set::Draft;
use super::{Collection, Cursor, Item, Key, Page, Query, SortKey, Update, UpdateOptions, Value};
use crate::driver::document::{PageRequest, Record};
use crate::driver::pause;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

impl<T: DeserializeOwned + Send> Collection<T> {
    /// The document, or `None` where there is none.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Item<T>>> {
        let (binding, key) = (self.binding(), key.into());
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
                self.binding().provider,
                "document.fetch",
                self.binding().schema.name,
            )
        })
    }

    /// Any number of documents: as many results as keys, in their order, `None` for missing ones.
    pub async fn get_batch<K: Into<Key>>(
        &self,
        keys: impl IntoIterator<Item = K> + Send,
    ) -> Result<Vec<Option<Item<T>>>> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        let work = self.find_all(&keys);
        self.binding()
            .run("document.get_batch", Effect::Read, work)
            .await
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
        let draft = Draft::update(key.into(), update, options);
        let (written, _) = self.write("document.update", Ok(draft)).await?;
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
        self.binding()
            .run("document.query", Effect::Read, self.page(query))
            .await
    }

    /// Reads and writes documents of one partition as if nobody else did, retrying on conflict.
    ///
    /// `work` may run several times and must have no effect but through its transaction. Reads
    /// see the state before the transaction; writes become visible together when `work` returns
    /// `Ok`, provided that nothing it read has changed, which is checked also where it only read.
    /// What it read and wrote counts against the limit of a write set. After its time budget, or
    /// 64 attempts, the last conflict is returned as `Contention`; work that takes longer than
    /// the budget ends as `DeadlineExceeded`.
    pub async fn transact<R, F, Work>(&self, partition: &str, work: F) -> Result<R>
    where
        T: Serialize,
        R: Send,
        F: Fn(Transaction<T>) -> Work + Send + Sync,
        Work: Future<Output = Result<R>> + Send,
    {
        transaction::run(self, partition, work).await
    }

    async fn find_all(&self, keys: &[Key]) -> Result<Vec<Option<Item<T>>>> {
        let binding = self.binding();
        keys.iter().try_for_each(|key| key.check(&binding.schema))?;
        let mut places: HashMap<&Key, usize> = HashMap::new();
        let mut distinct: Vec<Key> = Vec::new();
        for key in keys {
            let next = distinct.len();
            if *places.entry(key).or_insert(next) == next {
                distinct.push(key.clone());
            }
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
    }

    /// Asks the store until the page is full, since a store's own page may be short or empty.
    async fn page(&self, query: &Query) -> Result<Page<Item<T>>> {
        let binding = self.binding();
        query.check(&binding.schema)?;
        let limit = query.page_limit() as usize;
        let mut items = Vec::new();
        let mut after = self.position(query)?;
        loop {
            let request = PageRequest {
                partition: query.partition_name().to_owned(),
                range: query.sort_range().clone(),
                direction: query.direction(),
                limit: u32::try_from(limit - items.len()).unwrap_or(u32::MAX),
                after,
            };
            let page = binding.driver.query_page(&binding.call(), &request).await?;
            for record in page.records {
                items.push(item(record)?);
            }
            let Some(next) = page.next else {
                return Ok(Page {
                    items,
                    cursor: None,
                });
            };
            if items.len() >= limit {
                let cursor = Some(Cursor::new(&self.origin(query), &next));
                return Ok(Page { items, cursor });
            }
            after = Some(next);
            pause().await;
        }
    }

    fn position(&self, query: &Query) -> Result<Option<SortKey>> {
        match (query.cursor(), &self.binding().schema.sort) {
            (None, _) => Ok(None),
            (Some(cursor), Some((_, sort_type))) => {
                cursor.position(&self.origin(query), *sort_type).map(Some)
            }
            (Some(_), None) => Err(Error::invalid("the collection has no sort key to go on by")),
        }
    }

    fn origin<'q>(&'q self, query: &'q Query) -> Origin<'q> {
        let Binding {
            provider, schema, ..
        } = self.binding();
        Origin {
            provider,
            schema,
            query,
        }
    }
}

fn item<T: DeserializeOwned>(record: Record) -> Result<Item<T>> {
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
