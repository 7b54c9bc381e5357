//! The writes of a collection that take a typed document.

use serde::Serialize;

use super::write_set::Draft;
use super::{Collection, PutOptions, Version};
use crate::driver::document::Existence;
use crate::error::Result;

impl<T: Serialize + Sync> Collection<T> {
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
        let existence = options.upsert_existence();
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
        let draft = Draft::put(document, existence, options);
        Ok(self.write(operation, draft).await?.1)
    }
}
