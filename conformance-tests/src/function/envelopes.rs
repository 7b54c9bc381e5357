//! Cases about what an event says of itself beside its data.

use std::collections::BTreeMap;

use isobar::Capability;
use serde_json::{Value, json};

use super::events::{binary, brought, event, structured};
use crate::door::{WireChange, WireRequest};
use crate::probe::TOPIC;
use crate::probe::files::events;
use crate::probe::inbox::{SeenEnvelope, deliveries};
use crate::{Case, Context, Failure, expect};

/// Every case about envelopes.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-434",
        "a CloudEvent tells its handler the same type, source, subject, schema, time and extensions in each mode",
        "N11",
        |ctx| Box::pin(tell_the_same(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::function(
        "G-435",
        "the subject of an event of a blob ends with the key, whoever tells of it",
        "N11",
        |ctx| Box::pin(name_the_blob(ctx)),
    )
    .needs(&[Capability::BlobEvents]),
];

/// An extension of each type that JSON has, and one whose name is none.
fn told(id: &str) -> Value {
    let mut event = event(id);
    event["count"] = 42.into();
    event["done"] = true.into();
    event["comexampleothername2"] = "x".into();
    event["datacontenttype"] = "text/plain".into();
    event
}

async fn tell_the_same(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let mut in_fields = told("1");
    // In fields there is text alone, in its canonical form.
    for name in ["count", "done"] {
        in_fields[name] = in_fields[name].to_string().into();
    }
    let content_type = in_fields["datacontenttype"].take();
    if let Some(event) = in_fields.as_object_mut() {
        event.remove("datacontenttype");
    }
    let content_type = content_type.as_str().unwrap_or_default();
    let in_fields = binary(&in_fields, content_type, b"text").header("ce-not-an-extension", "x");
    brought(&*door, &in_fields).await?;
    let with_data = |id: &str| {
        let mut event = told(id);
        event["data"] = "text".into();
        event["notAnExtension"] = "x".into();
        event
    };
    brought(&*door, &structured(&with_data("2"))).await?;
    let batch = json!([with_data("3"), with_data("4")]);
    let batch = WireRequest::new("POST", "/")
        .header("content-type", "application/cloudevents-batch+json")
        .body(batch.to_string());
    brought(&*door, &batch).await?;
    for seen in deliveries(&*door, 4).await? {
        let what = format!("the envelope of {}", seen.id);
        expect::equal(&what, &seen.envelope, &expected())?;
    }
    let plain = json!({
        "specversion": "1.0",
        "id": "5",
        "type": "isobar.topic.messages",
        "source": format!("topic/{}", TOPIC.name()),
        "shade": "a",
        "data": { "messages": [{ "id": "5", "body": "text", "sentAt": "2026-11-30T03:00:00Z" }] },
    });
    brought(&*door, &structured(&plain)).await?;
    let seen = deliveries(&*door, 5).await?.pop();
    let envelope = expect::some("the delivery", seen)?.envelope;
    let kind = envelope.event_type.as_str();
    expect::equal("the type", kind, "isobar.topic.messages")?;
    expect::equal("what it is about", &envelope.subject, &None)?;
    let shade = ("shade".to_owned(), "a".to_owned());
    expect::equal(
        "the extensions",
        &envelope.extensions,
        &BTreeMap::from([shade]),
    )
}

fn expected() -> SeenEnvelope {
    let event = told("");
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let extensions = [
        ("comexampleothername2", "x"),
        ("count", "42"),
        ("done", "true"),
        ("shade", "a  b, c"),
    ];
    SeenEnvelope {
        event_type: text("type"),
        source: text("source"),
        subject: Some(text("subject")),
        content_type: Some(text("datacontenttype")),
        schema: Some(text("dataschema")),
        extensions: extensions
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        time: text("time"),
    }
}

async fn name_the_blob(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let keys = ["photo.png", "a b/c+d%2Fe\u{e9}"];
    for (before, key) in keys.into_iter().enumerate() {
        let change = WireChange {
            key: key.to_owned(),
            content: Some(b"content".to_vec()),
            in_parts: false,
        };
        door.change(&[change]).await?;
        let seen = expect::some("the event", events(&*door, before + 1).await?.pop())?;
        let subject = seen.subject.unwrap_or_default();
        let ends = subject.ends_with(key);
        expect::that(ends, &format!("the subject of {key:?} is {subject:?}"))?;
    }
    Ok(())
}
