//! Changes out of a table's stream: what other code writes, and cursors that lead nowhere any more.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, StreamSpecification, StreamViewType};
use aws_sdk_dynamodbstreams::config::{BehaviorVersion, Credentials, Region};
use isobar::document::{ChangeEvent, ChangeKind, ChangesQuery, Cursor, DeleteCause, Key, Map};
use isobar::{Capability, Collection, CollectionSpec, ErrorKind};
use isobar_aws::DynamoStore;
use isobar_fault_proxy::{Answer, Fault};

use super::{client, fresh, map};
use crate::{clock, emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").change_feed();
const QUIET: CollectionSpec<Map> = CollectionSpec::new("notes");

fn streams(endpoint: &str) -> aws_sdk_dynamodbstreams::Config {
    aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// The collection as another process has it, which knows nothing but the cursor.
fn elsewhere(spec: &CollectionSpec<Map>, table: &str, endpoint: &str) -> Collection<Map> {
    let store = DynamoStore::new(client(emulator::endpoint())).with_streams(streams(endpoint));
    let prefix = table.strip_suffix(spec.name()).expect("a prefixed name");
    Collection::new(Arc::new(store), clock(), spec, prefix)
}

/// A collection with a feed whose table is new.
async fn watched() -> (Collection<Map>, Client, String) {
    let (_, direct, table) = fresh(&QUIET).await;
    let notes = elsewhere(&NOTES, &table, emulator::endpoint());
    notes.ensure().await.expect("a stream");
    (notes, direct, table)
}

async fn now(notes: &Collection<Map>) -> Cursor {
    notes
        .changes(&ChangesQuery::from_now())
        .await
        .expect("a place")
        .cursor
}

/// What follows a cursor, until there are so many.
async fn after(notes: &Collection<Map>, cursor: &Cursor, count: usize) -> Vec<ChangeEvent<Map>> {
    let (mut found, mut cursor) = (Vec::new(), cursor.clone());
    for _ in 0..100 {
        let query = ChangesQuery::after(cursor).limit(3);
        let page = notes.changes(&query).await.expect("a page");
        found.extend(page.changes);
        cursor = page.cursor;
        if found.len() >= count && !page.more {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let came = found.len();
    assert!(came >= count, "{came} changes came, not {count}");
    found
}

fn note(id: &str, n: i64) -> Map {
    map(&[("id", id.into()), ("n", n.into())])
}

#[tokio::test]
async fn what_other_code_writes_is_told_with_the_document_before_and_after() {
    let (notes, direct, table) = watched().await;
    let start = now(&notes).await;
    let id = || AttributeValue::S("a".to_owned());
    let put = |n: &str| {
        let put = direct.put_item().table_name(&table).item("id", id());
        put.item("n", AttributeValue::N(n.to_owned())).send()
    };
    put("1").await.unwrap();
    put("2").await.unwrap();
    let delete = direct.delete_item().table_name(&table).key("id", id());
    delete.send().await.unwrap();
    let changes = after(&notes, &start, 3).await;
    let value = |item: &Option<isobar::document::Item<Map>>| item.clone().map(|item| item.value);
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.kind, value(&change.old), value(&change.new)))
        .collect();
    let (one, two) = (|| Some(note("a", 1)), || Some(note("a", 2)));
    let deleted = ChangeKind::Delete(DeleteCause::Requested);
    let expected = [
        (ChangeKind::Upsert, None, one()),
        (ChangeKind::Upsert, one(), two()),
        (deleted, two(), None),
    ];
    assert_eq!(told, expected);
    assert!(changes.iter().all(|change| change.key == Key::from("a")));
}

#[tokio::test]
async fn another_process_goes_on_from_a_cursor_and_loses_nothing() {
    let (notes, _, table) = watched().await;
    let start = now(&notes).await;
    for n in 0..10 {
        notes.create(&note(&n.to_string(), n)).await.unwrap();
    }
    let other = elsewhere(&NOTES, &table, emulator::endpoint());
    let there = after(&other, &start, 10).await;
    let here = after(&notes, &start, 10).await;
    assert_eq!(there, here);
    assert_eq!(there.len(), 10);
    let oldest = ChangesQuery::from_oldest().limit(4);
    let first = other.changes(&oldest).await.unwrap();
    assert_eq!(first.changes[..], here[..4]);
    let rest = after(&notes, &first.cursor, 6).await;
    assert_eq!(rest[..], here[4..]);
}

#[tokio::test]
async fn a_second_reader_in_the_same_second_takes_nothing_from_the_first() {
    let (notes, _, _) = watched().await;
    let mut starts = Vec::new();
    for n in 0..4 {
        starts.push(now(&notes).await);
        notes.create(&note(&n.to_string(), n)).await.unwrap();
    }
    for (missed, start) in starts.iter().enumerate() {
        let told = after(&notes, start, 4 - missed).await;
        let last: Vec<_> = told.iter().rev().take(4 - missed).rev().collect();
        let ids = last.iter().map(|change| change.key.partition.as_str());
        assert!(ids.eq(["0", "1", "2", "3"][missed..].iter().copied()));
    }
}

#[tokio::test]
async fn a_cursor_of_a_stream_that_the_table_has_no_more_says_so() {
    let (notes, direct, table) = watched().await;
    notes.create(&note("a", 1)).await.unwrap();
    let start = now(&notes).await;
    let stream = |enabled: bool| {
        let stream = StreamSpecification::builder().stream_enabled(enabled);
        let view = enabled.then_some(StreamViewType::NewAndOldImages);
        let stream = stream.set_stream_view_type(view).build();
        let update = direct.update_table().table_name(&table);
        update.stream_specification(stream.unwrap()).send()
    };
    stream(false).await.unwrap();
    let none = notes.changes(&ChangesQuery::after(start.clone())).await;
    let none = none.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Internal);
    assert!(none.to_string().contains("enable one"), "{none}");
    stream(true).await.unwrap();
    let gone = notes.changes(&ChangesQuery::after(start)).await;
    let gone = gone.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert!(gone.to_string().contains("read the documents"), "{gone}");
}

/// As DynamoDB says it of records that are older than 24 hours.
fn says(code: &str) -> Fault {
    let kind = "com.amazonaws.dynamodb.streams.v20120810";
    Fault::Refuse(Answer::Http {
        status: 400,
        content_type: "application/x-amz-json-1.0",
        body: format!(r#"{{"__type":"{kind}#{code}","message":"No."}}"#),
    })
}

#[tokio::test]
async fn records_that_are_kept_no_more_are_missing_and_iterators_that_are_too_old_are_renewed() {
    let (notes, _, table) = watched().await;
    let start = now(&notes).await;
    notes.create(&note("a", 1)).await.unwrap();
    let faults = emulator::behind_a_proxy().await;
    let late = elsewhere(&NOTES, &table, &faults.url());
    faults.plan(says("ExpiredIteratorException").on("GetRecords"));
    assert_eq!(after(&late, &start, 1).await.len(), 1);
    for asked in ["GetRecords", "GetShardIterator"] {
        let late = elsewhere(&NOTES, &table, &faults.url());
        faults.plan(says("TrimmedDataAccessException").on(asked));
        let gone = late.changes(&ChangesQuery::after(start.clone())).await;
        assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);
    }
    faults.plan(Fault::Refuse(Answer::Throttled(Duration::ZERO)).on("GetRecords"));
    let late = elsewhere(&NOTES, &table, &faults.url());
    assert_eq!(after(&late, &start, 1).await.len(), 1);
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_no_change_of_an_adopted_table() {
    let (_, _, table) = watched().await;
    let adopted = NOTES.adopt();
    let adopted = elsewhere(&adopted, &table, emulator::endpoint());
    let start = now(&adopted).await;
    for n in [1, 1, 2] {
        adopted.upsert(&note("a", n)).await.unwrap();
    }
    let told = after(&adopted, &start, 2).await;
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn without_a_client_of_streams_there_is_no_feed() {
    let (notes, _, _) = fresh(&QUIET).await;
    let refused = notes.require(&[Capability::ChangeFeed]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn the_template_has_the_stream_of_a_collection_that_declares_its_changes() {
    let table = |spec: &CollectionSpec<Map>| {
        let template = isobar_aws::document::cloud_formation(&[spec.schema("")]).unwrap();
        let template: serde_json::Value = serde_json::from_str(&template).unwrap();
        template["Resources"]["Table0notes"]["Properties"]["StreamSpecification"].clone()
    };
    let stream = serde_json::json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
    assert_eq!(table(&NOTES), stream);
    assert!(table(&QUIET).is_null());
}
