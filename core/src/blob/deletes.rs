//! Removing blobs: one, many, or all below a prefix.

use futures_util::stream::{StreamExt as _, iter};

use super::binding::{Binding, Operation};
use super::{BlobCondition, BlobKey, Bucket, DeleteBlobOptions, Entry, IntoBlobKey, List};
use crate::capability::Capability;
use crate::driver::blob::Delete;
use crate::error::{Error, Result};
use crate::operation::Effect;

pub(super) const DELETE: Operation = Operation("blob.delete", Effect::Write);

/// How many requests to delete are under way at the same time.
const CONCURRENT: usize = 8;

impl Bucket {
    /// Removes a blob; returns whether it was there, where the store says so for free (rule K6).
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
        let work = self.binding.delete(&key, options);
        self.binding.run_at(DELETE, &key, work).await
    }

    /// Removes blobs, many with one request where the store can; each answer is as
    /// [`delete`](Self::delete) would give it, in the order of the keys. Any number is accepted.
    pub async fn delete_many<K: IntoBlobKey>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Vec<Result<Option<bool>>> {
        let keys: Vec<_> = keys.into_iter().map(IntoBlobKey::into_blob_key).collect();
        let valid: Vec<BlobKey> = keys
            .iter()
            .filter_map(|key| key.as_ref().ok().cloned())
            .collect();
        let mut answers = self.binding.delete_all(&valid).await.into_iter();
        let answer = |key: Result<BlobKey>| {
            key.and_then(|_| answers.next().unwrap_or_else(|| Err(unanswered())))
        };
        keys.into_iter().map(answer).collect()
    }

    /// Removes all blobs whose keys start with `prefix`, which must not be empty; returns how many
    /// there were. Blobs that are stored meanwhile may stay.
    ///
    /// The time budget is that of each request. It ends at the first error, with some of the blobs
    /// removed.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<u64> {
        if prefix.is_empty() {
            let message = "the prefix is empty, which would remove every blob of the bucket";
            let error = Error::invalid(message);
            let provider = self.binding.description.provider;
            return Err(error.in_context(provider, DELETE.0, &self.binding.name));
        }
        let mut list = List::new().prefix(prefix);
        let mut removed = 0;
        loop {
            let page = self.list(&list).await?;
            let keys = page.entries.into_iter().filter_map(|entry| match entry {
                Entry::Blob(meta) => Some(meta.key),
                Entry::Prefix(_) => None,
            });
            for answer in self.delete_many(keys).await {
                answer?;
                removed += 1;
            }
            match page.next {
                Some(next) => list = list.resume(next),
                None => return Ok(removed),
            }
        }
    }
}

impl Binding {
    async fn delete(
        &self,
        key: &Result<BlobKey>,
        options: DeleteBlobOptions,
    ) -> Result<Option<bool>> {
        match &options.condition {
            BlobCondition::None => {}
            BlobCondition::IfVersion(_) => {
                let needed = Capability::BlobDeleteIfVersion;
                self.capabilities().require(&[needed])?;
            }
            BlobCondition::IfAbsent => {
                let message = "a delete cannot ask that there be nothing to delete";
                return Err(Error::invalid(message));
            }
        }
        let delete = Delete {
            at: self.address(key, options.version_id)?,
            condition: options.condition,
        };
        self.driver.delete(&self.name, &delete).await
    }

    async fn delete_all(&self, keys: &[BlobKey]) -> Vec<Result<Option<bool>>> {
        let batch = self.description.transfer.delete_batch;
        if batch <= 1 {
            let answers = iter(keys.to_vec()).map(|key| self.delete_one(key));
            return answers.buffered(CONCURRENT).collect().await;
        }
        // A closure that borrows its keys would keep this from being `Send`.
        let batches: Vec<_> = keys.chunks(batch).map(<[BlobKey]>::to_vec).collect();
        let batches = iter(batches).map(|keys| self.delete_batch(keys));
        let answers = batches.buffered(CONCURRENT).collect::<Vec<_>>();
        answers.await.into_iter().flatten().collect()
    }

    async fn delete_one(&self, key: BlobKey) -> Result<Option<bool>> {
        let key = Ok(key);
        let work = self.delete(&key, DeleteBlobOptions::default());
        self.run_at(DELETE, &key, work).await
    }

    /// The failure of a request is that of each of its keys.
    async fn delete_batch(&self, keys: Vec<BlobKey>) -> Vec<Result<Option<bool>>> {
        let work = self.driver.delete_batch(&self.name, &keys);
        let mut answers = match self.run(DELETE, work).await {
            Ok(answers) => answers,
            Err(error) => {
                let each = |key: &BlobKey| Err(error.again().at_key(key.as_str()));
                return keys.iter().map(each).collect();
            }
        };
        answers.resize_with(keys.len(), || Err(unanswered()));
        let told = answers.into_iter().zip(&keys).map(|(answer, key)| {
            let told = self.told(DELETE.0, key);
            answer.map_err(told)
        });
        told.collect()
    }
}

fn unanswered() -> Error {
    let message = "the store did not say what became of the blob";
    Error::new(crate::ErrorKind::Internal, message).with_outcome_unknown()
}
