//! Events that come in requests or by a loop, read as those of each platform are.

use std::future::ready;
use std::sync::Arc;

use anyhow::{Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use isobar::document::CollectionSpec;
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Outcome};
use isobar::{App, Environment};
use isobar_alibaba::function::FUNCTION_COMPUTE;
use isobar_azure::function::FUNCTIONS;
use isobar_gcp::function::CLOUD_RUN;
use isobar_http::function::KNATIVE;
use isobar_serve::PlatformFacts;
use isobar_serve::event::{Delivery, read};
use isobar_tencent::function::EVENT_FUNCTION;
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::{Coding, captured};

const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json");
const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes")
    .partition("owner")
    .change_feed();

pub(crate) fn compare(coding: &Coding) -> Result<()> {
    google(coding)?;
    azure(coding)?;
    alibaba_and_tencent(coding)?;
    own(coding)
}

/// What Google publishes of Eventarc's events, and a document of Firestore in protocol buffers.
fn google(coding: &Coding) -> Result<()> {
    for (name, fixture) in [
        ("Pub/Sub", "pubsub_binary-cloudevent-input.json"),
        ("Cloud Storage", "storage-cloudevent-input.json"),
    ] {
        let fixture = format!("conformance-tests/fixtures/events/gcp/{fixture}");
        let delivery = delivery(&[STRUCTURED], captured(&fixture)?);
        tell(coding, &CLOUD_RUN, (name, &delivery))?;
    }
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
        ("content-type", "application/protobuf"),
    ];
    let firestore = delivery(&fields, document()?.into()).with_app(&watching(&CLOUD_RUN)?);
    tell(coding, &CLOUD_RUN, ("Firestore", &firestore))
}

/// A `DocumentEventData` whose `value` has a name and the field `owner`.
///
/// <https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto>
fn document() -> Result<Vec<u8>> {
    let name = b"projects/p/databases/(default)/documents/notes/ann";
    let owner = b"\x12\x0f\x0a\x05owner\x12\x06\x8a\x01\x03ann";
    let first = |field: &[u8]| -> Result<Vec<u8>> {
        let mut bytes = vec![0x0a, u8::try_from(field.len())?];
        bytes.extend(field);
        Ok(bytes)
    };
    let mut document = first(name)?;
    document.extend(owner);
    first(&document)
}

/// What the Functions host sends of a queue, a timer, a blob and documents of Cosmos DB, as its documents and source have it.
fn azure(coding: &Coding) -> Result<()> {
    let watching = watching(&FUNCTIONS)?;
    let metadata = json!({
        "DequeueCount": "1", "Id": "\"800ae4b3-bdd2\"", "InsertionTime": "2019-10-09T17:58:31+00:00",
        "Uri": "\"https://a.blob.core.windows.net/files/a%20b\"", "name": "\"a b\"",
        "Properties": { "ContentLength": 12, "LastModified": "2019-10-09T17:58:31+00:00" },
        "sys": { "MethodName": "Trigger", "UtcNow": "2019-10-09T17:58:32.2205399Z", "RandGuid": "24ad4c06-24ad" },
    });
    let timer = json!({ "Schedule": {}, "ScheduleStatus": { "Next": "2019-10-09T17:00:00+00:00" }, "IsPastDue": false });
    let documents = json!([
        { "id": "ann", "owner": "ann", "_rid": "x==", "_etag": "\"0000-9c3a\"", "_ts": 1_570_643_911, "_lsn": 17 },
        { "id": "bob", "owner": "bob", "_rid": "y==", "_etag": "\"0000-9c3b\"", "_ts": 1_570_643_911, "_lsn": 18 },
    ]);
    for (name, function, data) in [
        ("queue", "jobs", json!({ "queue": "\"hello\"" })),
        ("timer", "nightly", json!({ "timer": timer })),
        ("blob", "files", json!({ "blob": "Y29udGVudA==" })),
        (
            "Cosmos DB",
            "notes",
            json!({ "documents": documents.to_string() }),
        ),
    ] {
        let call = json!({ "Data": data, "Metadata": metadata });
        let delivery = delivery(&[], serde_json::to_vec(&call)?.into())
            .with_name(Some(function.to_owned()))
            .with_app(&watching);
        tell(coding, &FUNCTIONS, (name, &delivery))?;
    }
    Ok(())
}

/// What their documents have.
fn alibaba_and_tencent(coding: &Coding) -> Result<()> {
    let timer =
        r#"{"triggerTime":"2026-11-30T03:00:00Z","triggerName":"staging-nightly","payload":"x"}"#;
    let timer = delivery(&[], timer.into());
    tell(coding, &FUNCTION_COMPUTE, ("timer", &timer))?;
    for (facts, folder, files) in [
        (
            &FUNCTION_COMPUTE,
            "alibaba",
            [("OSS", "oss"), ("queue", "queue")],
        ),
        (&EVENT_FUNCTION, "tencent", [("COS", "cos"), ("CMQ", "cmq")]),
    ] {
        for (name, file) in files {
            let file = format!("providers/{folder}/src/function/events/tests/{file}.json");
            let delivery = delivery(&[], captured(&file)?);
            tell(coding, facts, (name, &delivery))?;
        }
    }
    let timer = captured("providers/tencent/src/function/events/tests/timer.json")?;
    let timer = delivery(&[], timer);
    tell(coding, &EVENT_FUNCTION, ("timer", &timer))
}

/// A batch of Isobar's own type, which any broker may bring to every platform that has HTTP, OpenWhisk and Fn.
fn own(coding: &Coding) -> Result<()> {
    let event = json!({
        "specversion": "1.0", "id": "1", "type": "isobar.topic.messages", "source": "topic/jobs",
        "time": "2026-11-30T03:00:00Z", "datacontenttype": "application/json",
        "data": { "messages": [
            { "id": "a", "body": "hello", "attributes": { "kind": "x" } },
            { "id": "b", "bodyBase64": "AP8=" },
        ] },
    });
    let event = delivery(&[STRUCTURED], serde_json::to_vec(&event)?.into());
    tell(coding, &KNATIVE, ("two messages", &event))
}

/// An application that watches a collection on this platform.
fn watching(facts: &PlatformFacts) -> Result<AppService> {
    let platform = FunctionDescription {
        provider: facts.name,
        capabilities: facts.capabilities,
    };
    let environment = Environment::builder(platform, Arc::new(isobar_serve::clock())).build();
    let app = App::new("codecs", |_: &Environment| Ok(())).collection(&NOTES);
    let app = app.on_change(&NOTES, |(), _| ready(Ok(Outcome::Ack)));
    Ok(app.build(&environment)?)
}

fn delivery(fields: &[(&'static str, &'static str)], content: Bytes) -> Delivery {
    let fields = fields.iter().map(|(name, value)| {
        let name = HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    });
    Delivery::new(fields.collect::<HeaderMap>(), content)
}

fn tell(coding: &Coding, facts: &PlatformFacts, (name, delivery): (&str, &Delivery)) -> Result<()> {
    let read_all = || read(delivery, &facts.events);
    ensure!(!read_all()?.is_empty(), "{name} brings nothing");
    Cost::of(coding, read_all).tell(&format!("{} event, {name}", facts.name));
    Ok(())
}
