//! What is asked of DynamoDB itself: how often, of which table, and by the vendor's own client.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use isobar::document::{Map, Query, SortType};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_aws::DynamoStore;
use isobar_fault_proxy::{Answer, Fault};
use tokio::task::JoinSet;

use super::{Item, client, fresh, map};
use crate::{clock, emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::I64);

#[tokio::test]
async fn the_native_client_is_dynamodbs() {
    let (notes, _, table) = fresh(&NOTES).await;
    let document = map(&[("id", "a".into()), ("part", 1_i64.into())]);
    notes.create(&document).await.unwrap();
    let native = notes.native::<Client>().unwrap();
    let counted = native.scan().table_name(table).send().await.unwrap();
    assert_eq!(counted.count(), 1);
    assert!(notes.native::<String>().is_none());
}

#[tokio::test]
async fn a_missing_table_is_a_fault_of_the_deployment_and_is_told_at_once() {
    let store = Arc::new(DynamoStore::new(client(emulator::endpoint())));
    let notes = Collection::new(store, clock(), &NOTES, "nowhere-");
    let document = map(&[("id", "a".into()), ("part", 1_i64.into())]);
    let read = notes.get(("a", 1_i64)).await.unwrap_err();
    let write = notes.upsert(&document).await.unwrap_err();
    let transact = notes.transact("a", |transaction| {
        let put = transaction.put(&document);
        async move { put }
    });
    for error in [read, write, transact.await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
        assert!(!error.retryable() && !error.outcome_unknown(), "{error:?}");
        assert!(error.to_string().contains("create it"), "{error}");
    }
}

fn row(part: i64, expires: Option<i64>) -> WriteRequest {
    let mut item = Item::from([
        ("id".to_owned(), AttributeValue::S("a".to_owned())),
        ("part".to_owned(), AttributeValue::N(part.to_string())),
    ]);
    item.extend(expires.map(|at| ("_exp".to_owned(), AttributeValue::N(at.to_string()))));
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.expect("it has an item");
    WriteRequest::builder().put_request(put).build()
}

#[tokio::test]
async fn expired_rows_before_the_first_live_one_cost_few_requests() {
    let (_, direct, table) = fresh(&NOTES).await;
    let expired: Vec<_> = (0..600).map(|part| row(part, Some(1))).collect();
    let live = [row(600, None), row(601, None)];
    for rows in expired.chunks(25).chain([&live[..]]) {
        let batch = direct.batch_write_item();
        let sent = batch.request_items(&table, rows.to_vec()).send().await;
        assert!(
            sent.unwrap()
                .unprocessed_items()
                .is_none_or(HashMap::is_empty)
        );
    }
    let faults = emulator::behind_a_proxy().await;
    let store = Arc::new(DynamoStore::new(client(&faults.url())));
    let prefix = table.strip_suffix(NOTES.name()).expect("a prefixed name");
    let notes = Collection::new(store, clock(), &NOTES, prefix);
    let page = notes.query(&Query::partition("a").limit(1)).await.unwrap();
    let parts: Vec<_> = page.items.iter().map(|item| &item.value["part"]).collect();
    assert_eq!(parts, [&600_i64.into()]);
    assert!(page.cursor.is_some());
    assert_eq!(faults.count("DynamoDB_20120810.Query"), 4);
}

/// No `String` can hold half a character: it is not made into another one, nor into nothing.
#[tokio::test]
async fn text_that_is_no_unicode_is_an_answer_that_means_nothing() {
    let (_, _, table) = fresh(&NOTES).await;
    let prefix = table.strip_suffix(NOTES.name()).expect("a prefixed name");
    let faults = emulator::behind_a_proxy().await;
    let store = Arc::new(DynamoStore::new(client(&faults.url())));
    let notes = Collection::new(store, clock(), &NOTES, prefix);
    let half = Answer::Http {
        status: 200,
        content_type: "application/x-amz-json-1.0",
        body: r#"{"Item":{"id":{"S":"a"},"part":{"N":"1"},"t":{"S":"\ud800"}}}"#.to_owned(),
    };
    faults.plan(Fault::Replace(half).on("GetItem").times(10));
    let error = notes.get(("a", 1_i64)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    let told = error.to_string();
    let begin = "document.get on \"notes\" at (\"a\", 1): ";
    assert!(
        told.starts_with(begin) && told.contains("means nothing"),
        "{told}"
    );
}

#[tokio::test]
async fn a_store_that_is_throttled_takes_no_retries_of_another() {
    let (_, _, table) = fresh(&NOTES).await;
    let prefix = table.strip_suffix(NOTES.name()).expect("a prefixed name");
    let faults = emulator::behind_a_proxy().await;
    let bound = || {
        let store = Arc::new(DynamoStore::new(client(&faults.url())));
        Collection::new(store, clock(), &NOTES, prefix)
    };
    let (busy, calm) = (bound(), bound());
    let always = Fault::Refuse(Answer::Throttled(Duration::ZERO)).times(10_000);
    faults.plan(always);
    let mut reads = JoinSet::new();
    for part in 0..60_i64 {
        let busy = busy.clone();
        reads.spawn(async move { busy.get(("a", part)).await });
    }
    for result in reads.join_all().await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Throttled);
    }
    let spent = faults.count("GetItem");
    assert_eq!(spent, 60 + 100, "a budget is 100 retries");
    faults.clear();
    let once = || faults.plan(Fault::Refuse(Answer::Throttled(Duration::ZERO)).on("GetItem"));
    once();
    let refused = busy.get(("a", 1_i64)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Throttled);
    once();
    assert!(calm.get(("a", 1_i64)).await.unwrap().is_none());
}
