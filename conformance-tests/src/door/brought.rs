//! Events as senders bring them to the path that a platform takes them at, each in its own form.

mod documents;
mod function_compute;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::damage::NO_BASE64;
use super::{WireChange, WireMessage, WireRequest, WireResponse, WireWrite};
use crate::probe::notes::Note;
use crate::probe::{FILES, TOPIC};
use crate::{Failure, expect};

pub(super) use function_compute::ALIBABA;

/// Where the probe takes events.
pub(super) const PATH: &str = "/probe-events-0123456789abcdef";

/// One attempt to deliver an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried<'i> {
    /// The id of the event, the same each time.
    pub(crate) id: &'i str,
    /// The number of the attempt, from 1 on.
    pub(crate) attempt: u32,
}

/// How events come to a platform.
#[derive(Debug)]
pub(crate) struct Events {
    /// Whether the sender tells the number of the attempt.
    pub(super) counts: bool,
    /// How many bytes of text a message may have.
    pub(super) most: usize,
    /// The path of events, or of those of one trigger.
    pub(super) path: fn(trigger: Option<&str>) -> String,
    /// A message of a topic.
    pub(crate) message: fn(topic: &str, &WireMessage, Tried<'_>) -> WireRequest,
    /// A change of a blob of the probe's bucket.
    pub(crate) change: fn(&WireChange, Tried<'_>) -> WireRequest,
    /// What is told, beside that, of a blob that another took the place of.
    pub(super) replaced: Option<fn(&WireChange, Tried<'_>) -> WireRequest>,
    /// A change of a document of the probe's collection, with what was there before.
    pub(crate) write: Option<Written>,
    /// A tick of a schedule.
    pub(crate) tick: fn(schedule: &str, Tried<'_>) -> WireRequest,
    /// An event with bytes that must be Base64, and are none.
    pub(super) no_base64: fn(Tried<'_>) -> WireRequest,
    /// An event that is declared to be of a media type that it is not, or that nobody reads.
    pub(super) mistyped: fn(Tried<'_>) -> WireRequest,
    /// Whether an answer tells the sender that the event is done.
    pub(super) is_done: fn(&WireResponse) -> bool,
    /// What the sender reads in the answer of a success.
    pub(super) done: fn(&WireResponse) -> Result<(), Failure>,
}

/// What brings a write of a document, before which that was there.
type Written = fn(&WireWrite, Option<&Note>, Tried<'_>) -> WireRequest;

/// CloudEvents of Isobar's own types: messages structured, changes binary, ticks in batches.
pub(crate) static OWN: Events = Events {
    counts: false,
    most: USUAL_MESSAGE,
    path: below,
    message: own_message,
    change: own_change,
    replaced: None,
    write: None,
    tick: |schedule, tried| {
        let event = json!([{
            "specversion": "1.0",
            "id": tried.id,
            "type": "isobar.schedule.tick",
            "source": format!("schedule/staging-{schedule}"),
            "time": AT,
        }]);
        posted("application/cloudevents-batch+json", &event)
    },
    no_base64: own_without_base64,
    mistyped: in_xml,
    is_done: by_status,
    done: |_| Ok(()),
};

/// The same, but for ticks, which a PingSource sends.
pub(crate) static KNATIVE: Events = Events {
    counts: false,
    most: USUAL_MESSAGE,
    path: below,
    message: own_message,
    change: own_change,
    replaced: None,
    write: None,
    tick: |schedule, tried| {
        let source = format!("/apis/v1/namespaces/default/pingsources/staging-{schedule}");
        let request = binary("dev.knative.sources.ping", &source, tried);
        request
            .header("content-type", "application/json")
            .body("{}")
    },
    no_base64: own_without_base64,
    mistyped: |tried| {
        let source = format!("bucket/{}", FILES.name());
        binary("isobar.blob.stored", &source, tried)
            .header("ce-subject", "damaged")
            .header("content-type", "application/xml")
            .body("<size>1</size>")
    },
    is_done: by_status,
    done: |_| Ok(()),
};

/// Pub/Sub's push subscriptions, with a topic for dead letters, and Cloud Scheduler.
pub(crate) static GOOGLE: Events = Events {
    counts: true,
    most: USUAL_MESSAGE,
    path: below,
    message: |topic, message, tried| {
        let mut pushed = pushed(topic, &STANDARD.encode(&message.body), tried);
        let attributes = message.attributes.iter().cloned();
        let attributes = attributes.map(|(name, value)| (name, Value::from(value)));
        pushed["message"]["attributes"] = Value::Object(attributes.collect());
        if let Some(group) = &message.group {
            pushed["message"]["orderingKey"] = group.as_str().into();
        }
        posted("application/json", &pushed)
    },
    change: |change, tried| match &change.content {
        Some(content) => {
            let object = json!({
                "bucket": FILES.name(),
                "name": change.key,
                "size": content.len().to_string(),
            });
            let content = STANDARD.encode(object.to_string());
            notification(change, "OBJECT_FINALIZE", &content, tried)
        }
        None => notification(change, "OBJECT_DELETE", "", tried),
    },
    replaced: Some(|change, tried| {
        let mut request = notification(change, "OBJECT_DELETE", "", tried);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let told = "\"attributes\":{\"overwrittenByGeneration\":\"1700000000000001\",";
        request.body = body.replacen("\"attributes\":{", told, 1).into_bytes();
        request
    }),
    write: Some(documents::eventarc),
    tick: |schedule, _| {
        WireRequest::new("POST", PATH)
            .header("user-agent", "Google-Cloud-Scheduler")
            .header("x-cloudscheduler", "true")
            .header("x-cloudscheduler-jobname", format!("staging-{schedule}"))
            .header("x-cloudscheduler-scheduletime", AT)
            .header("content-type", "application/octet-stream")
    },
    no_base64: |tried| posted("application/json", &pushed(TOPIC.name(), NO_BASE64, tried)),
    mistyped: documents::eventarc_in_json,
    is_done: by_status,
    done: |_| Ok(()),
};

/// The Functions host: queue, timer and Event Grid triggers.
pub(super) static AZURE: Events = Events {
    counts: true,
    // 64 KiB in Base64 ("Put Message").
    most: 48 * 1_024,
    path: |trigger| match trigger {
        Some(trigger) => format!("{PATH}-{trigger}"),
        None => PATH.to_owned(),
    },
    message: |topic, message, tried| {
        queue_trigger(topic, &message.body, (tried.id, tried.attempt.into()))
    },
    change: |change, tried| {
        let event = json!({
            "specversion": "1.0",
            "id": tried.id,
            "type": match change.content {
                Some(_) => "Microsoft.Storage.BlobCreated",
                None => "Microsoft.Storage.BlobDeleted",
            },
            "source": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
            "subject": format!("/blobServices/default/containers/{}/blobs/{}", FILES.name(), change.key),
            "time": AT,
            "data": {
                "api": "PutBlob",
                "eTag": "0x8D4BCC2E4835CD0",
                "contentLength": change.content.as_ref().map(Vec::len),
            },
        });
        invocation(FILES.name(), "eventGrid", &event, json!({}))
    },
    replaced: None,
    write: Some(documents::change_feed),
    tick: |schedule, _| {
        let timer = json!({
            "Schedule": { "AdjustForDST": true },
            "ScheduleStatus": { "Last": AT, "LastUpdated": AT, "Next": AT },
            "IsPastDue": false,
        });
        invocation(schedule, "timer", &timer, json!({}))
    },
    no_base64: |tried| {
        let metadata = queue_metadata((tried.id, tried.attempt.into()));
        invocation(
            TOPIC.name(),
            "queueBytes",
            &quoted(NO_BASE64).into(),
            metadata,
        )
    },
    // Event Grid's own schema, in which it sends where a subscription does not ask for CloudEvents.
    mistyped: |tried| {
        let event = json!([{
            "id": tried.id,
            "eventType": "Microsoft.Storage.BlobCreated",
            "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
            "subject": format!("/blobServices/default/containers/{}/blobs/damaged", FILES.name()),
            "eventTime": AT,
            "data": { "api": "PutBlob" },
            "dataVersion": "",
            "metadataVersion": "1",
        }]);
        posted("application/json; charset=utf-8", &event).header("aeg-event-type", "Notification")
    },
    is_done: by_status,
    done: |response| {
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        expect::that(
            answer["Outputs"].is_object() && answer["Logs"].is_array(),
            "the answer is not one that the Functions host reads",
        )
    },
};

/// Less than the 256 KiB and more that a message may have of most queues.
const USUAL_MESSAGE: usize = 200_000;
/// When everything happens.
pub(super) const AT: &str = "2026-11-30T03:00:00Z";

pub(super) fn by_status(response: &WireResponse) -> bool {
    (200..300).contains(&response.status)
}

fn below(trigger: Option<&str>) -> String {
    trigger.map_or_else(|| PATH.to_owned(), |trigger| format!("{PATH}/{trigger}"))
}

fn posted(content_type: &str, content: &Value) -> WireRequest {
    WireRequest::new("POST", PATH)
        .header("content-type", content_type)
        .body(content.to_string())
}

fn own_message(topic: &str, message: &WireMessage, tried: Tried<'_>) -> WireRequest {
    let attributes = message.attributes.iter().cloned();
    let attributes = attributes.map(|(name, value)| (name, Value::from(value)));
    let message = json!({
        "id": tried.id,
        "body": message.body,
        "attributes": Value::Object(attributes.collect()),
        "group": message.group,
        "sentAt": AT,
    });
    let event = json!({
        "specversion": "1.0",
        "id": tried.id,
        "type": "isobar.topic.messages",
        "source": format!("topic/{topic}"),
        "data": { "messages": [message] },
    });
    posted("application/cloudevents+json; charset=utf-8", &event)
}

fn own_without_base64(tried: Tried<'_>) -> WireRequest {
    let mut request = own_message(TOPIC.name(), &WireMessage::default(), tried);
    let body = String::from_utf8_lossy(&request.body);
    let damaged = format!("\"bodyBase64\":\"{NO_BASE64}\"");
    request.body = body.replacen("\"body\":\"\"", &damaged, 1).into_bytes();
    request
}

/// A CloudEvent in a format that others have defined, and nobody here reads.
fn in_xml(tried: Tried<'_>) -> WireRequest {
    let id = tried.id;
    let event = format!(
        "<event xmlns=\"http://cloudevents.io/xmlformat/V1\" specversion=\"1.0\"><id>{id}</id>\
         <source>/mine</source><type>com.example.made</type></event>"
    );
    let mut request = posted("application/cloudevents+xml", &Value::Null);
    request.body = event.into_bytes();
    request
}

fn own_change(change: &WireChange, tried: Tried<'_>) -> WireRequest {
    let (event_type, data) = match &change.content {
        Some(content) => {
            let version = format!("{:08x}", crc32c::crc32c(content));
            let data = json!({ "size": content.len(), "version": version });
            ("isobar.blob.stored", data)
        }
        None => ("isobar.blob.deleted", json!({})),
    };
    binary(event_type, &format!("bucket/{}", FILES.name()), tried)
        .header("ce-subject", percent_encoded(&change.key))
        .header("content-type", "application/json")
        .body(data.to_string())
}

fn binary(event_type: &str, source: &str, tried: Tried<'_>) -> WireRequest {
    WireRequest::new("POST", PATH)
        .header("ce-specversion", "1.0")
        .header("ce-type", event_type)
        .header("ce-source", source)
        .header("ce-id", tried.id)
        .header("ce-time", AT)
}

/// A value of an attribute as the HTTP binding of CloudEvents has it in a field.
pub(crate) fn percent_encoded(value: &str) -> String {
    const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');
    utf8_percent_encode(value, ENCODED).to_string()
}

fn pushed(topic: &str, data: &str, tried: Tried<'_>) -> Value {
    json!({
        "deliveryAttempt": tried.attempt,
        "message": {
            "attributes": {},
            "data": data,
            "messageId": tried.id,
            "message_id": tried.id,
            "publishTime": AT,
            "publish_time": AT,
        },
        "subscription": format!("projects/p/subscriptions/staging-{topic}"),
    })
}

fn notification(
    change: &WireChange,
    event_type: &str,
    content: &str,
    tried: Tried<'_>,
) -> WireRequest {
    let bucket = FILES.name();
    // As the export calls it: to a topic's own nothing but its messages come.
    let mut pushed = pushed(&format!("{bucket}.blobs"), content, tried);
    pushed["message"]["attributes"] = json!({
        "notificationConfig": format!("projects/_/buckets/{bucket}/notificationConfigs/1"),
        "eventType": event_type,
        "eventTime": AT,
        "payloadFormat": "JSON_API_V1",
        "bucketId": bucket,
        "objectId": change.key,
        "objectGeneration": "1700000000000000",
    });
    posted("application/json", &pushed)
}

/// The call of a topic's queue trigger with a text that the host has taken the Base64 off.
pub(crate) fn queue_trigger(topic: &str, text: &str, (id, attempt): (&str, i64)) -> WireRequest {
    invocation(
        topic,
        "queue",
        &quoted(text).into(),
        queue_metadata((id, attempt)),
    )
}

fn queue_metadata((id, attempt): (&str, i64)) -> Value {
    json!({
        "DequeueCount": attempt.to_string(),
        "Id": quoted(id),
        "InsertionTime": AT,
        "PopReceipt": quoted("AgAAAAMAAAAAAAAAAgtnj8x+1QE="),
    })
}

/// A string as the host writes it: JSON in a string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn invocation(trigger: &str, binding: &str, bound: &Value, mut metadata: Value) -> WireRequest {
    metadata["sys"] = json!({
        "MethodName": trigger,
        "UtcNow": "2026-11-30T03:00:00.2205399Z",
        "RandGuid": "24ad4c06-24ad-4e5b-8294-3da9714877e9",
    });
    let content = json!({ "Data": { binding: bound }, "Metadata": metadata });
    let mut request = posted("application/json; charset=utf-8", &content);
    request.target = (AZURE.path)(Some(trigger));
    request
        .header("X-Azure-Functions-HostVersion", "4.1045.200.0")
        .header(
            "X-Azure-Functions-InvocationId",
            "7c1f0b9e-0000-4000-8000-000000000000",
        )
        .header("User-Agent", "Azure-Functions-Host/4.1045.200.0")
}
