//! The cases about traces and logs, by which an invocation is found again.

use serde_json::Value;

use crate::door::{Door, WireResponse};
use crate::probe::{Seen, seen};
use crate::{Case, Context, Failure, expect};

use super::get;

pub(crate) const CASES: &[Case] = &[
    Case::function(
        "G-251",
        "the trace of the caller goes on in the handler, in its calls and in the response",
        "N9",
        |ctx| Box::pin(traces(ctx)),
    ),
    Case::function(
        "G-253",
        "each line that a handler logs is one object of JSON, with the ids of its request and its trace",
        "N9",
        |ctx| Box::pin(logs(ctx)),
    ),
    Case::function(
        "G-432",
        "a trace of B3 goes on as one of W3C does",
        "N9",
        |ctx| Box::pin(b3(ctx)),
    ),
    Case::function(
        "G-433",
        "a trace that breaks W3C's grammar is not gone on with, and nobody is told that it is",
        "N9",
        |ctx| Box::pin(broken_traces(ctx)),
    ),
];

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Sends a request with these fields; what the handler saw, and the response.
async fn send(door: &dyn Door, fields: &[(&str, &str)]) -> Result<(Seen, WireResponse), Failure> {
    let request = fields.iter().fold(get("/"), |request, (name, value)| {
        request.header(name, value)
    });
    let response = door.send(&request).await?;
    let seen = serde_json::from_slice(&response.body)
        .map_err(|error| Failure::new(format!("the probe did not answer: {error}")))?;
    Ok((seen, response))
}

/// Checks that the trace went on from the caller's span to one of the handler's own, and what goes out with its calls.
fn goes_on(seen: &Seen, response: &WireResponse, state: Option<&str>) -> Result<(), Failure> {
    let trace = &seen.trace;
    expect::equal("the trace", trace.trace_id.as_str(), TRACE)?;
    expect::equal(
        "the caller's span",
        &trace.parent_id.as_deref(),
        &Some(PARENT),
    )?;
    expect::that(trace.is_sampled, "the trace is not sampled any more")?;
    let call = |name: &str| {
        let found = trace.calls.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    };
    let parent = call("traceparent").unwrap_or_default();
    let span = parent
        .strip_prefix("00-")
        .and_then(|rest| rest.strip_prefix(TRACE))
        .and_then(|rest| rest.strip_prefix('-')?.strip_suffix("-01"));
    let is_new = span.is_some_and(|span| span.len() == 16 && span != PARENT);
    expect::that(is_new, &format!("calls are sent with {parent:?}"))?;
    expect::equal("the state of calls", &call("tracestate"), &state)?;
    let told = response.joined("traceresponse");
    expect::equal("the trace told to the caller", told.as_str(), parent)
}

async fn traces(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let state = "congo=t61rcWkgMzE";
    let sent = [
        ("traceparent", parent.as_str()),
        ("tracestate", state),
        ("baggage", "userId=alice"),
    ];
    let (seen, response) = send(&*door, &sent).await?;
    for (name, value) in sent {
        let found = seen.only(name).map(String::from_utf8_lossy);
        expect::equal(name, &found.as_deref(), &Some(value))?;
    }
    goes_on(&seen, &response, Some(state))
}

async fn b3(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let single = format!("{TRACE}-{PARENT}-1");
    let (seen, response) = send(&*door, &[("b3", single.as_str())]).await?;
    goes_on(&seen, &response, None)?;
    let several = [
        ("x-b3-traceid", TRACE),
        ("x-b3-spanid", PARENT),
        ("x-b3-sampled", "1"),
    ];
    let (seen, response) = send(&*door, &several).await?;
    goes_on(&seen, &response, None)
}

async fn broken_traces(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let upper = TRACE.to_uppercase();
    let zero = "0".repeat(32);
    for broken in [
        format!("00-{upper}-{PARENT}-01"),
        format!("00-{zero}-{PARENT}-01"),
        format!("ff-{TRACE}-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}-01-more"),
    ] {
        let (seen, response) = send(&*door, &[("traceparent", broken.as_str())]).await?;
        let trace = &seen.trace;
        let is_new = trace.parent_id.is_none() && trace.trace_id != TRACE;
        expect::that(is_new, &format!("{broken} was taken for {trace:?}"))?;
        let told = response.values("traceresponse");
        expect::equal("what the caller is told", &told, &Vec::new())?;
    }
    Ok(())
}

async fn logs(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let parent = format!("00-{TRACE}-{PARENT}-01");
    for _ in 0..2 {
        let word = format!("word{:032x}", fastrand::u128(..));
        let request = get(&format!("/log/{word}")).header("traceparent", &parent);
        let response = door.send(&request).await?;
        expect::equal("the status", &response.status, &200)?;
        let id = response.joined("x-request-id");
        let first = one_line(&*door, &format!("of {word}"), "first\nof").await?;
        check(&first, &id)?;
        let second = one_line(&*door, &word, "second \"of\"").await?;
        check(&second, &id)?;
    }
    seen(&*door, &get("/after")).await.map(drop)
}

/// The only line whose message begins like this, of those with that text.
async fn one_line(door: &dyn Door, text: &str, begins: &str) -> Result<Value, Failure> {
    let mut found = Vec::new();
    for line in door.logged(text).await? {
        let object: Value = serde_json::from_str(&line)
            .map_err(|error| Failure::new(format!("a line is no JSON: {error}: {line}")))?;
        let message = object["message"].as_str().unwrap_or_default();
        if message.starts_with(begins) {
            found.push(object);
        }
    }
    match <[Value; 1]>::try_from(found) {
        Ok([only]) => Ok(only),
        Err(found) => Err(Failure::new(format!(
            "{} lines begin with {begins:?}, not one",
            found.len()
        ))),
    }
}

fn check(line: &Value, id: &str) -> Result<(), Failure> {
    expect::that(has(line, |text| text == id), &format!("no {id} in {line}"))?;
    let is_trace = |text: &str| text.rsplit('/').next() == Some(TRACE);
    expect::that(has(line, is_trace), &format!("no trace in {line}"))?;
    let level = line["level"].as_str().or(line["severity"].as_str());
    let level = level.unwrap_or_default().to_lowercase();
    let is_known = matches!(level.as_str(), "info" | "warn" | "warning");
    expect::that(is_known, &format!("no level in {line}"))?;
    let time = line["timestamp"].as_str().or(line["time"].as_str());
    let time = time.and_then(|time| time.parse::<jiff::Timestamp>().ok());
    expect::that(time.is_some(), &format!("no time in {line}"))
}

/// Whether any text in the object, however deep, is such a one.
fn has(value: &Value, is_wanted: impl Fn(&str) -> bool + Copy) -> bool {
    match value {
        Value::String(text) => is_wanted(text),
        Value::Array(items) => items.iter().any(|item| has(item, is_wanted)),
        Value::Object(fields) => fields.values().any(|value| has(value, is_wanted)),
        _ => false,
    }
}
