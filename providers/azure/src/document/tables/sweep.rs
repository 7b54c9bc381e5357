//! The removal of rows whose documents have expired.

use http::Method;
use isobar::document::{CollectionSchema, Timestamp};
use isobar::driver::Failure;
use isobar::{Error, ErrorKind, Result};

use super::TablesStore;
use super::batch::{self, Operation};
use super::entity::{self, Properties};
use super::query::{Answer, PAGE, Query};
use super::read::entity_path;
use crate::error::is_conflict;

impl TablesStore {
    /// Removes the rows of documents that expired before an instant, and says how many there were.
    ///
    /// An expired document is absent at once to every operation; this only gives its room back, so
    /// it may run at any time, in any process. It reads the whole table, a thousand keys at a time.
    /// The instant should be an hour ago or more, so that a clock that is set back brings nothing
    /// back to somebody who saw it expire. A row that others write meanwhile is left.
    pub async fn sweep(&self, schema: &CollectionSchema, before: Timestamp) -> Result<u64> {
        if schema.adopted {
            return Ok(0);
        }
        let query = Query::expired(schema, before)?;
        let (mut count, mut after) = (0, None);
        loop {
            let Answer { found, next } = self.entities(&query, PAGE, after.as_ref()).await?;
            for properties in found {
                count += u64::from(self.remove(&query, &properties).await?);
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// Removes an entity as it was found; false where others wrote it meanwhile.
    async fn remove(&self, query: &Query, properties: &Properties) -> Result<bool> {
        let etag = properties.get("odata.etag").and_then(|etag| etag.as_str());
        let Some(etag) = etag else {
            let message = "Azure Tables told an entity without its state";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let operation = Operation {
            method: Method::DELETE,
            path: entity_path(query.table(), &entity::address(properties)?),
            if_match: Some(etag.to_owned()),
            properties: None,
        };
        match batch::send(&self.client, &[operation]).await {
            Ok(_) => Ok(true),
            Err(Failure { error, .. }) if is_conflict(&error) => Ok(false),
            Err(failure) => Err(failure.of_write()),
        }
    }
}
