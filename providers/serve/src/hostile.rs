//! Paths, queries, times, traces and claims as hostile or broken senders might write them: whole ones, damaged by chance, and
//! never a panic.

use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::function::Trace;
use isobar_mutation::{mutate, random, rounds};

use crate::event::EventsPath;
use crate::{TraceHeader, base64_claims, base64_json, go_duration, told_query, told_target};

const ROUNDS: usize = 20_000;

/// Hands damaged pieces of the corpus to what reads them, and says of how many it made something.
fn read_of(corpus: &[&str], mut read: impl FnMut(&[u8]) -> bool) -> usize {
    let mut random = random();
    let mut made = 0;
    for _ in 0..rounds(ROUNDS) {
        let one = corpus[random.usize(..corpus.len())].as_bytes();
        let other = corpus[random.usize(..corpus.len())].as_bytes();
        made += usize::from(read(&mutate(&mut random, one, other)));
    }
    made
}

/// The same for what reads text.
fn read_of_text(corpus: &[&str], mut read: impl FnMut(&str) -> bool) -> usize {
    read_of(corpus, |bytes| read(&String::from_utf8_lossy(bytes)))
}

/// The same for what reads fields, of which those that are none do not come.
fn read_of_fields(corpus: &[&str], mut read: impl FnMut(HeaderMap) -> bool) -> usize {
    read_of(corpus, |bytes| {
        let mut headers = HeaderMap::new();
        for line in bytes.split(|byte| *byte == b'\n').take(100) {
            let mut parts = line.splitn(2, |byte| *byte == b':');
            let (name, value) = (parts.next(), parts.next());
            let name = name.map(HeaderName::from_bytes);
            let value = value.map(|value| HeaderValue::from_bytes(value.trim_ascii()));
            if let (Some(Ok(name)), Some(Ok(value))) = (name, value) {
                headers.append(name, value);
            }
        }
        read(headers)
    })
}

#[test]
fn any_target_that_is_told_is_a_target_or_refused() {
    let corpus = [
        "/notes/a%20b?x=1&y=%C3%A9",
        "?a=1",
        "/",
        "/é/\"<>\"`?q=\"<#>\"",
        "/a//b/../c?",
    ];
    let made = read_of_text(&corpus, |text| {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let target = told_target(path, query);
        if let Ok(target) = &target {
            assert!(target.path().starts_with('/'), "{text:?}: {target}");
        }
        target.is_ok()
    });
    assert!(made > ROUNDS / 10, "{made}");
}

#[test]
fn any_pairs_make_one_query_that_splits_into_as_many() {
    let corpus = ["a=1&b=2", "é=ü&x=", "=&&=", "q=%25+%20&r=\u{1f600}"];
    read_of_text(&corpus, |text| {
        let pairs: Vec<(&str, &str)> = text
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let query = told_query(pairs.iter().copied());
        assert_eq!(query.split('&').count(), pairs.len(), "{text:?}: {query}");
        let target = told_target("/", &query);
        assert!(target.is_ok(), "{text:?}: {query}");
        true
    });
}

#[test]
fn any_path_is_that_of_events_or_another() {
    const PATH: &str = "/in/events-0123456789abcdef";
    let corpus = [
        PATH,
        "/in/events-0123456789abcdef/jobs",
        "/in/events-0123456789abcdef/a%20b%C3%A9",
        "/events-0123456789abcdef-jobs",
    ];
    for separator in ['/', '-'] {
        let path = EventsPath::from_variables(&|_| Some(PATH.to_owned()), separator);
        let path = path.unwrap().unwrap();
        let found = read_of_text(&corpus, |at| {
            let Some(address) = path.find(at) else {
                return false;
            };
            let name = address.name.unwrap_or_else(|| "whole".to_owned());
            assert!(!name.is_empty() && !name.contains('/'), "{at:?}: {name:?}");
            true
        });
        assert!(found > 20, "{found}");
    }
}

#[test]
fn any_duration_of_go_is_one_or_none() {
    let corpus = [
        "1m30s",
        "1.5h",
        "100ms",
        "7us3ns",
        "99999999999999999h",
        ".5s",
    ];
    let read = read_of_text(&corpus, |text| go_duration(text).is_some());
    assert!(read > 50, "{read}");
}

#[test]
fn any_trace_is_one_or_begins_here() {
    let corpus = [
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n\
         tracestate: rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90",
        "x-b3-traceid: 463ac35c9f6413ad48485a3953bb6124\nx-b3-spanid: a2fb4a1d1a96d312\nx-b3-sampled: 1",
        "x-cloud-trace-context: 105445aa7843bc8bf206b12000100000/1;o=1",
    ];
    let told = read_of_fields(&corpus, |mut headers| {
        let trace = Trace::of(&headers);
        let mut onward = HeaderMap::new();
        trace.inject(&mut onward);
        let parent = onward.get("traceparent").map(HeaderValue::as_bytes);
        assert_eq!(parent.map(<[u8]>::len), Some(55), "{headers:?}");
        let form = TraceHeader::CloudTrace;
        let completed = crate::platform::completed_trace(&mut headers, form);
        trace.parent_id().is_some() || completed
    });
    assert!(told > ROUNDS / 50, "{told}");
}

#[test]
fn any_claims_are_an_object_or_nobodys() {
    let corpus = [
        "eyJzdWIiOiJhPz4ifQ==",
        "eyJzdWIiOiJ-fiJ9",
        "W3sidHlwIjoic3ViIiwidmFsIjoiMTAifV0",
        "eyJhIjp7ImIiOltdfX0",
    ];
    let read = read_of_text(&corpus, |text| {
        let claims = base64_claims(text);
        assert!(claims.is_none() || base64_json(text).is_some(), "{text}");
        claims.is_some()
    });
    assert!(read > 20, "{read}");
}
