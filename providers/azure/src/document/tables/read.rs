//! Reads of entities by their keys.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, Method, Response};
use isobar::document::{CollectionSchema, Projection};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::TablesStore;
use super::entity::{self, Properties, Row};
use super::key::Address;
use super::property;

/// How often a read is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 3;
pub(super) const PAUSE: Duration = Duration::from_millis(100);
/// Requests that one call has under way at the same time, as there is none for several entities.
pub(super) const AT_ONCE: usize = 16;
/// What stays as it is in the path and the parameters of a request.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Text as a part of a URL.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Text as a literal of OData.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The path of an entity.
pub(super) fn entity_path(table: &str, address: &Address) -> String {
    let part = |text: &str| encoded(&text.replace('\'', "''"));
    let (partition, row) = (part(&address.partition), part(&address.row));
    format!("/{table}(PartitionKey='{partition}',RowKey='{row}')")
}

impl TablesStore {
    /// The row at an address, expired or not.
    pub(super) async fn read_row(
        &self,
        schema: &CollectionSchema,
        table: &str,
        address: &Address,
    ) -> Result<Option<Row>> {
        self.read_selected(schema, table, (address, None)).await
    }

    /// The row at an address, with these of its properties.
    pub(super) async fn read_selected(
        &self,
        schema: &CollectionSchema,
        table: &str,
        (address, select): (&Address, Option<&str>),
    ) -> Result<Option<Row>> {
        let mut path = entity_path(table, address);
        if let Some(select) = select {
            path.push_str("?$select=");
            path.push_str(&encoded(select));
        }
        let answer = match self.ask(&path).await {
            Ok(answer) => answer,
            Err(error) if error.provider_code() == Some("ResourceNotFound") => return Ok(None),
            Err(error) => return Err(error),
        };
        let etag = answer.headers().get(http::header::ETAG);
        let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let properties = parsed::<Properties>(answer.body()).map_err(|failure| failure.error)?;
        entity::row(schema, properties, etag).map(Some)
    }

    /// The rows at addresses, in their order.
    pub(super) async fn read_rows(
        &self,
        schema: &CollectionSchema,
        table: &str,
        addresses: &[Address],
    ) -> Result<Vec<Option<Row>>> {
        let mut rows = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(AT_ONCE) {
            let each = some.iter();
            let each = each.map(|address| self.read_row(schema, table, address));
            rows.extend(join_all(each).await);
        }
        rows.into_iter().collect()
    }

    /// Asks until there is an answer: a read may be asked twice.
    pub(super) async fn ask(&self, path: &str) -> Result<Response<Bytes>> {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let client = self.client();
            let answer = client.attempt(Method::GET, path, HeaderMap::new(), Bytes::new());
            // What was cut or changed on the way is no answer either.
            let answer = answer.await.and_then(|answer| {
                parsed::<serde::de::IgnoredAny>(answer.body())?;
                Ok(answer)
            });
            let error = match answer {
                Ok(answer) => {
                    retries.answered();
                    return Ok(answer);
                }
                Err(Failure { error, .. }) => error,
            };
            tokio::time::sleep(retries.pause_or(error)?).await;
        }
    }
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let message = "the answer of Azure Tables is not the JSON that it should be";
        Failure {
            error: Error::new(ErrorKind::Unavailable, message).with_source(error),
            effect: Effect::Unknown,
        }
    })
}

/// The properties that a projection needs, as `$select` takes them; nothing where all are.
pub(super) fn selected(schema: &CollectionSchema, projection: &Projection) -> Option<String> {
    let Projection::Fields(paths) = projection else {
        return None;
    };
    // The order of fields is that of all fields.
    if schema.preserve_order {
        return None;
    }
    let fields = paths.iter().filter_map(|path| path.names().first());
    let fields = fields.map(String::as_str);
    let fields: Vec<_> = fields.filter(|name| !schema.is_key_field(name)).collect();
    let mut names = vec!["PartitionKey".to_owned(), "RowKey".to_owned()];
    if !schema.adopted {
        names.extend(entity::reserved_names());
        // Any field may be packed.
        if !fields.is_empty() {
            names.extend(entity::packed_names());
        }
    }
    let fields = fields.into_iter().filter(|name| property::is_name(name));
    names.extend(fields.map(str::to_owned));
    Some(names.join(","))
}
