//! Requests damaged by chance, through a whole application: its router, the fields of callers and traces, and what reads path,
//! query, form and JSON.
//!
//! The corpus is requests: a line with method and target, fields, an empty line, content.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query};

use http_body_util::BodyExt as _;
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Context, Origin};
use isobar::http::routing::{get, put};
use isobar::http::{Body, Request, Routes};
use isobar::{App, Environment};
use isobar_local::clock;
use isobar_mutation::{mutate, random, rounds};
use serde::Deserialize;
use serde_json::{Value, json};
use stats_alloc::Region;

use super::{ALLOCATOR, PATIENCE};

const CORPUS: [&str; 6] = [
    "GET /notes/ann/7?since=2026&tag=a HTTP/1.1\nhost: notes.example\ncookie: a=1; b=\"2\"\n\
     traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\ntracestate: congo=t61rcWkgMzE,rojo=1\n\n",
    "PUT /notes/b%C3%B6b%2Fcarol/-12 HTTP/1.1\ncontent-type: application/json\n\
     b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1\n\n{\"text\":\"caf\u{e9}\",\"tags\":[\"a\"]}",
    "GET /files/a%20b/%2e%2e/c//d?since=-1&tag=%F0%9F%8C%8D&tag=b+c HTTP/1.1\nx-request-id: 0af7651916cd43dd\n\n",
    "GET /notes/ann/7?since=&tag HTTP/1.1\nx-b3-traceid: 463ac35c9f6413ad48485a3953bb6124\nx-b3-spanid: a2fb4a1d1a96d312\n\
     x-b3-sampled: 1\nauthorization: Bearer a.b.c\n\n",
    "OPTIONS /notes/ann/7 HTTP/1.1\norigin: https://notes.example\naccess-control-request-method: PUT\n\n",
    "HEAD /files/%00%7f/\u{fc} HTTP/1.1\nrange: bytes=0-1\nif-none-match: \"a\"\n\n",
];

#[derive(Debug, Deserialize)]
struct Wanted {
    since: Option<i64>,
    tag: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Note {
    text: String,
    #[serde(default)]
    tags: Vec<String>,
}

async fn read(
    context: Context,
    Path((owner, id)): Path<(String, i64)>,
    Query(wanted): Query<Wanted>,
) -> Json<Value> {
    let trace = context.trace().trace_id().to_string();
    Json(json!([owner, id, wanted.since, wanted.tag, trace]))
}

async fn write(Path((owner, id)): Path<(String, i64)>, Json(note): Json<Note>) -> Json<Value> {
    Json(json!([owner, id, note.text, note.tags]))
}

async fn file(Path(path): Path<String>, Query(wanted): Query<Vec<(String, String)>>) -> String {
    format!("{path} {wanted:?}")
}

fn app() -> AppService {
    let platform = FunctionDescription {
        provider: "hostile",
        capabilities: isobar::Capabilities::default(),
    };
    let environment = Environment::builder(platform, Arc::new(clock())).build();
    let routes = Routes::new()
        .route("/notes/{owner}/{id}", get(read))
        .route("/notes/{owner}/{id}", put(write))
        .route("/files/{*path}", get(file));
    let app = App::new("hostile", |_: &Environment| Ok(())).routes(routes);
    app.build(&environment).expect("nothing is missing")
}

/// What a server makes of these bytes; nothing where they are no request.
fn request(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.splitn(3, |byte| *byte == b' ');
    let method = http::Method::from_bytes(first.next()?).ok()?;
    let target = http::Uri::try_from(first.next()?).ok()?;
    let mut request = http::Request::new(Body::from(
        body.strip_prefix(b"\n\n").unwrap_or_default().to_vec(),
    ));
    *request.method_mut() = method;
    *request.uri_mut() = target;
    super::fields(lines, request.headers_mut());
    Some(request)
}

async fn check(app: &AppService, bytes: &[u8]) -> u16 {
    let Some(request) = request(bytes) else {
        return 0;
    };
    let (region, begin) = (Region::new(ALLOCATOR), Instant::now());
    let Ok(response) = app.respond(request, Origin::default()).await;
    let status = response.status().as_u16();
    let content = response.into_body().collect().await;
    let (taken, allocated) = (begin.elapsed(), region.change().bytes_allocated);
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]);
    assert!(content.is_ok(), "{shown}");
    assert!(status < 500, "{status}: {shown}");
    assert!(taken < PATIENCE, "{taken:?}: {shown}");
    assert!(allocated < super::most(bytes), "{allocated} bytes: {shown}");
    status
}

#[tokio::test]
async fn any_request_is_answered_in_bounded_time_and_memory() {
    let _alone = super::ALONE.lock().await;
    let app = app();
    let (mut random, mut seen) = (random(), BTreeMap::new());
    for corpus in CORPUS {
        check(&app, corpus.as_bytes()).await;
    }
    for _ in 0..rounds(20_000) {
        let bytes = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let other = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let status = check(&app, &mutate(&mut random, bytes, other)).await;
        *seen.entry(status).or_insert(0) += 1;
    }
    for large in large() {
        check(&app, &large).await;
    }
    // Otherwise the requests are too damaged to show anything.
    assert!(seen[&200] > 1_000 && seen[&400] > 300, "{seen:?}");
}

/// Up to a megabyte, each of one thing.
fn large() -> [Vec<u8>; 4] {
    const BYTES: usize = 1_024 * 1_024;
    let filled = |before: &str, piece: &str, bytes: usize, after: &str| {
        let many = piece.repeat(bytes / piece.len());
        format!("{before}{many}{after}").into_bytes()
    };
    let json = "PUT /notes/ann/7 HTTP/1.1\ncontent-type: application/json\n\n";
    [
        // A target has 64 KiB at most.
        filled("GET /files/", "%2F", 60_000, " HTTP/1.1\n\n"),
        filled("GET /files/a?", "a=&", 60_000, " HTTP/1.1\n\n"),
        filled(json, "[", BYTES, ""),
        filled(&format!("{json}{{\"text\":\""), "\\n", BYTES, "\"}"),
    ]
}
