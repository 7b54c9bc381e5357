//! Events of Google's services, as they publish them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use isobar::blob::BlobEventKind;
use isobar::document::{ChangeEvent, CollectionSpec};
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Event, EventData, Message, Outcome, TopicSpec};
use isobar::{App, Environment, ErrorKind};
use isobar_serve::event::{Arrived, Delivery, read};

use super::EVENTS;

fn delivery(fields: &[(&'static str, &str)], body: impl Into<bytes::Bytes>) -> Delivery {
    let fields = fields.iter().map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, value.parse().unwrap())
    });
    Delivery::new(fields.collect::<HeaderMap>(), body.into())
}

fn only(delivery: &Delivery) -> Arrived {
    let mut arrived = read(delivery, &EVENTS).unwrap();
    assert_eq!(arrived.len(), 1);
    arrived.remove(0)
}

/// An event of the file, in structured mode.
fn published(file: &str) -> Arrived {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root
        .join("../../conformance-tests/fixtures/events/gcp")
        .join(file);
    let structured = [(
        "content-type",
        "application/cloudevents+json; charset=utf-8",
    )];
    only(&delivery(&structured, std::fs::read(path).unwrap()))
}

#[test]
fn eventarc_passes_messages_on_with_their_topic() {
    let text = published("pubsub_text-cloudevent-input.json");
    assert_eq!(
        text.id.as_deref(),
        Some("aaaaaa-1111-bbbb-2222-cccccccccccc")
    );
    let EventData::Messages(batch) = text.data else {
        panic!("{text:?}")
    };
    assert_eq!(batch.topic, "gcf-test");
    let [message] = &*batch.messages else {
        panic!("{batch:?}")
    };
    assert_eq!(message.body, "test message 3");
    assert_eq!(message.attributes["attr1"], "attr1-value");
    let sent = SystemTime::UNIX_EPOCH + Duration::from_millis(1_601_379_120_123);
    assert_eq!(message.sent_at, Some(sent));
    let binary = published("pubsub_binary-cloudevent-input.json");
    let EventData::Messages(batch) = binary.data else {
        panic!("{binary:?}")
    };
    assert_eq!(batch.messages[0].body, [1, 2, 3, 4].as_slice());
}

#[test]
fn eventarc_tells_of_objects() {
    let stored = published("storage-cloudevent-input.json");
    let EventData::Blob(blob) = stored.data else {
        panic!("{stored:?}")
    };
    assert_eq!(
        (&*blob.bucket, blob.key.as_str()),
        ("some-bucket", "folder/Test.cs")
    );
    assert_eq!((blob.kind, blob.size), (BlobEventKind::Stored, Some(352)));
    assert_eq!(blob.version.unwrap().as_str(), "1587627537231057");
}

#[test]
fn eventarc_tells_of_a_delete_in_a_bucket_with_versions() {
    let structured = [("content-type", "application/cloudevents+json")];
    let archived = only(&delivery(
        &structured,
        r#"{"specversion":"1.0","id":"1","type":"google.cloud.storage.object.v1.archived",
            "source":"//storage.googleapis.com/projects/_/buckets/b","subject":"objects/a","time":"2026-11-30T10:00:00Z",
            "data":{"bucket":"b","name":"a","generation":"9","size":"12"}}"#,
    ));
    let EventData::Blob(blob) = archived.data else {
        panic!("{archived:?}")
    };
    assert_eq!((&*blob.bucket, blob.key.as_str()), ("b", "a"));
    assert_eq!((blob.kind, blob.version), (BlobEventKind::Deleted, None));
}

const PUSH: &str = r#"{"deliveryAttempt":5,"message":{"attributes":{"k":"v"},"data":"AP8=","messageId":"2070443601311540",
    "message_id":"2070443601311540","orderingKey":"red","publishTime":"2021-02-26T19:13:55.749Z",
    "publish_time":"2021-02-26T19:13:55.749Z"},"subscription":"projects/p/subscriptions/staging-jobs"}"#;

#[test]
fn a_push_subscription_is_named_after_its_topic_or_the_path_names_it() {
    let json = [("content-type", "application/json")];
    let pushed = only(&delivery(&json, PUSH));
    assert_eq!(
        pushed.source.as_deref(),
        Some("projects/p/subscriptions/staging-jobs")
    );
    let EventData::Messages(batch) = &pushed.data else {
        panic!("{pushed:?}")
    };
    assert_eq!(batch.topic, "staging-jobs");
    let message = &batch.messages[0];
    assert_eq!(
        (&*message.id, message.attempt),
        ("2070443601311540", Some(5))
    );
    assert_eq!(
        (&*message.body, message.group.as_deref()),
        (&[0, 255][..], Some("red"))
    );
    let named = delivery(&json, PUSH).with_name(Some("orders".to_owned()));
    let EventData::Messages(batch) = only(&named).data else {
        panic!()
    };
    assert_eq!(batch.topic, "orders");
    let without = PUSH.replace("2070443601311540", "");
    assert_eq!(only(&delivery(&json, without)).id, None);
}

