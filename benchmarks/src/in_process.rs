//! One GET of an HTTP API in process, from the event to the answer: Isobar, and Express 4 behind serverless-express.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::http::Response;
use isobar::driver::function::FunctionDescription;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::function::{AppService, Origin};
use isobar::http::Routes;
use isobar::http::routing::get;
use isobar::{App, Capabilities, Environment};
use isobar_aws::FrontDoor;
use serde_json::{Value, json};

use crate::server::{express_package, peer};
use crate::{InProcess, report};

/// As AWS documents it.
const EVENT: &str = "conformance-tests/fixtures/events/aws/apigw-v2-request-no-authorizer.json";

pub(crate) fn compare(calls: &InProcess) -> Result<()> {
    let isobar = isobar(calls.rounds)?;
    let express = express(calls)?;
    report::measured("isobar, a GET in process", "µs", isobar * 1e3);
    report::measured("express4, a GET in process", "µs", express * 1e3);
    report::ratio("in_process_get_express4_over_isobar", express / isobar);
    Ok(())
}

/// The median in milliseconds.
fn isobar(rounds: u32) -> Result<f64> {
    let event = std::fs::read(EVENT).context("run this from the root of the repository")?;
    let event = Bytes::from(event);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let app = app()?;
    let mut times = Vec::with_capacity(rounds as usize);
    for _ in 0..rounds {
        // The runtime hands over its own bytes each time.
        let event = event.clone();
        let began = Instant::now();
        let answer = runtime.block_on(call(&app, &event))?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(answer["statusCode"] == 200, "{answer}");
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("no rounds")
}

fn app() -> Result<AppService> {
    async fn hello() -> Json<Value> {
        Json(json!({ "hello": "world" }))
    }
    let platform = FunctionDescription {
        provider: "in-process",
        capabilities: Capabilities::of(&[]),
    };
    let clock = Arc::new(isobar_aws::function::clock());
    let environment = Environment::builder(platform, clock).build();
    let routes = Routes::new().route("/", get(hello));
    let app = App::new("hello", |_| Ok(())).routes(routes);
    Ok(app.build(&environment)?)
}

async fn call(app: &AppService, event: &Bytes) -> Result<Bytes> {
    let (door, request) = FrontDoor::read(event)?.context("a request")?;
    let answer = app.respond(request, Origin::default()).await?;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    Ok(door.encode(Response::from_parts(head, body))?)
}

/// The median in milliseconds.
fn express(calls: &InProcess) -> Result<f64> {
    let output = Command::new("node")
        .arg(peer("serverless-express.mjs")?)
        .arg(express_package(&calls.express)?)
        .arg(Path::new(EVENT))
        .arg(calls.rounds.to_string())
        .output()
        .context("node")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}");
    let median = String::from_utf8(output.stdout)?;
    Ok(median.trim().parse()?)
}
