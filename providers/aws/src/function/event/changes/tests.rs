//! Batches of a stream: how far they are handled, and what their items mean.

use std::future::ready;
use std::sync::{Arc, Mutex};

use isobar::document::{ChangeEvent, ChangeKind, CollectionSpec, DeleteCause, SortType, Value};
use isobar::driver::function::FunctionDescription;
use isobar::function::{Outcome, RequestId};
use isobar::{App, Environment, ErrorKind};
use serde_json::json;

use super::*;
use crate::LambdaPlatform;
use crate::function::clock;

const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64)
    .change_feed();
const ADOPTED: CollectionSpec<Value> = CollectionSpec::new("adopted")
    .partition("owner")
    .sort("id", SortType::I64)
    .adopt()
    .change_feed();
const PUBLISHED: CollectionSpec<Value> = CollectionSpec::new("Example-Table")
    .partition("key")
    .sort("val", SortType::Str)
    .change_feed();

#[derive(Clone, Default)]
struct Inbox(Arc<Mutex<Vec<Event<ChangeEvent<Value>>>>>);

impl Inbox {
    fn hear(self, event: Event<ChangeEvent<Value>>) -> Result<Outcome> {
        let owner = event.data.key.partition.clone();
        self.0.lock().unwrap().push(event);
        match &*owner {
            "fail" => Err(Error::invalid("the handler failed")),
            "later" => Ok(Outcome::Retry(None)),
            "useless" => Ok(Outcome::Discard),
            _ => Ok(Outcome::Ack),
        }
    }
}

/// What is answered, and what reached the handler.
async fn delivered(raw: Vec<u8>) -> (Result<String>, Vec<Event<ChangeEvent<Value>>>) {
    let platform = FunctionDescription {
        provider: "lambda",
        capabilities: LambdaPlatform::CAPABILITIES,
    };
    let environment = Environment::builder(platform, Arc::new(clock())).build();
    let inbox = Inbox::default();
    let state = inbox.clone();
    let app = App::new("test", move |_| Ok(state))
        .on_change(&NOTES, |inbox, event| ready(inbox.hear(event)))
        .on_change(&ADOPTED, |inbox, event| ready(inbox.hear(event)))
        .on_change(&PUBLISHED, |inbox, event| ready(inbox.hear(event)));
    let app = app.build(&environment).unwrap();
    let id = RequestId::from_platform("request");
    let context = Context::new(id, None, Arc::new(clock()));
    let answer = deliver(&app, raw.into(), context).await;
    let heard = std::mem::take(&mut *inbox.0.lock().unwrap());
    (answer.map(|answer| answer.get().to_owned()), heard)
}

