//! What comes back in binary mode, and what is no event.

use bytes::Bytes;
use isobar::function::{Context, Message, Messages, RequestId};

use super::*;
use crate::event::binary;

#[test]
fn attributes_are_escaped_and_come_back_as_they_were() {
    let reply = ReplyEvent::new("com.example.done", "/notes?a=%41")
        .with_subject("Euro \u{20ac} \"7\"")
        .with_extension("partitionkey", "100%")
        .with_data("text/plain", "done");
    let response = response(reply, "/other#id%201").unwrap();
    let headers = response.headers();
    assert_eq!(headers["ce-subject"], "Euro%20%E2%82%AC%20%227%22");
    let read = binary::read(headers, &Bytes::new()).unwrap();
    assert_eq!(read.id, "/other#id%201");
    assert_eq!(read.event_type, "com.example.done");
    assert_eq!(read.source, "/notes?a=%41");
    assert_eq!(read.subject.as_deref(), Some("Euro \u{20ac} \"7\""));
    assert_eq!(read.extensions["partitionkey"], "100%");
    assert_eq!(read.data_content_type.as_deref(), Some("text/plain"));
}

#[test]
fn what_is_no_event_is_refused() {
    let good = || ReplyEvent::new("com.example.done", "/notes");
    assert!(response(good(), "1").is_ok());
    for schema in [
        "https://example.com/note#v2",
        "urn:example:note:2",
        "x+y-z.1:",
    ] {
        let told = response(good().with_data_schema(schema), "1").unwrap();
        assert_eq!(told.headers()["ce-dataschema"], schema);
    }
    for reply in [
        ReplyEvent::new("", "/notes"),
        ReplyEvent::new("com.example.done", ""),
        ReplyEvent::new("com.example.done", "no reference"),
        ReplyEvent::new("com.example.done", "/100%"),
        good().with_subject(""),
        good().with_subject("a\nb"),
        good().with_extension("time", "now"),
        good().with_extension("Upper", "x"),
        good().with_extension("", "x"),
        good().with_data_schema(""),
        good().with_data_schema("/schemas/note"),
        good().with_data_schema("note"),
        good().with_data_schema("1st:note"),
        good().with_data_schema("https://example.com/a b"),
        good().with_data_schema("https://example.com/\u{20ac}"),
        good().with_data_schema("https://example.com/100%"),
        good().with_data("text/\nplain", ""),
        good().with_data("", ""),
        good().with_data(" ; charset=utf-8", ""),
        good().with_data("Application/CloudEvents+json; charset=utf-8", ""),
        good().with_data("application/cloudevents-batch+json", ""),
    ] {
        let shown = format!("{reply:?}");
        let error = response(reply, "1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{shown}");
    }
    let large = good().with_subject("x".repeat(33 << 10));
    let error = response(large, "1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn a_reply_is_written_whatever_the_sender_told_of_source_and_trace() {
    let clock = std::sync::Arc::new(crate::clock());
    let context = Context::new(RequestId::from_platform("1"), None, clock);
    let batch = Messages::new("notes", vec![Message::new("1", "")]);
    let mut event = Event::new(batch, context);
    event.id = "a\u{1}b".to_owned();
    event.source = "/notes\n\u{85}".to_owned();
    let id = id_for(&event);
    assert_eq!(id, "/notes%0A%C2%85#a%01b");
    let reply = || ReplyEvent::new("com.example.done", "/notes");
    let told = reply().with_extension("tracestate", "a=1");
    let told = response(told, &id).unwrap();
    assert_eq!(told.headers()["ce-tracestate"], "a=1");
    let nearly = reply().with_subject("x".repeat((32 << 10) - 200));
    let nearly = nearly.with_extension("tracestate", "a=".repeat(200));
    let without = response(nearly, &id).unwrap();
    assert!(!without.headers().contains_key("ce-tracestate"));
}

#[test]
fn a_sender_that_takes_answers_says_so() {
    for (told, expected) in [
        (&["reply"][..], true),
        (&["respond-async, Reply; x=1"], true),
        (&["respond-async", "reply=\"\""], true),
        (&["replying"], false),
        (&["x=reply"], false),
        (&[], false),
    ] {
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(PREFER, HeaderValue::from_static(value));
        }
        assert_eq!(is_asked_for(&headers), expected, "{told:?}");
    }
}
