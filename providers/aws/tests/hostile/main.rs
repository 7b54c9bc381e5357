//! Whatever comes through a front door: no panic, no hang, and no more memory than a few times what came.

mod corpus;

use std::alloc::System;
use std::time::{Duration, Instant};

use bytes::Bytes;
use isobar_aws::FrontDoor;
use isobar_mutation::mutate;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use corpus::corpus;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that is allocated while an event is read, also what is given back: six times the event for members, text and
/// headers, and what the smallest request needs.
fn most(event: &[u8]) -> usize {
    48 * event.len() + 64 * 1_024
}

/// For 6 MB in a debug build on a busy machine; none takes a hundredth of it otherwise.
const PATIENCE: Duration = Duration::from_secs(20);

fn check(event: Vec<u8>) -> &'static str {
    let event = Bytes::from(event);
    let region = Region::new(ALLOCATOR);
    let begin = Instant::now();
    let read = FrontDoor::read(&event);
    let (taken, allocated) = (begin.elapsed(), region.change().bytes_allocated);
    let shown = || {
        String::from_utf8_lossy(&event)
            .chars()
            .take(2_000)
            .collect::<String>()
    };
    assert!(taken < PATIENCE, "{taken:?}: {}", shown());
    assert!(allocated < most(&event), "{allocated} bytes: {}", shown());
    match read {
        Ok(Some((_, request))) => {
            assert!(request.uri().path().starts_with('/'), "{}", shown());
            "request"
        }
        Ok(None) => "none",
        Err(_) => "refused",
    }
}

/// One test, because what others allocate at the same time would count.
#[test]
fn any_event_is_read_or_refused_in_bounded_time_and_memory() {
    let corpus = corpus();
    let mut seen = std::collections::BTreeMap::new();
    for (_, event) in &corpus {
        *seen.entry(check(event.clone())).or_insert(0) += 1;
    }
    let mut random = isobar_mutation::random();
    for _ in 0..isobar_mutation::rounds(30_000) {
        let (_, event) = &corpus[random.usize(..corpus.len())];
        let (_, other) = &corpus[random.usize(..corpus.len())];
        *seen
            .entry(check(mutate(&mut random, event, other)))
            .or_insert(0) += 1;
    }
    for large in large() {
        *seen.entry(check(large)).or_insert(0) += 1;
    }
    // Otherwise the events are too damaged to show anything.
    assert!(
        seen.get("request").is_some_and(|count| *count > 500),
        "{seen:?}"
    );
    assert!(
        seen.get("refused").is_some_and(|count| *count > 1_000),
        "{seen:?}"
    );
}

/// The largest that Lambda hands over, each of one thing.
fn large() -> [Vec<u8>; 6] {
    const BYTES: usize = 6 * 1_024 * 1_024;
    let start = r#"{"httpMethod":"GET","path":"/","#;
    let context = r#""requestContext":{"stage":"p"}}"#;
    let filled = |before: &str, piece: &str, after: &str| {
        let many = piece.repeat(BYTES / piece.len());
        format!("{start}{before}{many}{after},{context}").into_bytes()
    };
    [
        filled(
            r#""multiValueHeaders":{"a":["","#.trim_end_matches(','),
            r#","""#,
            "]}",
        ),
        filled(r#""headers":{"":"""#, r#","a":"b""#, "}"),
        filled(r#""queryStringParameters":{"":"""#, r#","%":"é""#, "}"),
        filled(r#""other":"#, "[", "1"),
        filled(r#""body":""#, r"\n", r#"""#),
        filled(r#""resource":"/{"#, "/{a}", r#"""#),
    ]
}