fn record(table: &str, owner: &str, number: u32, more: &serde_json::Value) -> serde_json::Value {
    let mut told = json!({
        "ApproximateCreationDateTime": 1_480_642_020,
        "Keys": { "owner": { "S": owner }, "id": { "N": "7" } },
        "SequenceNumber": number.to_string(),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, value) in more.as_object().unwrap() {
        told[name] = value.clone();
    }
    let stream = format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2016-12-01");
    json!({
        "eventID": format!("event-{number}"),
        "eventName": if told.get("NewImage").is_some() { "INSERT" } else { "REMOVE" },
        "eventSource": "aws:dynamodb",
        "eventSourceARN": stream,
        "dynamodb": told,
    })
}

fn batch(records: &[serde_json::Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

fn of_owners(owners: &[&str]) -> Vec<u8> {
    let records = owners.iter().zip(100..);
    let records = records.map(|(owner, number)| record("prod-notes", owner, number, &json!({})));
    batch(&records.collect::<Vec<_>>())
}

#[tokio::test]
async fn the_first_record_that_fails_ends_the_batch_and_is_named() {
    let ids = |heard: &[Event<ChangeEvent<Value>>]| -> Vec<String> {
        heard.iter().map(|event| event.id.clone()).collect()
    };
    let (answer, heard) = delivered(of_owners(&["a", "useless", "b"])).await;
    assert_eq!(answer.unwrap(), r#"{"batchItemFailures":[]}"#);
    assert_eq!(ids(&heard), ["event-100", "event-101", "event-102"]);
    for failing in ["fail", "later"] {
        let (answer, heard) = delivered(of_owners(&["a", failing, "b", "fail"])).await;
        let named = r#"{"batchItemFailures":[{"itemIdentifier":"101"}]}"#;
        assert_eq!(answer.unwrap(), named);
        assert_eq!(ids(&heard), ["event-100", "event-101"]);
        let (answer, heard) = delivered(of_owners(&[failing, "b"])).await;
        answer.unwrap_err();
        assert_eq!(ids(&heard), ["event-100"]);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_back_none_before_it() {
    let strange = json!({ "NewImage": { "owner": { "XYZ": "a" } } });
    let records = [
        record("prod-notes", "a", 1, &json!({})),
        record("prod-notes", "b", 2, &strange),
    ];
    let (answer, heard) = delivered(batch(&records)).await;
    let named = r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#;
    assert_eq!((answer.unwrap().as_str(), heard.len()), (named, 1));
    let (answer, _) = delivered(batch(&records[1..])).await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("NewImage.owner"), "{error}");
    let other = record("letters", "a", 1, &json!({}));
    let (answer, _) = delivered(batch(&[other])).await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("\"letters\""), "{error}");
}

#[tokio::test]
async fn a_published_event_has_each_type_of_attribute() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = "../../conformance-tests/fixtures/events/aws/dynamodb-event.json";
    let (answer, heard) = delivered(std::fs::read(root.join(path)).unwrap()).await;
    assert_eq!(answer.unwrap(), r#"{"batchItemFailures":[]}"#);
    let change = &heard[1].data;
    assert_eq!(change.id, "f07f8ca4b0b26cb9c4e5e77e42f274ee");
    assert_eq!(change.key, ("binary", "data").into());
    assert_eq!(change.kind, ChangeKind::Upsert);
    assert_eq!(change.at.as_seconds(), 1_480_642_020);
    let new = change.new.as_ref().unwrap();
    assert!(new.version.is_absent());
    let bytes = |bytes: &'static [u8]| Value::Bytes(Bytes::from_static(bytes));
    let text = |text: &str| Value::from(text);
    let map = |fields: Vec<(&str, Value)>| {
        let fields = fields.into_iter();
        Value::Map(
            fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    };
    let told = |name: &str| match &new.value {
        Value::Map(fields) => fields[name].clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told("Binary"), bytes(&[0, 1, 42, 65]));
    assert_eq!(told("Boolean"), Value::Bool(true));
    let set = vec![bytes(&[0, 1, 42, 65]), bytes(&[0, 1, 42, 65])];
    assert_eq!(told("BinarySet"), Value::List(set));
    let number = Value::Float("3.14159".parse().unwrap());
    let list = vec![text("Cookies"), text("Coffee"), number];
    assert_eq!(told("List"), Value::List(list));
    let nested = map(vec![("Age", Value::Int(35)), ("Name", text("Joe"))]);
    assert_eq!(told("Map"), nested);
    assert_eq!(told("IntegerNumber"), Value::Int(123));
    let numbers = vec![Value::Int(1_234), Value::Float(567.8)];
    assert_eq!(told("NumberSet"), Value::List(numbers));
    assert_eq!(told("Null"), Value::Null);
    assert_eq!(told("EmptyStringSet"), Value::List(Vec::new()));
}

#[tokio::test]
async fn items_are_read_in_the_format_that_they_are_stored_in() {
    let item = json!({
        "owner": { "S": "a" }, "id": { "N": "7" },
        "at": { "M": { "$ts": { "N": "5" } } },
        "_rev": { "S": "v1" }, "_exp": { "N": "1480642021" }, "_v": { "N": "1" },
    });
    let stored = json!({ "NewImage": item, "OldImage": item });
    let (answer, heard) = delivered(batch(&[record("notes", "a", 1, &stored)])).await;
    answer.unwrap();
    let change = &heard[0].data;
    // It was there when it was written, and has expired since.
    assert_eq!(change.new, None);
    let old = change.old.as_ref().unwrap();
    assert_eq!(old.version.as_str(), "v1");
    assert_eq!(
        old.expires_at.map(Timestamp::as_seconds),
        Some(1_480_642_021)
    );
    let Value::Map(fields) = &old.value else {
        panic!("{old:?}");
    };
    assert_eq!(fields["at"], Value::Timestamp(Timestamp::from_micros(5)));
    assert_eq!(fields.len(), 3, "{fields:?}");
    let (_, heard) = delivered(batch(&[record("adopted", "a", 1, &stored)])).await;
    let new = heard[0].data.new.as_ref().unwrap();
    let Value::Map(fields) = &new.value else {
        panic!("{new:?}");
    };
    assert_eq!(fields["_rev"], Value::from("v1"));
    let newer = json!({ "NewImage": { "owner": { "S": "a" }, "_v": { "N": "2" } } });
    let (answer, _) = delivered(batch(&[record("notes", "a", 1, &newer)])).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_dynamodb_removes_has_expired_and_what_others_remove_was_deleted() {
    let mut by_service = record("notes", "a", 1, &json!({}));
    by_service["userIdentity"] =
        json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let by_somebody = record("notes", "a", 2, &json!({}));
    let (_, heard) = delivered(batch(&[by_service, by_somebody])).await;
    let kinds: Vec<_> = heard.iter().map(|event| event.data.kind).collect();
    let causes = [DeleteCause::Expired, DeleteCause::Requested];
    assert_eq!(kinds, causes.map(ChangeKind::Delete));
    let types: Vec<_> = heard.iter().map(|event| &*event.event_type).collect();
    assert_eq!(types, ["isobar.document.deleted"; 2]);
}
