//! What becomes of the events with which Google's Functions Frameworks are tested, or why they are refused.

#[path = "../../../../../conformance-tests/fixtures/golden.rs"]
mod golden;

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName};
use isobar::Result;
use isobar::function::EventData;
use isobar_serve::event::{Arrived, Delivery, read};
use serde_json::Value;

use super::EVENTS;

/// A CloudEvent in the structured mode, in which they are published, and the same in the binary mode.
fn cloud_events(event: Vec<u8>) -> [Delivery; 2] {
    let mut members: Value = serde_json::from_slice(&event).unwrap();
    let members = members.as_object_mut().unwrap();
    let data = members.remove("data").unwrap().to_string();
    let mut fields = HeaderMap::new();
    for (name, value) in members {
        let name = match name.as_str() {
            "datacontenttype" => "content-type".to_owned(),
            name => format!("ce-{name}"),
        };
        let name = HeaderName::try_from(name).unwrap();
        fields.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    [
        posted("application/cloudevents+json", event),
        Delivery::new(fields, data.into()),
    ]
}

fn posted(content_type: &str, content: Vec<u8>) -> Delivery {
    let name = http::header::CONTENT_TYPE;
    let fields = [(name, content_type.parse().unwrap())];
    Delivery::new(HeaderMap::from_iter(fields), content.into())
}

fn shown(arrived: Result<Vec<Arrived>>) -> String {
    let arrived = match arrived {
        Ok(arrived) => arrived,
        Err(error) => return format!("refused, {:?}: {error}", error.kind()),
    };
    let mut text = String::new();
    for event in arrived {
        let told = |told: Option<String>| told.unwrap_or_else(|| "none".to_owned());
        let (id, source) = (told(event.id), told(event.source));
        let data = match event.data {
            EventData::Messages(batch) => {
                let messages = batch.messages.iter().map(golden::message);
                let messages = messages.collect::<Vec<_>>().join("\n");
                format!("messages of {}\n{messages}", batch.topic)
            }
            EventData::Blob(blob) => golden::blob(&blob),
            other => format!("{other:?}"),
        };
        let mut lines = vec![format!("id: {id}"), format!("source: {source}")];
        let own_type = event.event_type.iter();
        lines.extend(own_type.map(|own| format!("type: {own}")));
        lines.extend(golden::attributes(&event.attributes));
        lines.extend(event.trace.as_ref().and_then(golden::trace));
        lines.push(data);
        text += &lines.join("\n");
    }
    text
}

#[test]
fn events_that_google_has_published_become_what_the_file_says() {
    let mut becomes = String::new();
    for (name, event) in golden::published("gcp") {
        let told = if name.ends_with("-cloudevent-input.json") {
            let [structured, binary] = cloud_events(event);
            let told = shown(read(&structured, &EVENTS));
            assert_eq!(shown(read(&binary, &EVENTS)), told, "{name}");
            told
        } else if name.ends_with("-legacy-input.json") {
            shown(read(&posted("application/json", event), &EVENTS))
        } else {
            continue;
        };
        write!(becomes, "== {name}\n{told}\n\n").unwrap();
    }
    golden::check("gcp", &becomes);
}