fn notification(attributes: &str) -> Delivery {
    let body = format!(
        r#"{{"message":{{"messageId":"7","attributes":{{"notificationConfig":"projects/_/buckets/b/notificationConfigs/1",
           "bucketId":"b","objectId":"a b%2F+é","objectGeneration":"9","eventTime":"2026-11-30T10:00:00Z",{attributes}}},
           "data":"eyJidWNrZXQiOiJiIiwibmFtZSI6ImEiLCJzaXplIjoiMTIifQ=="}},"subscription":"projects/p/subscriptions/s"}}"#
    );
    delivery(&[("content-type", "application/json")], body)
}

#[test]
fn notifications_tell_a_replacement_once() {
    let stored = only(&notification(
        r#""eventType":"OBJECT_FINALIZE","overwroteGeneration":"8""#,
    ));
    let EventData::Blob(blob) = stored.data else {
        panic!("{stored:?}")
    };
    assert_eq!(
        (blob.kind, blob.key.as_str()),
        (BlobEventKind::Stored, "a b%2F+é")
    );
    assert_eq!((blob.size, blob.version.unwrap().as_str()), (Some(12), "9"));
    for event_type in ["OBJECT_DELETE", "OBJECT_ARCHIVE"] {
        let kind = format!(r#""eventType":"{event_type}""#);
        let EventData::Blob(blob) = only(&notification(&kind)).data else {
            panic!()
        };
        assert_eq!((blob.kind, blob.version), (BlobEventKind::Deleted, None));
        let replaced = notification(&format!(r#"{kind},"overwrittenByGeneration":"10""#));
        assert_eq!(read(&replaced, &EVENTS).unwrap(), []);
    }
    let other = read(&notification(r#""eventType":"OBJECT_SUNG""#), &EVENTS).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_notification_is_a_message_of_the_topic_that_the_path_names() {
    let notification = notification(r#""eventType":"OBJECT_FINALIZE""#);
    let named = notification.with_name(Some("uploads".to_owned()));
    let EventData::Messages(batch) = only(&named).data else {
        panic!()
    };
    assert_eq!(batch.topic, "uploads");
    assert_eq!(batch.messages[0].attributes["objectId"], "a b%2F+é");
}

#[test]
fn a_subscription_named_after_a_topic_brings_its_messages_alone() {
    let notification = notification(r#""eventType":"OBJECT_FINALIZE""#);
    for (topic, is_message) in [("s", true), ("other", false)] {
        let brought = notification.clone().with_app(&subscribing(topic));
        let data = only(&brought).data;
        assert_eq!(
            matches!(data, EventData::Messages(_)),
            is_message,
            "{data:?}"
        );
    }
}

#[test]
fn a_job_of_cloud_scheduler_is_a_tick_with_one_id() {
    let fields = [
        ("x-cloudscheduler", "true"),
        ("x-cloudscheduler-jobname", "staging-nightly"),
        ("x-cloudscheduler-scheduletime", "2026-11-30T03:00:00Z"),
    ];
    let tick = only(&delivery(&fields, ""));
    assert_eq!(
        tick.id.as_deref(),
        Some("staging-nightly@2026-11-30T03:00:00Z")
    );
    let EventData::Schedule(schedule) = tick.data else {
        panic!()
    };
    let due = SystemTime::UNIX_EPOCH + Duration::from_hours(498_891);
    assert_eq!((&*schedule.name, schedule.at), ("staging-nightly", due));
}

#[test]
fn what_is_malformed_or_not_known_is_refused() {
    let refused = |body: &str| {
        let json = delivery(&[("content-type", "application/json")], body.to_owned());
        read(&json, &EVENTS).unwrap_err().kind()
    };
    for malformed in [
        r#"{"message":{},"subscription":"s"}"#,
        r#"{"message":{"messageId":"1","data":"*"},"subscription":"s"}"#,
        r#"{"message":{"messageId":"1","publishTime":"soon"},"subscription":"s"}"#,
        r#"{"message":7,"subscription":"s"}"#,
    ] {
        assert_eq!(
            refused(malformed),
            ErrorKind::InvalidArgument,
            "{malformed}"
        );
    }
    for other in ["", "{}", "[]", r#"{"message":{"messageId":"1"}}"#, "{"] {
        assert_eq!(refused(other), ErrorKind::Unsupported, "{other}");
    }
}

/// An application that subscribes to a topic.
fn subscribing(topic: &'static str) -> AppService {
    let handler = |(), _: Event<Message>| std::future::ready(Ok(Outcome::Ack));
    let app = App::new("subscribing", |_: &Environment| Ok(()));
    let app = app.subscribe(&TopicSpec::new(topic), handler);
    app.build(&environment()).unwrap()
}

fn environment() -> Environment {
    let platform = FunctionDescription {
        provider: "cloud-run",
        capabilities: crate::function::CLOUD_RUN.capabilities,
    };
    Environment::builder(platform, Arc::new(isobar_serve::clock())).build()
}

/// An application that watches a collection.
fn watching() -> AppService {
    const NOTES: CollectionSpec<serde_json::Value> = CollectionSpec::new("notes")
        .partition("owner")
        .change_feed();
    let environment = environment();
    let handler =
        |(), _: Event<ChangeEvent<serde_json::Value>>| std::future::ready(Ok(Outcome::Ack));
    let app = App::new("watching", |_: &Environment| Ok(()));
    let app = app.collection(&NOTES).on_change(&NOTES, handler);
    app.build(&environment).unwrap()
}

/// An event of Firestore in binary mode, about a document of this collection with the one field `owner`.
fn firestore(content_type: &str, collection: &str) -> Delivery {
    let name = format!("projects/p/databases/(default)/documents/{collection}/ann");
    // Field 1 of the data is the document, whose field 1 is its name, and 2 its fields.
    let field = b"\x12\x0f\x0a\x05owner\x12\x06\x8a\x01\x03ann";
    let length = |bytes: usize| u8::try_from(bytes).unwrap();
    let mut document = vec![0x0a, length(name.len())];
    document.extend(name.bytes());
    document.extend(field);
    let mut data = vec![0x0a, length(document.len())];
    data.extend(document);
    let fields = [
        ("ce-specversion", "1.0"),
        ("ce-id", "e-1"),
        ("ce-type", "google.cloud.firestore.document.v1.created"),
        (
            "ce-source",
            "//firestore.googleapis.com/projects/p/databases/(default)",
        ),
        ("ce-subject", "documents/notes/ann"),
        ("ce-time", "2026-11-30T03:00:00Z"),
        ("content-type", content_type),
    ];
    delivery(&fields, data).with_app(&watching())
}

#[test]
fn eventarc_tells_of_documents_in_protocol_buffers() {
    let arrived = only(&firestore("application/protobuf", "notes"));
    assert_eq!(arrived.id.as_deref(), Some("e-1"));
    let EventData::Change(change) = arrived.data else {
        panic!("{arrived:?}")
    };
    assert_eq!(change.collection, "notes");
    assert_eq!(change.change.key, isobar::document::Key::from("ann"));
    assert!(change.change.new.is_some());
}

#[test]
fn documents_in_json_and_those_that_nobody_watches_are_refused() {
    let json = read(&firestore("application/json", "notes"), &EVENTS).unwrap_err();
    assert_eq!(json.kind(), ErrorKind::Unsupported);
    assert!(
        json.to_string().contains("--event-data-content-type"),
        "{json}"
    );
    for other in ["others", "draft-notes"] {
        let other = read(&firestore("application/protobuf", other), &EVENTS);
        assert_eq!(other.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn the_trace_that_googles_clients_tell_is_no_attribute() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let push = |attributes: serde_json::Value| {
        let push = serde_json::json!({
            "message": { "messageId": "1", "data": "AP8=", "attributes": attributes },
            "subscription": "projects/p/subscriptions/jobs",
        });
        let json = [("content-type", "application/json")];
        let EventData::Messages(mut batch) = only(&delivery(&json, push.to_string())).data else {
            panic!("no message")
        };
        batch.messages.remove(0)
    };
    let clients = serde_json::json!({ "googclient_traceparent": parent, "kind": "x" });
    let message = push(clients);
    assert_eq!(message.attributes.keys().collect::<Vec<_>>(), ["kind"]);
    let told = message.trace.and_then(|trace| trace.parent_id());
    assert_eq!(told, Some(0xb7ad_6b71_6920_3331));
    let message = push(serde_json::json!({ "traceparent": parent }));
    assert_eq!(message.attributes["traceparent"], parent);
    assert!(message.trace.is_some());
    assert_eq!(push(serde_json::json!({})).trace, None);
}
