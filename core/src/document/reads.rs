//! The operations of a collection that give typed documents.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::transaction::{self, Transaction};
use super::write_set::{Draft, Scope};
use super::{Collection, GetOptions, Item, Key, Update, UpdateOptions};
use crate::driver::document::FoundRecord;
use crate::driver::meter;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

impl<T: DeserializeOwned + Send> Collection<T> {
    /// The document, or `None` where there is none.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Item<T>>> {
        self.get_with(key, GetOptions::default()).await
    }

    /// The document or some of its fields, or `None` where there is none.
    pub async fn get_with(
        &self,
        key: impl Into<Key>,
        options: GetOptions,
    ) -> Result<Option<Item<T>>> {
        self.find(&key.into(), options).await
    }

    async fn find(&self, key: &Key, options: GetOptions) -> Result<Option<Item<T>>> {
        let binding = self.binding();
        let work = async {
            key.check(&binding.schema)?;
            let fetch = options.fetch()?;
            let found = binding.driver.get(&binding.call(), key, &fetch).await?;
            meter::items(found.iter().len());
            let found = found.map(|record| item(binding.cut(&fetch.projection, record)?));
            found.transpose()
        };
        let found = binding.run("document.get", Effect::Read, work).await;
        found.map_err(|error| error.at_document(key))
    }

    /// The document; `NotFound` where there is none.
    pub async fn fetch(&self, key: impl Into<Key>) -> Result<Item<T>> {
        let key = key.into();
        let found = self.find(&key, GetOptions::default()).await?;
        found.ok_or_else(|| {
            let missing = Error::new(ErrorKind::NotFound, "there is no document at this key");
            let named = self.binding().named("document.fetch", missing);
            named.at_document(&key)
        })
    }

    /// Any number of documents: as many results as keys, in their order, `None` for missing ones.
    pub async fn get_batch<K: Into<Key>>(
        &self,
        keys: impl IntoIterator<Item = K> + Send,
    ) -> Result<Vec<Option<Item<T>>>> {
        self.get_batch_with(keys, GetOptions::default()).await
    }

    /// Any number of documents, or some of their fields, in the order of their keys.
    pub async fn get_batch_with<K: Into<Key>>(
        &self,
        keys: impl IntoIterator<Item = K> + Send,
        options: GetOptions,
    ) -> Result<Vec<Option<Item<T>>>> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        let work = self.find_all(&keys, &options);
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
        transaction::run(self, Scope::Partition(partition), work).await
    }

    /// As [`Self::transact`], of documents of any partitions of the collection.
    ///
    /// It needs [`Capability::CrossPartitionTransactions`](crate::Capability::CrossPartitionTransactions).
    pub async fn transact_across<R, F, Work>(&self, work: F) -> Result<R>
    where
        T: Serialize,
        R: Send,
        F: Fn(Transaction<T>) -> Work + Send + Sync,
        Work: Future<Output = Result<R>> + Send,
    {
        transaction::run(self, Scope::Collection, work).await
    }

    async fn find_all(&self, keys: &[Key], options: &GetOptions) -> Result<Vec<Option<Item<T>>>> {
        keys.iter()
            .try_for_each(|key| key.check(&self.binding().schema))?;
        let mut places: HashMap<&Key, usize> = HashMap::with_capacity(keys.len());
        for key in keys {
            let next = places.len();
            places.entry(key).or_insert(next);
        }
        if places.len() == keys.len() {
            let found = self.find_distinct(keys, options).await?;
            let found = found.into_iter();
            return found.map(|record| record.map(item).transpose()).collect();
        }
        let mut distinct = Vec::with_capacity(places.len());
        for key in keys {
            if places[key] == distinct.len() {
                distinct.push(key.clone());
            }
        }
        let found = self.find_distinct(&distinct, options).await?;
        let at = |key| found.get(places[key]).cloned().flatten();
        keys.iter()
            .map(|key| at(key).map(item).transpose())
            .collect()
    }

    /// What is asked of the documents of distinct keys, in the order of these.
    async fn find_distinct(
        &self,
        keys: &[Key],
        options: &GetOptions,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let binding = self.binding();
        let fetch = options.fetch()?;
        let chunk = usize::try_from(binding.limits.batch_get_keys).unwrap_or(1);
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(chunk.max(1)) {
            let call = binding.call();
            let page = binding.driver.batch_get(&call, chunk, &fetch).await?;
            for record in page {
                let cut = record.map(|record| binding.cut(&fetch.projection, record));
                found.push(cut.transpose()?);
            }
        }
        meter::items(found.iter().flatten().count());
        Ok(found)
    }
}

pub(super) fn item<T: DeserializeOwned>(record: impl Into<FoundRecord>) -> Result<Item<T>> {
    let found: FoundRecord = record.into();
    found.decode()
}
