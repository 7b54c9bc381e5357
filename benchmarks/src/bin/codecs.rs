//! Events of each platform as requests and events, and answers back: time and allocations of one.
//!
//! A program of its own, since its allocator counts.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts far below what a float has exactly"
)]

#[path = "../report.rs"]
#[expect(dead_code, reason = "other programs tell their progress")]
mod report;

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Response};
use clap::Parser;
use isobar::driver::gateway::GatewayDriver;
use isobar_aws::FrontDoor;
use isobar_gcp::function::CLOUD_RUN;
use isobar_openwhisk::WebAction;
use isobar_serve::event::{Delivery, read};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The events that the conformance suite replays.
const FIXTURES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../conformance-tests/fixtures/events"
);
const KIB: usize = 1 << 10;

/// Measures one event or answer of each platform, beside lambda_http where it has the same.
#[derive(Debug, Parser)]
#[command(version)]
struct Coding {
    /// Calls of each, in ten rounds of which the median counts.
    #[arg(long, default_value_t = 20_000)]
    rounds: u32,
}

/// What one call takes.
struct Cost {
    nanoseconds: f64,
    allocations: f64,
    bytes: f64,
}

fn main() -> ExitCode {
    report::outcome(compare(&Coding::parse()))
}

fn compare(coding: &Coding) -> Result<()> {
    doors(coding)?;
    beside_the_peer(coding)?;
    web_actions(coding)?;
    cloud_events(coding)
}

/// Every front door of Lambda, with the event that AWS documents for it.
fn doors(coding: &Coding) -> Result<()> {
    for (door, fixture) in [
        (FrontDoor::HttpApi, "apigw-v2-request-no-authorizer.json"),
        (FrontDoor::RestApi, "apigw-request.json"),
        (
            FrontDoor::LoadBalancer,
            "alb-lambda-target-request-headers-only.json",
        ),
        (
            FrontDoor::LoadBalancerMulti,
            "alb-lambda-target-request-multivalue-headers.json",
        ),
    ] {
        let event = Bytes::from(captured(&format!("aws/{fixture}"))?);
        let found = FrontDoor::read(&event)?.context("a request")?.0;
        ensure!(found == door, "{fixture} is of {found:?}");
        let name = door.provider();
        tell(
            &format!("{name} event"),
            &cost(coding, || FrontDoor::read(&event)),
        );
        let answer = answer();
        tell(
            &format!("{name} answer"),
            &cost(coding, || door.encode(answer.clone())),
        );
    }
    Ok(())
}

/// The event of an HTTP API with bodies of several sizes, beside lambda_http.
fn beside_the_peer(coding: &Coding) -> Result<()> {
    let event = captured("aws/apigw-v2-request-no-authorizer.json")?;
    let event: Value = serde_json::from_str(&event)?;
    for (name, length, is_base64) in [
        ("1_kib", KIB, false),
        ("256_kib", 256 * KIB, false),
        ("256_kib_base64", 256 * KIB, true),
    ] {
        let mut event = event.clone();
        // Of base64, zeros are `A`s.
        let letter = if is_base64 { "A" } else { "x" };
        event["body"] = letter.repeat(length).into();
        event["isBase64Encoded"] = is_base64.into();
        let text = event.to_string();
        let bytes = Bytes::from(text.clone());
        let ours = cost(coding, || FrontDoor::read(&bytes));
        let peer = cost(coding, || lambda_http::request::from_str(&text));
        tell(&format!("api-gateway-http event, body of {name}"), &ours);
        tell(&format!("lambda_http event, body of {name}"), &peer);
        let ratio = ours.nanoseconds / peer.nanoseconds;
        report::ratio(
            &format!("codec_event_{name}_isobar_over_lambda_http"),
            ratio,
        );
        let copies = ours.bytes / length as f64;
        report::measured(
            &format!("isobar, body of {name}"),
            "bytes for each of it",
            copies,
        );
    }
    Ok(())
}

fn web_actions(coding: &Coding) -> Result<()> {
    let event = json!({
        "__ow_method": "post",
        "__ow_path": "/notes/7",
        "__ow_query": "a=1&b=2",
        "__ow_headers": { "accept": "*/*", "content-type": "application/json", "host": "notes.example",
                "user-agent": "curl/8.5.0", "x-forwarded-for": "192.0.2.1" },
        "__ow_body": "eyJ0ZXh0IjoiaGVsbG8ifQ==",
    });
    let event = serde_json::to_vec(&event)?;
    WebAction.decode(&event)?;
    tell(
        "openwhisk event",
        &cost(coding, || WebAction.decode(&event)),
    );
    let answer = answer();
    tell(
        "openwhisk answer",
        &cost(coding, || WebAction.encode(answer.clone())),
    );
    Ok(())
}

/// CloudEvents in the structured mode, which Knative's and every other HTTP platform have as well.
fn cloud_events(coding: &Coding) -> Result<()> {
    for (name, fixture) in [
        (
            "message of Pub/Sub",
            "gcp/pubsub_binary-cloudevent-input.json",
        ),
        (
            "event of Cloud Storage",
            "gcp/storage-cloudevent-input.json",
        ),
    ] {
        let mut headers = HeaderMap::new();
        let media = HeaderValue::from_static("application/cloudevents+json");
        headers.insert("content-type", media);
        let delivery = Delivery::new(headers, Bytes::from(captured(fixture)?));
        read(&delivery, &CLOUD_RUN.events)?;
        tell(name, &cost(coding, || read(&delivery, &CLOUD_RUN.events)));
    }
    Ok(())
}

fn answer() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(br#"{"id":"7","text":"hello"}"#));
    let media = HeaderValue::from_static("application/json");
    answer.headers_mut().insert("content-type", media);
    answer
}

fn captured(name: &str) -> Result<String> {
    let path = Path::new(FIXTURES).join(name);
    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The median of ten rounds.
fn cost<T>(coding: &Coding, call: impl Fn() -> T) -> Cost {
    let rounds = coding.rounds.max(10) / 10;
    let mut times = Vec::with_capacity(10);
    let region = Region::new(ALLOCATOR);
    for _ in 0..10 {
        let began = Instant::now();
        for _ in 0..rounds {
            black_box(call());
        }
        times.push(began.elapsed().as_secs_f64() * 1e9 / f64::from(rounds));
    }
    let stats = region.change();
    times.sort_by(f64::total_cmp);
    let calls = f64::from(rounds * 10);
    Cost {
        nanoseconds: times[5],
        // One vector is the measurement's.
        allocations: (stats.allocations + stats.reallocations) as f64 / calls,
        bytes: stats.bytes_allocated as f64 / calls,
    }
}

fn tell(name: &str, cost: &Cost) {
    report::measured(name, "ns", cost.nanoseconds);
    report::measured(name, "allocations", cost.allocations);
}
