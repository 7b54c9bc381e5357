//! What a collection needs in Azure Tables: a table, and its definition, kept so that another one is
//! refused.

use bytes::Bytes;
use http::{HeaderMap, Method};
use isobar::document::{CollectionSchema, Key, Map, Value, Version};
use isobar::driver::Failure;
use isobar::driver::document::Record;
use isobar::{Error, Result};
use serde_json::json;

use super::TablesStore;
use super::batch::{self, Operation};
use super::entity;
use super::key::Address;
use super::name;
use super::read::{PAUSE, RETRIES};
use crate::error::is_conflict;

/// The collection, and so the table, in which the definitions of all others are kept.
const DEFINITIONS: &str = "isobarcollections";
/// The field that says the key.
const KEY: &str = "key";

impl TablesStore {
    pub(super) async fn ensure_collection(&self, schema: &CollectionSchema) -> Result<()> {
        let table = name::table(schema)?;
        self.create(&table).await?;
        if schema.adopted {
            return Ok(());
        }
        let definitions = isobar::CollectionSpec::<()>::new(DEFINITIONS).schema("");
        self.create(DEFINITIONS).await?;
        let declared = format!("{:?} {:?}", schema.partition, schema.sort);
        let key = Key::from(schema.table.as_str());
        let address = Address::of(&definitions, &key)?;
        let mut fields: Map = key.fields(&definitions);
        fields.insert(KEY.to_owned(), declared.as_str().into());
        let record = Record {
            fields,
            version: Version::absent(),
            expires_at: None,
        };
        let operation = Operation {
            method: Method::POST,
            path: format!("/{DEFINITIONS}"),
            if_match: None,
            properties: Some(entity::content(&definitions, &address, &record, None)?),
        };
        match batch::send(&self.client, &[operation]).await {
            Ok(_) => return Ok(()),
            Err(Failure { error, .. }) if is_conflict(&error) => {}
            Err(failure) => return Err(failure.of_write()),
        }
        let kept = self.read_row(&definitions, DEFINITIONS, &address).await?;
        let kept = kept.and_then(|row| row.record.fields.get(KEY).cloned());
        if kept == Some(Value::String(declared)) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the collection {:?} exists with another key than is declared",
            schema.table
        )))
    }

    /// Creates a table that is missing.
    async fn create(&self, table: &str) -> Result<()> {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        let body = Bytes::from(json!({ "TableName": table }).to_string());
        loop {
            let answer =
                self.client
                    .attempt(Method::POST, "/Tables", HeaderMap::new(), body.clone());
            let Err(failure) = answer.await else {
                return Ok(());
            };
            if failure.error.provider_code() == Some("TableAlreadyExists") {
                return Ok(());
            }
            // It may be created twice.
            let is_retried = failure.error.retryable();
            let pause = is_retried.then(|| retries.pause(&failure.error)).flatten();
            let Some(pause) = pause else {
                return Err(failure.of_write());
            };
            tokio::time::sleep(pause).await;
        }
    }
}
