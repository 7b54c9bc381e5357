//! DynamoDB: the format at rest, exact arithmetic, recognised commits, and errors.

mod changes;
mod fields;
mod format;
mod indexes;
mod lost_answers;
mod refused;
mod requests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use isobar::document::{Map, Value};
use isobar::{Collection, CollectionSpec};
use isobar_aws::DynamoStore;

use crate::{clock, emulator};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A collection whose table is new, and the vendor's own client to look into it.
pub(crate) async fn fresh<T>(spec: &CollectionSpec<T>) -> (Collection<T>, Client, String) {
    let client = client(emulator::endpoint());
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    let prefix = format!("t{}-", since.as_nanos());
    let store = Arc::new(DynamoStore::new(client.clone()));
    let collection = Collection::new(store, clock(), spec, &prefix);
    collection.ensure().await.expect("a table");
    (collection, client, spec.schema(&prefix).table)
}

pub(crate) async fn raw(client: &Client, table: &str, key: &str) -> Option<Item> {
    let sent = client.get_item().table_name(table).consistent_read(true);
    let sent = sent.key("id", AttributeValue::S(key.to_owned()));
    sent.send().await.expect("an answer").item
}

pub(crate) fn map(json: &[(&str, Value)]) -> Map {
    json.iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}
