//! Requests that bring events, damaged by chance, to the decoders of every platform that is an HTTP server: no panic, no
//! hang, and no more memory than a few times what came.
//!
//! The files of the corpus are requests: fields, an empty line, content. The field `path-name` stands for the name that the
//! path has.

mod router;

use std::alloc::System;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::document::{ChangeEvent, CollectionSpec, SortType};
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Event, Outcome};
use isobar::{App, Environment};
use isobar_alibaba::function::FUNCTION_COMPUTE;
use isobar_azure::function::FUNCTIONS;
use isobar_gcp::function::CLOUD_RUN;
use isobar_http::function::{FISSION, KNATIVE, OPENFAAS};
use isobar_mutation::mutate;
use isobar_serve::PlatformFacts;
use isobar_serve::event::{Delivery, read};
use isobar_tencent::function::{EVENT_FUNCTION, WEB_FUNCTION};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;
/// Held by each test, because what others allocate at the same time would count.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const PLATFORMS: [&PlatformFacts; 8] = [
    &CLOUD_RUN,
    &FUNCTIONS,
    &KNATIVE,
    &OPENFAAS,
    &FISSION,
    &FUNCTION_COMPUTE,
    &EVENT_FUNCTION,
    &WEB_FUNCTION,
];
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose collection the changes are of.
static APP: LazyLock<AppService> = LazyLock::new(|| {
    const NOTES: CollectionSpec<serde_json::Value> = CollectionSpec::new("notes")
        .partition("owner")
        .sort("id", SortType::I64)
        .change_feed();
    let platform = FunctionDescription {
        provider: CLOUD_RUN.name,
        capabilities: CLOUD_RUN.capabilities,
    };
    let environment = Environment::builder(platform, Arc::new(isobar_serve::clock())).build();
    let app = App::new("hostile", |_: &Environment| Ok(()));
    let handler = |(), _: Event<ChangeEvent<serde_json::Value>>| async { Ok(Outcome::Ack) };
    let app = app.collection(&NOTES).on_change(&NOTES, handler);
    app.build(&environment)
        .expect("an application without state")
});

/// All that is allocated while a request is read, also what is given back.
fn most(request: &[u8]) -> usize {
    48 * request.len() + 64 * 1_024
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus");
    let entries = std::fs::read_dir(folder).expect("the folder of requests");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(files.len() > 27, "the corpus has {} requests", files.len());
    let read = |path| std::fs::read(path).expect("a request");
    files.into_iter().map(read).collect()
}

/// What a server makes of these bytes: fields that are none do not reach it.
fn delivery(request: &[u8]) -> Delivery {
    let end = request.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = request.split_at(end.unwrap_or(request.len()));
    let mut headers = HeaderMap::new();
    fields(head.split(|byte| *byte == b'\n'), &mut headers);
    let name = headers.remove("path-name");
    let name = name.and_then(|name| name.to_str().ok().map(str::to_owned));
    let body = body.strip_prefix(b"\n\n").unwrap_or_default();
    let delivery = Delivery::new(headers, body.to_vec().into());
    delivery.with_name(name).with_app(&APP)
}

/// Adds the fields of a head, as many as a server takes.
fn fields<'l>(lines: impl Iterator<Item = &'l [u8]>, headers: &mut HeaderMap) {
    for line in lines.take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value[1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
}

fn check(request: &[u8]) -> &'static str {
    let delivery = delivery(request);
    let mut found = "refused";
    for facts in PLATFORMS {
        let region = Region::new(ALLOCATOR);
        let begin = Instant::now();
        let events = read(&delivery, &facts.events);
        let (taken, allocated) = (begin.elapsed(), region.change().bytes_allocated);
        let shown = String::from_utf8_lossy(&request[..request.len().min(2_000)]);
        assert!(taken < PATIENCE, "{taken:?}: {shown}");
        assert!(allocated < most(request), "{allocated} bytes: {shown}");
        check_claims(facts, &delivery, request);
        if events.is_ok() {
            found = "events";
        }
    }
    found
}

/// What front doors say of callers, in as much memory.
fn check_claims(facts: &PlatformFacts, delivery: &Delivery, request: &[u8]) {
    let region = Region::new(ALLOCATOR);
    let doors = facts.front_doors.iter();
    let told = doors.filter_map(|door| door.of(&delivery.headers)).count();
    let allocated = region.change().bytes_allocated;
    assert!(allocated < most(request), "{allocated} bytes for {told}");
}

#[test]
fn any_request_is_read_or_refused_in_bounded_time_and_memory() {
    let _alone = ALONE.blocking_lock();
    let corpus = corpus();
    for request in &corpus {
        assert_eq!(
            check(request),
            "events",
            "{}",
            String::from_utf8_lossy(request)
        );
    }
    let mut random = isobar_mutation::random();
    let mut seen = BTreeMap::new();
    for _ in 0..isobar_mutation::rounds(10_000) {
        let request = &corpus[random.usize(..corpus.len())];
        let other = &corpus[random.usize(..corpus.len())];
        let count = seen.entry(check(&mutate(&mut random, request, other)));
        *count.or_insert(0) += 1;
    }
    for large in large() {
        *seen.entry(check(&large)).or_insert(0) += 1;
    }
    // Otherwise the requests are too damaged to show anything.
    assert!(seen["events"] > 500 && seen["refused"] > 1_000, "{seen:?}");
}

/// Content of a megabyte, each of one thing.
fn large() -> [Vec<u8>; 5] {
    const BYTES: usize = 1_024 * 1_024;
    let filled = |content_type: &str, before: &str, piece: &str, after: &str| {
        let many = piece.repeat(BYTES / piece.len());
        format!("content-type: {content_type}\n\n{before}{many}{after}").into_bytes()
    };
    let structured = "application/cloudevents+json";
    let batch = "application/cloudevents-batch+json";
    [
        filled(structured, "{\"a\":\"\"", ",\"b\":\"\"", "}"),
        filled(structured, "{\"data\":", "[", "1"),
        filled(batch, "[{}", ",{}", "]"),
        filled(batch, "[", "[", "1"),
        filled(
            "application/json",
            "{\"message\":{},\"subscription\":\"",
            "\\n",
            "\"}",
        ),
    ]
}
